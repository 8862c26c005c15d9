//! Contract §2.7, row by row: status, exact body, and whether a challenge is sent.

use reqwest::Method;
use serde_json::{Value, json};

use crate::here::{Here, send};

const EXPIRED: &str = "Token is expired. You can either do re-authorization or token refresh.";
const REVOKED: &str = "Token was revoked. You have to re-authorize from the user.";

fn unauthorized() -> Value {
    json!({ "message": "401 Unauthorized" })
}

fn invalid_token(description: &str) -> (Value, String) {
    (
        json!({ "error": "invalid_token", "error_description": description }),
        format!(
            "Bearer realm=\"Protected by OAuth 2.0\", error=\"invalid_token\", error_description=\"{description}\""
        ),
    )
}

fn too_narrow(scope: &str) -> Value {
    json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": scope,
    })
}

#[tokio::test]
async fn a1_missing_unknown_deleted_and_misplaced_tokens_are_a_bare_401() {
    let here = Here::plain().await;
    let deleted = here.token("api", json!({ "state": "deleted" })).await;
    let oauth = here.token("api", json!({ "kind": "oauth" })).await;
    for token in ["", "glpat-nonsense", "x", &deleted, &oauth, &"a".repeat(4_000)] {
        for path in ["/user", "/metadata", "/version", "/personal_access_tokens/self"] {
            here.get(path, token).await.is(401, &unauthorized(), None);
        }
    }
    let as_bearer = send(here.api(Method::GET, "/user", "").bearer_auth(&oauth)).await;
    assert_eq!(as_bearer.status, 200);
}

#[tokio::test]
async fn a1_tokens_of_a_deleted_user() {
    let here = Here::plain().await;
    here.set("users", json!({ "username": "ada", "state": "deleted" }))
        .await;
    here.get("/user", &here.ada).await.is(401, &unauthorized(), None);
}

#[tokio::test]
async fn a2_expired() {
    let here = Here::plain().await;
    let (body, challenge) = invalid_token(EXPIRED);
    let token = here.token("api", json!({ "state": "expired" })).await;
    here.get("/user", &token).await.is(401, &body, Some(&challenge));
    let oauth = here
        .token("api", json!({ "kind": "oauth", "state": "expired" }))
        .await;
    let answer = send(here.api(Method::GET, "/user", "").bearer_auth(&oauth)).await;
    answer.is(401, &body, Some(&challenge));
}

#[tokio::test]
async fn a2_quirk_5_a_token_is_dead_from_midnight_utc_of_its_date() {
    let here = Here::plain().await;
    let now = here.control(Method::GET, "clock", None).await.json();
    let today: jiff::Timestamp = now["now"].as_str().unwrap().parse().unwrap();
    let date = today.to_zoned(jiff::tz::TimeZone::UTC).date();
    let tomorrow = date.tomorrow().unwrap().to_string();
    let token = here.token("api", json!({ "expires_at": tomorrow })).await;
    assert_eq!(here.get("/user", &token).await.status, 200);
    here.set("clock", json!({ "advance_seconds": 86_400 })).await;
    let (body, challenge) = invalid_token(EXPIRED);
    here.get("/user", &token).await.is(401, &body, Some(&challenge));
    here.set("clock", json!({ "advance_seconds": -86_400 })).await;
    assert_eq!(here.get("/user", &token).await.status, 200);
}

#[tokio::test]
async fn a2_oauth_tokens_live_two_hours() {
    let here = Here::plain().await;
    let token = here.token("api", json!({ "kind": "oauth" })).await;
    let ask = || send(here.api(Method::GET, "/user", "").bearer_auth(&token));
    here.set("clock", json!({ "advance_seconds": 7_100 })).await;
    assert_eq!(ask().await.status, 200);
    here.set("clock", json!({ "advance_seconds": 100 })).await;
    assert_eq!(ask().await.json()["error"], "invalid_token");
}

