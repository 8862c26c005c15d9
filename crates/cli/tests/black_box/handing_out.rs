//! `lablink token`: to another program, never to a screen unless a person asks for just that.

use std::process::{Command, Stdio};

use serde_json::json;
use stage::Simulator;

use crate::session::{LABLINK, Said, Session, finish};

fn linked() -> (Session, Simulator, String) {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    (session, simulator, token)
}

/// Runs the program on a terminal of its own, and says what was seen there.
fn on_a_terminal(session: &Session, args: &[&str]) -> Said {
    let mut command: Command = session.keyring.command("script");
    let line = format!("{LABLINK} {}", args.join(" "));
    command
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(command, b"")
}

#[test]
fn a_program_gets_the_token_alone_and_the_log_says_which() {
    let (session, _simulator, token) = linked();
    let said = session.run(&["token", "work", "--for", "glab"], b"");
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out == format!("{token}\n"));
    let said = session.run(&["--quiet", "token", "Work", "--for", "glab"], b"");
    assert!(said.out == format!("{token}\n"));
    let said = session.json(&["token", "Work", "--for", "a\u{1b}[31mb"], b"");
    let object = said.object();
    let keys: Vec<&String> = object["token"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["account", "expires_at", "token", "username"]);
    assert!(object["token"]["token"] == json!(token));
    assert_eq!(
        (&object["token"]["account"], &object["token"]["username"]),
        (&json!("Work"), &json!("ada"))
    );
    let log = session.json(&["log", "Work"], b"");
    let whats: Vec<_> = log.object()["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["what"].clone(), entry["detail"].clone()))
        .collect();
    assert_eq!(whats[0], (json!("token_given"), json!(r"a\u{1b}[31mb")));
    assert_eq!(whats[1], (json!("token_given"), json!("glab")));
    log.never_says(&token);
    session.run(&["log"], b"").never_says(&token);
}

#[test]
fn a_screen_gets_it_only_when_a_person_asks_for_just_that() {
    let (session, _simulator, token) = linked();
    for args in [
        &["token", "Work", "--for", "me"][..],
        &["--json", "token", "Work", "--for", "me"],
    ] {
        let said = on_a_terminal(&session, args);
        assert_eq!(said.status, 2, "{args:?}");
        said.never_says(&token);
    }
    let log = session.json(&["log"], b"").object();
    assert_eq!(log["log"][0]["what"], "linked", "nothing was given");
    let said = on_a_terminal(&session, &["token", "Work", "--for", "me", "--show"]);
    assert!(said.status == 0 && said.out.contains(&token));
}

#[test]
fn what_is_missing_is_named() {
    let (session, simulator, token) = linked();
    for (args, code, status) in [
        (&["token", "Other", "--for", "glab"][..], "account_not_found", 3),
        (&["token", "Work"], "usage", 2),
        (&["token", "Work", "--for", " "], "usage", 2),
        (&["token", "Work", "--for", "glpat-0123456789"], "usage", 2),
    ] {
        let said = session.json(args, b"");
        assert_eq!((said.code().as_str(), said.status), (code, status), "{args:?}");
        said.never_says("glpat-0123456789");
    }
    simulator
        .token(json!({ "token": token, "state": "revoked" }))
        .unwrap();
    session.run(&["check"], b"");
    let said = session.json(&["token", "Work", "--for", "glab"], b"");
    assert_eq!((said.code().as_str(), said.status), ("token_revoked", 3));
    said.never_says(&token);
}
