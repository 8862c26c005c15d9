//! What is not a GitLab, or not a healthy one (contract §1.2, §10 items 14 and 15). Control works under every persona.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Options, Persona};

use crate::here::{Answer, Here, client, send};

async fn being(persona: Persona) -> Here {
    Here::start(Options {
        persona: Some(persona),
        ..Options::default()
    })
    .await
}

/// What a caller without a credential gets for the probe of contract §1.1.
async fn probe(here: &Here) -> Answer {
    let answer = here.get("/metadata", "").await;
    assert_eq!(answer.header("x-gitlab-meta"), None);
    answer
}

fn is_page(answer: &Answer) -> bool {
    answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

#[tokio::test]
async fn nginx_says_404_in_html() {
    let answer = probe(&being(Persona::Nginx).await).await;
    assert!(answer.status == 404 && is_page(&answer) && answer.text.contains("nginx"));
}

#[tokio::test]
async fn gitea_has_its_own_api_and_an_openid_document() {
    let here = being(Persona::Gitea).await;
    assert_eq!(probe(&here).await.status, 404);
    assert!(here.page("/api/v1/version").await.json()["version"].is_string());
    assert!(here.page("/.well-known/openid-configuration").await.json()["issuer"].is_string());
    assert!(here.page("/").await.text.contains("Gitea"));
}

#[tokio::test]
async fn github_has_its_own_api() {
    let here = being(Persona::Github).await;
    assert_eq!(probe(&here).await.status, 404);
    assert_eq!(here.page("/api/v3/meta").await.status, 200);
    assert_eq!(
        here.page("/api/v3/anything").await.status,
        404,
        "not GitLab's 410"
    );
    let below = Here::start(Options {
        persona: Some(Persona::Github),
        subpath: "/git".to_owned(),
        ..Options::default()
    })
    .await;
    assert_eq!(below.page("/api/v3/meta").await.status, 200);
}

#[tokio::test]
async fn basic_auth_proxy_challenges() {
    let answer = probe(&being(Persona::BasicAuth).await).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    assert!(is_page(&answer));
}

#[tokio::test]
async fn sso_wall_sends_to_another_host() {
    let answer = probe(&being(Persona::Sso).await).await;
    assert_eq!(answer.status, 302);
    let to = url::Url::parse(answer.header("location").unwrap()).unwrap();
    assert_eq!(
        (to.host_str(), to.path()),
        (Some("elsewhere.example.test"), "/login")
    );
}

#[tokio::test]
async fn catch_all_is_a_page_with_200() {
    let here = being(Persona::Html).await;
    let answer = probe(&here).await;
    assert!(answer.status == 200 && is_page(&answer));
    assert_eq!(here.page("/any/thing").await.status, 200);
}

#[tokio::test]
async fn redirect_to_another_host_keeps_path_and_query() {
    let target = "https://moved.example.test/git".parse().unwrap();
    let options = Options {
        persona: Some(Persona::RedirectHost),
        redirect_target: Some(target),
        ..Options::default()
    };
    let here = Here::start(options).await;
    let answer = here.get("/user?x=1", &here.ada).await;
    assert_eq!(answer.status, 302);
    assert_eq!(
        answer.header("location"),
        Some("https://moved.example.test/git/api/v4/user?x=1")
    );
}

#[tokio::test]
async fn redirect_loop_points_at_itself() {
    let here = being(Persona::RedirectLoop).await;
    let answer = probe(&here).await;
    assert_eq!(answer.status, 302);
    assert_eq!(
        answer.header("location"),
        Some(here.url("/api/v4/metadata").as_str())
    );
}

#[tokio::test]
async fn redirect_to_https_ends_at_a_gitlab_on_the_same_port() {
    let here = being(Persona::RedirectHttps).await;
    let answer = probe(&here).await;
    assert_eq!(answer.status, 301);
    let location = answer.header("location").unwrap();
    assert_eq!(location, here.url("/api/v4/metadata").replace("http:", "https:"));
    let pem = std::fs::read(here.running.ready().ca_file.as_ref().unwrap()).unwrap();
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    let http = client().tls_certs_only([authority]).build().unwrap();
    let upgraded = send(http.get(location).header("PRIVATE-TOKEN", &here.ada)).await;
    assert_eq!(upgraded.json()["version"], "18.1.1-ee");
}

#[tokio::test]
async fn silence_is_no_answer() {
    let here = being(Persona::Silent).await;
    let asked = tokio::spawn(here.http.get(here.url("/api/v4/metadata")).send());
    // Its request arrives, and stays without a status.
    while here.requests().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!asked.is_finished());
    assert_eq!(here.requests().await[0]["status"], 0);
    here.running.stop().await;
    assert!(asked.await.unwrap().is_err());
}

