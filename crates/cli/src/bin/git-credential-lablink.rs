//! `git-credential-lablink`: the same program, which looks at the name it was called by.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::process::main()
}
