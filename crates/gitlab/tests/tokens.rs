//! What a token is taken for, row by row of the contract's matrix (§2.7) and quirk by quirk (§9), against servers that
//! answer to the letter and servers that do not.

#![expect(clippy::unwrap_used, reason = "tests")]

mod server;

use std::sync::atomic::{AtomicUsize, Ordering};

use gitlab::{
    Client, Identity, MetadataProbe, Problem, Proof, Refusal, Revoked, RotationProblem, Scopes, Token,
    TokenKind, Unanswered, Unusable,
};
use server::{
    Act, Seen, Server, answer, closed_port, connection, html, impatient, json, no_route, no_token, redirect,
    token,
};

const EXPIRED: &str = r#"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}"#;
const REVOKED: &str = r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#;
const IMPERSONATION: &str = r#"{"error":"invalid_token","error_description":"Token is an impersonation token but impersonation was disabled."}"#;
const NARROW: &str = r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_user read_api api"}"#;
const GRANULAR: &str = r#"{"error":"insufficient_granular_scope","error_description":"Access denied: Your Fine-Grained Personal Access Token lacks the required permissions: [User: Read]"}"#;
const SELF: &str = r#"{"id":4711,"name":"Desk client","revoked":false,"created_at":"2026-03-02T08:15:30.123Z","description":null,"scopes":["api","read_repository"],"user_id":92,"last_used_at":"2026-11-19T17:40:00.000Z","active":true,"expires_at":"2027-03-01"}"#;
const USER: &str = r#"{"id":92,"username":"ada","name":"Ada Lovelace","state":"active","bot":false,"web_url":"https://git.example.test/ada","avatar_url":null}"#;
const VERSION: &str =
    r#"{"version":"18.1.1-ee","revision":"8a1c9f2b3d4","kas":{"enabled":true},"enterprise":true}"#;

