//! Contract §5.3: members of projects and groups.

use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Answer, Here, send};

const MEMBERS: &str = "/projects/ada%2Fnotes/members";

async fn add(here: &Here, path: &str, token: &str, body: Value) -> Answer {
    send(here.api(Method::POST, path, token).json(&body)).await
}

#[tokio::test]
async fn quirk_46_a_member_already_is_409() {
    let here = Here::plain().await;
    let grace = here.token("api", json!({ "username": "grace" })).await;
    let id = here.get("/user", &grace).await.json()["id"].clone();
    assert_eq!(here.get("/projects/ada%2Fnotes", &grace).await.status, 404);
    let body = json!({ "user_id": id, "access_level": 30 });
    let made = add(&here, MEMBERS, &here.ada, body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["username"], "grace");
    assert_eq!(made.json()["access_level"], 30);
    assert_eq!(made.json()["membership_state"], "active");
    add(&here, MEMBERS, &here.ada, body.clone()).await.is(
        409,
        &json!({ "message": "Member already exists" }),
        None,
    );
    assert_eq!(here.get("/projects/ada%2Fnotes", &grace).await.status, 200);
    add(&here, MEMBERS, &grace, body)
        .await
        .is(403, &json!({ "message": "403 Forbidden" }), None);

    let one = format!("{MEMBERS}/{id}");
    let raised = send(
        here.api(Method::PUT, &one, &here.ada)
            .json(&json!({ "access_level": 40 })),
    )
    .await;
    assert_eq!(raised.json()["access_level"], 40);
    assert_eq!(here.get(&one, &here.ada).await.json()["access_level"], 40);
    assert_eq!(here.ask(Method::DELETE, &one, &here.ada).await.status, 204);
    for method in [Method::GET, Method::DELETE] {
        here.ask(method, &one, &here.ada)
            .await
            .is(404, &json!({ "message": "404 Not found" }), None);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_member_is_named() {
    let here = Here::plain().await;
    let id = here.get("/user", &here.root).await.json()["id"].clone();
    for (body, status, told) in [
        (
            json!({ "user_id": 99_999, "access_level": 30 }),
            404,
            json!({ "message": "404 User Not Found" }),
        ),
        (
            json!({ "user_id": id, "access_level": 31 }),
            400,
            json!({ "message": { "access_level": ["is not included in the list"] } }),
        ),
        (
            json!({ "access_level": 30 }),
            400,
            json!({ "error": "user_id is missing" }),
        ),
    ] {
        add(&here, MEMBERS, &here.ada, body).await.is(status, &told, None);
    }
    let hidden = add(
        &here,
        "/projects/99999/members",
        &here.ada,
        json!({ "user_id": id, "access_level": 30 }),
    )
    .await;
    hidden.is(404, &json!({ "message": "404 Project Not Found" }), None);
}

#[tokio::test]
async fn inherited_members_are_listed_with_all() {
    let here = Here::plain().await;
    let names = |answer: Answer| -> Vec<Value> {
        answer
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["username"].clone())
            .collect()
    };
    let engine = "/projects/works%2Fengine/members";
    assert_eq!(names(here.get(engine, &here.ada).await), Vec::<Value>::new());
    assert_eq!(
        names(here.get(&format!("{engine}/all"), &here.ada).await),
        ["ada", "grace"]
    );
    assert_eq!(
        names(here.get("/groups/works/members", &here.ada).await),
        ["ada", "grace"]
    );
}
