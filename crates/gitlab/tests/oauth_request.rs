//! What the browser is opened with: PKCE, state, scopes, the redirect address, and GitLab's own page.

#![expect(clippy::unwrap_used, reason = "tests")]

mod peer;

use std::collections::HashSet;

use gitlab::{AuthorizationRequest, BaseUrl, RedirectUri};
use peer::{APP, id, names, parameter};

fn request(base: &str, scopes: &str) -> AuthorizationRequest {
    AuthorizationRequest::new(
        &BaseUrl::parse(base).unwrap(),
        &id(),
        &RedirectUri::loopback(40123),
        &names(scopes),
    )
}

#[test]
fn quirk_24_the_page_is_computed_from_the_address_and_lies_below_its_path() {
    for (base, page) in [
        (
            "https://git.example.test",
            "https://git.example.test/oauth/authorize",
        ),
        (
            "https://git.example.test/gitlab",
            "https://git.example.test/gitlab/oauth/authorize",
        ),
        (
            "http://127.0.0.1:8080/a/b",
            "http://127.0.0.1:8080/a/b/oauth/authorize",
        ),
    ] {
        let mut url = request(base, "api").url().clone();
        url.set_query(None);
        assert_eq!(url.as_str(), page);
    }
}

#[test]
fn quirk_23_the_client_itself_insists_on_pkce_s256() {
    let request = request("https://git.example.test", "api read_user");
    let url = request.url();
    assert_eq!(parameter(url, "code_challenge_method"), "S256");
    assert_eq!(parameter(url, "code_challenge").len(), 43);
    assert_eq!(parameter(url, "response_type"), "code");
    assert_eq!(parameter(url, "client_id"), APP);
    assert_eq!(parameter(url, "redirect_uri"), "http://127.0.0.1:40123/callback");
    assert!(!url.as_str().contains("verifier") && !url.as_str().contains("secret"));
}

#[test]
fn quirk_22_scopes_are_always_sent() {
    for (asked, sent) in [
        ("api read_user", "api read_user"),
        ("api api read_user", "api read_user"),
        ("", "read_user"),
    ] {
        assert_eq!(
            parameter(request("https://git.example.test", asked).url(), "scope"),
            sent
        );
    }
}

#[test]
fn state_has_256_bits_and_is_never_the_same() {
    let mut states = HashSet::new();
    let mut challenges = HashSet::new();
    for _ in 0..100 {
        let request = request("https://git.example.test", "api");
        let state = parameter(request.url(), "state");
        // 43 characters of base64url are 256 bits and two that are always 0.
        assert_eq!(state.len(), 43);
        assert!(
            state
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
        assert!(request.state_matches(&state));
        for other in ["", "A", &state[1..], &format!("{state}A"), &state.to_uppercase()] {
            assert!(!request.state_matches(other));
        }
        states.insert(state);
        challenges.insert(parameter(request.url(), "code_challenge"));
    }
    assert_eq!((states.len(), challenges.len()), (100, 100));
}

#[test]
fn quirk_19_what_is_registered_differs_from_what_is_sent_by_the_port_alone() {
    let sent = RedirectUri::loopback(40123);
    assert_eq!(sent.as_str().replace(":40123", ""), RedirectUri::REGISTERED);
}
