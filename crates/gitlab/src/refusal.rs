//! A GitLab that answered and said no: which case of the contract's matrix (§2.7) it was.

use serde_json::Value;
use url::Url;

use crate::base_url::BaseUrl;
use crate::shown::shown;
use crate::wire::Answer;

/// Why GitLab refuses a token. All text from the server is escaped and capped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A1: the server does not know the token: mistyped, deleted, of another instance, of a deleted user.
    #[error("GitLab does not know this token")]
    Unknown,
    /// A2: its last day has passed.
    #[error("the token has expired")]
    Expired,
    /// A3: somebody revoked it.
    #[error("the token was revoked")]
    Revoked,
    /// A4: an impersonation token while the administrator has switched impersonation off.
    #[error("it is an impersonation token, and impersonation is switched off on this GitLab")]
    ImpersonationDisabled,
    /// A5: the token works, but not for this.
    #[error("the token may not do this: any of these scopes would do: {}", would_do.join(", "))]
    TooNarrow {
        /// Scopes of which *any one* would do (quirk 4), each once. May be empty.
        would_do: Vec<String>,
    },
    /// A6: a fine-grained token without the permission, or a classic one where only fine-grained ones are allowed.
    #[error("the fine-grained token lacks a permission: {detail}")]
    FineGrained {
        /// What GitLab says is missing.
        detail: String,
    },
    /// A7: the user asks for a proof of possession with each use (`DPoP`), which a plain token cannot give.
    #[error("this user's tokens need a proof of possession (DPoP): {detail}")]
    Dpop {
        /// What GitLab says about it.
        detail: String,
    },
    /// A8: two tokens in one request; something between LabLink and GitLab adds one.
    #[error("something on the way adds a second token to the request")]
    TwoTokens,
    /// A9: the account is blocked.
    #[error("the account is blocked")]
    Blocked,
    /// A10: the account waits for an administrator.
    #[error("the account waits for an administrator's approval")]
    PendingApproval,
    /// A11: terms of service to be accepted in a browser.
    #[error("the terms of service have to be accepted in a browser first")]
    TermsNotAccepted {
        /// Where, if it is on this very GitLab.
        url: Option<String>,
    },
    /// A12: the account sleeps; signing in with a browser wakes it.
    #[error("the account is deactivated; signing in with a browser wakes it")]
    Deactivated {
        /// Where, if it is on this very GitLab.
        url: Option<String>,
    },
    /// A13: the e-mail address is not confirmed.
    #[error("the account's e-mail address is not confirmed yet")]
    Unconfirmed,
    /// A14: the password has expired.
    #[error("the account's password has expired")]
    PasswordExpired,
    /// A15, A16: a plain refusal: an administrator's right is needed, or too many addresses use the account.
    #[error("GitLab forbids it and says no more")]
    Forbidden,
    /// Contract §2.2: an access token of an app login, which is no access token a person made.
    #[error("it is the access token of an app login, not one that a person made")]
    OAuthToken,
    /// Another refusal with a reason of its own.
    #[error("GitLab forbids it: {detail}")]
    OtherForbidden {
        /// What GitLab says.
        detail: String,
    },
}

impl Refusal {
    /// The row of the contract's §2.7 (`"A1"` … `"A15"`), `"§2.2"` for an app login's token, `"403"` for a refusal
    /// that is in no row.
    #[must_use]
    pub fn case(&self) -> &'static str {
        match self {
            Self::Unknown => "A1",
            Self::Expired => "A2",
            Self::Revoked => "A3",
            Self::ImpersonationDisabled => "A4",
            Self::TooNarrow { .. } => "A5",
            Self::FineGrained { .. } => "A6",
            Self::Dpop { .. } => "A7",
            Self::TwoTokens => "A8",
            Self::Blocked => "A9",
            Self::PendingApproval => "A10",
            Self::TermsNotAccepted { .. } => "A11",
            Self::Deactivated { .. } => "A12",
            Self::Unconfirmed => "A13",
            Self::PasswordExpired => "A14",
            Self::Forbidden => "A15",
            Self::OAuthToken => "§2.2",
            Self::OtherForbidden { .. } => "403",
        }
    }
}

/// The most scopes listed of a refusal.
const SCOPES_LIMIT: usize = 50;

