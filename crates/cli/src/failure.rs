//! A command's bad end: the code a script reads, the words a person reads, the status a shell reads. Touches nothing.

use std::collections::BTreeMap;

use links::{Account, Problem};
use serde_json::json;

use crate::commands::quoted;
use crate::exit::ExitStatus;
use crate::redact::redact;
use crate::terminal::{Paint, Tone, escape, escape_lines};
use crate::text::{Words, words};

/// Why a command did not do what it was asked.
#[derive(Debug, Clone)]
pub struct Failure {
    code: &'static str,
    status: ExitStatus,
    words: Words,
    detail: Option<String>,
}

impl Failure {
    /// A failure of this crate's own; `code` is one of [`crate::text::OWN_CODES`] or links'.
    #[must_use]
    pub fn new(code: &'static str, status: ExitStatus) -> Self {
        Self::with(code, status, &BTreeMap::new(), None)
    }

    /// As [`Failure::new`], with one value for the words.
    #[must_use]
    pub fn about(code: &'static str, status: ExitStatus, value: (&'static str, String)) -> Self {
        Self::with(code, status, &BTreeMap::from([value]), None)
    }

    /// Wrong usage, in words made for the occasion.
    #[must_use]
    pub fn usage(message: &str, hint: &str) -> Self {
        let words = Words {
            message: message.to_owned(),
            hint: hint.to_owned(),
        };
        Self {
            code: "usage",
            status: ExitStatus::Usage,
            words,
            detail: None,
        }
    }

    /// Nobody is answered, in words made for the occasion: a person has to say more.
    #[must_use]
    pub fn unanswered(message: &str, hint: &str) -> Self {
        Self {
            status: ExitStatus::PersonNeeded,
            ..Self::usage(message, hint)
        }
    }

    /// The same, said of the account with this display name.
    #[must_use]
    pub fn of_account(mut self, name: &str) -> Self {
        self.words.message = format!("{}: {}", quoted(name), self.words.message);
        self
    }

    /// A problem met at a place, for example `git.example.test/gitlab`, which the words name where the problem itself
    /// does not know it.
    #[must_use]
    pub fn at(problem: &Problem, place: &str) -> Self {
        Self::of(problem, Some(place))
    }

    /// A problem met with an account: the words speak of its app login where it has no token of its own.
    #[must_use]
    pub fn on(problem: &Problem, account: &Account) -> Self {
        Self::of_code(
            problem.code(),
            ExitStatus::of(problem.code(), problem.kind()),
            account,
            problem.values(),
        )
        .detailed(problem.detail())
    }

    /// The same of a problem that is known by its code alone.
    #[must_use]
    pub fn of_code(
        code: &'static str,
        status: ExitStatus,
        account: &Account,
        mut values: BTreeMap<&'static str, String>,
    ) -> Self {
        values
            .entry("host")
            .or_insert_with(|| account.instance.host_port());
        values.entry("name").or_insert_with(|| account.name.clone());
        values.insert("method", account.method.as_str().to_owned());
        if let Some(login) = &account.login {
            values
                .entry("application_id")
                .or_insert_with(|| login.application_id.clone());
        }
        Self::with(code, status, &values, None)
    }

    /// The same, with something else to do about it.
    #[must_use]
    pub fn hinting(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.words.hint);
        self
    }

    /// The same, ending with another status.
    #[must_use]
    pub fn ending(self, status: ExitStatus) -> Self {
        Self { status, ..self }
    }

    fn detailed(self, detail: Option<String>) -> Self {
        Self { detail, ..self }
    }

    fn of(problem: &Problem, place: Option<&str>) -> Self {
        let code = problem.code();
        let status = ExitStatus::of(code, problem.kind());
        let (mut values, detail) = (problem.values(), problem.detail());
        if let Some(detail) = &detail {
            values.insert("detail", detail.clone());
        }
        if let Some(place) = place {
            values.entry("host").or_insert_with(|| place.to_owned());
        }
        Self::with(code, status, &values, detail)
    }

    fn with(
        code: &'static str,
        status: ExitStatus,
        values: &BTreeMap<&'static str, String>,
        detail: Option<String>,
    ) -> Self {
        let words = words(code, values).unwrap_or_else(|| Words {
            message: format!("This version has no words for the problem “{code}”."),
            hint: "Update LabLink.".to_owned(),
        });
        Self {
            code,
            status,
            words,
            detail,
        }
    }

    /// The status the program ends with.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// The stable word for what happened.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What happened, in words fit for a terminal.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.words.message
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.words.hint
    }

    /// `{"schema":1,"error":{"code","message","hint"}}`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        crate::json::answer("error", self.error())
    }

    /// What stands under `error` in JSON.
    #[must_use]
    pub fn error(&self) -> serde_json::Value {
        json!({ "code": self.code, "message": redact(&self.words.message), "hint": redact(&self.words.hint) })
    }

    /// Lines for a person; every line after the first is indented.
    #[must_use]
    pub fn text(&self, paint: Paint) -> String {
        let indent = |text: &str| redact(&escape_lines(text)).trim_end().replace('\n', "\n  ");
        let mut out = format!(
            "{} {}\n  {}\n",
            paint.tone(Tone::Bad, "lablink:"),
            indent(&self.words.message),
            indent(&self.words.hint)
        );
        if let Some(detail) = self.detail.as_deref().filter(|detail| !detail.is_empty()) {
            out.push_str(&paint.tone(Tone::Quiet, &format!("  Details: {}", redact(&escape(detail)))));
            out.push('\n');
        }
        out
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::from(&problem)
    }
}

impl From<&Problem> for Failure {
    fn from(problem: &Problem) -> Self {
        Self::of(problem, None)
    }
}
