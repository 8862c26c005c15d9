//! Every fault by name, as a person at a terminal meets it: the state, the words, the one action, the exit status; and
//! that the account is there and well again afterwards.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use stage::Simulator;

use crate::git_asks::HELPER;
use crate::logins::application;
use crate::session::{LABLINK, Said, Session, finish};

/// What an account is linked for.
const SCOPES: &str = "api read_repository write_repository";

/// What `check` says and `show` shows of a fault: a state, words, what to do, a status.
struct Expected {
    state: &'static str,
    words: &'static str,
    action: &'static str,
    status: i32,
}

fn expect(session: &Session, name: &str, expected: &Expected) {
    let said = session.run(&["check", "Work"], b"");
    assert_eq!(said.status, expected.status, "{name}: {said:?}");
    for text in [expected.state, expected.words, expected.action] {
        assert!(said.out.contains(text), "{name}: no “{text}” in {said:?}");
    }
    let said = session.run(&["show", "Work"], b"");
    for text in [expected.state, expected.words, expected.action] {
        assert!(said.out.contains(text), "{name}: no “{text}” in {said:?}");
    }
    assert_eq!(session.names(), ["Work"], "{name}");
    assert_eq!(session.keyring.items().unwrap(), 1, "{name}");
}

fn well(session: &Session, name: &str) {
    let said = session.run(&["check", "Work"], b"");
    assert_eq!(said.status, 0, "after {name}: {said:?}");
    assert!(said.out.contains("● Linked"), "after {name}: {said:?}");
}

#[test]
fn what_gitlab_does_to_a_user() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let needed = |words, action| Expected {
        state: "✕ Needs you at GitLab",
        words,
        action,
        status: 3,
    };
    for (name, change, expected) in [
        (
            "user blocked",
            json!({"state": "blocked"}),
            needed(
                "Your GitLab account is blocked.",
                "Ask an admin of this GitLab to unblock it.",
            ),
        ),
        (
            "terms to accept",
            json!({"state": "terms"}),
            needed(
                "terms of service accepted first",
                "Sign in to GitLab in a browser",
            ),
        ),
        (
            "password expired",
            json!({"state": "password_expired"}),
            needed("password of your GitLab account has expired", "set a new one"),
        ),
        (
            "IP allow-list",
            json!({"too_many_ips": true}),
            needed("does not allow this account or this computer", "Ask its admin"),
        ),
    ] {
        let user = |mut more: Value| {
            more["username"] = json!("ada");
            simulator.user(more).unwrap();
        };
        user(change);
        expect(&session, name, &expected);
        user(json!({"state": "active", "too_many_ips": false}));
        well(&session, name);
    }
}

#[test]
fn what_a_server_does() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let offline = |words, action| Expected {
        state: "○ Offline",
        words,
        action,
        status: 4,
    };
    // An answer came, and it will not do.
    let refused = |words, action| Expected {
        status: 1,
        ..offline(words, action)
    };
    for (fault, expected) in [
        (
            "bad_gateway",
            offline("has a fault of its own", "Try again later"),
        ),
        ("maintenance", offline("is being maintained", "Try again later.")),
        (
            "redirect-host",
            refused("sends on to http", "link there: lablink link http"),
        ),
        ("nginx", refused("it is not a GitLab", "Check the address")),
        (
            "html_200",
            refused("not in a way a GitLab does", "Check the address"),
        ),
        ("close", offline("broke off", "Try again")),
    ] {
        simulator.fault(json!({"fault": fault, "times": 100})).unwrap();
        expect(&session, fault, &expected);
        simulator.no_faults().unwrap();
        well(&session, fault);
    }
}

