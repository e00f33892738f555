//! The program: reads its command line, does what it says, and leaves with an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    swarmscope::cli::main()
}
