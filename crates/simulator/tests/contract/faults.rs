//! Faults, the clock, the log of requests, and control itself.

use reqwest::Method;
use serde_json::{Value, json};
use simulator::Options;

use crate::here::{Here, send};

#[tokio::test]
async fn a_fault_hits_as_often_as_asked_and_where_asked() {
    let here = Here::plain().await;
    here.set(
        "faults",
        json!({ "fault": "bad_gateway", "times": 2, "path": "/api/v4/user" }),
    )
    .await;
    let statuses = [
        here.get("/metadata", &here.ada).await.status,
        here.get("/user", &here.ada).await.status,
        here.get("/user", &here.ada).await.status,
        here.get("/user", &here.ada).await.status,
    ];
    assert_eq!(statuses, [200, 502, 502, 200]);
}

#[tokio::test]
async fn faults_wait_in_order_and_can_be_forgotten() {
    let here = Here::plain().await;
    for fault in ["rate_plain", "rate_json", "unavailable", "maintenance", "html"] {
        here.set("faults", json!({ "fault": fault, "seconds": 7 })).await;
    }
    let waiting = here.control(Method::GET, "faults", None).await.json();
    assert_eq!(waiting.as_array().unwrap().len(), 5);
    assert_eq!(here.get("/user", &here.ada).await.text.trim(), "Retry later");
    assert!(here.get("/user", &here.ada).await.json()["message"]["error"].is_string());
    let unavailable = here.get("/user", &here.ada).await;
    assert_eq!(
        (unavailable.status, unavailable.header("retry-after")),
        (503, Some("7"))
    );
    here.control(Method::DELETE, "faults", None).await;
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
}

#[tokio::test]
async fn a_lost_response_has_done_what_was_asked() {
    let here = Here::plain().await;
    here.set("faults", json!({ "fault": "lost_response" })).await;
    let request = here.api(Method::POST, "/personal_access_tokens/self/rotate", &here.ada);
    assert!(request.send().await.is_err());
    assert_eq!(
        here.get("/user", &here.ada).await.json()["error"],
        "invalid_token"
    );
}

#[tokio::test]
async fn closing_and_hanging_single_requests() {
    let here = Here::plain().await;
    here.set("faults", json!({ "fault": "close" })).await;
    // A POST, so that the client does not try again by itself.
    assert!(here.api(Method::POST, "/user", &here.ada).send().await.is_err());
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
    here.set("faults", json!({ "fault": "hang" })).await;
    let hanging = tokio::spawn(here.api(Method::GET, "/user", &here.ada).send());
    while here.requests().await.len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        here.get("/user", &here.ada).await.status,
        200,
        "others are answered meanwhile"
    );
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn a_slow_answer_is_the_right_one() {
    let here = Here::plain().await;
    here.set("faults", json!({ "fault": "slow", "seconds": 0 })).await;
    assert_eq!(here.get("/user", &here.ada).await.json()["username"], "ada");
}

#[tokio::test]
async fn together_proves_that_requests_go_out_at_once() {
    let here = Here::plain().await;
    here.set(
        "faults",
        json!({ "fault": "together", "times": 3, "seconds": 60 }),
    )
    .await;
    let (user, token, version) = tokio::join!(
        here.get("/user", &here.ada),
        here.get("/personal_access_tokens/self", &here.ada),
        here.get("/metadata", &here.ada)
    );
    assert_eq!((user.status, token.status, version.status), (200, 200, 200));
    let waves: Vec<Value> = here
        .requests()
        .await
        .iter()
        .map(|request| request["wave"].clone())
        .collect();
    assert_eq!(waves, [1, 1, 1]);
    here.set("faults", json!({ "fault": "together", "times": 2, "seconds": 0 }))
        .await;
    assert_eq!(
        here.get("/user", &here.ada).await.status,
        504,
        "the other never comes"
    );
}

#[tokio::test]
async fn the_log_has_what_was_asked_without_secrets_and_without_control() {
    let here = Here::start(Options {
        subpath: "/gitlab".to_owned(),
        ..Options::default()
    })
    .await;
    here.get(&format!("/user?private_token={}&x=1", here.ada), "")
        .await;
    here.get("/nothing", &here.ada).await;
    let requests = here.requests().await;
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0]["method"], "GET");
    assert_eq!(requests[0]["path"], "/gitlab/api/v4/user");
    assert_eq!(requests[0]["query"], "private_token=[FILTERED]&x=1");
    assert_eq!(requests[0]["status"], 200);
    assert_eq!(requests[0]["credential"], "parameter");
    assert!(
        requests[0]["at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    assert_eq!(
        (&requests[1]["status"], &requests[1]["credential"]),
        (&json!(404), &json!("private-token"))
    );
    assert!(!json!(requests).to_string().contains(&here.ada));
    here.control(Method::DELETE, "requests", None).await;
    assert!(here.requests().await.is_empty());
}

#[tokio::test]
async fn the_clock_moves_both_ways_and_starts_where_asked() {
    let here = Here::start(Options {
        clock: 86_400,
        ..Options::default()
    })
    .await;
    let offset = || async { here.control(Method::GET, "clock", None).await.json()["offset_seconds"].clone() };
    assert_eq!(offset().await, 86_400);
    here.set("clock", json!({ "advance_seconds": -90_000 })).await;
    assert_eq!(offset().await, -3_600);
    here.set("clock", json!({ "advance_seconds": i64::MAX })).await;
    assert_eq!(
        here.get("/user", &here.ada).await.json()["error"],
        "invalid_token"
    );
}

