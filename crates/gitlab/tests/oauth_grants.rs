//! Codes and refresh tokens for tokens: what is sent, what is taken for an answer, and what is not.

#![expect(clippy::unwrap_used, reason = "tests")]

mod peer;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gitlab::{
    ApplicationId, AuthorizationRequest, GrantProblem, RedirectUri, Registration, TokenSet, Unanswered,
    Unusable,
};
use peer::{
    ACCESS, APP, Act, Asked, CODE, Peer, REFRESH, SECRET, answer, code, confidential, connection, id, json,
    names, parameter, public, refusal, stop_clock, token, tokens,
};
use sha2::{Digest as _, Sha256};

fn request(peer: &Peer) -> AuthorizationRequest {
    AuthorizationRequest::new(
        &peer.base(""),
        &id(),
        &RedirectUri::loopback(40123),
        &names("api read_user"),
    )
}

async fn exchanged(peer: &Peer) -> Result<TokenSet, GrantProblem> {
    peer.client()
        .exchange_code(&public(), &request(peer), code(CODE))
        .await
}

async fn refreshed(peer: &Peer) -> Result<TokenSet, GrantProblem> {
    peer.client().refresh(&public(), &token(REFRESH)).await
}

/// Both grants read the same answers.
async fn both(status: u16, body: &'static str) -> GrantProblem {
    let peer = Peer::saying(status, body).await;
    let one = exchanged(&peer).await.err().unwrap();
    let other = refreshed(&peer).await.err().unwrap();
    assert_eq!(one, other);
    assert_eq!(peer.asked("/oauth/token").len(), 2, "one request each");
    one
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn a_code_is_traded_with_everything_that_proves_whose_it_is() {
    for (registration, secret) in [(public(), None), (confidential(), Some(SECRET))] {
        let peer = Peer::start(|_| json(200, &tokens())).await;
        let request = request(&peer);
        let before = now();
        let set = peer
            .client()
            .exchange_code(&registration, &request, code(CODE))
            .await
            .unwrap();
        assert!(set.access.expose() == ACCESS);
        assert!(set.refresh.as_ref().unwrap().expose() == REFRESH);
        assert!((before + 7200..=now() + 7200).contains(&set.expires_at.unwrap()));
        assert_eq!(set.created_at, Some(1_795_161_600));
        assert_eq!(set.scopes.as_deref(), Some(&names("api read_user")[..]));
        let asked = peer.seen().pop().unwrap();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/oauth/token")
        );
        let form = asked.form();
        assert_eq!(form.get("grant_type").unwrap(), "authorization_code");
        assert_eq!(form.get("client_id").unwrap(), APP);
        assert!(form.get("code").unwrap() == CODE);
        assert_eq!(
            form.get("redirect_uri").unwrap(),
            "http://127.0.0.1:40123/callback"
        );
        assert!(form.get("client_secret").map(String::as_str) == secret);
        let verifier = form.get("code_verifier").unwrap();
        assert!(verifier.len() >= 43);
        assert_eq!(
            BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
            parameter(request.url(), "code_challenge")
        );
        assert_one_way(&asked);
    }
}

/// Contract §3.13: credentials in the body, never in a header or the address too.
fn assert_one_way(asked: &Asked) {
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.header("cookie"), None);
    assert_eq!(asked.header("referer"), None);
    assert_eq!(
        asked.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert!(!asked.path.contains('?'));
}

#[tokio::test]
async fn a_refresh_token_is_traded_by_one_request() {
    for (registration, secret) in [(public(), None), (confidential(), Some(SECRET))] {
        let peer = Peer::start(|_| json(200, &tokens())).await;
        let set = peer
            .client()
            .refresh(&registration, &token(REFRESH))
            .await
            .unwrap();
        assert!(set.access.expose() == ACCESS);
        assert_eq!(peer.count(), 1);
        let asked = peer.seen().pop().unwrap();
        let form = asked.form();
        assert_eq!(form.get("grant_type").unwrap(), "refresh_token");
        assert!(form.get("refresh_token").unwrap() == REFRESH);
        assert_eq!(form.get("client_id").unwrap(), APP);
        assert!(form.get("client_secret").map(String::as_str) == secret);
        assert!(!form.contains_key("scope"));
        assert_one_way(&asked);
    }
}

