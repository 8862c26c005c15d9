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

    /// Reads contract §3.6's object. `asked_at`: this computer's clock before the request.
    pub(super) fn of(told: &Told, form: &Form, asked_at: i64) -> Result<Self, GrantProblem> {
        let access = match &told.access_token {
            Loose::Other | Loose::Number(_) => return Err(wrong("access_token")),
            field => field.text().ok_or(GrantProblem::NoAccessToken)?,
        };
        let access = Token::read(access).map_err(|_| wrong("access_token"))?;
        if !told
            .token_type
            .text()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
        {
            return Err(GrantProblem::WrongTokenType);
        }
        let refresh = match &told.refresh_token {
            Loose::Other | Loose::Number(_) => return Err(wrong("refresh_token")),
            field => match field.text() {
                Some(text) => Some(Token::read(text).map_err(|_| wrong("refresh_token"))?),
                None => None,
            },
        };
        let lifetime = match &told.expires_in {
            Loose::Nothing => None,
            field => Some(field.number().ok_or(wrong("expires_in"))?),
        };
        let scopes = match &told.scope {
            Loose::Nothing => None,
            Loose::Text(list) => Some(scopes(list, |name| {
                access.expose().contains(name)
                    || refresh
                        .as_ref()
                        .is_some_and(|token| token.expose().contains(name))
                    || form_urlencoded::parse(&form.fields).any(|(_, value)| value.contains(name))
            })),
            _ => return Err(wrong("scope")),
        };
        Ok(Self {
            access,
            refresh,
            expires_at: lifetime
                .map(|seconds| asked_at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))),
            scopes,
            created_at: told.created_at.number().and_then(|time| i64::try_from(time).ok()),
        })
    }
}

/// The names in a list, without what a hostile server could want to be shown or stored among them.
fn scopes(list: &str, is_secret: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in list.split_whitespace().filter(|name| is_scope(name)) {
        let known = found.iter().any(|known| known == name);
        let secret = name.len() >= SUSPICIOUS && is_secret(name);
        if found.len() < SCOPES_LIMIT && !known && !secret {
            found.push(name.to_owned());
        }
    }
    found
}

fn wrong(field: &'static str) -> GrantProblem {
    GrantProblem::Unusable(Unusable::WrongTypes { field })
}
