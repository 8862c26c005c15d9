//! Who an app login is, and what a GitLab says about its ways to sign in.

mod peer;

use std::sync::atomic::{AtomicUsize, Ordering};

use gitlab::{Identity, LoginSupport, MetadataProbe, Problem, Proof, Refusal, Scopes, TokenKind, Unusable};
use peer::{ACCESS, Act, Peer, answer, json, names, stop_clock, token};

const USER: &str = r#"{"id":92,"username":"ada","name":"Ada Lovelace","state":"active","bot":false}"#;
const INFO: &str = r#"{"resource_owner_id":92,"scope":["api","read_user"],"expires_in":5031,"application":{"uid":"a11ca71"},"created_at":1795161600,"scopes":["api"],"expires_in_seconds":5031}"#;
const VERSION: &str = r#"{"version":"18.1.1-ee","revision":"8a1c9f2b3d4","enterprise":true}"#;
const UNKNOWN: &str = r#"{"message":"401 Unauthorized"}"#;
const REVOKED: &str = r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#;
const EXPIRED: &str = r#"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}"#;
const NO_INFO: &str =
    r#"{"error":"invalid_token","error_description":"The access token is invalid","state":"unauthorized"}"#;
const NARROW: &str = r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_user"}"#;

type Says = (u16, &'static str);

async fn gitlab(user: Says, info: Says) -> Peer {
    Peer::start(move |asked| match asked.path.as_str() {
        "/api/v4/user" => json(user.0, user.1),
        "/oauth/token/info" => json(info.0, info.1),
        "/api/v4/metadata" => json(200, VERSION),
        _ => json(404, r#"{"error":"404 Not Found"}"#),
    })
    .await
}

async fn identified(peer: &Peer) -> Result<Identity, Problem> {
    peer.client()
        .identify_app(&token(ACCESS), MetadataProbe::Metadata)
        .await
}

#[tokio::test]
async fn three_questions_at_once_tell_who_it_is() {
    let peer = gitlab((200, USER), (200, INFO)).await;
    let identity = identified(&peer).await.unwrap();
    assert_eq!(
        (identity.user.id, identity.user.username.as_deref()),
        (92, Some("ada"))
    );
    assert_eq!(identity.token.kind, TokenKind::Personal);
    assert_eq!(identity.token.scopes, Scopes::Known(names("api read_user")));
    assert_eq!(identity.token.created_at.as_deref(), Some("2026-11-20T08:00:00Z"));
    assert_eq!(identity.enterprise, Some(true));
    let mut asked: Vec<String> = peer.seen().into_iter().map(|asked| asked.path).collect();
    asked.sort();
    assert_eq!(asked, ["/api/v4/metadata", "/api/v4/user", "/oauth/token/info"]);
    for asked in peer.seen() {
        assert!(asked.header("authorization") == Some(&format!("Bearer {ACCESS}")));
    }
}

#[tokio::test]
async fn a_server_that_does_not_tell_about_the_token_still_tells_who_it_is() {
    for info in [
        (401, NO_INFO),
        (400, r#"{"error":"invalid_request"}"#),
        (404, "{}"),
        (500, ""),
        (200, "<html>"),
        (200, "{}"),
    ] {
        let identity = identified(&gitlab((200, USER), info).await).await.unwrap();
        assert_eq!(identity.user.id, 92);
        assert_eq!(identity.token.scopes, Scopes::Unknown, "{info:?}");
    }
}

#[tokio::test]
async fn a_token_that_may_not_read_its_user_is_known_by_its_number() {
    let identity = identified(&gitlab((403, NARROW), (200, INFO)).await)
        .await
        .unwrap();
    assert_eq!((identity.user.id, identity.user.username), (92, None));
    assert_eq!(identity.token.kind, TokenKind::Unknown);
    let told = identified(&gitlab((403, NARROW), (401, NO_INFO)).await).await;
    assert_eq!(
        told,
        Err(Refusal::TooNarrow {
            would_do: names("api read_user")
        }
        .into())
    );
}

#[tokio::test]
async fn two_users_behind_one_token_are_one_too_many() {
    let other: &str = r#"{"resource_owner_id":7,"scope":["api"]}"#;
    let told = identified(&gitlab((200, USER), (200, other)).await).await;
    assert_eq!(
        told,
        Err(Unusable::Contradiction {
            field: "resource_owner_id"
        }
        .into())
    );
}

#[tokio::test]
async fn quirk_29_a_revoked_and_an_expired_token_are_believed_at_once() {
    for (body, refusal) in [(REVOKED, Refusal::Revoked), (EXPIRED, Refusal::Expired)] {
        let peer = gitlab((401, body), (401, NO_INFO)).await;
        assert_eq!(identified(&peer).await, Err(refusal.into()));
        assert_eq!(peer.count(), 3);
    }
}

/// A GitLab that has not heard of the token for so many questions about its user.
async fn lagging(times: usize) -> Peer {
    let asked_for_user = AtomicUsize::new(0);
    Peer::start(move |asked| match asked.path.as_str() {
        "/api/v4/user" if asked_for_user.fetch_add(1, Ordering::SeqCst) < times => json(401, UNKNOWN),
        "/api/v4/user" => json(200, USER),
        "/oauth/token/info" => json(200, INFO),
        _ => json(200, VERSION),
    })
    .await
}

fn times_asked_for_user(peer: &Peer) -> usize {
    peer.seen()
        .iter()
        .filter(|asked| asked.path == "/api/v4/user")
        .count()
}

#[tokio::test]
async fn quirk_14_a_token_just_made_is_given_time_to_become_known() {
    let clock = stop_clock();
    for lag in 1..=3 {
        let peer = lagging(lag).await;
        let client = peer.patient_client();
        let identity = clock
            .turning(client.identify_app(&token(ACCESS), MetadataProbe::Metadata))
            .await
            .unwrap();
        assert_eq!(identity.user.id, 92);
        assert_eq!(times_asked_for_user(&peer), lag + 1);
    }
    let never = lagging(usize::MAX).await;
    let client = never.patient_client();
    let told = clock
        .turning(client.identify_app(&token(ACCESS), MetadataProbe::Metadata))
        .await;
    assert_eq!(told, Err(Refusal::Unknown.into()));
    assert_eq!(times_asked_for_user(&never), 4);
}

#[tokio::test]
async fn an_old_token_that_is_not_known_any_more_is_asked_for_twice() {
    let clock = stop_clock();
    let once = lagging(1).await;
    let client = once.patient_client();
    assert!(clock.turning(client.check_app(&token(ACCESS))).await.is_ok());
    let gone = lagging(usize::MAX).await;
    let client = gone.patient_client();
    let told = clock.turning(client.check_app(&token(ACCESS))).await;
    assert_eq!(told, Err(Refusal::Unknown.into()));
    assert_eq!(times_asked_for_user(&gone), 2);
    assert!(gone.seen().iter().all(|asked| asked.path != "/api/v4/metadata"));
}

#[tokio::test]
async fn quirk_28_death_is_proven_by_a_request_that_has_to_fail() {
    let app: &str =
        r#"{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}"#;
    for (about_itself, user, proof) in [
        ((400, app), (200, USER), Proof::StillAlive),
        ((401, REVOKED), (401, REVOKED), Proof::Dead),
        ((401, UNKNOWN), (401, UNKNOWN), Proof::Dead),
        (
            (404, r#"{"error":"404 Not Found"}"#),
            (200, USER),
            Proof::StillAlive,
        ),
    ] {
        let peer = Peer::start(move |asked| match asked.path.as_str() {
            "/api/v4/user" => json(user.0, user.1),
            _ => json(about_itself.0, about_itself.1),
        })
        .await;
        assert_eq!(peer.client().prove_dead(&token(ACCESS)).await, Ok(proof));
    }
}

#[tokio::test]
async fn quirk_24_the_discovery_document_gives_hints() {
    let peer = Peer::start(|asked| match asked.path.as_str() {
        "/.well-known/openid-configuration" => json(
            200,
            r#"{"issuer":"https://git.example.test","token_endpoint":"https://evil.example.test/oauth/token","grant_types_supported":["authorization_code","client_credentials","device_code","refresh_token"],"scopes_supported":["api","read_user","user:*","<b>",7]}"#,
        ),
        _ => json(404, "{}"),
    })
    .await;
    assert_eq!(
        peer.client().login_support().await,
        LoginSupport {
            device: Some(true),
            issuer: Some("https://git.example.test".to_owned()),
            scopes_supported: Some(names("api read_user user:*")),
        }
    );
    assert_eq!(peer.seen().pop().unwrap().header("authorization"), None);
}

#[tokio::test]
async fn a_document_that_is_old_odd_or_missing_says_less_or_nothing() {
    let cases: [(fn() -> Act, LoginSupport); 5] = [
        (|| json(404, "{}"), LoginSupport::default()),
        (
            || answer(302, &["Location: https://sso.example.test/"], b""),
            LoginSupport::default(),
        ),
        (|| json(200, "<html>"), LoginSupport::default()),
        (
            || {
                json(
                    200,
                    r#"{"issuer":7,"grant_types_supported":["authorization_code"],"scopes_supported":"api"}"#,
                )
            },
            LoginSupport {
                device: Some(false),
                ..LoginSupport::default()
            },
        ),
        (
            || {
                json(
                    200,
                    r#"{"issuer":"javascript:alert(1)","grant_types_supported":["urn:ietf:params:oauth:grant-type:device_code"]}"#,
                )
            },
            LoginSupport {
                device: Some(true),
                ..LoginSupport::default()
            },
        ),
    ];
    for (act, support) in cases {
        let peer = Peer::start(move |_| act()).await;
        assert_eq!(peer.client().login_support().await, support);
    }
}
