//! Contract §2.6, §2.8 and §5.2: bots and service accounts, and the tokens of both.

use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Answer, Here, send};

async fn post(here: &Here, path: &str, token: &str, body: Value) -> Answer {
    send(here.api(Method::POST, path, token).json(&body)).await
}

#[tokio::test]
async fn quirk_38_a_projects_token_is_a_bot_of_that_project_alone() {
    let here = Here::plain().await;
    let tokens = "/projects/ada%2Fnotes/access_tokens";
    let made = post(
        &here,
        tokens,
        &here.ada,
        json!({ "name": "ci", "scopes": ["api"], "access_level": 30 }),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let token = made.json();
    assert_eq!(token["access_level"], 30);
    assert_eq!(token["resource_type"], "project");
    let secret = token["token"].as_str().unwrap();
    let bot = here.get("/user", secret).await.json();
    assert_eq!((&bot["bot"], &bot["name"]), (&json!(true), &json!("ci")));
    let prefix = format!("project_{}_bot_", token["resource_id"]);
    assert!(bot["username"].as_str().unwrap().starts_with(&prefix), "{bot}");
    assert_eq!(here.get("/projects/works%2Fengine", secret).await.status, 404);
    let another = post(&here, tokens, secret, json!({ "name": "x", "scopes": ["api"] })).await;
    assert!(
        matches!(another.status, 400 | 403),
        "a bot makes no token: {}",
        another.text
    );

    let listed = here.get(tokens, &here.ada).await;
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
    assert!(!listed.text.contains(secret));
    let rotated = post(
        &here,
        &format!("{tokens}/{}/rotate", token["id"]),
        &here.ada,
        json!({}),
    )
    .await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    assert_eq!(here.get("/user", secret).await.json()["error"], "invalid_token");
    let one = format!("{tokens}/{}", rotated.json()["id"]);
    assert_eq!(here.ask(Method::DELETE, &one, &here.ada).await.status, 204);
    let grace = here.token("api", json!({ "username": "grace" })).await;
    here.get(tokens, &grace)
        .await
        .is(404, &json!({ "message": "404 Project Not Found" }), None);
    let wide = post(
        &here,
        tokens,
        &here.ada,
        json!({ "name": "x", "scopes": ["read_user"] }),
    )
    .await;
    wide.is(
        400,
        &json!({ "error": "scopes does not have a valid value" }),
        None,
    );
}

#[tokio::test]
async fn impersonation_tokens_are_for_administrators() {
    let here = Here::plain().await;
    let ada = here.get("/user", &here.ada).await.json()["id"].clone();
    let tokens = format!("/users/{ada}/impersonation_tokens");
    let body = json!({ "name": "as ada", "scopes": ["api"] });
    let made = post(&here, &tokens, &here.root, body.clone()).await;
    assert_eq!((made.status, &made.json()["impersonation"]), (201, &json!(true)));
    let secret = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(here.get("/user", &secret).await.json()["username"], "ada");
    assert_eq!(
        here.get(&tokens, &here.root).await.json()[0]["impersonation"],
        true
    );
    post(&here, &tokens, &here.ada, body)
        .await
        .is(403, &json!({ "message": "403 Forbidden" }), None);
    let one = format!("{tokens}/{}", made.json()["id"]);
    assert_eq!(here.ask(Method::DELETE, &one, &here.root).await.status, 204);
    assert_eq!(here.get("/user", &secret).await.status, 401);
}

#[tokio::test]
async fn service_accounts_have_names_and_tokens_of_their_own() {
    let here = Here::plain().await;
    let made = post(&here, "/service_accounts", &here.root, json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let account = made.json();
    assert_eq!(account["name"], "Service account user");
    assert!(
        account["username"]
            .as_str()
            .unwrap()
            .starts_with("service_account_")
    );
    assert_eq!(account["unconfirmed_email"], Value::Null);
    let path = format!("/users/{}/personal_access_tokens", account["id"]);
    let token = post(
        &here,
        &path,
        &here.root,
        json!({ "name": "t", "scopes": ["api"] }),
    )
    .await;
    let user = here
        .get("/user", token.json()["token"].as_str().unwrap())
        .await
        .json();
    assert_eq!((&user["bot"], &user["id"]), (&json!(true), &account["id"]));
    let forbidden = json!({ "message": "403 Forbidden" });
    post(&here, "/service_accounts", &here.ada, json!({}))
        .await
        .is(403, &forbidden, None);

    let grace = here.token("api", json!({ "username": "grace" })).await;
    let group = "/groups/works/service_accounts";
    let made = post(
        &here,
        group,
        &grace,
        json!({ "name": "builder", "username": "builder" }),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let tokens = format!("{group}/{}/personal_access_tokens", made.json()["id"]);
    let token = post(
        &here,
        &tokens,
        &grace,
        json!({ "name": "t", "scopes": ["read_repository"] }),
    )
    .await;
    assert_eq!(token.status, 201, "{}", token.text);
    let rotated = post(
        &here,
        &format!("{tokens}/{}/rotate", token.json()["id"]),
        &grace,
        json!({}),
    )
    .await;
    assert!(matches!(rotated.status, 200 | 201), "{}", rotated.text);
    assert_ne!(rotated.json()["token"], token.json()["token"]);
    assert_eq!(here.get(group, &grace).await.json()[0]["username"], "builder");
    assert_eq!(
        here.get("/service_accounts", &here.root)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn quirk_33_an_enterprise_edition_without_a_licence_is_free() {
    for (version, status) in [("18.10.0", 403), ("18.11.0", 201)] {
        let here = Here::at(version).await;
        here.set("settings", json!({ "licensed": false })).await;
        let made = post(&here, "/service_accounts", &here.root, json!({})).await;
        assert_eq!(made.status, status, "{version}: {}", made.text);
    }
}