#[tokio::test]
async fn below_a_path_everything_is_below_that_path() {
    let peer = Peer::start(|asked| match asked.path.as_str() {
        "/gitlab/oauth/token" => json(200, &tokens()),
        "/gitlab/oauth/revoke" => json(200, "{}"),
        _ => refusal(404, "not_here"),
    })
    .await;
    let client = gitlab::Client::new(peer.base("/gitlab"), &connection(Duration::from_secs(20))).unwrap();
    assert!(client.refresh(&public(), &token(REFRESH)).await.is_ok());
    assert!(
        client
            .exchange_code(&public(), &request(&peer), code(CODE))
            .await
            .is_ok()
    );
    assert_eq!(client.revoke(&public(), &token(REFRESH)).await, Ok(()));
}

#[tokio::test]
async fn token_types_are_compared_without_regard_to_case() {
    for kind in ["Bearer", "bearer", "BEARER"] {
        let peer = Peer::start(move |_| json(200, &tokens().replace("Bearer", kind))).await;
        assert!(exchanged(&peer).await.is_ok(), "{kind}");
    }
    for wrong in ["\"mac\"", "\"Bearer \"", "\"\"", "7", "null", "[\"Bearer\"]"] {
        let peer = Peer::start(move |_| json(200, &tokens().replace("\"Bearer\"", wrong))).await;
        let problem = exchanged(&peer).await.err().unwrap();
        assert_eq!(problem, GrantProblem::WrongTokenType, "{wrong}");
        assert!(problem.may_have_acted());
        // The refresh token is spent, and what came is what there is: bearer tokens as before.
        let set = refreshed(&peer).await.unwrap();
        assert!(set.access.expose() == ACCESS && set.refresh.unwrap().expose() == REFRESH);
    }
}

