//! Contract §1.1, row by row, and §1.4: subpath, canonical address, removed headers.

use reqwest::Method;
use serde_json::json;
use simulator::Options;

use crate::here::{Here, send};

fn under_subpath() -> Options {
    Options {
        subpath: "/gitlab".to_owned(),
        ..Options::default()
    }
}

#[tokio::test]
async fn telling_headers_are_on_every_answer() {
    let here = Here::plain().await;
    for path in [
        "/",
        "/users/sign_in",
        "/api/v4/metadata",
        "/api/v4/nothing",
        "/api/v3/x",
        "/nothing",
        "/ada/notes.git/info/refs",
    ] {
        let answer = here.page(path).await;
        let meta: serde_json::Value = serde_json::from_str(answer.header("x-gitlab-meta").unwrap()).unwrap();
        assert_eq!(meta["version"], "1", "quirk 35: {path}");
        assert_eq!(
            meta["correlation_id"],
            answer.header("x-request-id").unwrap(),
            "{path}"
        );
        assert!(answer.header("x-runtime").is_some(), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("SAMEORIGIN"), "{path}");
    }
}

#[tokio::test]
async fn telling_headers_can_be_stripped() {
    let here = Here::start(Options {
        strip_headers: true,
        ..Options::default()
    })
    .await;
    let answer = here.get("/metadata", "").await;
    for name in ["x-gitlab-meta", "x-request-id", "x-runtime"] {
        assert_eq!(answer.header(name), None);
    }
    answer.is(401, &json!({ "message": "401 Unauthorized" }), None);
}