#[test]
fn what_ends_a_token() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator
        .token(json!({"username": "ada", "scopes": SCOPES}))
        .unwrap();
    let token = token["token"].as_str().unwrap();
    session.link(&simulator, "Work", token);
    for (state, words) in [
        ("expired", "The token expired"),
        ("revoked", "GitLab no longer accepts the token"),
        ("deleted", "GitLab no longer accepts the token"),
    ] {
        simulator.token(json!({"token": token, "state": state})).unwrap();
        let dead = Expected {
            state: "✕ Needs re-linking",
            words,
            action: "Create a new token at GitLab",
            status: 3,
        };
        expect(&session, state, &dead);
        // A deleted one is not there any more, and is made anew.
        let again = if state == "deleted" {
            json!({"username": "ada", "scopes": SCOPES, "token": token, "state": "active"})
        } else {
            json!({"token": token, "state": "active"})
        };
        simulator.token(again).unwrap();
        well(&session, state);
    }
}

/// The same authority signs a new certificate: nobody notices. Another authority does: everybody does.
#[test]
fn certificate_renewed_and_certificate_of_another_authority() {
    let session = Session::new();
    let key = session.keyring.room().path("authority.key");
    let key = key.to_str().unwrap();
    let token = "glpat-01234567890123456789";
    let start = |options: &[&str]| {
        let simulator = Simulator::with(options).unwrap();
        simulator
            .token(json!({"username": "ada", "scopes": SCOPES, "token": token}))
            .unwrap();
        simulator
    };
    let mut simulator = start(&["--tls", "--authority-key", key]);
    let ca = simulator.ready().ca_file.clone().unwrap();
    let port = simulator.address().rsplit(':').next().unwrap().to_owned();
    let address = simulator.address().to_owned();
    let args = [
        "link",
        &address,
        "--name",
        "Work",
        "--token-stdin",
        "--ca",
        ca.to_str().unwrap(),
    ];
    let said = session.json(&args, token.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    simulator.stop().unwrap();
    let mut renewed = start(&["--tls", "--port", &port, "--authority-key", key]);
    well(&session, "certificate renewed");
    renewed.stop().unwrap();
    let mut other = start(&["--tls", "--port", &port]);
    let expected = Expected {
        state: "○ Offline",
        words: "which this computer does not trust",
        action: "--ca FILE",
        status: 4,
    };
    expect(&session, "certificate of another authority", &expected);
    other.stop().unwrap();
    let _back = start(&["--tls", "--port", &port, "--authority-key", key]);
    well(&session, "the first authority again");
}

#[test]
fn down_for_a_day_and_suspended_for_a_week() {
    let (session, mut simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    let port = simulator.address().rsplit(':').next().unwrap().to_owned();
    simulator.stop().unwrap();
    let down = Expected {
        state: "○ Offline",
        words: "Nothing answers at",
        action: "Check the address, or your VPN",
        status: 4,
    };
    expect(&session, "down for a day", &down);
    let said = finish(session.later("+1d", &["check", "Work"]), b"");
    assert!(
        said.status == 4 && said.out.contains("Nothing answers at"),
        "{said:?}"
    );
    let back = Simulator::with(&["--port", &port, "--clock", "604800"]).unwrap();
    back.token(json!({"username": "ada", "scopes": SCOPES, "token": token}))
        .unwrap();
    let said = finish(session.later("+7d", &["check", "Work"]), b"");
    assert!(said.status == 0 && said.out.contains("● Linked"), "{said:?}");
}

#[test]
fn clock_and_time_zone_changes() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    // Two years ahead: every token would be over by this computer's calendar.
    let said = finish(session.later("+800d", &["check", "Work"]), b"");
    assert!(said.status == 0 && !said.out.contains("re-linking"), "{said:?}");
    let said = finish(session.later("+800d", &["doctor"]), b"");
    assert!(
        said.out
            .contains("This computer's clock is 799 days ahead of this GitLab's.")
            || said
                .out
                .contains("This computer's clock is 800 days ahead of this GitLab's."),
        "{said:?}"
    );
    assert!(said.out.contains("Set the clock"), "{said:?}");
    let said = finish(session.later("+800d", &["show", "Work"]), b"");
    assert!(said.out.contains("days ahead of this GitLab's"), "{said:?}");
    let shown = |zone: &str| {
        let mut command = session.command(&["--json", "show", "Work"]);
        command.env("TZ", zone);
        let said = finish(command, b"");
        assert_eq!(said.status, 0, "{said:?}");
        said.object()["account"]["health"].clone()
    };
    well(&session, "the clock set right");
    assert_eq!(shown("Pacific/Kiritimati"), shown("Pacific/Pago_Pago"));
    let said = session.run(&["doctor"], b"");
    assert!(!said.out.contains("clock is"), "{said:?}");
}

#[test]
fn keychain_locked_then_unlocked_and_its_entry_deleted_by_hand() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    session.keyring.lock().unwrap();
    let said = session.run(&["check"], b"");
    assert_eq!(said.status, 5, "{said:?}");
    assert!(
        said.out.contains("The keychain is locked.") && said.out.contains("Unlock it"),
        "{said:?}"
    );
    session.keyring.unlock().unwrap();
    well(&session, "a locked keychain");
    session.keyring.forget().unwrap();
    let said = session.run(&["check"], b"");
    assert_eq!(said.status, 5, "{said:?}");
    assert!(said.out.contains("is no longer in the keychain"), "{said:?}");
    assert_eq!(session.names(), ["Work"]);
}

