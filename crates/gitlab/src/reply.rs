//! GitLab's answers to a request with a token, read into facts. Pure: what is needed must be there and of its type,
//! what is optional may be missing or odd.

use jiff::civil::Date;
use serde_json::Value;
use url::Url;

use crate::base_url::BaseUrl;
use crate::evidence::{as_typed, target};
use crate::identity::{Scopes, User};
use crate::problem::{Problem, Unusable};
use crate::refusal::{Refusal, is_scope, refusal};
use crate::shown::{shown, shown_within};
use crate::unanswered::Unanswered;
use crate::version::GitLabVersion;
use crate::wire::{Answer, Fault};

/// The most scopes of a token that are kept.
const SCOPES_LIMIT: usize = 100;

/// What came back.
pub(crate) enum Reply<T> {
    /// What was asked for.
    Good(T),
    /// GitLab's no.
    Refused(Refusal),
    /// This GitLab has no such route, or not for this method.
    Missing,
    /// Nothing that tells anything about the token.
    Problem(Problem),
}

impl<T> Reply<T> {
    /// Reads the body of a good answer.
    pub(crate) fn read<U>(self, read: impl FnOnce(T) -> Result<U, Problem>) -> Reply<U> {
        match self {
            Self::Good(value) => match read(value) {
                Ok(read) => Reply::Good(read),
                Err(Problem::Refusal(refusal)) => Reply::Refused(refusal),
                Err(problem) => Reply::Problem(problem),
            },
            Self::Refused(refusal) => Reply::Refused(refusal),
            Self::Missing => Reply::Missing,
            Self::Problem(problem) => Reply::Problem(problem),
        }
    }
}

/// Sorts an answer by contract §2.9 and §8.1. `asked` is what was asked for.
pub(crate) fn reply(result: Result<Answer, Fault>, asked: &Url, base: &BaseUrl) -> Reply<Answer> {
    let answer = match result {
        Ok(answer) => answer,
        Err(fault) => return Reply::Problem(fault.into()),
    };
    match answer.status {
        200..=299 => Reply::Good(answer),
        301 | 302 | 303 | 307 | 308 => Reply::Problem(match target(&answer, asked) {
            Ok(to) => Problem::RedirectElsewhere { to: as_typed(&to) },
            Err(unusable) => unusable.into(),
        }),
        400 if is_about_token_type(&answer, asked) => Reply::Refused(Refusal::OAuthToken),
        404 | 405 if answer.json().is_some() => Reply::Missing,
        429 => Reply::Problem(
            Unanswered::RateLimited {
                retry_after: answer.retry_after(),
            }
            .into(),
        ),
        503 if crate::evidence::says_maintenance(&answer) => Reply::Problem(Unanswered::Maintenance.into()),
        // RFC 6585 §6: the network on the way wants a sign-in.
        511 => Reply::Problem(Problem::NotGitLabAnswer { status: 511 }),
        status @ 500.. => Reply::Problem(Unanswered::ServerError { status }.into()),
        status => match refusal(&answer, base) {
            Some(refusal) => Reply::Refused(refusal),
            None if matches!(status, 401 | 403) && answer.claims_json() && answer.json().is_none() => {
                Reply::Problem(Unusable::BrokenJson.into())
            }
            None => Reply::Problem(Problem::NotGitLabAnswer { status }),
        },
    }
}

/// Contract §2.2: 400 on `self` is how GitLab says that the token is of an app login. Deleting has 400s of its own.
fn is_about_token_type(answer: &Answer, asked: &Url) -> bool {
    asked.path().ends_with("/personal_access_tokens/self")
        && answer.json().is_some_and(|json| {
            json.get("message")
                .and_then(Value::as_str)
                .is_some_and(|text| text.to_lowercase().contains("token type"))
        })
}

/// What `GET /personal_access_tokens/self` tells.
pub(crate) struct SelfFacts {
    pub(crate) id: u64,
    pub(crate) user_id: u64,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) granular: bool,
    pub(crate) expires_on: Option<String>,
    pub(crate) created_at: Option<String>,
    pub(crate) last_used_at: Option<String>,
}

/// Reads contract §2.2's object. A token that calls itself dead is dead, though it could ask.
pub(crate) fn self_facts(answer: &Answer) -> Result<SelfFacts, Problem> {
    let json = object(answer)?;
    let flag = |field: &str| json.get(field).and_then(Value::as_bool);
    if flag("revoked") == Some(true) {
        return Err(Refusal::Revoked.into());
    }
    if flag("active") == Some(false) || flag("expired") == Some(true) {
        return Err(Refusal::Expired.into());
    }
    let scopes = token_scopes(&json)?;
    let granular = flag("granular") == Some(true) || scopes.iter().any(|scope| scope == "granular");
    Ok(SelfFacts {
        id: number(&json, "id")?,
        user_id: number(&json, "user_id")?,
        name: text(&json, "name"),
        scopes: Scopes::Known(scopes),
        granular,
        expires_on: expiry(&json)?,
        created_at: text(&json, "created_at"),
        last_used_at: text(&json, "last_used_at"),
    })
}

