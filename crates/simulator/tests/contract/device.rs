//! Contract §3.8: the device flow, by the simulator's clock.

use serde_json::{Value, json};
use simulator::Options;

use crate::browser::Browser;
use crate::here::{Answer, Here, send, version};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn client(here: &Here) -> String {
    let applications = &here.running.ready().applications;
    applications
        .iter()
        .find(|application| !application.confidential)
        .unwrap()
        .application_id
        .clone()
}

async fn begin(here: &Here) -> Value {
    let id = client(here);
    let fields = [("client_id", id.as_str()), ("scope", "read_user")];
    let answer = send(here.http.post(here.url("/oauth/authorize_device")).form(&fields)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn poll(here: &Here, begun: &Value) -> Answer {
    let id = client(here);
    let code = begun["device_code"].as_str().unwrap();
    let fields = [
        ("grant_type", GRANT),
        ("client_id", id.as_str()),
        ("device_code", code),
    ];
    send(here.http.post(here.url("/oauth/token")).form(&fields)).await
}

async fn says(here: &Here, begun: &Value, code: &str) {
    let answer = poll(here, begun).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(code)));
}

async fn later(here: &Here, seconds: i64) {
    here.set("clock", json!({ "advance_seconds": seconds })).await;
}

/// Ada types the code and presses a button.
async fn press(here: &Here, begun: &Value, button: &str) {
    let browser = Browser::new(here);
    let page = browser
        .open_signed_in(here, &here.url("/oauth/device"), "ada")
        .await;
    let typed = [("user_code", begun["user_code"].as_str().unwrap())];
    let confirm = browser.press(here, &page, "Continue", &typed).await;
    assert!(
        confirm.text.contains("Desk client") && confirm.text.contains("read_user"),
        "{}",
        confirm.text
    );
    assert_eq!(browser.press(here, &confirm, button, &[]).await.status, 200);
}

#[tokio::test]
async fn quirk_27_an_approved_device_gets_a_whole_pair_once() {
    let here = Here::plain().await;
    let begun = begin(&here).await;
    assert_eq!(
        (&begun["expires_in"], &begun["interval"]),
        (&json!(300), &json!(5))
    );
    let code = begun["user_code"].as_str().unwrap();
    assert!(
        code.len() == 8
            && code
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    );
    says(&here, &begun, "authorization_pending").await;
    press(&here, &begun, "Authorize").await;
    later(&here, 5).await;
    let answer = poll(&here, &begun).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.json()["refresh_token"].is_string());
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let user = send(here.http.get(here.url("/api/v4/user")).bearer_auth(token)).await;
    assert_eq!(user.json()["username"], "ada");
    says(&here, &begun, "invalid_grant").await;
}

#[tokio::test]
async fn polling_too_soon_slows_down_and_does_not_restart_the_interval() {
    let here = Here::plain().await;
    let begun = begin(&here).await;
    says(&here, &begun, "authorization_pending").await;
    later(&here, 3).await;
    says(&here, &begun, "slow_down").await;
    later(&here, 3).await;
    says(&here, &begun, "authorization_pending").await;
}

#[tokio::test]
async fn quirk_26_expiry_is_said_once_and_denial_not_at_all() {
    let here = Here::plain().await;
    let begun = begin(&here).await;
    press(&here, &begun, "Deny").await;
    says(&here, &begun, "authorization_pending").await;
    later(&here, 300).await;
    says(&here, &begun, "expired_token").await;
    says(&here, &begun, "invalid_grant").await;
    here.set("settings", json!({ "device_denial_is_told": true }))
        .await;
    let begun = begin(&here).await;
    press(&here, &begun, "Deny").await;
    says(&here, &begun, "access_denied").await;
}

#[tokio::test]
async fn quirk_25_older_servers_forget_the_subpath() {
    for (text, forgets) in [("18.1.1", true), ("19.4.0", false)] {
        let here = Here::start(Options {
            subpath: "/gitlab".to_owned(),
            ..version(text)
        })
        .await;
        let uri = begin(&here).await["verification_uri"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(uri != here.url("/oauth/device"), forgets, "{text}: {uri}");
        assert!(uri.ends_with("/oauth/device"));
        here.set("settings", json!({ "device_uri_without_subpath": !forgets }))
            .await;
        let uri = begin(&here).await["verification_uri"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(uri == here.url("/oauth/device"), forgets, "{text}: {uri}");
    }
}

#[tokio::test]
async fn the_flow_is_absent_before_17_3() {
    for (text, present) in [("15.0.0", false), ("17.2.0", false), ("17.3.0", true)] {
        let here = Here::at(text).await;
        let id = client(&here);
        let begun = send(
            here.http
                .post(here.url("/oauth/authorize_device"))
                .form(&[("client_id", &id)]),
        )
        .await;
        assert_eq!(begun.status, if present { 200 } else { 404 }, "{text}");
        let fields = [
            ("grant_type", GRANT),
            ("client_id", id.as_str()),
            ("device_code", "x"),
        ];
        let token = send(here.http.post(here.url("/oauth/token")).form(&fields)).await;
        let error = if present {
            "invalid_grant"
        } else {
            "unsupported_grant_type"
        };
        assert_eq!(token.json()["error"], error, "{text}");
        let document = here.page("/.well-known/openid-configuration").await.json();
        let grants = document["grant_types_supported"].as_array().unwrap();
        assert_eq!(grants.contains(&json!("device_code")), present, "{text}");
    }
}

#[tokio::test]
async fn unknown_clients_and_codes() {
    let here = Here::plain().await;
    let nobody = here
        .http
        .post(here.url("/oauth/authorize_device"))
        .form(&[("client_id", "x")]);
    let answer = send(nobody).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (401, &json!("invalid_client"))
    );
    let browser = Browser::new(&here);
    let page = browser
        .open_signed_in(&here, &here.url("/oauth/device"), "ada")
        .await;
    let wrong = browser
        .press(&here, &page, "Continue", &[("user_code", "WRONG123")])
        .await;
    assert!(wrong.text.contains("The user code is invalid."));
}
