//! Contract §4: OAuth applications over the API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Answer, Here, send};

async fn post(here: &Here, path: &str, token: &str, body: &Value) -> Answer {
    send(here.api(Method::POST, path, token).json(body)).await
}

fn wanted() -> Value {
    json!({ "name": "Desk client", "redirect_uri": "http://127.0.0.1/callback\nhttp://[::1]/callback", "scopes": "api read_user" })
}

#[tokio::test]
async fn quirks_20_30_and_31_made_with_201_confidential_and_named_by_number() {
    let here = Here::at("19.0.0").await;
    let made = post(&here, "/applications", &here.root, &wanted()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let app = made.json();
    assert_eq!(app["confidential"], true);
    assert_eq!(app["application_name"], "Desk client");
    assert_eq!(
        app["callback_url"],
        "http://127.0.0.1/callback\nhttp://[::1]/callback"
    );
    assert_eq!(app["scopes"], json!(["api", "read_user"]));
    assert_eq!(app["application_id"].as_str().unwrap().len(), 64);
    let secret = app["secret"].as_str().unwrap();
    assert!(secret.starts_with("gloas-"));
    let listed = here.get("/applications", &here.root).await;
    assert!(
        listed.text.contains("Desk client") && !listed.text.contains("secret"),
        "{}",
        listed.text
    );

    let one = format!("/applications/{}", app["id"]);
    let renewed = post(&here, &format!("{one}/renew-secret"), &here.root, &json!({})).await;
    assert_eq!(renewed.status, 201);
    assert_ne!(renewed.json()["secret"], json!(secret));
    let by_uid = format!("/applications/{}", app["application_id"].as_str().unwrap());
    let missing = json!({ "message": "404 Application Not Found" });
    here.ask(Method::DELETE, &by_uid, &here.root)
        .await
        .is(404, &missing, None);
    assert_eq!(here.ask(Method::DELETE, &one, &here.root).await.status, 204);
    here.ask(Method::DELETE, &one, &here.root)
        .await
        .is(404, &missing, None);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let here = Here::plain().await;
    let forbidden = json!({ "message": "403 Forbidden" });
    post(&here, "/applications", &here.ada, &wanted())
        .await
        .is(403, &forbidden, None);
    let narrow = here.token("api", json!({ "username": "root" })).await;
    post(&here, "/applications", &narrow, &wanted())
        .await
        .is(403, &forbidden, None);
    for (change, body) in [
        (json!({ "name": null }), json!({ "error": "name is missing" })),
        (
            json!({ "redirect_uri": null }),
            json!({ "error": "redirect_uri is missing" }),
        ),
        (
            json!({ "scopes": null }),
            json!({ "error": "scopes is missing, scopes is empty" }),
        ),
        (json!({ "scopes": "" }), json!({ "error": "scopes is empty" })),
        (
            json!({ "redirect_uri": "nonsense" }),
            json!({ "message": { "redirect_uri": ["must be a valid URI."] } }),
        ),
        (
            json!({ "redirect_uri": "desk:callback" }),
            json!({ "message": { "redirect_uri": ["must be a valid URI."] } }),
        ),
        (
            json!({ "redirect_uri": "javascript:x" }),
            json!({ "message": { "redirect_uri": ["is forbidden by the server."] } }),
        ),
        (
            json!({ "scopes": "api nonsense" }),
            json!({ "message": { "scopes": ["doesn't match configured on the server."] } }),
        ),
    ] {
        let mut asked = wanted();
        for (key, value) in change.as_object().unwrap() {
            if value.is_null() {
                asked.as_object_mut().unwrap().remove(key);
            } else {
                asked[key] = value.clone();
            }
        }
        post(&here, "/applications", &here.root, &asked)
            .await
            .is(400, &body, None);
    }
}

#[tokio::test]
async fn everybody_has_applications_of_their_own_since_19() {
    let here = Here::at("19.0.0").await;
    let made = post(&here, "/user/applications", &here.ada, &wanted()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(made.json()["secret"].is_string());
    let one = format!("/user/applications/{}", made.json()["id"]);
    assert_eq!(here.get(&one, &here.ada).await.json().get("secret"), None);
    let grace = here.token("api", json!({ "username": "grace" })).await;
    here.get(&one, &grace)
        .await
        .is(403, &json!({ "message": "403 Forbidden" }), None);
    let change = here
        .api(Method::PUT, &one, &here.ada)
        .json(&json!({ "name": "New", "scopes": "read_user" }));
    let changed = send(change).await.json();
    assert_eq!(
        (&changed["application_name"], &changed["scopes"]),
        (&json!("New"), &json!(["read_user"]))
    );
    assert_eq!(here.ask(Method::DELETE, &one, &here.ada).await.status, 204);
    let old = Here::plain().await;
    old.get("/user/applications", &old.ada)
        .await
        .is(404, &json!({ "error": "404 Not Found" }), None);
}