fn text_of(said: &Said) -> String {
    format!("{}{}", said.out, said.err)
}

#[test]
fn database_corrupted_deleted_and_of_a_newer_version() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let database = session.home().join("lablink.db");
    let whole = fs::read(&database).unwrap();

    // SQLite keeps the form's number at byte 60 of the file.
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&4711_u32.to_be_bytes());
    fs::write(&database, &newer).unwrap();
    let said = session.run(&["accounts"], b"");
    assert_eq!(said.status, 1, "{said:?}");
    let text = text_of(&said);
    assert!(
        text.contains("newer version of LabLink") && text.contains("Update LabLink."),
        "{text}"
    );
    assert!(fs::read(&database).unwrap() == newer, "it was changed");

    fs::write(
        &database,
        "this was a database once, and is none any more, not at all",
    )
    .unwrap();
    let said = session.run(&["accounts"], b"");
    assert_eq!(said.status, 1, "{said:?}");
    let text = text_of(&said);
    assert!(
        text.contains("list of accounts is damaged") && text.contains("lablink doctor --put-aside"),
        "{text}"
    );
    assert!(
        fs::read(&database).unwrap().starts_with(b"this was"),
        "it was overwritten"
    );
    let said = session.run(&["doctor", "--put-aside"], b"");
    assert!(said.err.contains("is kept as"), "{said:?}");
    assert!(
        said.out
            .contains("secrets of accounts that are not in the list here: LabLink: Work"),
        "{said:?}"
    );
    let aside = fs::read_dir(session.home())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("lablink-damaged-")
        })
        .unwrap();
    assert!(fs::read(aside).unwrap().starts_with(b"this was"));
    assert_eq!(session.keyring.items().unwrap(), 1, "the secret is lost");

    fs::write(&database, &whole).unwrap();
    well(&session, "the database brought back");
    fs::remove_file(&database).unwrap();
    let said = session.run(&["doctor"], b"");
    assert!(said.out.contains("LabLink: Work"), "deleted: {said:?}");
}

/// Runs the program where files cannot be written: as somebody without root's right to write everywhere.
fn without_override(session: &Session, args: &[&str]) -> Said {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = session.keyring.command("setpriv");
        command.args(["--bounding-set", "-dac_override,-dac_read_search", LABLINK]);
        command
    } else {
        session.keyring.command(LABLINK)
    };
    command.args(args);
    piped(&mut command);
    finish(command, b"")
}

