//! Whether an account's token can be rotated, and how that stands. Pure.

use gitlab::{GitLabVersion, Scopes, TokenKind};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::account::AccountId;
use crate::problem::ProblemCode;
use crate::schedule::{rotation_due, rotation_overdue};

/// How long an app lets pass after an attempt that learned nothing, in seconds.
const AGAIN: i64 = 3_600;

/// How long after any other, in seconds: it will hardly end otherwise before a person has done something.
const LATER: i64 = 86_400;

/// Why a token cannot be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// It has neither `api` nor `self_rotate`.
    Scope,
    /// The GitLab is older than 16.10.
    TooOld,
}

impl Hindrance {
    /// The code of the problem a person who wants it all the same is told of.
    #[must_use]
    pub fn code(self) -> ProblemCode {
        match self {
            Self::Scope => ProblemCode::RotationScope,
            Self::TooOld => ProblemCode::RotationTooOld,
        }
    }
}

/// How rotating stands with an account that signs in with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationFacts {
    /// Whether the person wants it done without being asked.
    pub on: bool,
    /// Why it cannot be done.
    pub hindrance: Option<Hindrance>,
    /// When it is done next by an app that is running, if the person wants that; `None`: never.
    pub due: Option<Timestamp>,
    /// What the last attempt came to, where it failed.
    pub trouble: Option<ProblemCode>,
}

impl RotationFacts {
    /// Whether the token will be rotated before its end without anybody doing anything.
    #[must_use]
    pub fn renews_by_itself(&self) -> bool {
        self.on && self.due.is_some()
    }
}

/// What is known of a token, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) id: &'a AccountId,
    pub(crate) kind: TokenKind,
    pub(crate) scopes: &'a Scopes,
    pub(crate) version: Option<&'a str>,
    pub(crate) made_at: Option<Timestamp>,
    pub(crate) expires_on: Option<Date>,
    pub(crate) on: bool,
    pub(crate) tried: Option<(Timestamp, ProblemCode)>,
    /// Why GitLab accepts it no more, if it does not.
    pub(crate) dead: bool,
}

/// Why a token of these scopes cannot be rotated at a GitLab of this version. A fine-grained token may have the
/// permission for it; only GitLab knows (quirk 45).
pub(crate) fn hindrance(
    kind: TokenKind,
    scopes: &Scopes,
    version: Option<&GitLabVersion>,
) -> Option<Hindrance> {
    let new_enough = version.is_none_or(|version| version.at_least(16, 10));
    let wide_enough = kind == TokenKind::FineGrained || scopes.names("api") || scopes.names("self_rotate");
    match scopes {
        // 15.0 to 15.4 cannot tell scopes.
        Scopes::Unknown => Some(Hindrance::TooOld),
        Scopes::Known(_) if !new_enough => Some(Hindrance::TooOld),
        Scopes::Known(_) if !wide_enough => Some(Hindrance::Scope),
        Scopes::Known(_) => None,
    }
}

impl Known<'_> {
    pub(crate) fn facts(&self) -> RotationFacts {
        let version = self.version.and_then(GitLabVersion::read);
        let hindrance = hindrance(self.kind, self.scopes, version.as_ref());
        let trouble = self.tried.map(|(_, code)| code);
        let may = hindrance.is_none() && !self.dead && trouble != Some(ProblemCode::RotationUnsure);
        let due = self
            .expires_on
            .filter(|_| may)
            .and_then(|day| rotation_due(self.id, self.made_at, day))
            .map(|due| self.tried.and_then(pause).map_or(due, |again| due.max(again)));
        RotationFacts {
            on: self.on,
            hindrance,
            due,
            trouble,
        }
    }

    /// Until when nobody needs to hear that the token's end is near: it is seen to, and there is time left. `None`:
    /// it is not seen to.
    pub(crate) fn quiet_until(&self) -> Option<Timestamp> {
        let failed = self.tried.is_some_and(|(_, code)| !code.tells_nothing());
        let seen_to = self.facts().renews_by_itself() && !failed;
        rotation_overdue(self.made_at, self.expires_on.filter(|_| seen_to)?)
    }
}

/// When an attempt that failed may be followed by the next.
fn pause((at, code): (Timestamp, ProblemCode)) -> Option<Timestamp> {
    let seconds = if code.tells_nothing() || code.of_keychain() {
        AGAIN
    } else {
        LATER
    };
    at.checked_add(SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(scopes: &[&str]) -> Scopes {
        Scopes::Known(scopes.iter().map(|scope| (*scope).to_owned()).collect())
    }

    fn why(scopes: &[&str], version: &str) -> Option<Hindrance> {
        let version = GitLabVersion::read(version);
        hindrance(TokenKind::Personal, &known(scopes), version.as_ref())
    }

    #[test]
    fn it_takes_a_scope_and_16_10() {
        assert_eq!(why(&["api"], "16.10.0"), None);
        assert_eq!(why(&["self_rotate", "read_api"], "19.4.0-ee"), None);
        assert_eq!(why(&["api"], "16.9.8"), Some(Hindrance::TooOld));
        assert_eq!(why(&["read_api"], "19.4.0"), Some(Hindrance::Scope));
        assert_eq!(
            why(&["api"], "not told"),
            None,
            "GitLab will tell when it is asked"
        );
        let unknown = hindrance(TokenKind::Unknown, &Scopes::Unknown, None);
        assert_eq!(unknown, Some(Hindrance::TooOld));
        let fine = hindrance(TokenKind::FineGrained, &known(&["granular"]), None);
        assert_eq!(fine, None, "quirk 45");
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_failed_is_tried_again_later_and_what_is_unsure_never() {
        let (id, scopes) = (AccountId::new(), known(&["api"]));
        let tried_at = at("2026-12-09T08:00:00Z");
        let facts = |tried: Option<ProblemCode>, dead| Known {
            id: &id,
            kind: TokenKind::Personal,
            scopes: &scopes,
            version: Some("19.4.0"),
            made_at: Some(at("2026-01-01T00:00:00Z")),
            expires_on: Some("2027-01-01".parse().unwrap()),
            on: true,
            tried: tried.map(|code| (tried_at, code)),
            dead,
        };
        let due = |tried| facts(tried, false).facts().due;
        let first = due(None).unwrap();
        assert!(first >= at("2026-12-02T00:00:00Z") && first < at("2026-12-05T00:00:00Z"));
        assert_eq!(due(Some(ProblemCode::Silent)), Some(at("2026-12-09T09:00:00Z")));
        assert_eq!(
            due(Some(ProblemCode::RotationExpiry)),
            Some(at("2026-12-10T08:00:00Z"))
        );
        assert_eq!(due(Some(ProblemCode::RotationUnsure)), None);
        assert_eq!(
            facts(None, true).facts().due,
            None,
            "a dead token has no successor"
        );
        let quiet = |tried| facts(tried, false).quiet_until();
        assert_eq!(quiet(None), Some(at("2026-12-17T00:00:00Z")));
        assert_eq!(
            quiet(Some(ProblemCode::Silent)),
            quiet(None),
            "offline has not failed"
        );
        assert_eq!(quiet(Some(ProblemCode::RotationExpiry)), None);
        assert_eq!(quiet(Some(ProblemCode::RotationUnsure)), None);
    }
}
