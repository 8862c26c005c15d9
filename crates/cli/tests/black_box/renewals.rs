//! What happens to an app login later: renewed when its two hours are over, by one of many who need it; renewed no more
//! where GitLab says so; signed in again; given other permissions; beside an account with a token.

use serde_json::{Value, json};
use stage::{Asked, Simulator};

use crate::browser::Browser;
use crate::logins::{application, live_logins};
use crate::session::{Said, Session, finish};
use crate::started::Started;

/// Seconds until an access token has ended, and the same for a program's clock.
const OVER: i64 = 7_300;
const OVER_THERE: &str = "+7300";

/// The helper under test.
const HELPER: &str = env!("CARGO_BIN_EXE_git-credential-lablink");

fn signed_in() -> (Session, Simulator) {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let id = application(&simulator, false).application_id.clone();
    session.sign_in(&simulator, "Work", &["--client-id", &id]);
    simulator.forget_requests().unwrap();
    (session, simulator)
}

fn refreshes(simulator: &Simulator) -> usize {
    let asked: Vec<Asked> = simulator.requests().unwrap();
    asked.iter().filter(|one| one.path == "/oauth/token").count()
}

/// Calls the program when the two hours are over.
fn over(session: &Session, args: &[&str]) -> Said {
    finish(session.later(OVER_THERE, &[&["--json"], args].concat()), b"")
}

fn health(said: &Said) -> Value {
    said.object()["accounts"][0]["health"].clone()
}

#[test]
fn a_login_that_is_over_is_renewed_by_whoever_needs_it() {
    let (session, simulator) = signed_in();
    simulator.advance_clock(OVER).unwrap();
    let said = over(&session, &["check", "Work"]);
    assert_eq!(
        (said.status, &health(&said)["state"]),
        (0, &json!("linked")),
        "{said:?}"
    );
    assert_eq!(refreshes(&simulator), 1);
    let said = over(&session, &["check", "Work"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(refreshes(&simulator), 1, "it was fresh");
}

/// `git-credential-lablink get`, sixty-four at once, on a login that is over.
#[test]
fn quirk_11_sixty_four_at_once_renew_one_login_once() {
    let (session, simulator) = signed_in();
    simulator.advance_clock(OVER).unwrap();
    let (scheme, host) = simulator.address().split_once("://").unwrap();
    let asked = format!("protocol={scheme}\nhost={host}\n\n");
    let all: Vec<Started> = (0..64)
        .map(|_| Started::new(session.later_of(HELPER, OVER_THERE, &["get"]), asked.as_bytes()))
        .collect();
    let mut answers: Vec<String> = all
        .into_iter()
        .map(|one| {
            let said = one.end();
            assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
            said.out
        })
        .collect();
    assert_eq!(refreshes(&simulator), 1);
    answers.dedup();
    assert_eq!(answers.len(), 1, "not all were given the same token");
    assert!(answers[0].contains("\npassword="), "no token was given");
    assert_eq!(live_logins(&simulator), 1);
}

#[test]
fn a_login_the_user_revoked_needs_the_person_and_relink_gives_it_a_new_life() {
    let (session, simulator) = signed_in();
    let id = oauth_token(&simulator);
    simulator.token(json!({ "id": id, "state": "revoked" })).unwrap();
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(
        (said.status, &health(&said)["state"]),
        (3, &json!("revoked")),
        "{said:?}"
    );
    let detail = health(&said)["detail"].as_str().unwrap().to_owned();
    assert!(!detail.contains("token"), "{detail}");

    let mut started = session.start(&["relink", "Work", "--no-browser"], b"");
    Browser::new().authorize(&started.address(), &simulator, "ada");
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
    let account = said.object()["account"].clone();
    assert_eq!(account["health"]["state"], "linked", "{account}");
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(session.names(), ["Work"]);
    assert_eq!(live_logins(&simulator), 1);
}

/// GitLab's number of the one app login's token.
fn oauth_token(simulator: &Simulator) -> Value {
    let state = simulator.state().unwrap();
    let tokens = state["tokens"].as_array().unwrap();
    let mut logins = tokens
        .iter()
        .filter(|token| token["kind"] == "oauth" && token["revoked"] == false);
    logins.next().unwrap()["id"].clone()
}

#[test]
fn quirk_29_a_deleted_application_is_told_from_a_revoked_login() {
    let (session, simulator) = signed_in();
    let id = &application(&simulator, false).application_id;
    let gone = json!({ "application_id": id, "deleted": true });
    simulator
        .control(reqwest::Method::POST, "applications", Some(gone))
        .unwrap();
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 3, "{said:?}");
    let detail = health(&said)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("application"), "{detail}");
}

