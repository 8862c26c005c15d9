//! Contract §6: webhooks, what is never shown of them, and what a receiver sees.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::here::{Answer, Here, send};

const HOOKS: &str = "/projects/ada%2Fnotes/hooks";

async fn post(here: &Here, path: &str, token: &str, body: Value) -> Answer {
    send(here.api(Method::POST, path, token).json(&body)).await
}

async fn put(here: &Here, path: &str, body: Value) -> Answer {
    send(here.api(Method::PUT, path, &here.ada).json(&body)).await
}

/// Takes one request, answers with this status, and tells what came.
async fn receiver(status: &'static str) -> (String, tokio::task::JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/in?x=1", listener.local_addr().unwrap());
    let taken = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        loop {
            let mut part = [0; 4096];
            let size = stream.read(&mut part).await.unwrap();
            read.extend_from_slice(&part[..size]);
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1).unwrap();
                let length: usize = length.lines().next().unwrap().parse().unwrap();
                if body.len() >= length {
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    return (head, body.to_owned());
                }
            }
        }
    });
    (url, taken)
}

#[tokio::test]
async fn quirk_47_what_goes_in_does_not_come_out() {
    let here = Here::at("19.0.0").await;
    let made = post(
        &here,
        HOOKS,
        &here.ada,
        json!({
            "url": "https://hooks.example.test/in", "name": "desk", "merge_requests_events": true,
            "push_events": false, "token": "hidden-token", "nonsense": 1,
            "signing_token": format!("whsec_{}", STANDARD.encode([7; 32])),
            "custom_headers": [{ "key": "X-Desk", "value": "hidden-value" }],
        }),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(
        !made.text.contains("hidden") && !made.text.contains("whsec_"),
        "{}",
        made.text
    );
    let hook = made.json();
    assert_eq!(hook["merge_requests_events"], true);
    assert_eq!(hook["push_events"], false);
    assert_eq!(hook["custom_headers"], json!([{ "key": "X-Desk" }]));
    assert_eq!(hook["token_present"], true);
    assert_eq!(hook["signing_token_present"], true);
    assert_eq!(hook["alert_status"], "executable");
    assert_eq!(hook["disabled_until"], Value::Null);

    let one = format!("{HOOKS}/{}", hook["id"]);
    put(&here, &one, json!({}))
        .await
        .is(400, &json!({ "error": "No parameters provided" }), None);
    let same = put(
        &here,
        &one,
        json!({ "url": "https://hooks.example.test/in", "note_events": true }),
    )
    .await;
    assert_eq!(same.json()["token_present"], true);
    let moved = put(&here, &one, json!({ "url": "https://hooks.example.test/other" })).await;
    assert_eq!(
        moved.json()["token_present"],
        false,
        "another address drops the token"
    );
    assert_eq!(moved.json()["note_events"], true);

    assert_eq!(
        here.get(HOOKS, &here.ada).await.json().as_array().unwrap().len(),
        1
    );
    assert_eq!(here.ask(Method::DELETE, &one, &here.ada).await.status, 204);
    here.get(&one, &here.ada)
        .await
        .is(404, &json!({ "message": "404 Not Found" }), None);
}

#[tokio::test]
async fn quirk_47_older_servers_ignore_what_they_do_not_know() {
    let here = Here::at("18.1.1").await;
    let body = json!({ "url": "https://hooks.example.test/in", "signing_token": "not even one" });
    let made = post(&here, HOOKS, &here.ada, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json().get("signing_token_present"), None);
}

#[tokio::test]
async fn quirk_49_addresses_of_this_network_are_refused() {
    let here = Here::plain().await;
    for url in [
        "http://127.0.0.1/in",
        "http://localhost:8080/in",
        "http://[::1]/",
        "http://10.1.2.3/",
        "ftp://x.test/",
        "in",
    ] {
        let answer = post(&here, HOOKS, &here.ada, json!({ "url": url })).await;
        answer.is(422, &json!({ "error": "Invalid url given" }), None);
    }
    here.set("settings", json!({ "local_webhooks": true })).await;
    assert_eq!(
        post(&here, HOOKS, &here.ada, json!({ "url": "http://127.0.0.1/in" }))
            .await
            .status,
        201
    );
    for (body, text) in [
        (
            json!({ "branch_filter_strategy": "sideways" }),
            "Invalid branch filter given",
        ),
        (
            json!({ "custom_headers": [{ "key": "a b", "value": "x" }] }),
            "Custom headers validation failed",
        ),
    ] {
        let mut body = body;
        body["url"] = json!("https://hooks.example.test/in");
        post(&here, HOOKS, &here.ada, body)
            .await
            .is(422, &json!({ "error": text }), None);
    }
    post(&here, HOOKS, &here.ada, json!({}))
        .await
        .is(400, &json!({ "error": "url is missing" }), None);
}

#[tokio::test]
async fn only_maintainers_and_owners_reach_them() {
    let here = Here::plain().await;
    let forbidden = json!({ "message": "403 Forbidden" });
    here.get("/projects/works%2Fengine/hooks", &here.ada)
        .await
        .is(403, &forbidden, None);
    here.get("/groups/works/hooks", &here.ada)
        .await
        .is(403, &forbidden, None);
    let grace = here.token("api", json!({ "username": "grace" })).await;
    let hidden = here.get(HOOKS, &grace).await;
    hidden.is(404, &json!({ "message": "404 Project Not Found" }), None);
    let made = post(
        &here,
        "/groups/works/hooks",
        &grace,
        json!({ "url": "https://h.test/", "member_events": true }),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["member_events"], true);
    assert!(made.json().get("project_id").is_none() && made.json()["group_id"].is_u64());
}

#[tokio::test]
async fn a_receiver_sees_a_signed_delivery() {
    let here = Here::at("19.0.0").await;
    here.set("settings", json!({ "local_webhooks": true })).await;
    let (url, taken) = receiver("200 OK").await;
    let body = json!({
        "url": url, "token": "shared", "signing_token": format!("whsec_{}", STANDARD.encode([7; 32])),
        "custom_headers": [{ "key": "X-Desk", "value": "1" }],
    });
    let hook = post(&here, HOOKS, &here.ada, body).await.json();
    let test = format!("{HOOKS}/{}/test/push_events", hook["id"]);
    let answer = post(&here, &test, &here.ada, json!({})).await;
    answer.is(201, &json!({ "message": "201 Created" }), None);
    let (head, body) = taken.await.unwrap();
    let header = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
    };
    assert!(head.starts_with("post /in?x=1 http/1.1"), "{head}");
    assert_eq!(header("x-gitlab-event"), "push hook");
    assert_eq!(header("x-gitlab-token"), "shared");
    assert_eq!(header("x-gitlab-instance"), here.running.address());
    assert_eq!(header("x-desk"), "1");
    assert_eq!(header("webhook-id"), header("idempotency-key"));
    assert!(header("user-agent").starts_with("gitlab/19.0.0"));
    assert!(header("webhook-signature").starts_with("v1,"));
    header("webhook-timestamp").parse::<i64>().unwrap();
    let payload: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(payload["object_kind"], "push");
    let events = here
        .get(&format!("{HOOKS}/{}/events", hook["id"]), &here.ada)
        .await
        .json();
    assert_eq!(events[0]["response_status"], "200");
    assert_eq!(events[0]["request_data"], payload);
}

