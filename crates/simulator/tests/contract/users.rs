//! Contract §2.4 and §2.8: who the caller is, what only administrators see, and bots.

use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Here, send};

#[tokio::test]
async fn quirk_32_is_admin_is_absent_not_false() {
    let here = Here::plain().await;
    let ada = here.get("/user", &here.ada).await.json();
    assert_eq!(
        (&ada["username"], &ada["state"], &ada["bot"]),
        (&json!("ada"), &json!("active"), &json!(false))
    );
    assert!(ada.get("is_admin").is_none());
    assert_eq!(here.get("/user", &here.root).await.json()["is_admin"], true);
    let without_mode = here.token("api", json!({ "username": "root" })).await;
    assert!(
        here.get("/user", &without_mode)
            .await
            .json()
            .get("is_admin")
            .is_none()
    );
}

#[tokio::test]
async fn quirk_38_project_and_group_tokens_are_bots() {
    let here = Here::plain().await;
    for (kind, resource, start) in [
        ("project", json!("ada/notes"), "project_"),
        ("group", json!("works"), "group_"),
        ("service_account", json!(null), "service_account_"),
    ] {
        let token = here
            .token(
                "api",
                json!({ "username": null, "kind": kind, "resource": resource, "name": "Robot" }),
            )
            .await;
        let body = here.get("/user", &token).await.json();
        assert_eq!(body["bot"], true, "{kind}");
        assert_eq!(body["name"], "Robot", "{kind}");
        let name = body["username"].as_str().unwrap();
        assert!(name.starts_with(start), "{name}");
        if kind != "service_account" {
            assert!(name.contains("_bot_"), "{name}");
        }
        let own = here.get("/personal_access_tokens/self", &token).await.json();
        assert_eq!(own["user_id"], body["id"]);
    }
}

#[tokio::test]
async fn users_are_found_by_exact_name_in_any_case() {
    let here = Here::plain().await;
    let found = here.get("/users?username=ADA", &here.ada).await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["username"], "ada");
    assert_eq!(here.get("/users?username=ad", &here.ada).await.json(), json!([]));
    let id = found[0]["id"].clone();
    assert_eq!(
        here.get(&format!("/users/{id}"), &here.ada).await.json()["username"],
        "ada"
    );
    let nobody = here.get("/users/4040", &here.ada).await;
    nobody.is(404, &json!({ "message": "404 User Not Found" }), None);
}

#[tokio::test]
async fn quirk_53_a_renamed_user_keeps_its_number() {
    let here = Here::plain().await;
    let before = here.get("/user", &here.ada).await.json();
    here.set(
        "users",
        json!({ "username": "ada", "rename_to": "augusta", "name": "Augusta", "avatar_url": "/x.png" }),
    )
    .await;
    let after = here.get("/user", &here.ada).await.json();
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["username"], "augusta");
    assert_eq!(after["avatar_url"], "/x.png");
}

#[tokio::test]
async fn administrators_make_people() {
    let here = Here::plain().await;
    let post = |token: &str, body: Value| send(here.api(Method::POST, "/users", token).json(&body));
    let body = json!({ "email": "joan@example.test", "name": "Joan", "username": "joan", "force_random_password": true });
    post(&here.ada, body.clone())
        .await
        .is(403, &json!({ "message": "403 Forbidden" }), None);
    let made = post(&here.root, body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (&made.json()["username"], &made.json()["is_admin"]),
        (&json!("joan"), &json!(false))
    );
    post(&here.root, body)
        .await
        .is(409, &json!({ "message": "Email has already been taken" }), None);
    let name =
        json!({ "email": "other@example.test", "name": "Joan", "username": "JOAN", "reset_password": true });
    post(&here.root, name).await.is(
        409,
        &json!({ "message": "Username has already been taken" }),
        None,
    );
    let bare = json!({ "email": "x@example.test", "name": "x", "username": "x" });
    let told = "password, reset_password, force_random_password are missing, at least one parameter must be provided";
    post(&here.root, bare)
        .await
        .is(400, &json!({ "error": told }), None);
}

#[tokio::test]
async fn who_has_the_answer_already_is_told_so() {
    let here = Here::plain().await;
    let first = here.get("/user", &here.ada).await;
    let mark = first.header("etag").unwrap().to_owned();
    let again = |mark: String| {
        send(
            here.api(Method::GET, "/user", &here.ada)
                .header("If-None-Match", mark),
        )
    };
    let known = again(mark).await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
    assert_eq!(again("W/\"another\"".to_owned()).await.text, first.text);
}
