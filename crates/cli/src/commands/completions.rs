//! `lablink completions SHELL`. Touches nothing but the answer.

use clap::CommandFactory as _;
use serde_json::json;

use crate::args::{Cli, Completions};
use crate::console::Answer;

/// The script that completes this command line in a shell.
#[must_use]
pub fn run(args: &Completions) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lablink", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::asked(
        "completions",
        json!({ "shell": args.shell.to_string(), "script": script }),
        script,
    )
}