fn piped(command: &mut Command) {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

#[test]
fn database_read_only() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let database = session.home().join("lablink.db");
    let before = fs::read(&database).unwrap();
    fs::set_permissions(&database, fs::Permissions::from_mode(0o400)).unwrap();
    let said = without_override(&session, &["check"]);
    assert_eq!(said.status, 1, "{said:?}");
    let text = text_of(&said);
    assert!(
        text.contains("cannot keep its data") && text.contains("may be written"),
        "{text}"
    );
    assert!(fs::read(&database).unwrap() == before);
    fs::set_permissions(&database, fs::Permissions::from_mode(0o600)).unwrap();
    well(&session, "a read-only database");
}

/// A disk that is full, for any user: no file may grow beyond a block.
#[test]
fn disk_full() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    let full = |args: &[&str], input: &str| {
        let mut command = session.keyring.command("sh");
        command
            .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"", LABLINK])
            .args(args);
        piped(&mut command);
        finish(command, input.as_bytes())
    };
    for (args, input) in [
        (&["rename", "Work", "Job"][..], ""),
        (&["check"], ""),
        (
            &["link", simulator.address(), "--name", "More", "--token-stdin"],
            token.as_str(),
        ),
    ] {
        let said = full(args, input);
        assert_eq!(said.status, 1, "{args:?}: {said:?}");
        let text = text_of(&said);
        assert!(
            text.contains("cannot keep its data") && text.contains("room on the disk"),
            "{args:?}: {text}"
        );
        said.never_says(&token);
    }
    assert_eq!(session.names(), ["Work"]);
    assert_eq!(session.keyring.items().unwrap(), 1);
    // Who needs the token to make room gets it: by a program, and by git.
    let said = full(&["token", "Work", "--for", "glab"], "");
    assert_eq!((said.status, said.out.trim()), (0, token.as_str()), "{said:?}");
    unwritten(&said);
    let host = simulator.host();
    let mut command = session.keyring.command("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" get", HELPER]);
    piped(&mut command);
    let said = finish(command, format!("protocol=http\nhost={host}\n\n").as_bytes());
    assert!(
        said.status == 0 && said.out.contains(&format!("password={token}\n")),
        "{said:?}"
    );
    unwritten(&said);
    let kept = session.json(&["log"], b"").object();
    assert!(!kept.to_string().contains("token_given"), "{kept}");
    well(&session, "a full disk");
}

/// One line says that the log could not be written and what to do.
fn unwritten(said: &Said) {
    assert!(
        said.err.contains("the log could not be written")
            && said.err.contains("room on the disk")
            && said.err.lines().count() == 1,
        "{said:?}"
    );
}

/// A computer whose every clock was moved, also those that only measure how long something takes: nothing waits for
/// ever. `timeout` is there to fail the test instead of stopping it.
#[test]
fn a_moved_clock_keeps_nobody_waiting() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let moved = |program: &[&str], input: &str| {
        let mut command = session.keyring.command("timeout");
        command.args(["60", "faketime", "-f", "+7300s"]).args(program);
        piped(&mut command);
        finish(command, input.as_bytes())
    };
    let said = moved(&[LABLINK, "--json", "check"], "");
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(session.json(&["unlink", "Work"], b"").status, 0);

    // Two hours later an app login has to be renewed before git gets it.
    let id = &application(&simulator, false).application_id;
    session.sign_in(&simulator, "App", &["--client-id", id]);
    simulator.forget_requests().unwrap();
    let asked = format!("protocol=http\nhost={}\n\n", simulator.host());
    let said = moved(&[HELPER, "get"], &asked);
    assert!(
        said.status == 0 && said.out.contains("username=oauth2\npassword="),
        "{said:?}"
    );
    let requests = simulator.requests().unwrap();
    assert!(
        requests.iter().any(|one| one.path == "/oauth/token"),
        "not renewed"
    );
}

#[test]
fn dozens_of_checks_at_once_wait_their_turn_at_the_keychain() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let said: Vec<Said> = thread::scope(|scope| {
        let started: Vec<_> = (0..36)
            .map(|_| {
                let command = session.command(&["--json", "check"]);
                scope.spawn(|| finish(command, b""))
            })
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for one in said {
        assert_eq!(one.status, 0, "{one:?}");
    }
}