/// Reads a refusal of GitLab's API (contract §2.7, §8.1). `None`: it is not GitLab that refuses.
pub(crate) fn refusal(answer: &Answer, base: &BaseUrl) -> Option<Refusal> {
    let json = answer.json()?;
    let error = json.get("error").and_then(Value::as_str);
    let description = json
        .get("error_description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (answer.status, error) {
        (400, Some("invalid_request")) => Some(Refusal::TwoTokens),
        (401, Some("invalid_token")) => Some(dead(description)),
        (401, Some("dpop_error")) => Some(Refusal::Dpop {
            detail: shown(description),
        }),
        (401, None) => unknown(answer, &json),
        (403, Some("insufficient_scope")) => Some(Refusal::TooNarrow {
            would_do: scopes(json.get("scope").and_then(Value::as_str).unwrap_or_default()),
        }),
        (403, Some("insufficient_granular_scope")) => Some(Refusal::FineGrained {
            detail: shown(description),
        }),
        (403, Some(_)) => Some(Refusal::OtherForbidden {
            detail: detail(&json),
        }),
        (403, None) => forbidden(&json, base),
        _ => None,
    }
}

/// `invalid_token`: the code is one for three cases, only the text tells them apart. What is neither expired nor an
/// impersonation token was revoked (contract §2.9).
fn dead(description: &str) -> Refusal {
    let text = description.to_ascii_lowercase();
    if text.contains("impersonation") {
        Refusal::ImpersonationDisabled
    } else if text.contains("expired") && !text.contains("revoked") {
        Refusal::Expired
    } else {
        Refusal::Revoked
    }
}

/// A bare 401 (quirk 1): GitLab sends no challenge with it, a proxy in front does.
fn unknown(answer: &Answer, json: &Value) -> Option<Refusal> {
    let message = json.get("message").and_then(Value::as_str)?;
    let bare = message == "401 Unauthorized" || message.starts_with("401 Unauthorized -");
    (bare && !answer.headers.contains_key(http::header::WWW_AUTHENTICATE)).then_some(Refusal::Unknown)
}

fn forbidden(json: &Value, base: &BaseUrl) -> Option<Refusal> {
    let message = json.get("message")?;
    let Some(text) = message.as_str() else {
        return Some(Refusal::OtherForbidden { detail: detail(json) });
    };
    let reason = text.strip_prefix("403 Forbidden")?;
    let reason = reason.strip_prefix(" - ").unwrap_or(reason).trim();
    if reason.is_empty() {
        return Some(Refusal::Forbidden);
    }
    let lower = reason.to_lowercase();
    let says = |part: &str| lower.contains(part);
    Some(if says("pending approval") {
        Refusal::PendingApproval
    } else if says("terms of service") {
        Refusal::TermsNotAccepted {
            url: own_url(reason, base),
        }
    } else if says("deactivated") {
        Refusal::Deactivated {
            url: own_url(reason, base),
        }
    } else if says("not confirmed") || says("unconfirmed") {
        Refusal::Unconfirmed
    } else if says("password expired") || says("password has expired") {
        Refusal::PasswordExpired
    } else if says("blocked") {
        Refusal::Blocked
    } else {
        Refusal::OtherForbidden {
            detail: shown(reason),
        }
    })
}

/// The address in a server's text, if it lies within the very GitLab that said it: people are sent nowhere else.
fn own_url(text: &str, base: &BaseUrl) -> Option<String> {
    text.split_whitespace()
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .filter_map(|word| Url::parse(word.trim_end_matches(['.', ',', ';', ')'])).ok())
        .find(|url| base.covers(url) && url.username().is_empty() && url.password().is_none())
        .map(|url| shown(url.as_str()))
}

/// A list of scopes: separated by spaces or commas, each once, only what can be a scope's name.
pub(crate) fn scopes(list: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for scope in list.split([' ', ',', '\t', '\n']).filter(|scope| is_scope(scope)) {
        if found.len() < SCOPES_LIMIT && !found.iter().any(|known| known == scope) {
            found.push(scope.to_owned());
        }
    }
    found
}

/// Whether a text can be a scope's name.
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.' | b'*'))
}

/// The text of an error in whichever of GitLab's shapes it came (contract §8.1), escaped and capped.
pub(crate) fn detail(json: &Value) -> String {
    let told = ["error_description", "error", "message"]
        .into_iter()
        .filter_map(|field| json.get(field));
    shown(
        &told
            .map(flat)
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default(),
    )
}

/// Strings, lists of strings and lists by field become one line.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(flat).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(field, value)| {
                if field == "error" {
                    flat(value)
                } else {
                    format!("{field} {}", flat(value))
                }
            })
            .collect::<Vec<_>>()
            .join("; "),
        _ => String::new(),
    }
}