#[tokio::test]
async fn tokens_are_not_lost_for_an_end_or_scopes_that_cannot_be_read() {
    for (told, seconds) in [
        ("\"7200\"", Some(7200)),
        ("\" 7200.9 \"", Some(7200)),
        ("7200.0", Some(7200)),
        ("7.2e3", Some(7200)),
        ("0", Some(0)),
        ("-1", None),
        ("-7200.0", None),
        ("\"-1\"", None),
        ("\"soon\"", None),
        ("\"NaN\"", None),
        ("\"\"", None),
        ("1e300", None),
        ("18446744073709551615", None),
        ("99999999999999999999999", None),
        ("true", None),
        ("[7200]", None),
        ("{\"seconds\":7200}", None),
    ] {
        let body = tokens().replace("7200", told);
        let peer = Peer::start(move |_| json(200, &body)).await;
        let before = now();
        for set in [exchanged(&peer).await, refreshed(&peer).await] {
            let set = set.unwrap();
            assert!(set.access.expose() == ACCESS && set.refresh.unwrap().expose() == REFRESH);
            match (set.expires_at, seconds) {
                (Some(end), Some(seconds)) => {
                    assert!((before + seconds..=now() + seconds).contains(&end), "{told}");
                }
                (end, seconds) => assert_eq!(end, seconds, "{told}"),
            }
        }
        assert_eq!(peer.count(), 2, "{told}: nothing goes back");
    }
    for (told, scopes) in [
        (r#"["api","read_user"]"#, Some("api read_user")),
        (r#"["api read_user","api"]"#, Some("api read_user")),
        ("[]", Some("")),
        (r#"["api",7]"#, None),
        (r#"[["api"]]"#, None),
        (r#"{"api":true}"#, None),
        ("7", None),
        ("true", None),
    ] {
        let body = tokens().replace(r#""api read_user""#, told);
        let peer = Peer::start(move |_| json(200, &body)).await;
        for set in [exchanged(&peer).await, refreshed(&peer).await] {
            assert_eq!(set.unwrap().scopes, scopes.map(names), "{told}");
        }
    }
    let body = tokens().replace(
        r#""api read_user""#,
        &format!(r#"["api","{ACCESS}","{REFRESH}","{CODE}"]"#),
    );
    let peer = Peer::start(move |_| json(200, &body)).await;
    assert_eq!(exchanged(&peer).await.unwrap().scopes, Some(names("api")));
}

#[tokio::test]
async fn tokens_of_a_login_that_cannot_be_used_go_back_to_gitlab() {
    for (from, to, left, problem) in [
        ("\"Bearer\"", "\"mac\"", ACCESS, GrantProblem::WrongTokenType),
        (
            REFRESH,
            "a b",
            ACCESS,
            GrantProblem::Unusable(Unusable::WrongTypes {
                field: "refresh_token",
            }),
        ),
        (
            ACCESS,
            "a b",
            REFRESH,
            GrantProblem::Unusable(Unusable::WrongTypes {
                field: "access_token",
            }),
        ),
        (ACCESS, "", REFRESH, GrantProblem::NoAccessToken),
    ] {
        for (registration, secret) in [(public(), None), (confidential(), Some(SECRET))] {
            let body = tokens().replace(from, to);
            let peer = Peer::start(move |asked| match asked.path.as_str() {
                "/oauth/revoke" => json(200, "{}"),
                _ => json(200, &body),
            })
            .await;
            let told = peer
                .client()
                .exchange_code(&registration, &request(&peer), code(CODE))
                .await;
            assert_eq!(told.err().as_ref(), Some(&problem), "{to}");
            assert_eq!(peer.asked("/oauth/token").len(), 1);
            // Before anybody is told.
            let back = peer.asked("/oauth/revoke");
            assert_eq!(back.len(), 1, "{to}");
            let form = back[0].form();
            assert!(form.get("token").unwrap() == left, "{to}");
            assert_eq!(form.get("client_id").unwrap(), APP);
            assert!(form.get("client_secret").map(String::as_str) == secret);
        }
    }
    // What GitLab does not take back by its one half it is given by the other.
    let peer = Peer::start(|asked| match asked.path.as_str() {
        "/oauth/revoke" => refusal(403, "unauthorized_client"),
        _ => json(200, &tokens().replace("Bearer", "mac")),
    })
    .await;
    assert_eq!(exchanged(&peer).await.err(), Some(GrantProblem::WrongTokenType));
    let sent: Vec<_> = peer
        .asked("/oauth/revoke")
        .iter()
        .map(|asked| asked.form()["token"].clone())
        .collect();
    assert!(sent == [ACCESS, REFRESH]);
    // Where there is nothing to give back, nothing is asked.
    let peer = Peer::saying(200, r#"{"access_token":7,"token_type":"bearer"}"#).await;
    assert!(exchanged(&peer).await.is_err());
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn an_answer_may_come_without_refresh_token_expiry_scope_and_birth() {
    for body in [
        r#"{"access_token":"acce55","token_type":"bearer"}"#,
        r#"{"access_token":"acce55","token_type":"bearer","refresh_token":null,"expires_in":null,"scope":null,"created_at":null}"#,
        r#"{"access_token":"acce55","token_type":"bearer","refresh_token":"","created_at":"yesterday","new":{"a":[1]}}"#,
    ] {
        let set = exchanged(&Peer::saying(200, body).await).await.unwrap();
        assert!(set.access.expose() == "acce55");
        assert!(set.refresh.is_none() && set.expires_at.is_none());
        assert!(set.scopes.is_none() && set.created_at.is_none());
        // Whoever does not say what was granted granted what was asked for.
        assert!(set.differs_from(&names("api")).is_none());
    }
}

#[tokio::test]
async fn wider_and_narrower_scopes_than_asked_for_are_told() {
    for (granted, missing, beyond) in [
        ("api read_user", "", ""),
        ("read_user api", "", ""),
        ("read_user", "api", ""),
        ("api read_user sudo admin_mode", "", "sudo admin_mode"),
        ("read_api", "api read_user", "read_api"),
        ("", "api read_user", ""),
    ] {
        let body = tokens().replace("api read_user", granted);
        let peer = Peer::start(move |_| json(200, &body)).await;
        let differs = exchanged(&peer)
            .await
            .unwrap()
            .differs_from(&names("api read_user"));
        assert_eq!(differs.missing, names(missing), "{granted}");
        assert_eq!(differs.beyond, names(beyond), "{granted}");
        assert_eq!(differs.is_none(), missing.is_empty() && beyond.is_empty());
    }
}

#[tokio::test]
async fn scopes_that_are_none_or_secrets_sent_back_are_not_kept() {
    let body = tokens().replace(
        "api read_user",
        &format!("api {ACCESS} {REFRESH} {CODE} \\u001b[31m <b> \\u202ex api read_virtual_registry"),
    );
    let peer = Peer::start(move |_| json(200, &body)).await;
    assert_eq!(
        exchanged(&peer).await.unwrap().scopes.unwrap(),
        names("api read_virtual_registry")
    );
}

#[tokio::test]
async fn the_clock_of_the_server_may_be_wrong_by_a_day() {
    for (date, created) in [
        ("Sat, 01 Jan 2000 00:00:00 GMT", 946_684_800),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 4_102_444_800_i64),
    ] {
        let peer = Peer::start(move |_| {
            answer(
                200,
                &["Content-Type: application/json", &format!("Date: {date}")],
                tokens().replace("1795161600", &created.to_string()).as_bytes(),
            )
        })
        .await;
        let before = now();
        let set = refreshed(&peer).await.unwrap();
        assert!((before + 7200..=now() + 7200).contains(&set.expires_at.unwrap()));
        assert_eq!(set.created_at, Some(created));
    }
    let far = tokens().replace("7200", &u64::MAX.to_string());
    let peer = Peer::start(move |_| json(200, &far)).await;
    assert_eq!(refreshed(&peer).await.unwrap().expires_at, None);
}

#[tokio::test]
async fn answers_that_are_no_tokens_say_what_is_wrong_with_them() {
    let wrong = |field| GrantProblem::Unusable(Unusable::WrongTypes { field });
    for (body, problem) in [
        (
            "<!DOCTYPE html><html><title>Sign in</title></html>",
            GrantProblem::Unusable(Unusable::Html),
        ),
        (
            r#"{"access_token":"acce55","token_ty"#,
            GrantProblem::Unusable(Unusable::BrokenJson),
        ),
        (
            r#"["acce55","bearer"]"#,
            GrantProblem::Unusable(Unusable::BrokenJson),
        ),
        (
            r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
            GrantProblem::Unusable(Unusable::BrokenJson),
        ),
        ("", GrantProblem::Unusable(Unusable::BrokenJson)),
        ("{}", GrantProblem::NoAccessToken),
        (
            r#"{"access_token":"","token_type":"bearer"}"#,
            GrantProblem::NoAccessToken,
        ),
        (
            r#"{"access_token":null,"token_type":"bearer"}"#,
            GrantProblem::NoAccessToken,
        ),
        (
            r#"{"access_token":7,"token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":{"a":1},"token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":"a b","token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":"a\nb","token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":"ä","token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":"a","token_type":"bearer","refresh_token":7}"#,
            wrong("refresh_token"),
        ),
        (
            r#"{"access_token":"a","token_type":"bearer","refresh_token":"a b"}"#,
            wrong("refresh_token"),
        ),
        (
            r#"{"access_token":["a"],"token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":1.5,"token_type":"bearer"}"#,
            wrong("access_token"),
        ),
        (
            r#"{"access_token":"a","token_type":"bearer","refresh_token":["b"]}"#,
            wrong("refresh_token"),
        ),
        (r#"{"error":"something_new"}"#, GrantProblem::NoAccessToken),
    ] {
        let told = both(200, body).await;
        assert_eq!(told, problem, "{body}");
        // The grant may be spent.
        assert!(told.may_have_acted() && !told.may_be_transient(), "{body}");
        assert!(told.is_unusable(), "{body}");
        let unreadable = problem == wrong("access_token") || problem == wrong("refresh_token");
        assert_eq!(told.has_acted(), unreadable, "{body}");
    }
    // A proxy that makes every answer a 200.
    assert_eq!(
        both(200, r#"{"error":"invalid_grant"}"#).await,
        GrantProblem::InvalidGrant
    );
}

#[tokio::test]
async fn a_page_with_a_claim_to_be_one_is_one() {
    let peer = Peer::start(|_| answer(200, &["Content-Type: text/html"], b"Please sign in")).await;
    assert_eq!(
        exchanged(&peer).await.err(),
        Some(GrantProblem::Unusable(Unusable::Html))
    );
}

#[tokio::test]
async fn ten_megabytes_are_not_read() {
    let peer = Peer::start(|_| {
        let mut body = tokens().into_bytes();
        body.resize(10 * 1024 * 1024, b' ');
        answer(200, &["Content-Type: application/json"], &body)
    })
    .await;
    let problem = exchanged(&peer).await.err().unwrap();
    assert!(matches!(
        problem,
        GrantProblem::Unusable(Unusable::TooLarge { .. })
    ));
    assert!(problem.may_have_acted());
    // Of a refusal the status is enough.
    let peer = Peer::start(|_| answer(502, &[], &vec![b' '; 10 * 1024 * 1024])).await;
    assert!(matches!(
        exchanged(&peer).await.err(),
        Some(GrantProblem::LostAnswer(Unanswered::ServerError { status: 502 }))
    ));
}

#[tokio::test]
async fn refusals_are_told_by_their_code_and_never_by_their_words() {
    for (status, error, problem) in [
        (400, "invalid_request", GrantProblem::InvalidRequest),
        (401, "invalid_client", GrantProblem::InvalidClient),
        (400, "invalid_grant", GrantProblem::InvalidGrant),
        // Quirk 15: an old report has the transient one with another status.
        (401, "invalid_grant", GrantProblem::InvalidGrant),
        (401, "unauthorized_client", GrantProblem::UnauthorizedClient),
        (400, "invalid_scope", GrantProblem::InvalidScope),
        (400, "unsupported_grant_type", GrantProblem::UnsupportedGrantType),
        (403, "access_denied", GrantProblem::AccessDenied),
        (400, "something_new", GrantProblem::Unexpected { status: 400 }),
        (
            400,
            "authorization_pending",
            GrantProblem::Unexpected { status: 400 },
        ),
    ] {
        let peer = Peer::start(move |_| refusal(status, error)).await;
        let told = exchanged(&peer).await.err().unwrap();
        assert_eq!(told, problem, "{error}");
        assert!(!told.may_have_acted(), "{error}");
        assert_eq!(peer.count(), 1, "a refusal was not repeated");
        assert_eq!(told, refreshed(&peer).await.err().unwrap());
    }
    for (status, body) in [
        (404, "{\"error\":\"404 Not Found\"}"),
        (403, "<html>WAF</html>"),
        (400, ""),
        (418, "[]"),
    ] {
        assert_eq!(both(status, body).await, GrantProblem::Unexpected { status });
    }
}

#[tokio::test]
async fn quirk_13_a_refused_refresh_token_is_reported_as_possibly_transient_and_asked_once() {
    let peer = Peer::start(|_| refusal(400, "invalid_grant")).await;
    let problem = refreshed(&peer).await.err().unwrap();
    assert_eq!(problem, GrantProblem::InvalidGrant);
    assert!(problem.may_be_transient());
    assert_eq!(peer.count(), 1);
    // What is certain is not.
    for certain in [
        GrantProblem::InvalidClient,
        GrantProblem::UnauthorizedClient,
        GrantProblem::AccessDenied,
    ] {
        assert!(!certain.may_be_transient());
    }
}

#[tokio::test]
async fn quirk_15_a_code_that_is_refused_is_never_sent_again() {
    let peer = Peer::start(|_| refusal(401, "invalid_grant")).await;
    let problem = exchanged(&peer).await.err().unwrap();
    assert!(problem.may_be_transient());
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn a_server_that_wants_rest_is_given_it_and_has_done_nothing() {
    let busy = Peer::start(|_| {
        answer(
            503,
            &["Content-Type: application/json", "Retry-After: 1"],
            br#"{"error":"temporarily_unavailable"}"#,
        )
    })
    .await;
    let told = refreshed(&busy).await.err().unwrap();
    assert_eq!(
        told,
        GrantProblem::TemporarilyUnavailable { retry_after: Some(1) }
    );
    assert_eq!(busy.count(), 1, "not even after a second");
    let limited = Peer::start(|_| {
        answer(
            429,
            &["Content-Type: text/plain", "Retry-After: 1"],
            b"Retry later",
        )
    })
    .await;
    let told = refreshed(&limited).await.err().unwrap();
    assert_eq!(
        told,
        GrantProblem::Unanswered(Unanswered::RateLimited { retry_after: Some(1) })
    );
    assert_eq!(limited.count(), 1);
    assert_eq!(
        both(503, "GitLab is down for maintenance").await,
        GrantProblem::Unanswered(Unanswered::Maintenance)
    );
    assert_eq!(
        both(503, "").await,
        GrantProblem::Unanswered(Unanswered::ServerError { status: 503 })
    );
}

#[tokio::test]
async fn what_was_never_sent_is_told_apart_from_an_answer_that_was_lost() {
    // Nobody listens: never sent.
    let gone = Peer::saying(200, "{}").await;
    let (client, at) = (gone.client(), gone.at);
    drop(gone);
    while std::net::TcpStream::connect(at).is_ok() {
        tokio::task::yield_now().await;
    }
    let problem = client.refresh(&public(), &token(REFRESH)).await.err().unwrap();
    assert!(
        matches!(&problem, GrantProblem::Unanswered(Unanswered::Refused { .. })),
        "{problem:?}"
    );
    assert!(!problem.may_have_acted() && problem.may_be_transient());
    // The server fell over with the request in its hands, or on the way back.
    for act in [
        || Act::Close,
        || Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"access_tok".to_vec()),
        || Act::Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"acc\r\n".to_vec()),
        || answer(500, &[], b"Whoops"),
        || answer(502, &[], b"<html>Bad gateway</html>"),
        || answer(504, &[], b""),
    ] {
        let peer = Peer::start(move |_| act()).await;
        for problem in [refreshed(&peer).await, exchanged(&peer).await].map(|told| told.err().unwrap()) {
            assert!(matches!(&problem, GrantProblem::LostAnswer(_)), "{problem:?}");
            assert!(problem.may_have_acted() && !problem.may_be_transient());
        }
        assert_eq!(peer.count(), 2, "a lost answer was not repeated");
    }
}

#[tokio::test]
async fn silence_is_a_lost_answer_where_the_request_was_sent_and_none_where_it_was_not() {
    let clock = stop_clock();
    let peer = Peer::start(|_| Act::Hang).await;
    let client = peer.client();
    let problem = clock
        .turning(client.refresh(&public(), &token(REFRESH)))
        .await
        .err()
        .unwrap();
    assert_eq!(
        problem,
        GrantProblem::LostAnswer(Unanswered::Silent { after_seconds: 20 })
    );
    assert_eq!(peer.count(), 1);
    // A port whose queue is full never finishes connecting: nothing was sent.
    let full = socket_nobody_accepts();
    let base = gitlab::BaseUrl::parse(&format!("http://{}", full.at)).unwrap();
    let client = gitlab::Client::new(base, &connection(Duration::from_secs(20))).unwrap();
    let problem = clock
        .turning(client.refresh(&public(), &token(REFRESH)))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&problem, GrantProblem::Unanswered(Unanswered::Silent { .. })),
        "{problem:?}"
    );
    assert!(!problem.may_have_acted());
}

/// A listening socket whose queue is full, and the connections that fill it.
struct Full {
    at: std::net::SocketAddr,
    _listener: tokio::net::TcpListener,
    _queue: Vec<std::net::TcpStream>,
}

fn socket_nobody_accepts() -> Full {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&at, Duration::from_millis(200)) {
        queue.push(stream);
        assert!(queue.len() < 100, "the queue has no end");
    }
    Full {
        at,
        _listener: listener,
        _queue: queue,
    }
}

#[tokio::test]
async fn secrets_follow_no_redirect_and_its_target_is_told_without_what_was_sent() {
    let elsewhere = Peer::start(|_| json(200, &tokens())).await;
    let there = elsewhere.at;
    for status in [301, 302, 303, 307, 308] {
        let peer = Peer::start(move |asked| {
            let sent = &asked.body;
            answer(
                status,
                &[&format!("Location: http://{there}/oauth/token?{sent}#{sent}")],
                b"",
            )
        })
        .await;
        let problem = exchanged(&peer).await.err().unwrap();
        assert_eq!(
            problem,
            GrantProblem::RedirectElsewhere {
                to: format!("http://{there}")
            }
        );
        assert!(!problem.may_have_acted());
        let inside = Peer::start(move |_| answer(status, &["Location: /users/sign_in"], b"")).await;
        let to = format!("http://{}", inside.at);
        assert_eq!(
            refreshed(&inside).await.err(),
            Some(GrantProblem::RedirectElsewhere { to })
        );
        let nowhere = Peer::start(move |_| answer(status, &[], b"")).await;
        assert_eq!(
            refreshed(&nowhere).await.err(),
            Some(GrantProblem::Unexpected { status })
        );
    }
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn no_secret_is_in_what_a_hostile_answer_makes_of_it() {
    for status in [200, 301, 400, 401, 403, 404, 429, 500, 503] {
        let peer = Peer::start(move |asked| {
            let form = asked.form();
            let all: Vec<&str> = form.values().map(String::as_str).collect();
            let all = all.join(" ");
            answer(
                status,
                &[
                    "Content-Type: application/json",
                    &format!("Location: https://evil.example.test/{}", all.replace(' ', "/")),
                ],
                format!(r#"{{"error":"{all}","error_description":"{all}","scope":"{all}"}}"#).as_bytes(),
            )
        })
        .await;
        let request = request(&peer);
        let problem = peer
            .client()
            .exchange_code(&confidential(), &request, code(CODE))
            .await
            .err()
            .unwrap();
        let form = peer.seen().pop().unwrap().form();
        let shown = format!("{problem} {problem:?}");
        for secret in [CODE, SECRET, form.get("code_verifier").unwrap()] {
            assert!(!shown.contains(secret), "{status}");
        }
    }
}

#[tokio::test]
async fn quirk_28_a_revocation_is_one_request_and_its_yes_is_passed_on_as_it_is() {
    for registration in [public(), confidential()] {
        for body in ["{}", "", " {} "] {
            let peer = Peer::saying(200, body).await;
            assert_eq!(peer.client().revoke(&registration, &token(REFRESH)).await, Ok(()));
            let asked = peer.seen().pop().unwrap();
            assert_eq!(
                (asked.method.as_str(), asked.path.as_str()),
                ("POST", "/oauth/revoke")
            );
            let form = asked.form();
            assert!(form.get("token").unwrap() == REFRESH);
            assert_eq!(form.get("client_id").unwrap(), APP);
            assert!(
                form.get("client_secret").map(String::as_str) == registration.secret.as_ref().map(|_| SECRET)
            );
            assert_one_way(&asked);
            assert_eq!(peer.count(), 1);
        }
    }
    let foreign = Peer::start(|_| refusal(403, "unauthorized_client")).await;
    assert_eq!(
        foreign.client().revoke(&public(), &token(REFRESH)).await,
        Err(GrantProblem::UnauthorizedClient)
    );
    let wall = Peer::saying(200, "<html>Sign in</html>").await;
    assert_eq!(
        wall.client().revoke(&public(), &token(REFRESH)).await,
        Err(GrantProblem::Unusable(Unusable::Html))
    );
}

/// Doorkeeper's order of checks (contract §3.6) for one public application, one code and one refresh token.
fn doorkeeper(asked: &Asked, challenge: &str) -> Act {
    let form = asked.form();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let client = field("client_id") == APP && field("client_secret").is_empty();
    let granted = match field("grant_type") {
        "authorization_code" if !client => return refusal(401, "invalid_client"),
        "authorization_code" => {
            field("code") == CODE
                && field("redirect_uri") == "http://127.0.0.1:40123/callback"
                && BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier"))) == challenge
        }
        "refresh_token" if field("refresh_token") != REFRESH => false,
        "refresh_token" if !client => return refusal(401, "invalid_client"),
        "refresh_token" => true,
        _ => return refusal(400, "unsupported_grant_type"),
    };
    if granted {
        json(200, &tokens())
    } else {
        refusal(400, "invalid_grant")
    }
}

#[tokio::test]
async fn the_order_of_gitlabs_checks_decides_what_is_told() {
    let own = AuthorizationRequest::new(
        &gitlab::BaseUrl::parse("https://git.example.test").unwrap(),
        &id(),
        &RedirectUri::loopback(40123),
        &names("api"),
    );
    let challenge = parameter(own.url(), "code_challenge");
    let peer = Peer::start(move |asked| doorkeeper(asked, &challenge)).await;
    let client = peer.client();
    let deleted = Registration {
        application_id: ApplicationId::read("de1e7ed").unwrap(),
        secret: None,
    };
    assert!(client.exchange_code(&public(), &own, code(CODE)).await.is_ok());
    assert!(client.refresh(&public(), &token(REFRESH)).await.is_ok());
    // A dead grant of a dead application: the application on the exchange, the grant on the refresh.
    let exchanged = client.exchange_code(&deleted, &own, code("dead")).await;
    assert_eq!(exchanged.err(), Some(GrantProblem::InvalidClient));
    let refreshed = client.refresh(&deleted, &token("dead")).await;
    assert_eq!(refreshed.err(), Some(GrantProblem::InvalidGrant));
    let refreshed = client.refresh(&deleted, &token(REFRESH)).await;
    assert_eq!(refreshed.err(), Some(GrantProblem::InvalidClient));
    // Quirk 21: a secret that a public application does not have.
    let refreshed = client.refresh(&confidential(), &token(REFRESH)).await;
    assert_eq!(refreshed.err(), Some(GrantProblem::InvalidClient));
    // A code from another flow, slipped in with the right state: its challenge is not ours.
    let other = request(&peer);
    let exchanged = client.exchange_code(&public(), &other, code(CODE)).await;
    assert_eq!(exchanged.err(), Some(GrantProblem::InvalidGrant));
}
