//! Interrupted, killed, and run several times at once: the old state or the new, never something between.

use std::io::Write as _;
use std::process::{Child, Command};
use std::thread;

use serde_json::json;
use stage::{Simulator, until};

use crate::session::{Said, Session, finish};

/// Starts the program and waits until the simulator was asked for `path`, which it does not answer.
fn stuck(session: &Session, simulator: &Simulator, args: &[&str], input: &[u8], path: &str) -> Child {
    simulator.forget_requests().unwrap();
    simulator
        .fault(json!({ "fault": "hang", "times": 9, "path": path }))
        .unwrap();
    let mut child = session.command(args).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    until("the program to ask", || {
        let asked = simulator.requests()?;
        Ok(asked.iter().any(|asked| asked.path.contains(path)).then_some(()))
    })
    .unwrap();
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn ended(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    Said {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn control_c_while_linking_leaves_nothing_and_ends_with_130() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let args = ["--json", "link", simulator.address(), "--token-stdin"];
    let token = simulator.token_of("ada").unwrap().to_owned();
    let child = stuck(
        &session,
        &simulator,
        &args,
        token.as_bytes(),
        "/api/v4/personal_access_tokens/self",
    );
    signal(&child, "INT");
    let said = ended(child);
    assert_eq!(
        (said.code().as_str(), said.status),
        ("interrupted", 130),
        "{said:?}"
    );
    assert_eq!(session.names(), Vec::<String>::new());
    assert_eq!(session.keyring.items().unwrap(), 0);
}

#[test]
fn stopped_or_killed_while_unlinking_leaves_the_account_whole() {
    for name in ["INT", "KILL", "TERM"] {
        let session = Session::new();
        let simulator = Simulator::start().unwrap();
        session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
        let child = stuck(
            &session,
            &simulator,
            &["unlink", "Work"],
            b"",
            "/api/v4/personal_access_tokens/self",
        );
        signal(&child, name);
        let said = ended(child);
        assert_eq!(said.status, if name == "INT" { 130 } else { -1 }, "{said:?}");
        simulator.no_faults().unwrap();
        let said = session.json(&["accounts"], b"");
        assert_eq!(
            said.err, "lablink: Unlinking “Work” had been interrupted; the account is still linked.\n",
            "{name}: the next start does not say what it put right"
        );
        assert_eq!(said.object()["accounts"][0]["name"], "Work", "{name}");
        assert_eq!(session.json(&["check"], b"").status, 0, "{name}");
        assert_eq!(session.json(&["unlink", "Work"], b"").status, 0, "{name}");
        assert_eq!(session.keyring.items().unwrap(), 0, "{name}");
    }
}

#[test]
fn several_at_once_never_share_a_name() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    let args = [
        "--json",
        "link",
        simulator.address(),
        "--name",
        "Work",
        "--token-stdin",
    ];
    let said: Vec<Said> = thread::scope(|scope| {
        let started: Vec<_> = (0..6)
            .map(|_| {
                let command = session.command(&args);
                scope.spawn(|| finish(command, token.as_bytes()))
            })
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let won = said.iter().filter(|one| one.status == 0).count();
    assert_eq!(won, 1, "{said:?}");
    for lost in said.iter().filter(|one| one.status != 0) {
        assert_eq!((lost.code().as_str(), lost.status), ("name_taken", 2), "{lost:?}");
    }
    assert_eq!(session.names(), ["Work"]);
    assert_eq!(session.keyring.items().unwrap(), 1);
}

#[test]
fn whoever_unlinks_an_account_too_late_hears_so_in_words() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    let said: Vec<Said> = thread::scope(|scope| {
        let started: Vec<_> = (0..6)
            .map(|_| {
                let command = session.command(&["--json", "unlink", "Work", "--keep-token"]);
                scope.spawn(|| finish(command, b""))
            })
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let won = said.iter().filter(|one| one.status == 0).count();
    assert_eq!(won, 1, "{said:?}");
    for late in said.iter().filter(|one| one.status != 0) {
        assert_eq!(
            (late.code().as_str(), late.status),
            ("account_not_found", 3),
            "{late:?}"
        );
        // Before it was looked for, or after: its name, or none; never the number it is kept under.
        let message = late.object()["error"]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("“Work”") || message.contains("unlinked in between"),
            "{message}"
        );
    }
}

#[test]
fn first_starts_at_once_do_not_get_in_each_others_way() {
    let session = Session::new();
    // Many new homes: the moment in which two could is short.
    for round in 0..20 {
        let home = session.home().with_file_name(format!("new-{round}"));
        let said: Vec<Said> = thread::scope(|scope| {
            let started: Vec<_> = (0..6)
                .map(|_| {
                    let mut command = session.command(&["--json", "accounts"]);
                    command.env("LABLINK_HOME", &home);
                    scope.spawn(|| finish(command, b""))
                })
                .collect();
            started.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for one in &said {
            assert_eq!((one.status, one.err.as_str()), (0, ""), "round {round}: {one:?}");
        }
    }
}