#[tokio::test]
async fn state_shows_everything_but_secrets_and_changes_with_it() {
    let here = Here::plain().await;
    let before = here.state().await;
    for part in [
        "users",
        "tokens",
        "projects",
        "groups",
        "applications",
        "settings",
        "faults",
    ] {
        assert!(before.get(part).is_some(), "{part}");
    }
    let text = before.to_string();
    let ready = serde_json::to_value(here.running.ready()).unwrap();
    for secret in [&ready["tokens"][0]["token"], &ready["users"][0]["password"]] {
        assert!(!text.contains(secret.as_str().unwrap()));
    }
    here.get("/projects", "").await;
    assert_eq!(here.state().await, before, "a refused request changes nothing");
    here.ask(Method::DELETE, "/personal_access_tokens/self", &here.ada)
        .await;
    assert_ne!(here.state().await, before);
}

#[tokio::test]
async fn tokens_are_made_changed_and_deleted_through_control() {
    let here = Here::plain().await;
    let literal = "no prefix, just what somebody chose";
    let made = here
        .set(
            "tokens",
            json!({ "username": "ada", "scopes": ["api"], "token": literal }),
        )
        .await;
    assert_eq!(made["token"], literal);
    assert_eq!(
        here.get("/user", literal).await.status,
        200,
        "quirk 37: any shape will do"
    );
    here.set("tokens", json!({ "token": literal, "state": "revoked" }))
        .await;
    assert_eq!(here.get("/user", literal).await.json()["error"], "invalid_token");
    here.set(
        "tokens",
        json!({ "id": made["id"], "state": "active", "scopes": "read_user" }),
    )
    .await;
    assert_eq!(here.get("/user", literal).await.status, 200);
    here.set("tokens", json!({ "id": made["id"], "state": "deleted" }))
        .await;
    assert_eq!(
        here.get("/user", literal).await.json(),
        json!({ "message": "401 Unauthorized" })
    );
    let never = here.token("api", json!({ "expires_at": "never" })).await;
    assert_eq!(
        here.get("/personal_access_tokens/self", &never).await.json()["expires_at"],
        Value::Null
    );
    here.set("settings", json!({ "token_prefix": "acme-" })).await;
    assert!(here.token("api", json!({})).await.starts_with("acme-"));
}

#[tokio::test]
async fn control_says_what_is_wrong_and_changes_nothing() {
    let here = Here::plain().await;
    let before = here.state().await;
    for (what, body) in [
        ("tokens", json!({ "username": "nobody" })),
        ("tokens", json!({})),
        ("tokens", json!({ "username": "ada", "expires_at": "soon" })),
        ("tokens", json!({ "username": "ada", "colour": "red" })),
        ("tokens", json!({ "id": 424_242 })),
        ("tokens", json!({ "kind": "project", "resource": "no/such" })),
        ("tokens", json!({ "token": here.ada, "kind": "group" })),
        ("users", json!({ "username": "a b" })),
        ("users", json!({ "username": "" })),
        ("users", json!({ "username": "ada", "state": "asleep" })),
        ("users", json!({ "username": "nobody", "state": "deleted" })),
        ("faults", json!({ "fault": "nonsense" })),
        ("faults", json!({ "fault": "close", "times": 0 })),
        ("clock", json!({ "advance_seconds": "1" })),
        ("settings", json!({ "admin_mode": "maybe" })),
        ("settings", json!({ "no_such": true })),
        ("nothing", json!({})),
    ] {
        let answer = here.control(Method::POST, what, Some(body.clone())).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{what} {body}: {}",
            answer.status
        );
        assert!(
            !answer.json()["error"].as_str().unwrap().is_empty(),
            "{what} {body}"
        );
    }
    assert_eq!(here.state().await, before);
    let wrong = here.control(Method::DELETE, "clock", None).await;
    assert_eq!(wrong.status, 405);
}

#[tokio::test]
async fn control_answers_no_web_page() {
    let here = Here::plain().await;
    let page = here
        .http
        .get(here.url("/_sim/state"))
        .header("Origin", "https://evil.example.test");
    assert_eq!(send(page).await.status, 404);
    assert_eq!(here.control(Method::GET, "state", None).await.status, 200);
}

#[tokio::test]
async fn nonsense_on_the_wire_ends_its_own_connection_only() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let here = Here::plain().await;
    let socket = here.running.address().trim_start_matches("http://").to_owned();
    let nonsense: [&[u8]; 6] = [
        b"\x16\x03\x01\x00\x05hello",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%ff%00%zz/..%2f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v4/user HTTP/1.1\r\nHost: x\r\nPRIVATE-TOKEN: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"POST /_sim/clock HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{{{",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -1\r\n\r\n",
    ];
    for bytes in nonsense {
        let mut stream = tokio::net::TcpStream::connect(&socket).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // Ends: with an answer of 4xx, or with a closed connection.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let here = Here::plain().await;
    let body = vec![b' '; 5 << 20];
    let request = here
        .api(Method::POST, "/user/personal_access_tokens", &here.ada)
        .body(body);
    assert_eq!(send(request).await.status, 413);
}

#[tokio::test]
async fn two_starts_share_no_secret() {
    let (one, other) = (Here::plain().await, Here::plain().await);
    assert_ne!(one.ada, other.ada);
    assert!(one.ada.starts_with("glpat-") && one.ada.len() == 26);
    assert_eq!(other.get("/user", &one.ada).await.status, 401);
    let ready = |here: &Here| serde_json::to_value(here.running.ready()).unwrap();
    for key in ["users", "tokens", "applications"] {
        assert_ne!(ready(&one)[key], ready(&other)[key], "{key}");
    }
}
