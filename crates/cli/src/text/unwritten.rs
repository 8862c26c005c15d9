//! What is said where a token was handed out and the log cannot be written. Touches nothing.

use links::Problem;

use crate::failure::Failure;
use crate::terminal::escape;

/// As one line for people, fit for a terminal.
#[must_use]
pub fn unwritten(problem: &Problem) -> String {
    let detail = problem.detail().unwrap_or_default();
    let hint = Failure::from(problem).hint().to_owned();
    format!(
        "The token was given, and the log could not be written ({}). {hint}",
        escape(&detail)
    )
}
