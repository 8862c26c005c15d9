//! A new token in an old one's place, from the terminal: now, by itself, and where it cannot be.

use serde_json::{Value, json};
use stage::Simulator;

use crate::session::Session;
use crate::started::Started;

const ROTATE: &str = "/api/v4/personal_access_tokens/self/rotate";

fn linked(options: &[&str]) -> (Session, Simulator, String) {
    let (session, simulator) = (Session::new(), Simulator::with(options).unwrap());
    let token = simulator.token_of("ada").unwrap().to_owned();
    let account = session.link(&simulator, "Work", &token);
    assert_eq!(
        account["renews_by_itself"], false,
        "off until somebody switches it on"
    );
    simulator.forget_requests().unwrap();
    (session, simulator, token)
}

fn rotations(simulator: &Simulator) -> usize {
    let asked = simulator.requests().unwrap();
    asked.iter().filter(|one| one.path.ends_with("/rotate")).count()
}

fn given(session: &Session) -> String {
    let said = session.run(&["token", "Work", "--for", "a test"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    said.out.trim_end().to_owned()
}

#[test]
fn quirk_9_a_token_is_rotated_and_the_old_one_is_nowhere() {
    let (session, _simulator, old) = linked(&["--gitlab-version", "16.10.0"]);
    let before = session.json(&["show", "Work"], b"").object()["account"].clone();
    let said = session.json(&["rotate", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let account = said.object()["account"].clone();
    assert_eq!(account["expires_at"], before["expires_at"], "{account}");
    assert_eq!(account["health"]["state"], "linked");
    let new = given(&session);
    assert_ne!(new, old);
    for secret in [&old, &new] {
        said.never_says(secret);
        session.run(&["log"], b"").never_says(secret);
        session.run(&["show", "Work"], b"").never_says(secret);
        for file in crate::session::files(&session.home()) {
            let text = std::fs::read(&file).unwrap_or_default();
            let found = text
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds a token", file.display());
        }
    }
    let said = session.json(&["rotate", "Work", "--expires", "2000-01-01"], b"");
    assert_eq!(
        (said.status, said.code().as_str()),
        (2, "rotation_past"),
        "{said:?}"
    );
    let said = session.json(&["rotate", "Work", "--expires", "tomorrow"], b"");
    assert_eq!(
        (said.status, said.code().as_str()),
        (2, "date_invalid"),
        "{said:?}"
    );
    let said = session.json(&["rotate", "Work", "--expires", "2999-01-01"], b"");
    assert_eq!(
        (said.status, said.code().as_str()),
        (1, "rotation_expiry"),
        "{said:?}"
    );
    assert_eq!(given(&session), new, "what is refused changes nothing");
}

#[test]
fn where_it_cannot_be_it_says_why() {
    let (session, simulator, _) = linked(&["--gitlab-version", "16.9.0"]);
    for args in [
        &["rotate", "Work"][..],
        &["rotate", "Work", "--automatically", "on"],
    ] {
        let said = session.json(args, b"");
        assert_eq!(
            (said.status, said.code().as_str()),
            (1, "rotation_too_old"),
            "{said:?}"
        );
    }
    assert_eq!(rotations(&simulator), 0);
    let said = session.json(&["rotate", "Nobody"], b"");
    assert_eq!(
        (said.status, said.code().as_str()),
        (3, "account_not_found"),
        "{said:?}"
    );
}

#[test]
fn the_switch_is_told_and_stays() {
    let (session, _, _) = linked(&[]);
    let on = session.json(&["rotate", "Work", "--automatically", "on"], b"");
    assert_eq!(
        (on.status, &on.object()["account"]["renews_by_itself"]),
        (0, &json!(true)),
        "{on:?}"
    );
    let shown: Value = session.json(&["accounts"], b"").object();
    assert_eq!(shown["accounts"][0]["renews_by_itself"], true);
    assert!(
        session
            .run(&["show", "Work"], b"")
            .out
            .contains("renewed by itself before")
    );
    let off = session.json(&["rotate", "Work", "--automatically", "off"], b"");
    assert_eq!(off.object()["account"]["renews_by_itself"], false, "{off:?}");
}

#[test]
fn quirk_9_a_lost_answer_needs_the_person_and_is_never_asked_for_again() {
    let (session, simulator, _) = linked(&[]);
    simulator
        .fault(json!({ "fault": "lost_response", "path": ROTATE }))
        .unwrap();
    for _ in 0..2 {
        let said = session.json(&["rotate", "Work"], b"");
        assert_eq!(
            (said.status, said.code().as_str()),
            (3, "lost_renewal"),
            "{said:?}"
        );
    }
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 3, "{said:?}");
    let health = said.object()["accounts"][0]["health"].clone();
    assert_eq!(health["state"], "revoked");
    assert!(
        health["detail"].as_str().unwrap().contains("no answer came"),
        "{health}"
    );
    assert_eq!(rotations(&simulator), 1);
}

#[test]
fn two_processes_at_once_leave_one_token_that_works() {
    let (session, simulator, _) = linked(&[]);
    let both = [(); 2].map(|()| Started::new(session.command(&["--json", "rotate", "Work"]), b""));
    for one in both {
        let said = one.end();
        assert_eq!(said.status, 0, "{said:?}");
    }
    let state = simulator.state().unwrap();
    let tokens = state["tokens"].as_array().unwrap();
    let living = |token: &&Value| !token["previous"].is_null() && token["revoked"] == false;
    assert_eq!(
        tokens.iter().filter(living).count(),
        1,
        "one at the end of the family"
    );
    assert_eq!(session.run(&["check", "Work"], b"").status, 0);
}
