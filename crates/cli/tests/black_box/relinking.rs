//! `lablink relink`: with another token or by signing in, for the same user or for one the person names.

use serde_json::{Value, json};
use stage::Simulator;

use crate::browser::Browser;
use crate::logins::{application, live_logins};
use crate::session::Session;

const WANTED: [&str; 3] = ["api", "read_repository", "write_repository"];

fn token(simulator: &Simulator, wish: Value) -> String {
    let mut whole = json!({ "username": "ada", "scopes": WANTED });
    if let (Value::Object(whole), Value::Object(wish)) = (&mut whole, wish) {
        whole.extend(wish);
    }
    let made = simulator.token(whole).unwrap();
    made["token"].as_str().unwrap().to_owned()
}

/// Linked with ada's token, under a name a shell takes apart.
fn linked() -> (Session, Simulator, Value) {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let account = session.link(&simulator, "My Work", simulator.token_of("ada").unwrap());
    (session, simulator, account)
}

#[test]
fn a_dead_token_gives_way_to_another_by_one_command_the_hint_names() {
    let (session, simulator, before) = linked();
    let old = simulator.token_of("ada").unwrap();
    simulator
        .token(json!({ "token": old, "state": "revoked" }))
        .unwrap();
    session.json(&["check"], b"");
    let said = session.run(&["token", "My Work", "--for", "a test"], b"");
    assert_eq!(said.status, 3, "{said:?}");
    assert!(
        said.err.contains("lablink relink 'My Work' --token-stdin"),
        "{said:?}"
    );

    let new = token(&simulator, json!({}));
    let said = session.json(&["relink", "My Work", "--token-stdin"], new.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    let account = &said.object()["account"];
    for same in ["name", "instance", "user", "method", "scopes"] {
        assert_eq!(account[same], before[same], "{same}");
    }
    assert_eq!(account["health"]["state"], "linked");
    assert_eq!(session.names(), ["My Work"]);
    assert_eq!(session.keyring.items().unwrap(), 1);
    let handed = session.run(&["token", "My Work", "--for", "a test"], b"");
    assert_eq!(handed.out.trim(), new);
    said.never_says(&new);
}

#[test]
fn somebody_else_is_refused_with_the_way_to_say_so_and_taken_when_named() {
    let (session, simulator, before) = linked();
    let theirs = token(&simulator, json!({ "username": "grace" }));
    for options in [&[][..], &["--other-user", "ada"]] {
        let args = [&["relink", "My Work", "--token-stdin"], options].concat();
        let said = session.json(&args, theirs.as_bytes());
        assert_eq!((said.code().as_str(), said.status), ("other_user", 1), "{said:?}");
        let error = said.object()["error"].clone();
        assert_eq!(
            error["message"],
            "This is @grace, but the account “My Work” is @ada."
        );
        let hint = error["hint"].as_str().unwrap();
        assert!(
            hint.ends_with("lablink relink 'My Work' --other-user grace"),
            "{hint}"
        );
        assert_eq!(
            session.json(&["show", "My Work"], b"").object()["account"],
            before
        );
    }
    let args = ["relink", "My Work", "--token-stdin", "--other-user", "@grace"];
    let said = session.run(&args, theirs.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    assert!(said.out.contains("“My Work” is @grace from now on."), "{said:?}");
    assert_eq!(session.json(&["check"], b"").status, 0);
}

#[test]
fn a_token_gives_way_to_signing_in_and_back() {
    let (session, simulator, _) = linked();
    let said = session.json(&["relink", "My Work", "--no-browser"], b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("app_not_set_up", 3),
        "{said:?}"
    );
    let id = &application(&simulator, false).application_id;
    let mut started = session.start(&["relink", "My Work", "--no-browser", "--client-id", id], b"");
    Browser::new().authorize(&started.address(), &simulator, "ada");
    let said = started.end();
    assert_eq!(
        (said.status, &said.object()["account"]["method"]),
        (0, &json!("app")),
        "{said:?}"
    );
    assert_eq!(live_logins(&simulator), 1);

    let old = simulator.token_of("ada").unwrap();
    let said = session.json(&["relink", "My Work", "--token-stdin"], old.as_bytes());
    assert_eq!(
        (said.status, &said.object()["account"]["method"]),
        (0, &json!("token")),
        "{said:?}"
    );
    assert_eq!(live_logins(&simulator), 0, "the login went with its place");
    assert_eq!(session.names(), ["My Work"]);
    assert_eq!(session.json(&["check"], b"").status, 0);
}

#[test]
fn a_living_token_is_revoked_only_where_that_is_asked_for() {
    let (session, simulator, _) = linked();
    let alive = || {
        let state = simulator.state().unwrap();
        let lives = |one: &&Value| one["revoked"] == false;
        state["tokens"].as_array().unwrap().iter().filter(lives).count()
    };
    let before = alive();
    let (old, second) = (
        simulator.token_of("ada").unwrap().to_owned(),
        token(&simulator, json!({})),
    );
    let said = session.run(&["relink", "My Work", "--token-stdin"], second.as_bytes());
    assert!(
        said.status == 0 && said.out.contains("earlier token still works"),
        "{said:?}"
    );
    assert_eq!(alive(), before + 1);
    let said = session.run(
        &["relink", "My Work", "--token-stdin", "--revoke-old"],
        old.as_bytes(),
    );
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(alive(), before);
    assert_eq!(session.json(&["check"], b"").status, 0);
}

#[test]
fn what_gitlab_refuses_to_revoke_is_said_with_what_to_do() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let app = application(&simulator, true).clone();
    let args = ["link", simulator.address(), "--name", "Lab", "--no-browser"];
    let client = ["--client-id", &app.application_id, "--client-secret-stdin"];
    let secret = app.secret.unwrap();
    let mut started = session.start(&[&args[..], &client].concat(), secret.as_bytes());
    Browser::new().authorize(&started.address(), &simulator, "ada");
    assert_eq!(started.end().status, 0);
    // The application's secret is renewed: GitLab knows LabLink by the old one no more.
    let renewed = json!({ "application_id": app.application_id, "renew_secret": true });
    simulator
        .control(reqwest::Method::POST, "applications", Some(renewed))
        .unwrap();
    let new = token(&simulator, json!({}));
    let said = session.json(&["relink", "Lab", "--token-stdin"], new.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(
        said.object()["replaced"],
        json!([{ "method": "app", "end": "left_alive", "why": "app_secret_wrong" }])
    );
    let said = session.run(&["log"], b"");
    assert!(
        said.out
            .contains("earlier sign-in could not be revoked at GitLab"),
        "{said:?}"
    );

    let mut started = session.start(
        &[
            "relink",
            "Lab",
            "--no-browser",
            "--client-id",
            &application(&simulator, false).application_id,
        ],
        b"",
    );
    Browser::new().authorize(&started.address(), &simulator, "ada");
    assert_eq!(
        started.end().object()["replaced"],
        json!([]),
        "a pasted token is left alone"
    );
    let said = session.run(&["relink", "Lab", "--token-stdin"], new.as_bytes());
    assert!(
        said.status == 0
            && said
                .out
                .contains("Its earlier sign-in is revoked at GitLab, and proved dead."),
        "{said:?}"
    );
}

#[test]
fn what_will_not_do_says_so_and_changes_nothing() {
    let (session, simulator, before) = linked();
    let narrow = token(&simulator, json!({ "scopes": ["api"] }));
    for (args, input, code, status) in [
        (
            &["relink", "My Work", "--token-stdin"][..],
            narrow.as_str(),
            "token_too_narrow",
            1,
        ),
        (
            &["relink", "My Work", "--token-stdin"],
            "glpat-of-nobody-0123456789",
            "token_unknown",
            3,
        ),
        (&["relink", "My Work", "--token-stdin"], "", "token_empty", 2),
        (
            &["relink", "My Work", "--token-stdin", "--scopes", ""],
            narrow.as_str(),
            "usage",
            2,
        ),
        (
            &["relink", "My Work", "--token-stdin", "--device"],
            narrow.as_str(),
            "usage",
            2,
        ),
        (
            &["relink", "Nobody", "--token-stdin"],
            narrow.as_str(),
            "account_not_found",
            3,
        ),
    ] {
        let said = session.json(args, input.as_bytes());
        assert_eq!(
            (said.code().as_str(), said.status),
            (code, status),
            "{args:?}: {said:?}"
        );
        assert_eq!(
            session.json(&["show", "My Work"], b"").object()["account"],
            before
        );
    }
    let args = ["relink", "My Work", "--token-stdin", "--scopes", "api"];
    let said = session.json(&args, narrow.as_bytes());
    assert_eq!(
        (said.status, &said.object()["account"]["scopes"]),
        (0, &json!(["api"])),
        "{said:?}"
    );
}
