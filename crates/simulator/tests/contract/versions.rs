//! The feature gates of contract §0.2 and the traps of §1.5, at every version the contract names.

use reqwest::Method;
use serde_json::json;
use simulator::{Edition, Options};

use crate::here::{Here, version};

const VERSIONS: [&str; 12] = [
    "15.0.0", "15.1.0", "15.3.0", "15.4.6", "15.5.0", "16.0.0", "16.9.0", "16.10.0", "17.3.0", "17.7.0",
    "18.1.1", "19.4.0",
];

fn since(text: &str, major: u16, minor: u16) -> bool {
    text.parse::<simulator::Version>().unwrap().since(major, minor)
}

#[tokio::test]
async fn version_answers_everywhere_and_metadata_since_15_2() {
    for text in VERSIONS {
        let here = Here::at(text).await;
        let old = here.get("/version", &here.ada).await;
        assert_eq!(old.json()["version"], format!("{text}-ee"), "{text}");
        let new = here.get("/metadata", &here.ada).await;
        let nobody = here.get("/metadata", "").await;
        if since(text, 15, 2) {
            assert_eq!(new.json(), old.json(), "{text}");
            nobody.is(401, &json!({ "message": "401 Unauthorized" }), None);
        } else {
            new.is(404, &json!({ "error": "404 Not Found" }), None);
            nobody.is(404, &json!({ "error": "404 Not Found" }), None);
        }
        here.get("/version", "")
            .await
            .is(401, &json!({ "message": "401 Unauthorized" }), None);
    }
}

#[tokio::test]
async fn quirk_34_enterprise_is_told_since_15_6() {
    for (text, told) in [("15.5.9", false), ("15.6.0", true)] {
        let here = Here::at(text).await;
        let body = here.get("/version", &here.ada).await.json();
        assert_eq!(body.get("enterprise").is_some(), told, "{text}");
    }
}

#[tokio::test]
async fn editions_differ_in_the_versions_end_and_in_enterprise() {
    for (edition, end, enterprise) in [(Edition::Ce, "18.1.1", false), (Edition::Ee, "18.1.1-ee", true)] {
        let here = Here::start(Options {
            edition,
            ..Options::default()
        })
        .await;
        let body = here.get("/metadata", &here.ada).await.json();
        assert_eq!(body["version"], end);
        assert_eq!(body["enterprise"], enterprise);
        assert_eq!(body["kas"]["enabled"], true);
    }
}

#[tokio::test]
async fn proxy_address_of_the_agent_server_is_told_since_17_6() {
    for (text, told) in [("17.5.0", false), ("17.6.0", true)] {
        let here = Here::at(text).await;
        let body = here.get("/metadata", &here.ada).await.json();
        assert_eq!(body["kas"].get("externalK8sProxyUrl").is_some(), told, "{text}");
    }
}

#[tokio::test]
async fn quirk_34_self_has_no_route_before_15_1() {
    let here = Here::at("15.0.5").await;
    let answer = here.get("/personal_access_tokens/self", &here.ada).await;
    answer.is(405, &json!({ "error": "405 Not Allowed" }), None);
}

#[tokio::test]
async fn quirk_34_self_misread_as_a_number_before_15_5() {
    for text in ["15.1.0", "15.2.0", "15.3.0", "15.4.6"] {
        let here = Here::at(text).await;
        let answer = here.get("/personal_access_tokens/self", &here.ada).await;
        answer.is(401, &json!({ "message": "401 Unauthorized" }), None);
        assert_eq!(
            here.get("/user", &here.ada).await.status,
            200,
            "{text}: the token is fine"
        );
        let admin = here.get("/personal_access_tokens/self", &here.root).await;
        admin.is(404, &json!({ "message": "404 Not Found" }), None);
    }
}

