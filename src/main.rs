//! The program: reads its command line, does what it says, and leaves with an exit code.

use std::process::ExitCode;

/// Rows are allocated on SQLite's threads and freed on ours, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    swarmscope::cli::main()
}