#[tokio::test]
async fn quirk_48_failures_pause_a_hook() {
    let here = Here::at("18.1.1").await;
    here.set("settings", json!({ "local_webhooks": true })).await;
    // Port 9 of this computer: nobody listens there without being root.
    let hook = post(&here, HOOKS, &here.ada, json!({ "url": "http://127.0.0.1:9/in" }))
        .await
        .json();
    let one = format!("{HOOKS}/{}", hook["id"]);
    let test =
        async |trigger: &str| post(&here, &format!("{one}/test/{trigger}"), &here.ada, json!({})).await;
    test("merge_requests_events").await.is(
        422,
        &json!({ "message": "Ensure the project has merge requests." }),
        None,
    );
    for attempt in 0..4 {
        assert_eq!(
            here.get(&one, &here.ada).await.json()["alert_status"],
            "executable",
            "{attempt}"
        );
        assert_eq!(test("push_events").await.status, 422, "{attempt}");
    }
    let paused = here.get(&one, &here.ada).await.json();
    assert_eq!(paused["alert_status"], "temporarily_disabled");
    assert!(paused["disabled_until"].is_string());
    test("push_events").await.is(
        429,
        &json!({ "message": { "error": "This endpoint has been requested too many times. Try again later." } }),
        None,
    );
    here.set("clock", json!({ "advance_seconds": 61 })).await;
    assert_eq!(
        here.get(&one, &here.ada).await.json()["alert_status"],
        "executable"
    );
}
