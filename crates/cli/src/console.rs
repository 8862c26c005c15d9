//! How a command speaks: one JSON object on standard output, or lines for people. Touches only the outputs it is handed.

use links::Token;
use serde_json::Value;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::json;
use crate::secret_output::{Around, Kept, hand_out};
use crate::terminal::{Output, Paint};

/// What a command has to say when it did what it was asked.
#[derive(Debug)]
pub struct Answer {
    key: &'static str,
    value: Value,
    also: Vec<(&'static str, Value)>,
    text: String,
    asked_for: bool,
    said: bool,
    status: ExitStatus,
    failure: Option<Failure>,
}

impl Answer {
    /// What was asked for: `{"schema":1,KEY:VALUE}`, or `text`.
    #[must_use]
    pub fn asked(key: &'static str, value: Value, text: String) -> Self {
        Self {
            key,
            value,
            also: Vec::new(),
            text,
            asked_for: true,
            said: false,
            status: ExitStatus::Done,
            failure: None,
        }
    }

    /// Everything is said already, by [`Console::hand_out`].
    #[must_use]
    pub fn said() -> Self {
        Self {
            said: true,
            ..Self::asked("", Value::Null, String::new())
        }
    }

    /// A confirmation, left out under `--quiet`.
    #[must_use]
    pub fn done(key: &'static str, value: Value, text: String) -> Self {
        Self {
            key,
            value,
            also: Vec::new(),
            text,
            asked_for: false,
            said: false,
            status: ExitStatus::Done,
            failure: None,
        }
    }

    /// The same answer, with one more key beside it in JSON.
    #[must_use]
    pub fn and(mut self, key: &'static str, value: Value) -> Self {
        self.also.push((key, value));
        self
    }

    /// The same answer, ending with another status; in JSON the failure it stands for is beside the answer, so that a
    /// script finds the reason where it finds every other.
    #[must_use]
    pub fn ending(self, status: ExitStatus, failure: Option<Failure>) -> Self {
        Self {
            status,
            failure,
            ..self
        }
    }
}

/// The two outputs, and how to use them.
pub struct Console<'a> {
    stdout: Output<'a>,
    stderr: Output<'a>,
    json: bool,
    quiet: bool,
}

impl<'a> Console<'a> {
    /// `json`: one object and nothing else on standard output; `quiet`: no confirmations, no notes.
    #[must_use]
    pub fn new(stdout: Output<'a>, stderr: Output<'a>, json: bool, quiet: bool) -> Self {
        Self {
            stdout,
            stderr,
            json,
            quiet,
        }
    }

    /// How to paint an answer's text.
    #[must_use]
    pub fn paint(&self) -> Paint {
        self.stdout.paint()
    }

    /// Whether JSON was asked for.
    #[must_use]
    pub fn json(&self) -> bool {
        self.json
    }

    /// Whether the answer can be seen on a terminal.
    #[must_use]
    pub fn on_terminal(&self) -> bool {
        self.stdout.is_terminal()
    }

    /// Hands a token to whoever reads standard output.
    pub fn hand_out(&mut self, token: &Token, around: Around<'_>, shown: bool) -> Result<(), Kept> {
        hand_out(&mut self.stdout, token, around, shown)
    }

    /// A line about what is going on, for people; not part of the answer.
    pub fn progress(&mut self, line: &str) {
        if !self.json && !self.quiet {
            // The answer itself will tell whether the output works.
            let _ = self.stdout.write(&format!("{line}\n"));
        }
    }

    /// A line beside the answer, on standard error.
    pub fn note(&mut self, line: &str) {
        if !self.quiet {
            let _ = self.stderr.write(&format!("lablink: {line}\n"));
        }
    }

    /// A line a person or a program waits for, on standard error whatever was asked for: the command goes on only
    /// when somebody acts on it.
    pub fn aside(&mut self, line: &str) {
        let _ = self.stderr.write(&format!("{line}\n"));
    }

    /// A question to the person at the terminal; the answer stands behind it.
    pub fn question(&mut self, text: &str) {
        let _ = self.stderr.write(&format!("{text} "));
    }

    /// Text as it is: help, a version.
    pub fn plain(&mut self, key: &'static str, text: &str) -> ExitStatus {
        self.end(Ok(Answer::asked(
            key,
            Value::String(text.trim_end().to_owned()),
            text.to_owned(),
        )))
    }

    /// Says how the command ended, and with which status.
    pub fn end(&mut self, outcome: Result<Answer, Failure>) -> ExitStatus {
        match outcome {
            Ok(answer) => self.answer(&answer),
            Err(failure) => self.fail(&failure),
        }
    }

    fn answer(&mut self, answer: &Answer) -> ExitStatus {
        if answer.said {
            return answer.status;
        }
        let text = if self.json {
            let mut object = json::answer(answer.key, answer.value.clone());
            if let Some(map) = object.as_object_mut() {
                let also = answer.also.iter();
                map.extend(also.map(|(key, value)| ((*key).to_owned(), value.clone())));
            }
            if let (Some(map), Some(failure)) = (object.as_object_mut(), &answer.failure) {
                map.insert("error".to_owned(), failure.error());
            }
            json::line(&object)
        } else if self.quiet && !answer.asked_for {
            return answer.status;
        } else {
            answer.text.clone()
        };
        if self.stdout.write(&text).is_ok() {
            return answer.status;
        }
        let failure = Failure::new("output_failed", ExitStatus::Refused);
        let _ = self.stderr.write(&failure.text(self.stderr.paint()));
        if answer.status == ExitStatus::Done {
            failure.status()
        } else {
            answer.status
        }
    }

    fn fail(&mut self, failure: &Failure) -> ExitStatus {
        let told = self.json && self.stdout.write(&json::line(&failure.json())).is_ok();
        if !told {
            // Whether or not somebody listens, the status tells.
            let _ = self.stderr.write(&failure.text(self.stderr.paint()));
        }
        failure.status()
    }
}
