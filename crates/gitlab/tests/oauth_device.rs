//! Signing in on another screen: what GitLab says of a device code's life, and what the client makes of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod peer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gitlab::{Client, DeviceAuthorization, DevicePoll, GrantProblem, TokenSet, Unanswered, Unusable};
use peer::{
    ACCESS, APP, Act, Peer, REFRESH, SECRET, Stopped, answer, confidential, connection, id, json, names,
    public, refusal, stop_clock, tokens,
};

const DEVICE: &str = "de71ceCANARY-0123456789-and-long-enough-to-be-opaque";

fn device_json(verification_uri: &str) -> String {
    format!(
        r#"{{"device_code":"{DEVICE}","user_code":"7K2QX9BD","verification_uri":"{verification_uri}","verification_uri_complete":"{verification_uri}?user_code=7K2QX9BD","expires_in":300,"interval":5}}"#
    )
}

/// A GitLab below `path` that gives out a device code with this address and says these things to polls, the last one
/// for ever.
async fn gitlab(verification_uri: &'static str, polls: Vec<fn() -> Act>) -> Peer {
    gitlab_with(5, verification_uri, polls).await
}

/// The same with an interval of so many seconds.
async fn gitlab_with(interval: u64, verification_uri: &'static str, polls: Vec<fn() -> Act>) -> Peer {
    let polled = AtomicUsize::new(0);
    Peer::start(move |asked| {
        if asked.path.ends_with("/oauth/authorize_device") {
            let host = asked.header("host").unwrap();
            let device = device_json(&verification_uri.replace("HOST", host));
            return json(
                200,
                &device.replace("\"interval\":5", &format!("\"interval\":{interval}")),
            );
        }
        let number = polled.fetch_add(1, Ordering::SeqCst).min(polls.len() - 1);
        polls[number]()
    })
    .await
}

fn pending() -> Act {
    refusal(400, "authorization_pending")
}

fn slow_down() -> Act {
    refusal(400, "slow_down")
}

fn expired() -> Act {
    refusal(400, "expired_token")
}

fn forgotten() -> Act {
    refusal(400, "invalid_grant")
}

fn done() -> Act {
    json(200, &tokens())
}

async fn started(peer: &Peer) -> DeviceAuthorization {
    peer.client()
        .start_device(&id(), &names("api read_user"))
        .await
        .unwrap()
}

/// Starts and waits while the clock is turned; also the pauses between the polls.
async fn awaited(
    clock: &Stopped,
    polls: Vec<fn() -> Act>,
) -> (Result<TokenSet, GrantProblem>, Vec<Duration>) {
    paced(clock, 5, polls).await
}