#[tokio::test]
async fn a3_revoked() {
    let here = Here::plain().await;
    let (body, challenge) = invalid_token(REVOKED);
    let token = here.token("api", json!({ "state": "revoked" })).await;
    for path in ["/user", "/personal_access_tokens/self"] {
        here.get(path, &token).await.is(401, &body, Some(&challenge));
    }
}

#[tokio::test]
async fn a4_impersonation_that_is_disabled() {
    let here = Here::plain().await;
    let token = here.token("api", json!({ "kind": "impersonation" })).await;
    assert_eq!(here.get("/user", &token).await.status, 200);
    here.set("settings", json!({ "impersonation": false })).await;
    let (body, challenge) = invalid_token("Token is an impersonation token but impersonation was disabled.");
    here.get("/user", &token).await.is(401, &body, Some(&challenge));
}

#[tokio::test]
async fn a5_scope_too_small_lists_alternatives_with_repetitions() {
    let here = Here::plain().await;
    for scopes in [
        "read_repository",
        "write_repository",
        "self_rotate",
        "read_registry write_registry",
    ] {
        let token = here.token(scopes, json!({})).await;
        for path in ["/user", "/metadata", "/version"] {
            here.get(path, &token)
                .await
                .is(403, &too_narrow("api read_api api read_user"), None);
        }
        assert_eq!(
            here.get("/personal_access_tokens/self", &token).await.status,
            200,
            "quirk 6: {scopes}"
        );
    }
    for scopes in ["api", "read_api", "read_user"] {
        let token = here.token(scopes, json!({})).await;
        for path in ["/user", "/metadata", "/version"] {
            assert_eq!(here.get(path, &token).await.status, 200, "{scopes} {path}");
        }
    }
}

#[tokio::test]
async fn a5_quirk_4_read_api_is_listed_for_writes_that_refuse_it() {
    let here = Here::plain().await;
    let token = here.token("read_api", json!({})).await;
    let answer = here
        .ask(Method::POST, "/user/personal_access_tokens", &token)
        .await;
    answer.is(403, &too_narrow("api read_api"), None);
}

#[tokio::test]
async fn a6_fine_grained_token_without_the_permission() {
    let here = Here::plain().await;
    let scopes = json!([{ "access": "user", "permissions": ["read_personal_access_token"] }]);
    let token = here
        .token("", json!({ "granular": true, "granular_scopes": scopes }))
        .await;
    let answer = here.get("/user", &token).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["error"], "insufficient_granular_scope");
    assert!(
        answer.json()["error_description"]
            .as_str()
            .unwrap()
            .starts_with("Access denied: ")
    );
    assert_eq!(answer.header("www-authenticate"), None);
    let own = here.get("/personal_access_tokens/self", &token).await;
    assert_eq!(own.status, 200);
    assert_eq!(own.json()["scopes"], json!(["granular"]));
}

#[tokio::test]
async fn a6_group_that_admits_fine_grained_tokens_only() {
    let here = Here::plain().await;
    assert_eq!(here.get("/groups/works", &here.ada).await.status, 200);
    here.set("settings", json!({ "granular_only_groups": ["works"] }))
        .await;
    for path in ["/groups/works", "/projects/works%2Fengine"] {
        let answer = here.get(path, &here.ada).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (403, &json!("insufficient_granular_scope"))
        );
    }
    let scopes = json!([{ "permissions": ["read_group"] }]);
    let token = here
        .token("", json!({ "granular": true, "granular_scopes": scopes }))
        .await;
    assert_eq!(here.get("/groups/works", &token).await.status, 200);
}

