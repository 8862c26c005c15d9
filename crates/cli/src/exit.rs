//! The exit statuses of design §6, and which status each kind of problem ends with. Touches nothing.

use links::ProblemKind;

/// What a program of ours ends with; the numbers are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    /// 0: done.
    Done = 0,
    /// 1: an answer came and it will not do; also faults of this computer that nobody asked about.
    Refused = 1,
    /// 2: called wrongly.
    Usage = 2,
    /// 3: a person is needed.
    PersonNeeded = 3,
    /// 4: no usable answer.
    NoAnswer = 4,
    /// 5: the keychain.
    Keychain = 5,
    /// 130: stopped by Ctrl-C, as shells count it (128 + SIGINT).
    Interrupted = 130,
}

impl ExitStatus {
    /// The status for a problem: its kind's, except for a name nobody is linked under, which design §6 counts
    /// among "a person is needed (not linked)", and for access that a person did not grant.
    #[must_use]
    pub fn of(code: &str, kind: ProblemKind) -> Self {
        if matches!(code, "account_not_found" | "login_denied" | "device_denied") {
            return Self::PersonNeeded;
        }
        match kind {
            ProblemKind::Refused | ProblemKind::Internal => Self::Refused,
            ProblemKind::Usage => Self::Usage,
            ProblemKind::PersonNeeded => Self::PersonNeeded,
            ProblemKind::NoAnswer => Self::NoAnswer,
            ProblemKind::Keychain => Self::Keychain,
        }
    }

    /// The one status that speaks for several accounts or findings: what a person must do first wins.
    #[must_use]
    pub fn together(all: impl IntoIterator<Item = Self>) -> Self {
        let urgency = |status: Self| match status {
            Self::Done => 0,
            Self::Refused => 1,
            Self::NoAnswer => 2,
            Self::Usage => 3,
            Self::Keychain => 4,
            Self::PersonNeeded => 5,
            Self::Interrupted => 6,
        };
        all.into_iter()
            .max_by_key(|status| urgency(*status))
            .unwrap_or(Self::Done)
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus;

    #[test]
    fn what_a_person_must_do_comes_before_what_may_pass() {
        use ExitStatus::{Done, Keychain, NoAnswer, PersonNeeded, Refused};
        assert_eq!(ExitStatus::together([]), Done);
        assert_eq!(ExitStatus::together([Done, Refused]), Refused);
        assert_eq!(ExitStatus::together([NoAnswer, Refused, Done]), NoAnswer);
        assert_eq!(ExitStatus::together([NoAnswer, Keychain]), Keychain);
        assert_eq!(
            ExitStatus::together([NoAnswer, PersonNeeded, Keychain]),
            PersonNeeded
        );
    }

    #[test]
    fn an_unknown_name_needs_a_person() {
        assert_eq!(
            ExitStatus::of("account_not_found", links::ProblemKind::Usage),
            ExitStatus::PersonNeeded
        );
        assert_eq!(
            ExitStatus::of("name_taken", links::ProblemKind::Usage),
            ExitStatus::Usage
        );
    }
}