#[tokio::test]
async fn closed_connections_are_no_answer() {
    let here = being(Persona::Closed).await;
    assert!(here.http.get(here.url("/api/v4/metadata")).send().await.is_err());
    assert!(here.requests().await.iter().all(|request| request["status"] == 0));
}

#[tokio::test]
async fn huge_body_is_100_mb() {
    let here = being(Persona::Huge).await;
    let response = here.http.get(here.url("/api/v4/metadata")).send().await.unwrap();
    assert!(response.content_length().unwrap() > 100_000_000);
    // Not read to its end: a client has to stop by itself.
    assert_eq!(response.status().as_u16(), 200);
}

#[tokio::test]
async fn gzip_bomb_is_a_correct_file_of_a_gibibyte() {
    let here = being(Persona::GzipBomb).await;
    let plain = client().no_gzip().build().unwrap();
    let response = plain.get(here.url("/api/v4/metadata")).send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let packed = response.bytes().await.unwrap();
    assert!(packed.len() < 2_000_000, "{}", packed.len());
    let mut first = vec![1_u8; 1 << 20];
    GzDecoder::new(packed.as_ref()).read_exact(&mut first).unwrap();
    assert!(first.iter().all(|&byte| byte == 0));
    // The last eight bytes of a gzip file are its checksum and its length.
    let length = packed[packed.len() - 4..].try_into().unwrap();
    assert_eq!(u32::from_le_bytes(length), 1 << 30);
}

#[tokio::test]
async fn slow_drip_starts_and_does_not_end() {
    let here = being(Persona::SlowDrip).await;
    let mut response = here.http.get(here.url("/api/v4/metadata")).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap().as_ref(), b" ");
    assert_eq!(response.content_length(), None);
}

#[tokio::test]
async fn broken_json_is_cut_off_for_those_with_a_token() {
    let here = being(Persona::BrokenJson).await;
    let answer = here.get("/user", &here.ada).await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<Value>(&answer.text).is_err());
    here.get("/metadata", "")
        .await
        .is(401, &json!({ "message": "401 Unauthorized" }), None);
}

#[tokio::test]
async fn wrong_types_are_json_with_nothing_as_it_should_be() {
    let here = being(Persona::WrongTypes).await;
    let body = here.get("/personal_access_tokens/self", &here.ada).await.json();
    assert!(body["id"].is_string() && body["name"].is_number());
    assert!(body["scopes"].is_object() && body["active"].is_string() && body["expires_at"].is_number());
}

#[tokio::test]
async fn html_with_200_for_those_with_a_token() {
    let here = being(Persona::Html200).await;
    let answer = here.get("/user", &here.ada).await;
    assert!(answer.status == 200 && is_page(&answer));
    here.get("/metadata", "")
        .await
        .is(401, &json!({ "message": "401 Unauthorized" }), None);
}

#[tokio::test]
async fn bad_gateway_and_maintenance_are_pages() {
    for (persona, status) in [(Persona::BadGateway, 502), (Persona::Maintenance, 503)] {
        let answer = probe(&being(persona).await).await;
        assert!(answer.status == status && is_page(&answer), "{status}");
    }
}

#[tokio::test]
async fn quirk_50_429_has_two_unrelated_forms() {
    let plain = probe(&being(Persona::RatePlain).await).await;
    assert_eq!((plain.status, plain.text.trim()), (429, "Retry later"));
    for name in [
        "retry-after",
        "ratelimit-name",
        "ratelimit-limit",
        "ratelimit-observed",
        "ratelimit-remaining",
    ] {
        assert!(plain.header(name).is_some(), "{name}");
    }
    let reset: i64 = plain.header("ratelimit-reset").unwrap().parse().unwrap();
    assert!(reset > 1_700_000_000);
    assert!(plain.header("ratelimit-resettime").unwrap().ends_with(" GMT"));
    let text = "This endpoint has been requested too many times. Try again later.";
    let limited = probe(&being(Persona::RateJson).await).await;
    limited.is(429, &json!({ "message": { "error": text } }), None);
    assert_eq!(limited.header("retry-after"), None);
}

#[tokio::test]
async fn control_works_whatever_the_persona() {
    for persona in [
        Persona::Silent,
        Persona::Closed,
        Persona::Nginx,
        Persona::RedirectLoop,
    ] {
        let here = being(persona).await;
        assert_eq!(here.control(Method::GET, "requests", None).await.status, 200);
    }
}
