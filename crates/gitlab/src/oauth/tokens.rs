//! The tokens of a grant.

use url::form_urlencoded;

use super::form::Form;
use super::loose::{Loose, Told};
use super::problem::GrantProblem;
use crate::problem::Unusable;
use crate::refusal::is_scope;
use crate::token::Token;

/// The most scopes of an answer that are kept.
const SCOPES_LIMIT: usize = 100;

/// The length from which on a scope's name is suspected to be a secret sent back.
const SUSPICIOUS: usize = 20;

/// The longest life of an access token that is believed, in seconds: a hundred years. Longer is as good as not told.
const LONGEST_LIFE: u64 = 100 * 365 * 86_400;

/// What a token type other than `Bearer` is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherType {
    /// A refusal: a client uses no token of a type it does not know (RFC 6749 §7.1).
    Refused,
    /// A mistake in the answer. A refresh spent its token, and what comes is the same as before (RFC 6749 §6): to
    /// refuse it would lose a login that lives.
    Overlooked,
}

/// What a grant gave (contract §3.6). Carries secrets: cannot be printed, serialized or copied.
pub struct TokenSet {
    /// The access token.
    pub access: Token,
    /// What the next access token is got with; `None` if the server gives none.
    pub refresh: Option<Token>,
    /// When the access token expires, in seconds since 1970 by *this computer's* clock: counted from the moment of the
    /// request, so that a wrong clock on either side does no harm. `None`: never, or not told.
    pub expires_at: Option<i64>,
    /// What was granted, each name once; `None` if the server does not say, which means what was asked for (RFC 6749
    /// §5.1).
    pub scopes: Option<Vec<String>>,
    /// When the server made it, in seconds since 1970 by *its* clock.
    pub created_at: Option<i64>,
}

/// How what was granted differs from what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeDifference {
    /// Asked for and not granted.
    pub missing: Vec<String>,
    /// Granted and not asked for.
    pub beyond: Vec<String>,
}

impl ScopeDifference {
    /// Whether exactly what was asked for was granted.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.beyond.is_empty()
    }
}

impl TokenSet {
    /// Compares what was granted with what was asked for. A server that does not say granted it all.
    #[must_use]
    pub fn differs_from(&self, asked: &[String]) -> ScopeDifference {
        let Some(granted) = &self.scopes else {
            return ScopeDifference::default();
        };
        let without = |these: &[String], those: &[String]| {
            these
                .iter()
                .filter(|scope| !those.contains(scope))
                .cloned()
                .collect()
        };
        ScopeDifference {
            missing: without(asked, granted),
            beyond: without(granted, asked),
        }
    }

    /// Reads contract §3.6's object. `asked_at`: this computer's clock before the request. What may be missing (when it
    /// ends, what was granted) is missing where it cannot be read: no tokens are lost for its sake.
    pub(super) fn of(
        told: &Told,
        form: &Form,
        asked_at: i64,
        other: OtherType,
    ) -> Result<Self, GrantProblem> {
        let access = token(&told.access_token, "access_token")
            .and_then(|token| token.ok_or(GrantProblem::NoAccessToken))?;
        let bearer = told
            .token_type
            .text()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !bearer && other == OtherType::Refused {
            return Err(GrantProblem::WrongTokenType);
        }
        let refresh = token(&told.refresh_token, "refresh_token")?;
        let lifetime = told.expires_in.seconds().filter(|life| *life <= LONGEST_LIFE);
        let is_secret = |name: &str| {
            access.expose().contains(name)
                || refresh
                    .as_ref()
                    .is_some_and(|token| token.expose().contains(name))
                || form_urlencoded::parse(&form.fields).any(|(_, value)| value.contains(name))
        };
        let scopes = match &told.scope {
            Loose::Text(list) => Some(scopes(list.split_whitespace(), is_secret)),
            Loose::List(list) => {
                let names = list.iter().flat_map(|names| names.split_whitespace());
                Some(scopes(names, is_secret))
            }
            _ => None,
        };
        Ok(Self {
            access,
            refresh,
            expires_at: lifetime
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map(|seconds| asked_at.saturating_add(seconds)),
            scopes,
            created_at: told.created_at.number().and_then(|time| i64::try_from(time).ok()),
        })
    }
}

/// The names in a list, without what a hostile server could want to be shown or stored among them.
fn scopes<'a>(names: impl Iterator<Item = &'a str>, is_secret: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names.filter(|name| is_scope(name)) {
        let known = found.iter().any(|known| known == name);
        let secret = name.len() >= SUSPICIOUS && is_secret(name);
        if found.len() < SCOPES_LIMIT && !known && !secret {
            found.push(name.to_owned());
        }
    }
    found
}

/// A token, if there is one; an empty text is none.
fn token(told: &Loose, field: &'static str) -> Result<Option<Token>, GrantProblem> {
    match told {
        Loose::Nothing => Ok(None),
        Loose::Text(text) if text.is_empty() => Ok(None),
        Loose::Text(text) => Token::read(text).map(Some).map_err(|_| wrong(field)),
        _ => Err(wrong(field)),
    }
}

fn wrong(field: &'static str) -> GrantProblem {
    GrantProblem::Unusable(Unusable::WrongTypes { field })
}