#[tokio::test]
async fn a7_dpop_refuses_personal_tokens_alone() {
    let here = Here::plain().await;
    here.set("users", json!({ "username": "ada", "dpop": true }))
        .await;
    for path in ["/user", "/personal_access_tokens/self"] {
        let answer = here.get(path, &here.ada).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["error"], "dpop_error");
        assert!(
            answer.json()["error_description"]
                .as_str()
                .unwrap()
                .starts_with("DPoP validation error: ")
        );
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"Protected by OAuth 2.0\"")
        );
    }
    let oauth = here.token("api", json!({ "kind": "oauth" })).await;
    assert_eq!(
        send(here.api(Method::GET, "/user", "").bearer_auth(&oauth))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a8_header_and_parameter_at_once() {
    let here = Here::plain().await;
    for parameter in ["private_token", "access_token"] {
        let path = format!("/user?{parameter}={}", here.ada);
        let both = here.get(&path, &here.ada).await;
        assert_eq!(both.status, 400);
        assert_eq!(both.json()["error"], "invalid_request");
        assert!(both.header("www-authenticate").unwrap().starts_with("Bearer "));
        let alone = here.get(&path, "").await;
        assert_eq!(alone.status, 200, "{parameter}");
    }
}

/// Puts ada into a state and answers what her token gets.
async fn refused_in_state(state: &str) -> String {
    let here = Here::plain().await;
    here.set("users", json!({ "username": "ada", "state": state }))
        .await;
    let answer = here.get("/user", &here.ada).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("www-authenticate"), None);
    let text = answer.json()["message"].as_str().unwrap().to_owned();
    text.replace(here.running.address(), "<url>")
}

#[tokio::test]
async fn a9_blocked() {
    let text = refused_in_state("blocked").await;
    assert_eq!(text, "403 Forbidden - Your account has been blocked.");
}

#[tokio::test]
async fn a10_pending_approval() {
    let text = refused_in_state("pending_approval").await;
    let expected = "Your account is pending approval from your administrator and hence blocked.";
    assert_eq!(text, format!("403 Forbidden - {expected}"));
}

#[tokio::test]
async fn a11_terms_not_accepted() {
    let text = refused_in_state("terms").await;
    assert_eq!(
        text,
        "403 Forbidden - You (@ada) must accept the Terms of Service in order to perform this action. To accept \
         these terms, please access GitLab from a web browser at <url>."
    );
}

#[tokio::test]
async fn a12_deactivated() {
    let text = refused_in_state("deactivated").await;
    assert_eq!(
        text,
        "403 Forbidden - Your account has been deactivated by your administrator. Please log back in from a web \
         browser to reactivate your account at <url>"
    );
}

#[tokio::test]
async fn a13_unconfirmed() {
    let text = refused_in_state("unconfirmed").await;
    assert!(
        text.starts_with("403 Forbidden - Your primary email address is not confirmed. "),
        "{text}"
    );
}

#[tokio::test]
async fn a14_password_expired() {
    let text = refused_in_state("password_expired").await;
    assert!(
        text.starts_with("403 Forbidden - Your password expired. "),
        "{text}"
    );
}

#[tokio::test]
async fn a15_quirk_43_admin_endpoints_need_an_admin_with_admin_mode() {
    let here = Here::plain().await;
    let forbidden = json!({ "message": "403 Forbidden" });
    let plain_admin = here.token("api", json!({ "username": "root" })).await;
    let make = |token: String| {
        let body = json!({ "name": "made", "scopes": ["api"] });
        let request = here
            .api(Method::POST, "/users/1/personal_access_tokens", &token)
            .json(&body);
        async move { send(request).await }
    };
    make(here.ada.clone()).await.is(403, &forbidden, None);
    make(plain_admin.clone()).await.is(403, &forbidden, None);
    assert_eq!(make(here.root.clone()).await.status, 201);
    here.set("settings", json!({ "admin_mode": false })).await;
    assert_eq!(make(plain_admin).await.status, 201);
}

#[tokio::test]
async fn a16_too_many_addresses() {
    let here = Here::plain().await;
    here.set("users", json!({ "username": "ada", "too_many_ips": true }))
        .await;
    here.get("/user", &here.ada)
        .await
        .is(403, &json!({ "message": "403 Forbidden" }), None);
}