#[test]
fn quirk_13_a_refusal_that_passes_costs_nothing() {
    let (session, simulator) = signed_in();
    simulator.advance_clock(OVER).unwrap();
    simulator
        .fault(json!({ "fault": "transient_invalid_grant", "path": "/oauth/token" }))
        .unwrap();
    let said = over(&session, &["check", "Work"]);
    assert_eq!(said.status, 4, "{said:?}");
    // A minute later.
    simulator.advance_clock(70).unwrap();
    let said = finish(session.later("+7370", &["--json", "check", "Work"]), b"");
    assert_eq!(
        (said.status, &health(&said)["state"]),
        (0, &json!("linked")),
        "{said:?}"
    );
}

#[test]
fn other_permissions_are_a_new_login_and_the_old_one_is_dead() {
    let (session, simulator) = signed_in();
    let mut browser = Browser::new();
    for scopes in ["read_api", "api read_user read_repository write_repository"] {
        let mut started = session.start(&["permissions", "Work", "--scopes", scopes, "--no-browser"], b"");
        browser.authorize(&started.address(), &simulator, "ada");
        let said = started.end();
        assert_eq!(said.status, 0, "{said:?}");
        let granted = said.object()["account"]["scopes"].clone();
        let asked: Vec<&str> = scopes.split(' ').collect();
        assert_eq!(granted, json!(asked));
        assert_eq!(live_logins(&simulator), 1);
        let said = session.json(&["check", "Work"], b"");
        assert_eq!(said.status, 0, "{said:?}");
    }
}

#[test]
fn permissions_that_are_denied_or_given_to_another_user_change_nothing() {
    let (session, simulator) = signed_in();
    let before = session.json(&["show", "Work"], b"").object();
    let args = ["permissions", "Work", "--scopes", "read_api", "--no-browser"];
    let mut started = session.start(&args, b"");
    let mut browser = Browser::new();
    let page = browser.open(&started.address());
    let page = browser.sign_in(page, &simulator, "ada");
    browser.press(&page, "deny");
    let said = started.end();
    assert_eq!(
        (said.code().as_str(), said.status),
        ("login_denied", 3),
        "{said:?}"
    );

    let mut started = session.start(&args, b"");
    let page = Browser::new().authorize(&started.address(), &simulator, "grace");
    assert!(!page.html.contains("the account is linked"), "{}", page.html);
    let said = started.end();
    assert_eq!((said.code().as_str(), said.status), ("other_user", 1), "{said:?}");

    assert_eq!(session.json(&["show", "Work"], b"").object(), before);
    assert_eq!(live_logins(&simulator), 1);
    assert_eq!(session.json(&["check", "Work"], b"").status, 0);
}

#[test]
fn an_account_with_a_token_has_no_login_to_change() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let said = session.json(&["permissions", "Work", "--scopes", "api"], b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("no_app_login", 2),
        "{said:?}"
    );
}

#[test]
fn an_app_login_and_a_token_on_one_host_do_not_touch_each_other() {
    for (goes, stays) in [("App", "Token"), ("Token", "App")] {
        let (session, simulator) = (Session::new(), Simulator::start().unwrap());
        let id = application(&simulator, false).application_id.clone();
        session.link(&simulator, "Token", simulator.token_of("ada").unwrap());
        session.sign_in(&simulator, "App", &["--client-id", &id]);
        let said = session.json(&["check"], b"");
        assert_eq!(said.status, 0, "{said:?}");
        let before = session.json(&["show", stays], b"").object()["account"]["scopes"].clone();
        let said = session.json(&["unlink", goes], b"");
        assert_eq!(said.status, 0, "{said:?}");
        let said = session.json(&["check", stays], b"");
        assert_eq!(said.status, 0, "{said:?}");
        assert_eq!(said.object()["accounts"][0]["scopes"], before);
        assert_eq!(session.names(), [stays]);
        assert_eq!(session.keyring.items().unwrap(), 1);
    }
}

#[test]
fn each_account_goes_on_with_the_application_it_was_linked_with() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let secretive = application(&simulator, true).clone();
    let args = ["link", simulator.address(), "--name", "First", "--no-browser"];
    let args = [
        &args[..],
        &["--client-id", &secretive.application_id, "--client-secret-stdin"],
    ]
    .concat();
    let mut started = session.start(&args, secretive.secret.unwrap().as_bytes());
    Browser::new().authorize(&started.address(), &simulator, "ada");
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
    let id = application(&simulator, false).application_id.clone();
    session.sign_in(&simulator, "Second", &["--client-id", &id]);

    simulator.advance_clock(OVER).unwrap();
    let said = over(&session, &["check"]);
    assert_eq!(said.status, 0, "{said:?}");
    for name in ["First", "Second"] {
        let said = over(&session, &["unlink", name]);
        assert_eq!(said.status, 0, "{said:?}");
    }
    assert_eq!(live_logins(&simulator), 0);
}