/// The same with an interval of so many seconds.
async fn paced(
    clock: &Stopped,
    interval: u64,
    polls: Vec<fn() -> Act>,
) -> (Result<TokenSet, GrantProblem>, Vec<Duration>) {
    let peer = gitlab_with(interval, "http://HOST/oauth/device", polls).await;
    let client = peer.patient_client();
    let device = client.start_device(&id(), &names("api")).await.unwrap();
    let registration = public();
    let waiting = client.await_device(&registration, &device, std::future::pending());
    let end = clock.turning(waiting).await;
    let times: Vec<_> = peer.seen().iter().map(|asked| asked.at).collect();
    (end, times.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

#[tokio::test]
async fn a_device_code_is_asked_for_with_its_scopes_and_without_any_secret() {
    let peer = gitlab("http://HOST/oauth/device", vec![done]).await;
    let device = started(&peer).await;
    assert_eq!(device.user_code, "7K2QX9BD");
    let page = format!("http://{}/oauth/device", peer.at);
    assert_eq!(device.verification_uri.as_str(), page);
    assert_eq!(
        device.verification_uri_complete.as_str(),
        format!("{page}?user_code=7K2QX9BD")
    );
    assert_eq!(device.interval, Duration::from_secs(5));
    let asked = peer.seen().pop().unwrap();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/oauth/authorize_device")
    );
    let form = asked.form();
    assert_eq!(form.len(), 2);
    assert_eq!(form.get("client_id").unwrap(), APP);
    assert_eq!(form.get("scope").unwrap(), "api read_user");
}

#[tokio::test]
async fn quirk_27_a_device_is_done_with_a_refresh_token() {
    for registration in [public(), confidential()] {
        let peer = gitlab("http://HOST/oauth/device", vec![done]).await;
        let device = started(&peer).await;
        let DevicePoll::Done(set) = peer.client().poll_device(&registration, &device).await.unwrap() else {
            panic!("not done");
        };
        assert!(set.access.expose() == ACCESS && set.refresh.unwrap().expose() == REFRESH);
        let form = peer.seen().pop().unwrap().form();
        assert_eq!(
            form.get("grant_type").unwrap(),
            "urn:ietf:params:oauth:grant-type:device_code"
        );
        assert!(form.get("device_code").unwrap() == DEVICE);
        assert_eq!(form.get("client_id").unwrap(), APP);
        assert!(
            form.get("client_secret").map(String::as_str) == registration.secret.as_ref().map(|_| SECRET)
        );
    }
}

#[tokio::test]
async fn tokens_of_a_device_that_cannot_be_used_go_back_to_gitlab() {
    let polls: Vec<fn() -> Act> = vec![|| json(200, &tokens().replace("Bearer", "mac")), || {
        json(200, "{}")
    }];
    let peer = gitlab("http://HOST/oauth/device", polls).await;
    let device = started(&peer).await;
    let told = peer.client().poll_device(&confidential(), &device).await;
    assert_eq!(told.err(), Some(GrantProblem::WrongTokenType));
    let asked = peer.seen().pop().unwrap();
    assert_eq!(asked.path, "/oauth/revoke");
    let form = asked.form();
    assert!(form.get("token").unwrap() == ACCESS);
    assert!(form.get("client_secret").unwrap() == SECRET);
}

#[tokio::test]
async fn each_state_of_a_poll_is_told() {
    let polls: Vec<fn() -> Act> = vec![
        pending,
        slow_down,
        expired,
        forgotten,
        || refusal(400, "access_denied"),
        || refusal(401, "invalid_client"),
    ];
    let peer = gitlab("http://HOST/oauth/device", polls).await;
    let device = started(&peer).await;
    let client = peer.client();
    let registration = public();
    let poll = || client.poll_device(&registration, &device);
    assert!(matches!(poll().await, Ok(DevicePoll::Pending)));
    assert!(matches!(poll().await, Ok(DevicePoll::SlowDown)));
    assert_eq!(poll().await.err(), Some(GrantProblem::Expired));
    // Quirk 26: expired once, then forgotten.
    assert_eq!(poll().await.err(), Some(GrantProblem::Expired));
    assert_eq!(poll().await.err(), Some(GrantProblem::AccessDenied));
    assert_eq!(poll().await.err(), Some(GrantProblem::InvalidClient));
}

#[tokio::test]
async fn polling_keeps_the_pace_and_slows_down_when_told_to() {
    let clock = stop_clock();
    let (end, pauses) = awaited(&clock, vec![pending, slow_down, pending, slow_down, done]).await;
    assert!(end.unwrap().access.expose() == ACCESS);
    let at_least = [5, 5, 10, 10, 15];
    assert_eq!(pauses.len(), at_least.len());
    for (pause, seconds) in pauses.iter().zip(at_least) {
        assert!(*pause >= Duration::from_secs(seconds), "{pauses:?}");
    }
}

fn at_least(pauses: &[Duration], seconds: &[u64]) {
    assert_eq!(pauses.len(), seconds.len(), "{pauses:?}");
    for (pause, seconds) in pauses.iter().zip(seconds) {
        assert!(*pause >= Duration::from_secs(*seconds), "{pauses:?}");
    }
}

#[tokio::test]
async fn a_server_that_wants_rest_is_left_alone_for_so_long() {
    let clock = stop_clock();
    let limited: fn() -> Act = || answer(429, &["Retry-After: 20"], b"Retry later");
    let busy: fn() -> Act = || {
        answer(
            503,
            &["Content-Type: application/json", "Retry-After: 30"],
            br#"{"error":"temporarily_unavailable"}"#,
        )
    };
    let down: fn() -> Act = || answer(503, &["Retry-After: 40"], b"");
    let soon: fn() -> Act = || answer(429, &["Retry-After: 1"], b"");
    let (end, pauses) = awaited(&clock, vec![limited, busy, down, soon, pending, done]).await;
    assert!(end.unwrap().access.expose() == ACCESS);
    at_least(&pauses, &[5, 20, 30, 40, 5, 5]);
    // No longer than the code lives: then once more, right before its end.
    for endless in [
        (|| answer(429, &["Retry-After: 4000"], b"")) as fn() -> Act,
        || answer(503, &["Retry-After: 18446744073709551615"], b""),
    ] {
        let (end, pauses) = awaited(&clock, vec![endless, done]).await;
        assert!(end.unwrap().access.expose() == ACCESS);
        at_least(&pauses, &[5, 290]);
        let (end, pauses) = awaited(&clock, vec![endless]).await;
        assert_eq!(end.err(), Some(GrantProblem::Expired));
        at_least(&pauses, &[5, 290]);
    }
}

#[tokio::test]
async fn a_long_interval_is_kept_up_to_the_codes_life() {
    let clock = stop_clock();
    let (end, pauses) = paced(&clock, 120, vec![pending, done]).await;
    assert!(end.unwrap().access.expose() == ACCESS);
    at_least(&pauses, &[120, 120]);
    let (end, pauses) = paced(&clock, 100_000, vec![done]).await;
    assert!(end.unwrap().access.expose() == ACCESS);
    at_least(&pauses, &[297]);
}

#[tokio::test]
async fn whoever_stops_waiting_is_polled_for_no_more() {
    let clock = stop_clock();
    let peer = gitlab("http://HOST/oauth/device", vec![pending]).await;
    let client = peer.patient_client();
    let device = client.start_device(&id(), &names("api")).await.unwrap();
    let told = client
        .await_device(&public(), &device, std::future::ready(()))
        .await;
    assert_eq!(told.err(), Some(GrantProblem::Expired));
    assert_eq!(peer.count(), 1);
    drop(clock);
}

#[tokio::test]
async fn quirk_26_a_denial_looks_like_pending_until_the_time_is_over() {
    let clock = stop_clock();
    let (end, pauses) = awaited(&clock, vec![pending]).await;
    assert_eq!(end.err(), Some(GrantProblem::Expired));
    assert!(pauses.len() <= 60, "polled more often than allowed");
    let (end, _) = awaited(&clock, vec![pending, expired]).await;
    assert_eq!(end.err(), Some(GrantProblem::Expired));
    let (end, _) = awaited(&clock, vec![pending, || refusal(403, "access_denied"), done]).await;
    assert_eq!(end.err(), Some(GrantProblem::AccessDenied));
}

#[tokio::test]
async fn what_says_nothing_about_the_login_is_lived_through() {
    let clock = stop_clock();
    let busy: fn() -> Act = || answer(429, &["Retry-After: 1"], b"Retry later");
    let down: fn() -> Act = || answer(503, &[], b"down for maintenance");
    let lost: fn() -> Act = || Act::Close;
    let (end, _) = awaited(&clock, vec![busy, down, lost, pending, done]).await;
    assert!(end.unwrap().access.expose() == ACCESS);
    // The answer that was lost had the tokens: the code has been spent.
    let (end, _) = awaited(&clock, vec![pending, lost, forgotten]).await;
    assert_eq!(
        end.err(),
        Some(GrantProblem::LostAnswer(Unanswered::ConnectionLost))
    );
}

#[tokio::test]
async fn quirk_25_an_address_without_the_path_is_repaired() {
    for (told, page) in [
        ("http://HOST/oauth/device", "/gitlab/oauth/device"),
        ("http://HOST/gitlab/oauth/device", "/gitlab/oauth/device"),
        ("http://HOST/gitlab/oauth/device/new", "/gitlab/oauth/device/new"),
        ("http://HOST/gitlabber/oauth/device", "/gitlab/oauth/device"),
        ("http://HOST/gitlab/../oauth/device", "/gitlab/oauth/device"),
        ("http://HOST/gitlab/%2e%2e/other", "/gitlab/oauth/device"),
        (
            "http://HOST/gitlab/oauth/device?next=http://evil.example.test",
            "/gitlab/oauth/device",
        ),
        (
            "http://user:word@HOST/gitlab/oauth/device",
            "/gitlab/oauth/device",
        ),
    ] {
        let peer = gitlab(told, vec![pending]).await;
        let client = Client::new(peer.base("/gitlab"), &connection(Duration::from_secs(20))).unwrap();
        let device = client.start_device(&id(), &names("api")).await.unwrap();
        assert_eq!(
            device.verification_uri.as_str(),
            format!("http://{}{page}", peer.at),
            "{told}"
        );
        assert_eq!(
            device.verification_uri_complete.as_str(),
            format!("http://{}{page}?user_code=7K2QX9BD", peer.at)
        );
        assert_eq!(peer.seen().pop().unwrap().path, "/gitlab/oauth/authorize_device");
    }
}

/// Contract §3.8: the address a GitLab is reached by may be another than the one it knows itself by.
#[tokio::test]
async fn nobody_is_sent_to_an_address_on_another_server() {
    for told in [
        "https://git.example.test/oauth/device",
        "https://HOST/oauth/device",
        "http://HOST.evil.example.test/oauth/device",
        "http://HOST@evil.example.test/oauth/device",
        "http://127.0.0.1:1/oauth/device",
        "http://localhost/oauth/device",
        "//evil.example.test/oauth/device",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "no address",
    ] {
        let peer = gitlab(told, vec![pending]).await;
        let device = peer
            .client()
            .start_device(&id(), &names("api"))
            .await
            .ok()
            .unwrap();
        let own = format!("http://{}/oauth/device", peer.at);
        assert_eq!(device.verification_uri.as_str(), own, "{told}");
        let complete = device.verification_uri_complete.as_str();
        assert_eq!(complete, format!("{own}?user_code=7K2QX9BD"), "{told}");
    }
}

#[tokio::test]
async fn numbers_and_codes_out_of_any_reason_are_brought_back_or_refused() {
    let right = device_json("http://HOST/oauth/device");
    let changed = [
        ("\"interval\":5", "\"interval\":0", None),
        ("\"interval\":5", "\"interval\":99999999999", None),
        ("\"expires_in\":300,\"interval\":5", "\"new\":1", None),
        ("\"expires_in\":300", "\"expires_in\":18446744073709551615", None),
        ("\"interval\":5", "\"interval\":\"often\"", Some("interval")),
        ("\"expires_in\":300", "\"expires_in\":-1", Some("expires_in")),
        (
            "7K2QX9BD\",\"verification_uri\"",
            "<b>7K</b>\",\"verification_uri\"",
            Some("user_code"),
        ),
        (
            "7K2QX9BD\",\"verification_uri\"",
            "\",\"verification_uri\"",
            Some("user_code"),
        ),
        (DEVICE, "", Some("device_code")),
        (DEVICE, "a b", Some("device_code")),
        (
            "\"verification_uri\":",
            "\"elsewhere\":",
            Some("verification_uri"),
        ),
    ];
    for (from, to, field) in changed {
        let body = right.replacen(from, to, 1);
        assert_ne!(body, right);
        let peer =
            Peer::start(move |asked| json(200, &body.replace("HOST", asked.header("host").unwrap()))).await;
        let told = peer.client().start_device(&id(), &names("api")).await;
        if let Some(field) = field {
            let problem = GrantProblem::Unusable(Unusable::WrongTypes { field });
            assert_eq!(told.err(), Some(problem), "{to}");
        } else {
            let device = told.ok().unwrap();
            assert!(device.interval >= Duration::from_secs(1), "{to}");
            assert!(device.interval <= Duration::from_secs(300), "{to}");
            let left = device.expires_at - tokio::time::Instant::now();
            assert!(left <= Duration::from_secs(3600), "{to}");
        }
    }
}

#[tokio::test]
async fn a_gitlab_that_is_too_old_says_so_in_one_way_or_another() {
    for (status, body) in [
        (404, "<!DOCTYPE html><html>The page could not be found</html>"),
        (404, r#"{"error":"404 Not Found"}"#),
        (405, ""),
        (400, r#"{"error":"unsupported_grant_type"}"#),
    ] {
        let peer = Peer::saying(status, body).await;
        let told = peer.client().start_device(&id(), &names("api")).await;
        assert_eq!(
            told.err(),
            Some(GrantProblem::UnsupportedGrantType),
            "{status} {body}"
        );
    }
    let unknown = Peer::start(|_| refusal(401, "invalid_client")).await;
    let told = unknown.client().start_device(&id(), &names("api")).await;
    assert_eq!(told.err(), Some(GrantProblem::InvalidClient));
}

#[tokio::test]
async fn giving_up_polls_no_more() {
    let clock = stop_clock();
    let peer = Arc::new(gitlab("http://HOST/oauth/device", vec![pending]).await);
    let client = peer.patient_client();
    let device = client.start_device(&id(), &names("api")).await.unwrap();
    let watched = Arc::clone(&peer);
    let polled_twice = async move {
        while watched.count() < 3 {
            tokio::task::yield_now().await;
        }
    };
    let registration = public();
    let given_up = async {
        tokio::select! {
            _ = client.await_device(&registration, &device, std::future::pending()) => panic!("nobody signed in"),
            () = polled_twice => {}
        }
    };
    clock.turning(given_up).await;
    let polls = peer.count();
    clock.turning(tokio::time::sleep(Duration::from_secs(60))).await;
    assert_eq!(peer.count(), polls);
}
