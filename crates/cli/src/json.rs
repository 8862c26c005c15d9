//! The JSON shapes of design §6, and how they are written so that no terminal is changed by them. Touches nothing.

use std::fmt::Write as _;

use links::{Account, Instance, LedgerEntry, Reach, Scopes, TokenKind, kind_name, place_name};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::health;
use crate::terminal::is_unsafe;

/// The number in every answer; it grows when a key changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// `{"schema":1,KEY:VALUE}`.
#[must_use]
pub fn answer(key: &str, value: Value) -> Value {
    let mut object = Map::new();
    object.insert("schema".to_owned(), json!(SCHEMA));
    object.insert(key.to_owned(), value);
    Value::Object(object)
}

/// One line of JSON. Characters that could change what a terminal shows are written as `\uXXXX`; `serde_json` does so
/// for C0 alone.
#[must_use]
pub fn line(value: &Value) -> String {
    let text = value.to_string();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if is_unsafe(c) {
            // All of them are in the basic plane: one unit of UTF-16. Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

/// One account, all keys always there.
#[derive(Debug, Serialize)]
pub struct AccountJson<'a> {
    name: &'a str,
    instance: &'a str,
    user: UserJson<'a>,
    method: &'static str,
    kind: &'static str,
    scopes: Vec<&'a str>,
    health: HealthJson,
    expires_at: Option<String>,
    renews_by_itself: bool,
    checked_at: Option<String>,
    secret_in: &'static str,
}

#[derive(Debug, Serialize)]
struct UserJson<'a> {
    id: u64,
    username: Option<&'a str>,
    name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct HealthJson {
    state: &'static str,
    detail: Option<String>,
}

impl<'a> AccountJson<'a> {
    /// The account's JSON.
    #[must_use]
    pub fn value(account: &'a Account) -> Value {
        serde_json::to_value(Self::from(account)).unwrap_or(Value::Null)
    }
}

impl<'a> From<&'a Account> for AccountJson<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            name: &account.name,
            instance: account.instance.as_str(),
            user: UserJson {
                id: account.user.id,
                username: account.user.username.as_deref(),
                name: account.user.name.as_deref(),
            },
            method: account.method.as_str(),
            kind: kind_name(account.kind),
            scopes: scopes(account),
            health: HealthJson {
                state: account.health.state(),
                detail: health::detail(account),
            },
            expires_at: expires_at(account),
            renews_by_itself: account.renews_by_itself(),
            checked_at: account.checked_at.map(|at| at.to_string()),
            secret_in: place_name(account.secret_in),
        }
    }
}

/// What `lablink show` says beside the account itself, all keys always there.
#[must_use]
pub fn details(account: &Account, events: &[LedgerEntry]) -> Value {
    let reach = |reach: &Reach| json!({ "can": reach.as_str(), "missing": reach.missing() });
    let login = account.login.as_ref();
    json!({
        "token": {
            "id": account.token_id,
            "name": account.token_name,
            "created_at": account.token_created_at.map(|at| at.to_string()),
            "last_used_at": account.last_used_at.map(|at| at.to_string()),
        },
        "application_id": login.map(|login| login.application_id.as_str()),
        "renews_by_itself": login.is_some_and(|login| login.renews_by_itself),
        "renews_at": login.and_then(|login| login.renews_at).map(|at| at.to_string()),
        "wanted": account.wanted,
        "missing": account.missing,
        "wider": account.wider(),
        "git": reach(&account.git()),
        "registry": reach(&account.registry()),
        "linked_at": account.linked_at.to_string(),
        "default_on_instance": account.default_on_instance,
        "events": events.iter().map(event).collect::<Vec<Value>>(),
    })
}

/// The first day or the moment from which the account does not work; none where it never ends, GitLab does not tell, or
/// it is renewed by itself.
fn expires_at(account: &Account) -> Option<String> {
    match &account.login {
        Some(login) if login.renews_by_itself => None,
        Some(login) => login.access_until.map(|at| at.to_string()),
        None => account.expires_on.map(|day| day.to_string()),
    }
}

/// The scopes by name; `granular` for a fine-grained token (contract §2.2), `unknown` where the server cannot tell.
fn scopes(account: &Account) -> Vec<&str> {
    match &account.scopes {
        _ if account.kind == TokenKind::FineGrained => vec!["granular"],
        Scopes::Known(names) => names.iter().map(String::as_str).collect(),
        Scopes::Unknown => vec!["unknown"],
    }
}

/// One instance.
#[must_use]
pub fn instance(instance: &Instance) -> Value {
    json!({
        "address": instance.address.as_str(),
        "source": instance.source.as_str(),
        "plain_http": instance.plain_http,
        "extra_authority": !instance.authorities.is_empty(),
        "client_id": instance.client_id,
        "confidential": instance.confidential,
        "scopes": instance.scopes,
        "version": instance.version,
        "accounts": instance.accounts,
    })
}

/// One entry of the ledger, all keys always there; the man page of `lablink log` says what they are.
#[must_use]
pub fn event(entry: &LedgerEntry) -> Value {
    json!({
        "at": entry.at.to_string(),
        "account": entry.name,
        "what": entry.what,
        "detail": entry.detail,
        "address": entry.address,
        "times": entry.times,
        "last_at": entry.last_at.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{answer, line};

    #[test]
    fn nothing_that_moves_a_terminal_is_written_raw() {
        let value = answer(
            "x",
            json!("\u{1b}[0m \u{7f} \u{9b} \u{202e} \u{2028} ü 日本 \u{1f600}"),
        );
        let text = line(&value);
        assert_eq!(
            text,
            "{\"schema\":1,\"x\":\"\\u001b[0m \\u007f \\u009b \\u202e \\u2028 ü 日本 \u{1f600}\"}\n"
        );
        let back: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(back, value);
    }
}
