//! Contract §7.2: the token docker asks for before it talks to the registry.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Answer, Here, send};

async fn ask(here: &Here, scopes: &str, credential: Option<(&str, &str)>) -> Answer {
    let url = here.url(&format!(
        "/jwt/auth?service=container_registry&account=ada{scopes}"
    ));
    let request = here.http.get(url);
    send(match credential {
        Some((name, password)) => request.basic_auth(name, Some(password)),
        None => request,
    })
    .await
}

/// What the token in an answer grants, as `[[name, actions]]`.
fn granted(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = answer.json();
    let claims = token["token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap()
        .to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["aud"], "container_registry");
    let access = claims["access"].as_array().unwrap().iter();
    access.map(|one| json!([one["name"], one["actions"]])).collect()
}

fn denied(answer: &Answer) {
    let body = json!({ "errors": [
        { "code": "DENIED", "message": "requested access to the resource is denied" },
    ] });
    answer.is(403, &body, None);
}

const NOTES: &str = "&scope=repository:ada/notes:pull,push";

#[tokio::test]
async fn the_token_says_what_is_granted() {
    let here = Here::plain().await;
    assert_eq!(
        granted(&ask(&here, "", Some(("ada", &here.ada))).await),
        json!([])
    );
    let both = format!("{NOTES}&scope=repository:ada/hello/web:pull");
    assert_eq!(
        granted(&ask(&here, &both, Some(("anybody", &here.ada))).await),
        json!([["ada/notes", ["pull", "push"]], ["ada/hello/web", ["pull"]]])
    );
    for (scope, actions) in [
        ("read_registry", json!(["pull"])),
        ("write_registry", json!(["push"])),
        ("api", json!(["pull", "push"])),
    ] {
        let token = here.token(scope, json!({})).await;
        assert_eq!(
            granted(&ask(&here, NOTES, Some(("ada", &token))).await),
            json!([["ada/notes", actions]]),
            "{scope}"
        );
    }
    let grace = here.token("api", json!({ "username": "grace" })).await;
    assert_eq!(
        granted(&ask(&here, NOTES, Some(("grace", &grace))).await),
        json!([]),
        "fewer than asked for"
    );
}

#[tokio::test]
async fn strangers_pull_what_is_public_and_nothing_else() {
    let here = Here::plain().await;
    let public = "&scope=repository:ada/hello:pull,push";
    assert_eq!(
        granted(&ask(&here, public, None).await),
        json!([["ada/hello", ["pull"]]])
    );
    denied(&ask(&here, NOTES, None).await);
}

#[tokio::test]
async fn bad_credentials_are_told_in_the_registrys_words() {
    let here = Here::plain().await;
    let revoked = here.token("api", json!({ "state": "revoked" })).await;
    for secret in ["nonsense", revoked.as_str()] {
        let answer = ask(&here, NOTES, Some(("ada", secret))).await;
        assert_eq!(answer.status, 401);
        let error = &answer.json()["errors"][0];
        assert_eq!(error["code"], "UNAUTHORIZED");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("HTTP Basic: Access denied."), "{message}");
        assert!(!message.contains(secret));
    }
    denied(
        &ask(
            &here,
            NOTES,
            Some(("ada", &here.token("read_user", json!({})).await)),
        )
        .await,
    );
}

#[tokio::test]
async fn quirk_58_oauth_tokens_do_not_work_for_the_registry() {
    let here = Here::plain().await;
    let token = here.token("api", json!({ "kind": "oauth" })).await;
    denied(&ask(&here, NOTES, Some(("oauth2", &token))).await);
}

#[tokio::test]
async fn other_services_and_methods_are_not_there() {
    let here = Here::plain().await;
    let other = here.page("/jwt/auth?service=something").await;
    assert_eq!(other.status, 404);
    let posted = here
        .http
        .request(Method::POST, here.url("/jwt/auth?service=container_registry"));
    assert_eq!(send(posted).await.status, 404);
}
