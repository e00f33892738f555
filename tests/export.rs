//! Exports over a real server and the real command line: every dataset in every form, read back and
//! compared with what was stored.

#![expect(clippy::expect_used, clippy::print_stderr, reason = "clippy knows test functions, not their helpers")]

mod export {
    pub mod fixture;
    pub mod forms;
    pub mod history;
    pub mod transfer;
}
