//! `lablink unlink` when GitLab does not answer: the account stays until the person says otherwise, and what is to be
//! revoked later is done by the commands that come after, or given up.

use serde_json::{Value, json};
use stage::Simulator;

use crate::session::{Said, Session};

fn linked() -> (Session, Simulator, String) {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    simulator
        .fault(json!({ "fault": "bad_gateway", "times": 1000 }))
        .unwrap();
    (session, simulator, token)
}

fn pending(session: &Session) -> Vec<Value> {
    let said = session.json(&["unlink", "--pending"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    said.object()["pending"].as_array().unwrap().clone()
}

fn whats(session: &Session) -> Vec<String> {
    let log = session.json(&["log"], b"").object();
    let entries = log["log"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["what"].as_str().unwrap().to_owned())
        .collect()
}

/// Whether GitLab refuses the token.
fn dead(session: &Session, simulator: &Simulator, token: &str) -> bool {
    let said = session.json(&["link", simulator.address(), "--token-stdin"], token.as_bytes());
    said.status == 3 && said.code() == "token_revoked"
}

fn assert_unlinked(said: &Said, pending: bool) {
    assert_eq!(said.status, 0, "{said:?}");
    let unlinked = said.object()["unlinked"].clone();
    assert_eq!(
        (&unlinked["pending"], &unlinked["revoked"], &unlinked["proved"]),
        (&json!(pending), &json!(!pending), &json!(!pending)),
        "{unlinked}"
    );
}

#[test]
fn the_account_stays_unless_it_is_to_be_revoked_later_and_the_next_check_does_that() {
    let (session, simulator, token) = linked();
    let said = session.run(&["unlink", "Work"], b"");
    assert_eq!(said.status, 4, "{said:?}");
    assert!(said.err.contains("--revoke-later"), "{}", said.err);
    assert_eq!(session.names(), ["Work"]);

    assert_unlinked(&session.json(&["unlink", "Work", "--revoke-later"], b""), true);
    assert_eq!(session.names(), Vec::<String>::new());
    assert_eq!(session.keyring.items().unwrap(), 1);
    let waits = pending(&session);
    let keys: Vec<&String> = waits[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "ended",
            "expires_at",
            "instance",
            "method",
            "name",
            "secret_in",
            "since",
            "tried_at",
            "tries",
            "username",
            "why"
        ]
    );
    assert_eq!(
        (&waits[0]["name"], &waits[0]["why"], &waits[0]["ended"]),
        (&json!("Work"), &json!("server_error"), &json!(null))
    );
    let findings = session.json(&["doctor"], b"").object();
    let waiting = findings["findings"].as_array().unwrap().iter();
    let waiting: Vec<_> = waiting.filter(|one| one["check"] == "revocation").collect();
    assert_eq!((waiting.len(), &waiting[0]["state"]), (1, &json!("warn")));

    let said = session.json(&["unlink", "--pending", "work"], b"");
    assert_eq!(said.status, 4, "{said:?}");
    assert_eq!(said.object()["pending"][0]["tries"], 2);
    said.never_says(&token);

    simulator.no_faults().unwrap();
    let said = session.run(&["check"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    assert!(said.err.contains("“Work” is revoked now"), "{}", said.err);
    assert_eq!(pending(&session), Vec::<Value>::new());
    assert_eq!(session.keyring.items().unwrap(), 0);
    assert_eq!(
        whats(&session),
        ["revocation_ended", "revocation_waits", "unlinked", "linked"]
    );
    assert!(dead(&session, &simulator, &token));
    session.run(&["log"], b"").never_says(&token);
}

#[test]
fn where_gitlab_answers_it_is_revoked_at_once() {
    let (session, simulator, token) = linked();
    simulator.no_faults().unwrap();
    assert_unlinked(&session.json(&["unlink", "Work", "--revoke-later"], b""), false);
    session.is_empty();
    assert!(dead(&session, &simulator, &token));
}

#[test]
fn what_waits_can_be_given_up() {
    let (session, simulator, token) = linked();
    let said = session.run(&["unlink", "Work", "--revoke-later"], b"");
    assert!(said.status == 0 && said.out.contains("--pending"), "{said:?}");
    let said = session.run(&["unlink", "--pending"], b"");
    assert!(said.out.contains("“Work” waits to be revoked"), "{said:?}");
    let said = session.run(&["unlink", "--pending", "Work", "--keep-token"], b"");
    assert!(said.status == 0 && said.out.contains("still alive"), "{said:?}");
    session.is_empty();
    let said = session.run(&["unlink", "--pending"], b"");
    assert_eq!(
        (said.status, said.out.as_str()),
        (0, "No token waits to be revoked.\n")
    );
    simulator.no_faults().unwrap();
    session.link(&simulator, "Work", &token);
}

#[test]
fn wrong_words_are_told() {
    let session = Session::new();
    for (args, code, status) in [
        (&["unlink"][..], "usage", 2),
        (&["unlink", "--pending", "--keep-token"], "usage", 2),
        (&["unlink", "--pending", "--here-only"], "usage", 2),
        (&["unlink", "Work", "--revoke-later", "--keep-token"], "usage", 2),
        (&["unlink", "--pending", "Nobody"], "nothing_pending", 3),
        (&["unlink", "Nobody", "--revoke-later"], "account_not_found", 3),
    ] {
        let said = session.json(args, b"");
        assert_eq!((said.code().as_str(), said.status), (code, status), "{args:?}");
    }
}