/// Reads contract §2.4's object. A user who is said to be shut out is, though the token could ask.
pub(crate) fn user(answer: &Answer, base: &BaseUrl) -> Result<User, Problem> {
    let json = object(answer)?;
    if let Some(refusal) = json.get("state").and_then(Value::as_str).and_then(shut_out) {
        return Err(refusal.into());
    }
    let username = text(&json, "username").ok_or(Unusable::WrongTypes { field: "username" })?;
    Ok(User {
        id: number(&json, "id")?,
        username: Some(username),
        name: text(&json, "name"),
        bot: json.get("bot").and_then(Value::as_bool),
        web_url: address(&json, "web_url", base).filter(|url| !answer.tells_secret(url)),
        avatar_url: address(&json, "avatar_url", base).filter(|url| !answer.tells_secret(url)),
        is_admin: json.get("is_admin").and_then(Value::as_bool),
        state: text(&json, "state"),
    })
}

/// GitLab's words for users its API is closed to (A9, A10, A12). Words that are not known shut nobody out.
fn shut_out(state: &str) -> Option<Refusal> {
    match state {
        "blocked" | "ldap_blocked" | "banned" => Some(Refusal::Blocked),
        "blocked_pending_approval" => Some(Refusal::PendingApproval),
        "deactivated" => Some(Refusal::Deactivated { url: None }),
        _ => None,
    }
}

/// Reads contract §1.3's object: everything in it is optional to us.
pub(crate) fn version(answer: &Answer) -> (Option<GitLabVersion>, Option<bool>) {
    let Ok(json) = object(answer) else {
        return (None, None);
    };
    let version = json
        .get("version")
        .and_then(Value::as_str)
        .and_then(GitLabVersion::read);
    (version, json.get("enterprise").and_then(Value::as_bool))
}

fn object(answer: &Answer) -> Result<Value, Problem> {
    match answer.json() {
        Some(json) if json.is_object() => Ok(json),
        Some(_) => Err(Unusable::WrongTypes { field: "id" }.into()),
        None if answer.is_html() => Err(Unusable::Html.into()),
        None => Err(Unusable::BrokenJson.into()),
    }
}

/// A number GitLab counts by: above 0, within what its database can hold.
fn number(json: &Value, field: &'static str) -> Result<u64, Unusable> {
    json.get(field)
        .and_then(Value::as_u64)
        .filter(|number| (1..=i64::MAX.unsigned_abs()).contains(number))
        .ok_or(Unusable::WrongTypes { field })
}

fn text(json: &Value, field: &str) -> Option<String> {
    let text = shown(json.get(field)?.as_str()?);
    (!text.is_empty()).then_some(text)
}

fn token_scopes(json: &Value) -> Result<Vec<String>, Unusable> {
    let wrong = Unusable::WrongTypes { field: "scopes" };
    let list = json
        .get("scopes")
        .and_then(Value::as_array)
        .ok_or(wrong.clone())?;
    let mut scopes: Vec<String> = Vec::new();
    for scope in list {
        let scope = scope
            .as_str()
            .filter(|scope| is_scope(scope))
            .ok_or(wrong.clone())?;
        if scopes.len() < SCOPES_LIMIT && !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

/// `null` and a missing field are "never"; anything else has to be a date, since a misread one would be a promise.
fn expiry(json: &Value) -> Result<Option<String>, Unusable> {
    let wrong = Unusable::WrongTypes { field: "expires_at" };
    match json.get("expires_at") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let day = text.get(..10).ok_or(wrong.clone())?;
            let date: Date = day.parse().map_err(|_| wrong.clone())?;
            let rest = text.get(10..).unwrap_or_default();
            if rest.is_empty() || rest.starts_with('T') {
                Ok(Some(date.to_string()))
            } else {
                Err(wrong)
            }
        }
        Some(_) => Err(wrong),
    }
}

/// An http or https address, absolute or relative to the instance.
fn address(json: &Value, field: &str, base: &BaseUrl) -> Option<String> {
    let text = json.get(field)?.as_str()?;
    let url = if text.starts_with('/') && !text.starts_with("//") {
        base.join("").join(text).ok()?
    } else {
        Url::parse(text).ok()?
    };
    let fine =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (fine && url.as_str().len() <= 2048).then(|| shown_within(url.as_str(), 2048))
}