#[tokio::test]
async fn api_v3_says_that_it_is_gone() {
    let here = Here::plain().await;
    let answer = here.page("/api/v3/anything").await;
    answer.is(
        410,
        &json!({ "error": "API V3 is no longer supported. Use API V4 instead." }),
        None,
    );
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_differ() {
    let here = Here::plain().await;
    here.get("/nothing/of/that", &here.ada)
        .await
        .is(404, &json!({ "error": "404 Not Found" }), None);
    let wrong = here.ask(Method::PATCH, "/user", &here.ada).await;
    wrong.is(405, &json!({ "error": "405 Not Allowed" }), None);
    assert_eq!(wrong.header("allow"), Some("GET, HEAD"));
    assert_eq!(
        here.page("/api/v1/version").await.status,
        404,
        "that would be Gitea"
    );
}

#[tokio::test]
async fn openid_documents_have_the_contracts_gaps() {
    let here = Here::plain().await;
    for name in ["openid-configuration", "oauth-authorization-server"] {
        let body = here.page(&format!("/.well-known/{name}")).await.json();
        assert_eq!(body["issuer"], here.running.address());
        assert_eq!(body["token_endpoint"], here.url("/oauth/token"));
        assert!(body.get("device_authorization_endpoint").is_none(), "quirk 24");
        assert!(
            body["grant_types_supported"]
                .as_array()
                .unwrap()
                .contains(&json!("device_code"))
        );
        assert!(
            !body["token_endpoint_auth_methods_supported"]
                .as_array()
                .unwrap()
                .contains(&json!("none"))
        );
    }
}

#[tokio::test]
async fn protected_resource_document_since_18_3() {
    for (version, status) in [("18.2.0", 404), ("18.3.0", 200)] {
        let here = Here::at(version).await;
        let answer = here.page("/.well-known/oauth-protected-resource").await;
        assert_eq!(answer.status, status, "{version}");
        if status == 200 {
            assert_eq!(answer.json()["resource"], here.url("/api/v4/mcp"));
            assert_eq!(
                answer.json()["authorization_servers"],
                json!([here.running.address()])
            );
        }
    }
}

#[tokio::test]
async fn sign_in_page_names_gitlab() {
    let here = Here::start(under_subpath()).await;
    let page = here.page("/users/sign_in").await;
    assert_eq!(page.status, 200);
    for part in [
        "<meta property=\"og:site_name\" content=\"GitLab\">",
        "<link rel=\"manifest\" href=\"/gitlab/-/manifest.json\"",
        "title=\"Search GitLab\"",
        "<meta name=\"csrf-token\"",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    assert!(page.header("set-cookie").unwrap().starts_with("_gitlab_session="));
}

#[tokio::test]
async fn root_sends_to_sign_in_and_change_password_to_its_page() {
    let here = Here::start(under_subpath()).await;
    for path in ["", "/"] {
        let root = here.page(path).await;
        assert_eq!(root.status, 302);
        assert_eq!(root.header("location"), Some(here.url("/users/sign_in").as_str()));
    }
    let password = here.page("/.well-known/change-password").await;
    assert_eq!(password.status, 302);
    assert!(password.header("location").unwrap().starts_with(&here.url("/")));
}

#[tokio::test]
async fn manifest_contains_the_subpath() {
    let here = Here::start(under_subpath()).await;
    let body = here.page("/-/manifest.json").await.json();
    assert_eq!(body["name"], "GitLab");
    assert_eq!(body["short_name"], "GitLab");
    assert_eq!(body["start_url"], "/gitlab/");
    assert!(body["icons"][0]["src"].as_str().unwrap().starts_with("/gitlab/"));
}

#[tokio::test]
async fn quirk_36_health_pages_are_404() {
    let here = Here::plain().await;
    for path in ["/-/health", "/-/liveness", "/-/readiness"] {
        let answer = here.page(path).await;
        assert_eq!(answer.status, 404);
        assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    }
}

#[tokio::test]
async fn everything_is_under_the_subpath_and_nothing_beside_it() {
    let here = Here::start(under_subpath()).await;
    assert!(here.running.address().ends_with("/gitlab"));
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
    let origin = here.running.address().trim_end_matches("/gitlab");
    for path in [
        "/api/v4/user",
        "/.well-known/openid-configuration",
        "/users/sign_in",
        "/gitlabs/api/v4/user",
        "/",
    ] {
        let beside = send(here.http.get(format!("{origin}{path}"))).await;
        assert_eq!(beside.status, 404, "{path}");
        assert_eq!(beside.header("x-gitlab-meta"), None, "{path}");
    }
}

#[tokio::test]
async fn quirk_54_answers_name_the_canonical_address() {
    let canonical = "https://git.example.test/gitlab";
    let here = Here::start(Options {
        canonical: Some(canonical.parse().unwrap()),
        ..Options::default()
    })
    .await;
    assert_eq!(
        here.get("/user", &here.ada).await.json()["web_url"],
        format!("{canonical}/ada")
    );
    assert_eq!(
        here.page("/.well-known/openid-configuration").await.json()["issuer"],
        canonical
    );
    let projects = here.get("/projects?per_page=1", &here.ada).await;
    assert!(
        projects
            .header("link")
            .unwrap()
            .starts_with(&format!("<{canonical}/api/v4/projects?"))
    );
    assert!(!here.running.address().contains("example.test"));
}

#[tokio::test]
async fn token_page_is_prefilled_and_escapes_what_it_shows() {
    let here = Here::plain().await;
    let query = "name=Desk%20client%22%3E%3Cscript%3E&description=d&scopes=api,read_user";
    let page = here
        .page(&format!("/-/user_settings/personal_access_tokens?{query}"))
        .await;
    assert_eq!(page.status, 200);
    assert!(
        page.text
            .contains("value=\"Desk client&quot;&gt;&lt;script&gt;\""),
        "{}",
        page.text
    );
    assert!(page.text.contains("value=\"api\" checked"));
    assert!(page.text.contains("value=\"read_user\" checked"));
    let old = here
        .page(&format!("/-/profile/personal_access_tokens?{query}"))
        .await;
    assert_eq!(old.status, 301);
    assert!(old.header("location").unwrap().ends_with(query));
    let before = Here::at("15.11.0").await;
    assert_eq!(before.page("/-/profile/personal_access_tokens").await.status, 200);
    assert_eq!(
        before
            .page("/-/user_settings/personal_access_tokens")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn listens_on_ipv6() {
    let here = Here::start(Options {
        host: "::1".parse().unwrap(),
        ..Options::default()
    })
    .await;
    assert!(here.running.address().starts_with("http://[::1]:"));
    assert_eq!(here.get("/user", &here.ada).await.status, 200);
}
