//! What a GitLab says about its ways to sign in: hints, never addresses (contract §3.10, quirk 24).

use http::Method;
use serde_json::Value;
use url::Url;

use crate::client::Client;
use crate::refusal::is_scope;
use crate::wire::deadline;

/// The most scopes that are kept: GitLab.com has some thirty.
const SCOPES_LIMIT: usize = 200;

/// What the discovery document says. Everything is a hint; a server without a document says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginSupport {
    /// Whether it names the device login. `None`: it does not say; only asking proves it.
    pub device: Option<bool>,
    /// Whom answers come from: what an `iss` in a callback has to be equal to (RFC 9207). On GitLab's canonical
    /// address, which may be another than the one it is reached by.
    pub issuer: Option<String>,
    /// The scopes applications may ask for.
    pub scopes_supported: Option<Vec<String>>,
}

impl Client {
    /// Asks for the discovery document, without any credential.
    pub async fn login_support(&self) -> LoginSupport {
        let url = self.base.join(".well-known/openid-configuration");
        let answer = self
            .reach
            .ask(Method::GET, &url, None, deadline(&self.reach))
            .await;
        match answer {
            Ok(answer) if answer.status == 200 => answer
                .json()
                .map_or_else(LoginSupport::default, |json| read(&json)),
            _ => LoginSupport::default(),
        }
    }
}

fn read(json: &Value) -> LoginSupport {
    let list = |name: &str| {
        json.get(name)
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str))
    };
    LoginSupport {
        device: list("grant_types_supported").map(|mut grants| {
            // GitLab writes the short name, the standard the long one.
            grants.any(|grant| grant == "device_code" || grant.ends_with(":device_code"))
        }),
        issuer: json
            .get("issuer")
            .and_then(Value::as_str)
            .filter(|text| is_issuer(text))
            .map(str::to_owned),
        scopes_supported: list("scopes_supported").map(|scopes| {
            scopes
                .filter(|scope| is_scope(scope))
                .take(SCOPES_LIMIT)
                .map(str::to_owned)
                .collect()
        }),
    }
}

/// An http or https address (RFC 8414 §2) that can be shown as it is.
fn is_issuer(text: &str) -> bool {
    text.len() <= 2048
        && text.bytes().all(|b| b.is_ascii_graphic())
        && Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty())
}
