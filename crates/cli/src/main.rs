//! `lablink`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::process::main()
}