/// One answer an endpoint gives.
type Says = (u16, &'static str);

/// A GitLab that answers the three questions so, and has a challenge where the contract wants one.
async fn gitlab(about_itself: Says, about_the_user: Says, about_the_server: Says) -> Server {
    Server::plain(move |seen| {
        let (status, body) = match seen.path.as_str() {
            "/api/v4/personal_access_tokens/self" => about_itself,
            "/api/v4/user" => about_the_user,
            "/api/v4/metadata" => about_the_server,
            _ => return no_route(),
        };
        say(status, body)
    })
    .await
}

fn say(status: u16, body: &str) -> Act {
    if status == 401 && body.contains("invalid_token") {
        let challenge = r#"WWW-Authenticate: Bearer realm="Protected by OAuth 2.0", error="invalid_token""#;
        return answer(
            401,
            &["Content-Type: application/json", challenge],
            body.as_bytes(),
        );
    }
    json(status, body)
}

async fn identify(server: &Server) -> Result<Identity, Problem> {
    Client::new(server.base(""), &connection())
        .unwrap()
        .identify(&token(), MetadataProbe::Metadata)
        .await
}

async fn told(about_itself: Says, about_the_user: Says, about_the_server: Says) -> Result<Identity, Problem> {
    identify(&gitlab(about_itself, about_the_user, about_the_server).await).await
}

/// Every endpoint says the same.
async fn all_say(says: Says) -> Result<Identity, Problem> {
    told(says, says, says).await
}

#[tokio::test]
async fn a_token_is_identified_in_one_round_trip() {
    let server = gitlab((200, SELF), (200, USER), (200, VERSION)).await;
    let identity = identify(&server).await.unwrap();
    assert_eq!(
        server.asked(),
        [
            "GET /api/v4/metadata",
            "GET /api/v4/personal_access_tokens/self",
            "GET /api/v4/user"
        ]
    );
    assert_eq!(
        (
            identity.user.id,
            identity.user.username.as_deref(),
            identity.user.name.as_deref()
        ),
        (92, Some("ada"), Some("Ada Lovelace"))
    );
    assert_eq!(
        (identity.user.bot, identity.user.avatar_url.as_deref()),
        (Some(false), None)
    );
    assert_eq!(
        (
            identity.token.id,
            identity.token.name.as_deref(),
            identity.token.kind
        ),
        (Some(4711), Some("Desk client"), TokenKind::Personal)
    );
    assert_eq!(
        identity.token.scopes,
        Scopes::Known(vec!["api".to_owned(), "read_repository".to_owned()])
    );
    assert_eq!(identity.token.expires_on.as_deref(), Some("2027-03-01"));
    assert_eq!(identity.version.unwrap().to_string(), "18.1.1-ee");
    assert_eq!(identity.enterprise, Some(true));
}

#[tokio::test]
async fn every_row_of_the_matrix_is_its_own_case() {
    let rows: [(&str, Says); 15] = [
        ("A1", (401, r#"{"message":"401 Unauthorized"}"#)),
        ("A2", (401, EXPIRED)),
        ("A3", (401, REVOKED)),
        ("A3", (401, r#"{"error":"invalid_token","error_description":""}"#)),
        ("A4", (401, IMPERSONATION)),
        ("A6", (403, GRANULAR)),
        (
            "A7",
            (
                401,
                r#"{"error":"dpop_error","error_description":"DPoP validation error: DPoP header is missing"}"#,
            ),
        ),
        (
            "A8",
            (400, r#"{"error":"invalid_request","error_description":"x"}"#),
        ),
        (
            "A9",
            (
                403,
                r#"{"message":"403 Forbidden - Your account has been blocked."}"#,
            ),
        ),
        (
            "A10",
            (
                403,
                r#"{"message":"403 Forbidden - Your account is pending approval from your administrator and hence blocked."}"#,
            ),
        ),
        (
            "A11",
            (
                403,
                r#"{"message":"403 Forbidden - You (@ada) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at https://git.example.test."}"#,
            ),
        ),
        (
            "A12",
            (
                403,
                r#"{"message":"403 Forbidden - Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at https://git.example.test"}"#,
            ),
        ),
        (
            "A13",
            (
                403,
                r#"{"message":"403 Forbidden - Your primary email address is not confirmed. Please check your inbox."}"#,
            ),
        ),
        (
            "A14",
            (
                403,
                r#"{"message":"403 Forbidden - Your password expired. Please access GitLab from a web browser."}"#,
            ),
        ),
        ("A15", (403, r#"{"message":"403 Forbidden"}"#)),
    ];
    for (case, says) in rows {
        match all_say(says).await {
            Err(Problem::Refusal(refusal)) => assert_eq!(refusal.case(), case, "{}", says.1),
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn quirk_04_the_scopes_that_would_do_are_alternatives_each_named_once() {
    // Before 15.5 `self` may be out of a token's scope, and so may its user.
    let problem = told(
        (401, r#"{"message":"401 Unauthorized"}"#),
        (403, NARROW),
        (200, r#"{"version":"15.2.0"}"#),
    )
    .await
    .unwrap_err();
    let would_do = vec!["api".to_owned(), "read_user".to_owned(), "read_api".to_owned()];
    assert_eq!(problem, Problem::Refusal(Refusal::TooNarrow { would_do }));
}

#[tokio::test]
async fn quirk_06_a_token_that_may_read_nothing_but_itself_is_alive() {
    let identity = told((200, SELF), (403, NARROW), (403, NARROW)).await.unwrap();
    assert_eq!(
        (identity.user.id, identity.user.username, identity.version),
        (92, None, None)
    );
    assert_eq!(
        (identity.token.id, identity.token.kind),
        (Some(4711), TokenKind::Unknown)
    );
}

#[tokio::test]
async fn quirk_07_an_app_logins_token_is_told_by_its_400() {
    let says =
        r#"{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}"#;
    let problem = told((400, says), (200, USER), (200, VERSION)).await.unwrap_err();
    assert_eq!(problem, Problem::Refusal(Refusal::OAuthToken));
    assert_eq!(
        problem,
        told((400, says), (403, NARROW), (403, NARROW)).await.unwrap_err()
    );
}

#[tokio::test]
async fn quirk_34_self_misread_before_15_5_leaves_the_scopes_unknown() {
    let bare = (401, r#"{"message":"401 Unauthorized"}"#);
    for (about_itself, version) in [
        (bare, r#"{"version":"15.4.6-ee"}"#),
        (bare, r#"{"version":"15.1.0"}"#),
        ((403, NARROW), r#"{"version":"15.3.0"}"#),
        ((404, r#"{"error":"404 Not Found"}"#), r#"{"version":"15.0.0"}"#),
        ((405, r#"{"error":"405 Not Allowed"}"#), r#"{"version":"15.0.0"}"#),
    ] {
        let server = gitlab(about_itself, (200, USER), (200, version)).await;
        let identity = identify(&server).await.unwrap();
        assert_eq!(identity.token.scopes, Scopes::Unknown, "{version}");
        assert_eq!(
            (identity.user.id, identity.token.id, identity.token.kind),
            (92, None, TokenKind::Personal)
        );
        assert_eq!(server.seen().len(), 3, "one round trip is enough: {version}");
    }
}

#[tokio::test]
async fn quirk_34_metadata_missing_before_15_2_is_asked_as_version() {
    let server = Server::plain(|seen| match seen.path.as_str() {
        "/api/v4/user" => json(200, USER),
        "/api/v4/version" => json(200, r#"{"version":"15.0.0","revision":"x"}"#),
        _ => no_route(),
    })
    .await;
    let client = Client::new(server.base(""), &connection()).unwrap();
    let identity = client.identify(&token(), MetadataProbe::Version).await.unwrap();
    assert_eq!(identity.version.unwrap().to_string(), "15.0.0");
    assert_eq!(
        (identity.enterprise, identity.token.scopes),
        (None, Scopes::Unknown)
    );
}

#[tokio::test]
async fn quirk_14_a_replicas_late_bare_401_is_asked_once_more() {
    for late in ["/api/v4/personal_access_tokens/self", "/api/v4/user"] {
        let times = AtomicUsize::new(0);
        let server = Server::plain(move |seen| match seen.path.as_str() {
            path if path == late && times.fetch_add(1, Ordering::SeqCst) == 0 => no_token(),
            "/api/v4/personal_access_tokens/self" => json(200, SELF),
            "/api/v4/user" => json(200, USER),
            _ => json(200, VERSION),
        })
        .await;
        let identity = identify(&server).await.unwrap();
        assert!(identity.token.scopes.names("api"), "{late}");
        assert_eq!(server.seen().len(), 5);
    }
}

#[tokio::test]
async fn quirk_32_an_absent_admin_flag_is_not_a_no() {
    assert_eq!(
        told((200, SELF), (200, USER), (200, VERSION))
            .await
            .unwrap()
            .user
            .is_admin,
        None
    );
    let admin = (200, r#"{"id":92,"username":"root","is_admin":true}"#);
    assert_eq!(
        told((200, SELF), admin, (200, VERSION))
            .await
            .unwrap()
            .user
            .is_admin,
        Some(true)
    );
}

#[tokio::test]
async fn quirk_38_bots_are_told_by_their_names_and_only_if_they_are_bots() {
    for (bot, username, kind) in [
        ("true", "project_7_bot_0f1e2d", TokenKind::Project),
        ("true", "project_7_bot", TokenKind::Project),
        ("true", "group_12_bot_0f1e2d", TokenKind::Group),
        ("true", "service_account_0f1e", TokenKind::ServiceAccount),
        ("true", "service_account_group_5_0f1e", TokenKind::ServiceAccount),
        ("true", "ghost-writer", TokenKind::Unknown),
        ("true", "project_x_bot_1", TokenKind::Unknown),
        ("false", "project_7_bot_0f1e2d", TokenKind::Personal),
        ("null", "service_account_0f1e", TokenKind::Personal),
    ] {
        let body = format!(r#"{{"id":92,"username":"{username}","bot":{bot}}}"#);
        let server = Server::plain(move |seen| match seen.path.as_str() {
            "/api/v4/user" => json(200, &body),
            "/api/v4/metadata" => json(200, VERSION),
            _ => json(200, SELF),
        })
        .await;
        let identity = identify(&server).await.unwrap();
        assert_eq!(identity.token.kind, kind, "{username}");
    }
}

#[tokio::test]
async fn quirk_42_a_page_to_visit_is_told_only_if_it_is_on_the_same_gitlab() {
    for (elsewhere, told_url) in [(false, true), (true, false)] {
        let server = Server::plain(move |seen| {
            let host = if elsewhere { "evil.example.test" } else { seen.header("host").unwrap() };
            json(403, &format!(r#"{{"message":"403 Forbidden - You (@ada) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at http://{host}/-/users/terms."}}"#))
        })
        .await;
        let expected = told_url.then(|| format!("{}/-/users/terms", server.base("")));
        assert_eq!(
            identify(&server).await.unwrap_err(),
            Problem::Refusal(Refusal::TermsNotAccepted { url: expected })
        );
    }
}

#[tokio::test]
async fn quirk_45_a_fine_grained_token_is_alive_and_told_as_such() {
    let marked =
        r#"{"id":5,"user_id":92,"scopes":["granular"],"granular":true,"active":true,"expires_at":null}"#;
    let readable = told((200, marked), (200, USER), (403, GRANULAR)).await.unwrap();
    assert_eq!(
        (readable.token.kind, readable.token.scopes),
        (TokenKind::FineGrained, Scopes::Known(vec!["granular".to_owned()]))
    );
    let nameless = told((200, marked), (403, GRANULAR), (403, GRANULAR))
        .await
        .unwrap();
    assert_eq!(
        (nameless.token.kind, nameless.user.id, nameless.user.username),
        (TokenKind::FineGrained, 92, None)
    );
    let blind = told((403, GRANULAR), (200, USER), (403, GRANULAR)).await.unwrap();
    assert_eq!(
        (blind.token.kind, blind.user.id, blind.token.id),
        (TokenKind::FineGrained, 92, None)
    );
    let useless = told((403, GRANULAR), (403, GRANULAR), (403, GRANULAR))
        .await
        .unwrap_err();
    assert!(
        matches!(useless, Problem::Refusal(Refusal::FineGrained { ref detail }) if detail.contains("User: Read"))
    );
}

#[tokio::test]
async fn quirk_37_a_token_of_4000_characters_arrives_whole() {
    let server = gitlab((200, SELF), (200, USER), (200, VERSION)).await;
    let long = "j".repeat(4000);
    let client = Client::new(server.base(""), &connection()).unwrap();
    client
        .identify(&gitlab::Token::read(&long).unwrap(), MetadataProbe::Metadata)
        .await
        .unwrap();
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.header("authorization") == Some(format!("Bearer {long}").as_str()))
    );
}

#[tokio::test]
async fn a_token_that_calls_itself_dead_is_dead() {
    let revoked = r#"{"id":1,"user_id":92,"scopes":["api"],"revoked":true,"active":false}"#;
    assert_eq!(
        told((200, revoked), (200, USER), (200, VERSION))
            .await
            .unwrap_err(),
        Problem::Refusal(Refusal::Revoked)
    );
    let inactive = r#"{"id":1,"user_id":92,"scopes":["api"],"revoked":false,"active":false}"#;
    assert_eq!(
        told((200, inactive), (200, USER), (200, VERSION))
            .await
            .unwrap_err(),
        Problem::Refusal(Refusal::Expired)
    );
}

#[tokio::test]
async fn needed_fields_must_be_of_their_type() {
    let rows: [(&str, &str, &str); 16] = [
        (r#"{"id":"1","user_id":92,"scopes":["api"]}"#, USER, "id"),
        (r#"{"id":0,"user_id":92,"scopes":["api"]}"#, USER, "id"),
        (r#"{"id":-1,"user_id":92,"scopes":["api"]}"#, USER, "id"),
        (r#"{"id":1,"scopes":["api"]}"#, USER, "user_id"),
        (r#"{"id":1,"user_id":[92],"scopes":["api"]}"#, USER, "user_id"),
        (r#"{"id":1,"user_id":92,"scopes":"api"}"#, USER, "scopes"),
        (r#"{"id":1,"user_id":92,"scopes":[1]}"#, USER, "scopes"),
        (
            r#"{"id":1,"user_id":92,"scopes":["api\u001b[2J"]}"#,
            USER,
            "scopes",
        ),
        (r#"{"id":1,"user_id":92}"#, USER, "scopes"),
        (
            r#"{"id":1,"user_id":92,"scopes":[],"expires_at":20270301}"#,
            USER,
            "expires_at",
        ),
        (
            r#"{"id":1,"user_id":92,"scopes":[],"expires_at":"soon"}"#,
            USER,
            "expires_at",
        ),
        (
            r#"{"id":1,"user_id":92,"scopes":[],"expires_at":"2027-02-30"}"#,
            USER,
            "expires_at",
        ),
        (SELF, r#"{"id":"92","username":"ada"}"#, "id"),
        (SELF, r#"{"id":92.5,"username":"ada"}"#, "id"),
        (SELF, r#"{"id":92,"username":null}"#, "username"),
        (SELF, r#"{"id":92}"#, "username"),
    ];
    for (about_itself, about_the_user, field) in rows {
        let problem = told((200, about_itself), (200, about_the_user), (200, VERSION))
            .await
            .unwrap_err();
        match problem {
            Problem::Unusable(Unusable::WrongTypes { field: told }) => {
                assert_eq!(told, field, "{about_itself} {about_the_user}");
            }
            other => panic!("{about_itself} {about_the_user}: {other:?}"),
        }
    }
    let stranger = told(
        (200, SELF),
        (200, r#"{"id":93,"username":"eve"}"#),
        (200, VERSION),
    )
    .await
    .unwrap_err();
    assert_eq!(
        stranger,
        Problem::Unusable(Unusable::Contradiction { field: "user_id" })
    );
}

#[tokio::test]
async fn optional_fields_may_be_odd_or_missing() {
    let odd_user = r#"{"id":92,"username":"ada","name":7,"bot":"yes","web_url":["x"],"avatar_url":"javascript:alert(1)","is_admin":"true","state":{}}"#;
    let odd_self = r#"{"id":1,"user_id":92,"scopes":["api","api"],"name":{},"created_at":0,"last_used_at":[],"expires_at":null,"new":{"x":1}}"#;
    for version in ["[]", "\"18\"", "{\"version\":18}", "{\"version\":\"new\"}", "{}"] {
        let identity = told((200, odd_self), (200, odd_user), (200, version))
            .await
            .unwrap();
        assert_eq!(
            (identity.user.name, identity.user.bot, identity.user.web_url),
            (None, None, None)
        );
        assert_eq!(
            (identity.user.avatar_url, identity.user.is_admin, identity.version),
            (None, None, None)
        );
        assert_eq!((identity.token.name, identity.token.expires_on), (None, None));
        assert_eq!(identity.token.scopes, Scopes::Known(vec!["api".to_owned()]));
    }
    for failing in [
        (500, "{}"),
        (429, "{}"),
        (404, "<html>"),
        (401, r#"{"message":"401 Unauthorized"}"#),
        (200, "<html>"),
    ] {
        let identity = told((200, SELF), (200, USER), failing).await.unwrap();
        assert_eq!(identity.version, None);
    }
}

#[tokio::test]
async fn a_user_who_is_said_to_be_shut_out_is() {
    for (state, refusal) in [
        ("blocked", Refusal::Blocked),
        ("ldap_blocked", Refusal::Blocked),
        ("banned", Refusal::Blocked),
        ("blocked_pending_approval", Refusal::PendingApproval),
        ("deactivated", Refusal::Deactivated { url: None }),
    ] {
        let server = Server::plain(move |seen| match seen.path.as_str() {
            "/api/v4/user" => json(200, &format!(r#"{{"id":92,"username":"ada","state":"{state}"}}"#)),
            "/api/v4/metadata" => json(200, VERSION),
            _ => json(200, SELF),
        })
        .await;
        assert_eq!(identify(&server).await.unwrap_err(), refusal.into(), "{state}");
    }
    // Words that are not known shut nobody out: there will be more of them.
    for state in [r#""active""#, r#""sleepy""#, "null", "7"] {
        let server = Server::plain(move |seen| match seen.path.as_str() {
            "/api/v4/user" => json(200, &format!(r#"{{"id":92,"username":"ada","state":{state}}}"#)),
            "/api/v4/metadata" => json(200, VERSION),
            _ => json(200, SELF),
        })
        .await;
        assert_eq!(identify(&server).await.unwrap().user.id, 92, "{state}");
    }
}

#[tokio::test]
async fn hostile_names_are_escaped_and_capped() {
    let user = r#"{"id":92,"username":"ada\nprotocol=https","name":"\u001b[2J\u202eevil\u0000","web_url":"https://git.example.test/\u202e","avatar_url":"/uploads/a.png"}"#;
    let server = Server::plain(move |seen| match seen.path.as_str() {
        "/api/v4/user" => json(200, user),
        "/api/v4/metadata" => json(200, &format!(r#"{{"version":"18.1.1-{}"}}"#, "x".repeat(10_000))),
        _ => json(
            200,
            &format!(
                r#"{{"id":1,"user_id":92,"scopes":["api"],"name":"{}"}}"#,
                "n".repeat(10_000)
            ),
        ),
    })
    .await;
    let identity = identify(&server).await.unwrap();
    let text = format!(
        "{:?}{:?}{:?}",
        identity.user.username, identity.user.name, identity.user.web_url
    );
    assert!(!identity.user.username.as_deref().unwrap().contains('\n'));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{0}']), "{text}");
    assert_eq!(
        identity.user.avatar_url,
        Some(format!("{}/uploads/a.png", server.base("")))
    );
    assert_eq!(identity.token.name.unwrap().chars().count(), 300);
    assert!(identity.version.unwrap().text.chars().count() <= 60);
}

#[tokio::test]
async fn what_tells_nothing_about_the_token_is_no_refusal() {
    let nothing: [(Says, Problem); 7] = [
        ((429, ""), Unanswered::RateLimited { retry_after: None }.into()),
        ((500, ""), Unanswered::ServerError { status: 500 }.into()),
        (
            (502, "<html>Bad gateway</html>"),
            Unanswered::ServerError { status: 502 }.into(),
        ),
        (
            (503, "<html>down for maintenance</html>"),
            Unanswered::Maintenance.into(),
        ),
        ((200, "{"), Unusable::BrokenJson.into()),
        ((200, "<!DOCTYPE html><html></html>"), Unusable::Html.into()),
        ((200, "[]"), Unusable::WrongTypes { field: "id" }.into()),
    ];
    for (says, problem) in nothing {
        assert_eq!(all_say(says).await.unwrap_err(), problem);
    }
    // 511: the network on the way wants a sign-in (RFC 6585 §6).
    for status in [401, 403, 404, 418, 511] {
        let server = Server::plain(move |_| html(status, "<html></html>")).await;
        assert_eq!(
            identify(&server).await.unwrap_err(),
            Problem::NotGitLabAnswer { status }
        );
    }
    let proxy = Server::plain(|_| {
        answer(
            401,
            &["WWW-Authenticate: Basic"],
            br#"{"message":"401 Unauthorized"}"#,
        )
    })
    .await;
    assert_eq!(
        identify(&proxy).await.unwrap_err(),
        Problem::NotGitLabAnswer { status: 401 }
    );
    let sso = Server::plain(|_| redirect(302, "https://sso.example.test/login")).await;
    assert_eq!(
        identify(&sso).await.unwrap_err(),
        Problem::RedirectElsewhere {
            to: "https://sso.example.test/login".to_owned()
        }
    );
    let lost = Server::plain(|_| Act::Close).await;
    assert_eq!(
        identify(&lost).await.unwrap_err(),
        Problem::Unanswered(Unanswered::ConnectionLost)
    );
    let silent = Server::plain(|_| Act::Hang).await;
    let client = Client::new(silent.base(""), &impatient()).unwrap();
    let problem = client
        .identify(&token(), MetadataProbe::Metadata)
        .await
        .unwrap_err();
    assert_eq!(
        problem,
        Problem::Unanswered(Unanswered::Silent { after_seconds: 1 })
    );
}

#[tokio::test]
async fn a_redirect_gives_nothing_of_the_token_back() {
    const TOLD: &str = "https://elsewhere.test/gitlab/api/v4/user";
    let of = async |location: String| {
        let server = Server::plain(move |_| redirect(302, &location)).await;
        let client = Client::new(server.base(""), &connection()).unwrap();
        let hex = Token::read("9b74c9897bac770ffc029102a200c5de").unwrap();
        client.identify(&hex, MetadataProbe::Metadata).await.unwrap_err()
    };
    let elsewhere = |to: &str| Problem::RedirectElsewhere { to: to.to_owned() };
    for behind in [
        "?x=9b74c9897bac770ffc029102a200c5de",
        "#9b74c9897bac770ffc029102a200c5de",
        "?x=%39b74c9897bac770ffc029102a200c5de",
    ] {
        assert_eq!(of(format!("{TOLD}{behind}")).await, elsewhere(TOLD), "{behind}");
    }
    for to in [
        "https://elsewhere.test/gitlab/9b74c9897bac770ffc029102a200c5de",
        "https://elsewhere.test/gitlab-9b74c9897bac770ffc029102a200c5de-/",
        "https://elsewhere.test/%39b74c9897bac770ffc029102a200c5d%65",
        "https://9b74c9897bac770ffc029102a200c5de@elsewhere.test/",
    ] {
        assert_eq!(
            of(to.to_owned()).await,
            elsewhere("https://elsewhere.test/"),
            "{to}"
        );
    }
    // A host is not told at all where it is made of the token; its letters may be any.
    let host = "https://9B74C9897bac770ffc029102a200c5de.elsewhere.test/".to_owned();
    assert_eq!(of(host).await, Problem::Unusable(Unusable::BadRedirect));
}

#[tokio::test]
async fn a_failure_of_one_endpoint_does_not_hide_a_verdict_of_the_other() {
    assert_eq!(
        told((500, ""), (401, REVOKED), (200, VERSION)).await.unwrap_err(),
        Problem::Refusal(Refusal::Revoked)
    );
    assert_eq!(
        told((401, EXPIRED), (500, ""), (500, "")).await.unwrap_err(),
        Problem::Refusal(Refusal::Expired)
    );
    let blocked = (
        403,
        r#"{"message":"403 Forbidden - Your account has been blocked."}"#,
    );
    assert_eq!(
        told((200, SELF), blocked, (200, VERSION)).await.unwrap_err(),
        Problem::Refusal(Refusal::Blocked)
    );
    let expired = (
        403,
        r#"{"message":"403 Forbidden - Your password expired. Please access GitLab from a web browser."}"#,
    );
    assert_eq!(
        told((200, SELF), expired, (200, VERSION)).await.unwrap_err(),
        Problem::Refusal(Refusal::PasswordExpired)
    );
    // A bare 401 alone is conclusive only when the other endpoint says so too (contract §1.5).
    let bare = (401, r#"{"message":"401 Unauthorized"}"#);
    assert_eq!(
        told(bare, (500, ""), (500, "")).await.unwrap_err(),
        Problem::Unanswered(Unanswered::ServerError { status: 500 })
    );
    // And never against a token that has just told about itself (A20).
    assert_eq!(
        told((200, SELF), bare, (200, VERSION)).await.unwrap_err(),
        Problem::Unusable(Unusable::Contradiction { field: "user" })
    );
    assert_eq!(
        told((200, SELF), (401, REVOKED), (200, VERSION))
            .await
            .unwrap_err(),
        Problem::Refusal(Refusal::Revoked)
    );
}

#[tokio::test]
async fn a_check_believes_a_bare_401_only_the_second_time() {
    let server = Server::plain({
        let times = AtomicUsize::new(0);
        move |seen| match (times.fetch_add(1, Ordering::SeqCst), seen.path.as_str()) {
            (0 | 1, _) => no_token(),
            (_, "/api/v4/user") => json(200, USER),
            _ => json(200, SELF),
        }
    })
    .await;
    let client = Client::new(server.base(""), &connection()).unwrap();
    assert_eq!(client.check(&token()).await.unwrap().user.id, 92);
    let gone = Server::plain(|_| no_token()).await;
    let client = Client::new(gone.base(""), &connection()).unwrap();
    assert_eq!(
        client.check(&token()).await.unwrap_err(),
        Problem::Refusal(Refusal::Unknown)
    );
    assert_eq!(gone.seen().len(), 4);
}

/// A GitLab that answers `DELETE self`, `GET self` and `GET user` so.
async fn revoking(
    delete: Says,
    about_itself: Says,
    about_the_user: Says,
) -> (Result<Revoked, Problem>, Vec<String>) {
    let server = Server::plain(move |seen: &Seen| {
        let (status, body) = match (seen.method.as_str(), seen.path.as_str()) {
            ("DELETE", "/api/v4/personal_access_tokens/self") => delete,
            ("DELETE", "/api/v4/personal_access_tokens/4711") => (204, ""),
            ("GET", "/api/v4/personal_access_tokens/self") => about_itself,
            ("GET", "/api/v4/user") => about_the_user,
            _ => return no_route(),
        };
        if status == 204 {
            answer(204, &[], b"")
        } else {
            say(status, body)
        }
    })
    .await;
    let client = Client::new(server.base(""), &connection()).unwrap();
    (client.revoke_self(&token()).await, server.asked())
}

#[tokio::test]
async fn a_token_revokes_itself() {
    let bare = (401, r#"{"message":"401 Unauthorized"}"#);
    let missing = (404, r#"{"error":"404 Not Found"}"#);
    assert_eq!(revoking((204, ""), bare, bare).await.0, Ok(Revoked::Now));
    assert_eq!(
        revoking((401, REVOKED), bare, bare).await.0,
        Ok(Revoked::AlreadyDead)
    );
    assert_eq!(
        revoking((401, EXPIRED), bare, bare).await.0,
        Ok(Revoked::AlreadyDead)
    );
    assert_eq!(revoking(bare, bare, bare).await.0, Ok(Revoked::AlreadyDead));
    let (revoked, asked) = revoking(missing, (200, SELF), (200, USER)).await;
    assert_eq!(revoked, Ok(Revoked::Now));
    assert!(
        asked.contains(&"DELETE /api/v4/personal_access_tokens/4711".to_owned()),
        "{asked:?}"
    );
    // What is not done is not called done.
    let alive = Problem::Unusable(Unusable::Contradiction { field: "token" });
    assert_eq!(revoking(bare, bare, (200, USER)).await.0, Err(alive));
    assert_eq!(
        revoking((200, "<html>Welcome</html>"), bare, bare).await.0,
        Err(Problem::NotGitLabAnswer { status: 200 })
    );
    assert_eq!(
        revoking(missing, missing, (200, USER)).await.0,
        Err(Problem::NotGitLabAnswer { status: 404 })
    );
    let narrow = revoking((403, NARROW), bare, bare).await.0.unwrap_err();
    assert!(matches!(narrow, Problem::Refusal(Refusal::TooNarrow { .. })));
    let no = (400, r#"{"message":"400 Bad request - Not permitted to revoke"}"#);
    let detail = "400 Bad request - Not permitted to revoke".to_owned();
    assert_eq!(
        revoking(no, bare, bare).await.0,
        Err(Problem::Refusal(Refusal::OtherForbidden { detail }))
    );
    let down = revoking((502, ""), bare, bare).await.0.unwrap_err();
    assert_eq!(down, Problem::Unanswered(Unanswered::ServerError { status: 502 }));
}

async fn proof(about_itself: Says, about_the_user: Says) -> Result<Proof, Problem> {
    let server = gitlab(about_itself, about_the_user, (200, VERSION)).await;
    let proof = Client::new(server.base(""), &connection())
        .unwrap()
        .prove_dead(&token())
        .await;
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| asked.starts_with("GET ") && !asked.contains("rotate"))
    );
    proof
}

#[tokio::test]
async fn quirk_28_a_dead_token_is_proved_by_requests_that_must_fail() {
    let bare = (401, r#"{"message":"401 Unauthorized"}"#);
    let missing = (404, r#"{"error":"404 Not Found"}"#);
    for (about_itself, about_the_user) in [
        ((401, REVOKED), (200, USER)),
        ((401, EXPIRED), bare),
        (bare, bare),
        (bare, (401, REVOKED)),
        (missing, bare),
    ] {
        assert_eq!(proof(about_itself, about_the_user).await, Ok(Proof::Dead));
    }
    for (about_itself, about_the_user) in [
        ((200, SELF), (200, USER)),
        (bare, (200, USER)),
        (bare, (403, NARROW)),
        (missing, (200, USER)),
        ((403, GRANULAR), bare),
        (
            (
                403,
                r#"{"message":"403 Forbidden - Your account has been blocked."}"#,
            ),
            bare,
        ),
        ((401, r#"{"error":"dpop_error","error_description":"x"}"#), bare),
    ] {
        assert_eq!(proof(about_itself, about_the_user).await, Ok(Proof::StillAlive));
    }
    // What tells nothing proves nothing.
    assert!(proof((502, ""), bare).await.is_err());
    assert!(proof(bare, (502, "")).await.is_err());
    assert!(proof((200, "<html></html>"), bare).await.is_err());
    assert!(proof(missing, missing).await.is_err());
    assert_eq!(
        proof((200, r#"{"id":1,"user_id":1,"scopes":[],"revoked":true}"#), bare).await,
        Ok(Proof::Dead)
    );
}

#[tokio::test]
async fn the_servers_clock_is_compared_with_ours() {
    let server = Server::plain(|seen| {
        let body = match seen.path.as_str() {
            "/api/v4/user" => USER,
            "/api/v4/metadata" => VERSION,
            _ => SELF,
        };
        answer(
            200,
            &[
                "Content-Type: application/json",
                "Date: Sun, 06 Nov 1994 08:49:37 GMT",
            ],
            body.as_bytes(),
        )
    })
    .await;
    let ahead = identify(&server).await.unwrap().clock_ahead_seconds.unwrap();
    assert!(ahead < -900_000_000, "{ahead}");
}

/// What a rotation comes to where it is answered so, and how often it was asked for.
async fn rotation(act: impl Fn() -> Act + Send + Sync + 'static) -> (Result<String, RotationProblem>, usize) {
    let server = Server::plain(move |seen| {
        assert_eq!(seen.path, "/api/v4/personal_access_tokens/self/rotate");
        assert_eq!(seen.method, "POST");
        assert!(seen.header("authorization").unwrap().starts_with("Bearer glpat-"));
        act()
    })
    .await;
    let client = Client::new(server.base(""), &impatient()).unwrap();
    let day = "2027-03-01".parse().unwrap();
    let rotated = client.rotate_self(&token(), day).await;
    let rotated = rotated.map(|successor| successor.expose().to_owned());
    (rotated, server.seen().len())
}

#[tokio::test]
async fn a_rotation_refused_gives_nothing_of_the_token_back() {
    let secret = token().expose().to_owned();
    for status in [400, 401, 403] {
        for body in [
            r#"{"message":"400 Bad request - SECRET"}"#,
            r#"{"error":"invalid","error_description":"SECRET"}"#,
            r#"{"message":{"SECRET":["SECRET"]}}"#,
        ] {
            let body = body.replace("SECRET", &secret);
            let (rotated, _) = rotation(move || json(status, &body)).await;
            let problem = rotated.unwrap_err();
            assert!(!format!("{problem} {problem:?}").contains(&secret), "{status}");
        }
    }
    let to = format!("https://{secret}.elsewhere.test/");
    let (rotated, _) = rotation(move || redirect(307, &to)).await;
    assert_eq!(
        rotated.unwrap_err(),
        RotationProblem::Unusable(Unusable::BadRedirect)
    );
}

#[tokio::test]
async fn quirk_9_a_rotation_is_asked_for_once_whatever_the_answer() {
    type Case = (fn() -> Act, &'static str, bool);
    let cases: [Case; 19] = [
        (|| say(401, EXPIRED), "the token has expired", false),
        (|| say(401, REVOKED), "the token was revoked", false),
        (no_token, "GitLab does not know this token", false),
        (|| say(403, NARROW), "the token may not do this", false),
        (|| say(403, GRANULAR), "the fine-grained token lacks", false),
        (
            || {
                json(
                    400,
                    r#"{"message":"400 Bad request - Expiration date must be before 2026-12-01"}"#,
                )
            },
            "does not take this last day: 400 Bad request - Expiration date must be before",
            false,
        ),
        (
            || json(400, r#"{"error":"expires_at is invalid"}"#),
            "does not take this last day",
            false,
        ),
        (
            || json(405, r#"{"message":"405 Method Not Allowed"}"#),
            "of an app login",
            false,
        ),
        (|| json(405, r#"{"error":"405 Not Allowed"}"#), "too old", false),
        (no_route, "too old", false),
        (
            || answer(429, &["Retry-After: 1"], b"Retry later"),
            "fewer requests",
            false,
        ),
        (
            || answer(503, &["Retry-After: 1"], b""),
            "problem of its own (status 503)",
            false,
        ),
        (
            || redirect(307, "http://elsewhere.test/"),
            "sends us to http://elsewhere.test",
            false,
        ),
        (
            || html(502, "<html>Bad gateway</html>"),
            "the answer was lost",
            true,
        ),
        (
            || json(500, r#"{"message":"500 Internal Server Error"}"#),
            "the answer was lost",
            true,
        ),
        (
            || html(403, "<html>A firewall</html>"),
            "does not answer as GitLab does",
            true,
        ),
        (|| Act::Close, "the answer was lost", true),
        (|| Act::Hang, "the answer was lost", true),
        (|| json(200, r#"{"id":4712}"#), "“token” is missing", true),
    ];
    for (act, says, may_have_acted) in cases {
        let (rotated, asked) = rotation(act).await;
        let problem = rotated.unwrap_err();
        assert!(problem.to_string().contains(says), "{problem}: {says}");
        assert_eq!(problem.may_have_acted(), may_have_acted, "{problem}");
        assert_eq!(asked, 1, "{problem}");
    }
}

#[tokio::test]
async fn a_rotations_good_answer_gives_the_successor_and_a_broken_one_is_told() {
    let (rotated, _) = rotation(|| {
        json(
            200,
            r#"{"id":4712,"token":"glpat-new","expires_at":"2027-03-01"}"#,
        )
    })
    .await;
    assert!(rotated == Ok("glpat-new".to_owned()));
    for body in [
        "",
        "[]",
        r#"{"token":7}"#,
        r#"{"token":""}"#,
        r#"{"token":"glpat-ne"#,
        "<html></html>",
    ] {
        let (rotated, _) = rotation(move || json(200, body)).await;
        let problem = rotated.unwrap_err();
        assert!(
            problem.may_have_acted() && matches!(problem, RotationProblem::Unusable(_)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_rotation_nobody_heard_of_is_told_from_one_without_an_answer() {
    let closed = closed_port();
    let base = format!("http://{}", closed.at);
    let client = Client::new(gitlab::BaseUrl::parse(&base).unwrap(), &connection()).unwrap();
    let day = "2027-03-01".parse().unwrap();
    let problem = client.rotate_self(&token(), day).await.err().unwrap();
    assert!(
        matches!(problem, RotationProblem::Unanswered(Unanswered::Refused { .. })),
        "{problem}"
    );
    assert!(!problem.may_have_acted());
}
