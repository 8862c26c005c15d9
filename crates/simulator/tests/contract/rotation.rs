//! Contract §2.2, §2.3 and §2.6: a token about itself and others, rotation and its reuse detection, revocation.

use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Answer, Here, send};

const ROTATE: &str = "/personal_access_tokens/self/rotate";

async fn rotate(here: &Here, token: &str) -> Answer {
    here.ask(Method::POST, ROTATE, token).await
}

fn secret(answer: &Answer) -> String {
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn quirk_9_rotation_kills_the_old_token_at_once() {
    let here = Here::plain().await;
    let before = here.get("/personal_access_tokens/self", &here.ada).await.json();
    let answer = rotate(&here, &here.ada).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_ne!(body["id"], before["id"]);
    assert_eq!(body["name"], before["name"]);
    assert_eq!(body["scopes"], before["scopes"]);
    assert_eq!(here.get("/user", &secret(&answer)).await.status, 200);
    let old = here.get("/personal_access_tokens/self", &here.ada).await;
    assert_eq!(old.json()["error"], "invalid_token");
    assert_eq!(
        here.get("/user", &secret(&answer)).await.status,
        200,
        "looking at the old one is harmless"
    );
}

#[tokio::test]
async fn quirk_9_replaying_a_rotated_token_kills_its_descendants() {
    for (version, survives) in [("16.2.0", true), ("16.3.0", false), ("18.1.0", false)] {
        let here = Here::at(version).await;
        let made = here
            .set("tokens", json!({ "username": "ada", "scopes": "api" }))
            .await;
        let first = made["token"].as_str().unwrap();
        let turn = |id: Value, token: String| {
            let request = here.api(
                Method::POST,
                &format!("/personal_access_tokens/{id}/rotate"),
                &token,
            );
            async move { send(request).await }
        };
        let second = turn(made["id"].clone(), first.to_owned()).await;
        let third = turn(second.json()["id"].clone(), secret(&second)).await;
        assert_eq!(here.get("/user", &secret(&third)).await.status, 200, "{version}");
        let replay = turn(made["id"].clone(), first.to_owned()).await;
        assert_eq!(replay.status, 401);
        let status = here.get("/user", &secret(&third)).await.status;
        assert_eq!(status == 200, survives, "{version}");
        assert_eq!(
            here.get("/user", &here.ada).await.status,
            200,
            "others are left alone"
        );
    }
}

#[tokio::test]
async fn quirk_10_rotation_without_a_date_lasts_a_week() {
    let here = Here::plain().await;
    let week = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(7);
    let answer = rotate(&here, &here.ada).await;
    let told: jiff::civil::Date = answer.json()["expires_at"].as_str().unwrap().parse().unwrap();
    // Midnight may pass between the two looks at the clock.
    assert!((told - week).get_days() <= 1 && told >= week, "{told}");
    here.set("settings", json!({ "require_expiry": false })).await;
    assert_eq!(
        rotate(&here, &secret(&answer)).await.json()["expires_at"],
        Value::Null
    );
}

#[tokio::test]
async fn rotation_with_a_date_keeps_to_the_maximum() {
    let here = Here::plain().await;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let on = |days: i64| {
        let body = json!({ "expires_at": (today + jiff::Span::new().days(days)).to_string() });
        send(here.api(Method::POST, ROTATE, &here.ada).json(&body))
    };
    for days in [400, -1] {
        let refused = on(days).await;
        assert_eq!(refused.status, 400);
        let text = refused.json()["message"].as_str().unwrap().to_owned();
        assert!(text.starts_with("400 Bad request - "), "{text}");
    }
    assert_eq!(
        here.get("/user", &here.ada).await.status,
        200,
        "a refused rotation changes nothing"
    );
    let done = on(90).await;
    assert_eq!(
        done.json()["expires_at"],
        (today + jiff::Span::new().days(90)).to_string()
    );
}

#[tokio::test]
async fn quirk_8_rotation_of_an_oauth_token_is_405() {
    let here = Here::plain().await;
    let oauth = |scopes: &'static str| here.token(scopes, json!({ "kind": "oauth" }));
    let wide = send(here.api(Method::POST, ROTATE, "").bearer_auth(oauth("api").await)).await;
    wide.is(405, &json!({ "message": "405 Method Not Allowed" }), None);
    let narrow = send(
        here.api(Method::POST, ROTATE, "")
            .bearer_auth(oauth("read_user").await),
    )
    .await;
    assert_eq!(
        (narrow.status, &narrow.json()["error"]),
        (403, &json!("insufficient_scope"))
    );
}

#[tokio::test]
async fn self_rotate_scope_is_enough_and_others_are_not() {
    let here = Here::plain().await;
    let rotating = here.token("self_rotate", json!({})).await;
    assert_eq!(rotate(&here, &rotating).await.status, 200);
    let reading = here.token("read_api", json!({})).await;
    assert_eq!(
        rotate(&here, &reading).await.json()["error"],
        "insufficient_scope"
    );
}

#[tokio::test]
async fn quirk_7_self_with_an_oauth_token_is_400() {
    let here = Here::plain().await;
    let oauth = here.token("api", json!({ "kind": "oauth" })).await;
    let body = json!({
        "message": "400 Bad request - This endpoint requires token type to be a personal access token",
    });
    for (method, path) in [
        (Method::GET, "/personal_access_tokens/self"),
        (Method::DELETE, "/personal_access_tokens/self"),
        (Method::GET, "/personal_access_tokens/self/associations"),
    ] {
        send(here.api(method, path, "").bearer_auth(&oauth))
            .await
            .is(400, &body, None);
    }
}

#[tokio::test]
async fn quirk_39_foreign_and_unknown_numbers_are_401_and_404_for_admins() {
    let here = Here::plain().await;
    let foreign = here
        .set("tokens", json!({ "username": "grace", "scopes": "api" }))
        .await["id"]
        .clone();
    let bare = json!({ "message": "401 Unauthorized" });
    for id in [foreign.to_string(), "999999".to_owned()] {
        let path = format!("/personal_access_tokens/{id}");
        for method in [Method::GET, Method::DELETE] {
            here.ask(method, &path, &here.ada).await.is(401, &bare, None);
        }
        here.ask(Method::POST, &format!("{path}/rotate"), &here.ada)
            .await
            .is(401, &bare, None);
    }
    let missing = json!({ "message": "404 Not Found" });
    here.get("/personal_access_tokens/999999", &here.root)
        .await
        .is(404, &missing, None);
    assert_eq!(
        here.get(&format!("/personal_access_tokens/{foreign}"), &here.root)
            .await
            .status,
        200
    );
    assert_eq!(
        here.ask(
            Method::DELETE,
            &format!("/personal_access_tokens/{foreign}"),
            &here.root
        )
        .await
        .status,
        204
    );
}

#[tokio::test]
async fn own_tokens_can_be_revoked_by_number() {
    let here = Here::plain().await;
    let made = here
        .set("tokens", json!({ "username": "ada", "scopes": "api" }))
        .await;
    let path = format!("/personal_access_tokens/{}", made["id"]);
    assert_eq!(here.ask(Method::DELETE, &path, &here.ada).await.status, 204);
    let dead = here.get("/user", made["token"].as_str().unwrap()).await;
    assert_eq!(dead.json()["error"], "invalid_token");
    assert_eq!(here.get(&path, &here.ada).await.json()["revoked"], true);
}

#[tokio::test]
async fn an_impersonation_token_cannot_revoke_itself() {
    let here = Here::plain().await;
    let token = here.token("api", json!({ "kind": "impersonation" })).await;
    let answer = here
        .ask(Method::DELETE, "/personal_access_tokens/self", &token)
        .await;
    answer.is(
        400,
        &json!({ "message": "400 Bad request - Not permitted to revoke" }),
        None,
    );
}

#[tokio::test]
async fn list_shows_ones_own_and_everything_to_admins() {
    let here = Here::plain().await;
    here.set(
        "tokens",
        json!({ "username": "ada", "scopes": "api", "name": "Old one", "state": "revoked" }),
    )
    .await;
    let names = |answer: Answer| -> Vec<String> {
        let list = answer.json();
        list.as_array()
            .unwrap()
            .iter()
            .map(|token| token["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(here.get("/personal_access_tokens", &here.ada).await),
        ["Ada's token", "Old one"]
    );
    for query in ["state=active", "revoked=false", "search=ADA"] {
        let found = here
            .get(&format!("/personal_access_tokens?{query}"), &here.ada)
            .await;
        assert_eq!(names(found), ["Ada's token"], "{query}");
    }
    let sorted = here
        .get("/personal_access_tokens?sort=name_desc", &here.ada)
        .await;
    assert_eq!(names(sorted), ["Old one", "Ada's token"]);
    let future = here
        .get("/personal_access_tokens?created_after=2999-01-01", &here.ada)
        .await;
    assert!(names(future).is_empty());
    assert_eq!(
        names(here.get("/personal_access_tokens", &here.root).await).len(),
        3
    );
    let foreign = here.get("/personal_access_tokens?user_id=1", &here.ada).await;
    foreign.is(401, &json!({ "message": "401 Unauthorized" }), None);
}

#[tokio::test]
async fn use_is_noted_every_ten_minutes_at_most() {
    let here = Here::plain().await;
    let used = || async {
        let body = here.get("/personal_access_tokens/self", &here.ada).await.json();
        body["last_used_at"].as_str().unwrap().to_owned()
    };
    let first = used().await;
    here.set("clock", json!({ "advance_seconds": 300 })).await;
    assert_eq!(used().await, first);
    here.set("clock", json!({ "advance_seconds": 400 })).await;
    assert_ne!(used().await, first);
}

#[tokio::test]
async fn an_administrator_makes_tokens_for_others() {
    let here = Here::plain().await;
    let id = here.get("/user", &here.ada).await.json()["id"].clone();
    let post = |path: String, body: Value| send(here.api(Method::POST, &path, &here.root).json(&body));
    let path = format!("/users/{id}/personal_access_tokens");
    let made = post(path.clone(), json!({ "name": "n", "scopes": ["read_user"] })).await;
    assert_eq!(made.status, 201);
    assert_eq!(here.get("/user", &secret(&made)).await.json()["username"], "ada");
    let nobody = post(
        "/users/4040/personal_access_tokens".to_owned(),
        json!({ "name": "n" }),
    )
    .await;
    nobody.is(404, &json!({ "message": "404 User Not Found" }), None);
    let nameless = post(path, json!({ "scopes": ["api"] })).await;
    nameless.is(400, &json!({ "error": "name is missing" }), None);
}