#[tokio::test]
async fn self_tells_the_token_since_15_5() {
    for text in VERSIONS.into_iter().filter(|text| since(text, 15, 5)) {
        let here = Here::at(text).await;
        let answer = here.get("/personal_access_tokens/self", &here.ada).await;
        assert_eq!(answer.status, 200, "{text}");
        let body = answer.json();
        for field in [
            "id",
            "name",
            "revoked",
            "active",
            "created_at",
            "scopes",
            "user_id",
            "last_used_at",
            "expires_at",
        ] {
            assert!(body.get(field).is_some(), "{text} {field}");
        }
        assert_eq!(
            body["scopes"],
            json!(["api", "read_repository", "write_repository"])
        );
        assert_eq!(body["active"], true);
        assert_eq!(body.get("description").is_some(), since(text, 17, 7), "{text}");
        assert_eq!(body.get("last_used_ips").is_some(), since(text, 17, 10), "{text}");
        assert_eq!(body.get("granular").is_some(), since(text, 18, 10), "{text}");
    }
}

#[tokio::test]
async fn a_token_may_revoke_itself_with_any_scope_since_15_4() {
    for (text, status) in [
        ("15.0.0", 403),
        ("15.3.0", 403),
        ("15.4.0", 204),
        ("15.5.0", 204),
        ("19.0.0", 204),
    ] {
        let here = Here::at(text).await;
        let narrow = here.token("read_repository", json!({})).await;
        let answer = here
            .ask(Method::DELETE, "/personal_access_tokens/self", &narrow)
            .await;
        assert_eq!(answer.status, status, "{text}: {}", answer.text);
        let answer = here
            .ask(Method::DELETE, "/personal_access_tokens/self", &here.ada)
            .await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{text}");
        let after = here.get("/user", &here.ada).await;
        assert_eq!(
            (after.status, &after.json()["error"]),
            (401, &json!("invalid_token")),
            "{text}"
        );
    }
}

#[tokio::test]
async fn rotation_by_number_since_16_0_and_of_itself_since_16_10() {
    for (text, by_number, own) in [
        ("15.11.0", 404, 404),
        ("16.0.0", 200, 401),
        ("16.9.9", 200, 401),
        ("16.10.0", 200, 200),
        ("18.1.0", 200, 200),
    ] {
        let here = Here::at(text).await;
        let made = here
            .set("tokens", json!({ "username": "ada", "scopes": "api" }))
            .await;
        let path = format!("/personal_access_tokens/{}/rotate", made["id"]);
        assert_eq!(
            here.ask(Method::POST, &path, &here.ada).await.status,
            by_number,
            "{text}"
        );
        let answer = here
            .ask(Method::POST, "/personal_access_tokens/self/rotate", &here.ada)
            .await;
        assert_eq!(answer.status, own, "{text}: {}", answer.text);
    }
}

#[tokio::test]
async fn associations_since_17_4() {
    for (text, status) in [("17.3.0", 404), ("17.4.0", 200)] {
        let here = Here::at(text).await;
        let answer = here
            .get("/personal_access_tokens/self/associations", &here.ada)
            .await;
        assert_eq!(answer.status, status, "{text}");
        if status == 200 {
            let body = answer.json();
            assert_eq!(body["groups"][0]["access_levels"], 30);
            assert_eq!(body["projects"][0]["access_levels"]["project_access_level"], 50);
        }
    }
}

#[tokio::test]
async fn tokens_for_oneself_since_16_5_and_only_harmless_ones() {
    let old = Here::at("16.4.0").await;
    let request = |here: &Here, scope: &str| {
        let body = json!({ "name": "mine", "scopes": [scope] });
        let request = here
            .api(Method::POST, "/user/personal_access_tokens", &here.ada)
            .json(&body);
        async move { crate::here::send(request).await }
    };
    assert_eq!(request(&old, "k8s_proxy").await.status, 404);
    let new = Here::start(version("16.5.0")).await;
    let made = request(&new, "k8s_proxy").await;
    assert_eq!(made.status, 201);
    assert!(made.json()["token"].as_str().unwrap().starts_with("glpat-"));
    let refused = request(&new, "api").await;
    refused.is(
        400,
        &json!({ "error": "scopes does not have a valid value" }),
        None,
    );
}