#[tokio::test]
async fn a17_sudo() {
    let here = Here::plain().await;
    let sudo = |token: &str, whom: &str| send(here.api(Method::GET, "/user", token).header("Sudo", whom));
    let not_admin = json!({ "message": "403 Forbidden - Must be admin to use sudo" });
    sudo(&here.ada, "root").await.is(403, &not_admin, None);
    sudo(&here.root, "ada").await.is(403, &too_narrow("sudo"), None);
    let token = here
        .token("api sudo admin_mode", json!({ "username": "root" }))
        .await;
    let nobody = json!({ "message": "404 User with ID or username 'x' Not Found" });
    sudo(&token, "x").await.is(404, &nobody, None);
    assert_eq!(sudo(&token, "ada").await.json()["username"], "ada");
    assert_eq!(here.get("/user?sudo=ada", &token).await.json()["username"], "ada");
}

#[tokio::test]
async fn a18_quirk_41_groups_hidden_by_their_address_list_look_missing() {
    let here = Here::plain().await;
    here.set("settings", json!({ "hidden_groups": ["works"] })).await;
    let group = json!({ "message": "404 Group Not Found" });
    let project = json!({ "message": "404 Project Not Found" });
    here.get("/groups/works", &here.ada).await.is(404, &group, None);
    here.get("/projects/works%2Fengine", &here.ada)
        .await
        .is(404, &project, None);
    assert_eq!(here.get("/groups", &here.ada).await.json(), json!([]));
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
}

#[tokio::test]
async fn a19_personal_tokens_disabled() {
    let here = Here::plain().await;
    let bot = here
        .token(
            "api",
            json!({ "username": null, "kind": "project", "resource": "ada/notes" }),
        )
        .await;
    here.set("settings", json!({ "personal_access_tokens": false }))
        .await;
    here.get("/user", &here.ada).await.is(401, &unauthorized(), None);
    assert_eq!(here.get("/user", &bot).await.status, 200);
    let page = here.page("/-/user_settings/personal_access_tokens").await;
    assert_eq!(page.status, 404, "quirk 59");
}

#[tokio::test]
async fn a20_quirk_14_a_good_token_is_unknown_for_a_moment() {
    let here = Here::plain().await;
    here.set(
        "faults",
        json!({ "fault": "transient_401", "path": "/api/v4/user" }),
    )
    .await;
    here.get("/user", &here.ada).await.is(401, &unauthorized(), None);
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
}

#[tokio::test]
async fn checks_come_in_the_contracts_order() {
    let here = Here::plain().await;
    here.set(
        "users",
        json!({ "username": "ada", "state": "blocked", "dpop": true }),
    )
    .await;
    let narrow = here.token("read_repository", json!({})).await;
    assert_eq!(
        here.get("/user", &narrow).await.json()["error"],
        "insufficient_scope"
    );
    let made = here
        .set(
            "tokens",
            json!({ "username": "ada", "scopes": "self_rotate", "state": "revoked" }),
        )
        .await;
    let token = made["token"].as_str().unwrap();
    assert_eq!(
        here.get("/user", token).await.json()["error_description"],
        REVOKED
    );
    here.set("tokens", json!({ "id": made["id"], "state": "expired" }))
        .await;
    assert_eq!(
        here.get("/user", token).await.json()["error_description"],
        EXPIRED
    );
    let blocked = here.get("/user", &here.ada).await.json();
    assert_eq!(
        blocked,
        json!({ "message": "403 Forbidden - Your account has been blocked." })
    );
}

#[tokio::test]
async fn three_places_for_a_personal_token_and_none_in_basic() {
    let here = Here::plain().await;
    let bearer = send(here.api(Method::GET, "/user", "").bearer_auth(&here.ada)).await;
    assert_eq!(bearer.status, 200);
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
    let basic = send(
        here.api(Method::GET, "/user", "")
            .basic_auth("ada", Some(&here.ada)),
    )
    .await;
    basic.is(401, &unauthorized(), None);
}
