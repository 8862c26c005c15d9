//! The process around [`run`](crate::run): its arguments, its streams, its exit status. All executables of this crate
//! are this and a name.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use crate::{Input, Invocation, Output, run};

/// Runs the program this process was started as.
#[must_use]
pub fn main() -> ExitCode {
    #[cfg(panic = "abort")]
    end_without_a_core();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_none_or(|kind| kind.is_empty() || kind == "dumb");
    let (mut stdin, mut stdout, mut stderr) = (io::stdin(), io::stdout(), io::stderr());
    let person = stdin.is_terminal() && stderr.is_terminal();
    let (watched_out, watched_err) = (stdout.is_terminal(), stderr.is_terminal());
    let status = run(Invocation {
        args: std::env::args_os().collect(),
        stdin: Input::new(&mut stdin, person),
        stdout: Output::new(&mut stdout, watched_out && !plain).on_terminal(watched_out),
        stderr: Output::new(&mut stderr, watched_err && !plain).on_terminal(watched_err),
    });
    status.into()
}

/// Lets a panic end the process with the status it has where panics unwind. Aborting would leave a core dump, and
/// secrets in it.
#[cfg(panic = "abort")]
fn end_without_a_core() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(101);
    }));
}
