//! `git-credential-lablink` as git calls it: real git, a real keychain, a GitLab that serves a private repository.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use stage::Simulator;

use crate::session::{Said, Session, finish};

/// The helper under test.
pub(crate) const HELPER: &str = env!("CARGO_BIN_EXE_git-credential-lablink");

/// The helper, about to be called with an action.
fn helper(session: &Session, action: &[&str]) -> Command {
    let mut command = session.keyring.command(HELPER);
    command.args(action);
    piped(command)
}

fn piped(mut command: Command) -> Command {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn ask(session: &Session, action: &str, lines: &str) -> Said {
    finish(helper(session, &[action]), lines.as_bytes())
}

/// git, with our helper and no other, and nobody to ask.
fn git(session: &Session, settings: &[&str], args: &[&str], input: &str) -> Said {
    let mut command = session.keyring.command("git");
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
    for setting in [
        "credential.helper=",
        &format!("credential.helper={HELPER}"),
        "user.name=Ada",
        "user.email=ada@example.test",
    ]
    .iter()
    .chain(settings)
    {
        command.args(["-c", setting]);
    }
    command.args(args);
    finish(piped(command), input.as_bytes())
}

/// What git asks for a simulator's address: `protocol` and `host`.
fn origin(simulator: &Simulator) -> String {
    let host = simulator.host().split('/').next().unwrap().to_owned();
    format!("protocol=http\nhost={host}\n")
}

fn silent(said: &Said) -> bool {
    (said.status, said.out.as_str(), said.err.as_str()) == (0, "", "")
}

/// Whether there is no answer and one line that says why.
fn loud(said: &Said, status: i32) -> bool {
    said.status == status
        && said.out.is_empty()
        && said.err.starts_with("lablink: ")
        && said.err.lines().count() == 1
}

fn linked() -> (Session, Simulator, String) {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    (session, simulator, token)
}

fn log(session: &Session) -> Vec<(String, Value)> {
    let object = session.json(&["log"], b"").object();
    let entries = object["log"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            (
                entry["what"].as_str().unwrap().to_owned(),
                entry["detail"].clone(),
            )
        })
        .collect()
}

#[test]
fn git_is_answered_with_user_token_and_end() {
    let (session, simulator, token) = linked();
    let said = git(&session, &[], &["credential", "fill"], &origin(&simulator));
    assert_eq!(said.status, 0, "{}", said.err);
    let line = |line: &str| said.out.lines().any(|one| one == line);
    assert!(line("username=ada") && line(&format!("password={token}")));
    let ends = said
        .out
        .lines()
        .find_map(|line| line.strip_prefix("password_expiry_utc="));
    assert!(
        ends.unwrap().parse::<i64>().unwrap() % 86_400 == 0,
        "the beginning of a day"
    );
    assert_eq!(said.err, "");
    assert_eq!(log(&session)[0], ("token_given".to_owned(), json!("git")));
}

#[test]
fn what_git_was_given_for_which_address_is_one_entry_an_hour_without_what_is_secret_in_it() {
    let (session, simulator, _token) = linked();
    let asked = |path: &str| {
        let authority = simulator.host();
        let input = format!("protocol=http\nhost={authority}\npath={path}\nusername=ada\n\n");
        let said = ask(&session, "get", &input);
        assert!(said.status == 0 && said.out.contains("password="), "{said:?}");
    };
    for path in [
        "ada/notes.git",
        "ada/notes.git",
        "ada/notes.git?private_token=glpat-abcdefghijklmnop",
        "glpat-abcdefghijklmnop/x",
    ] {
        asked(path);
    }
    let log = session.json(&["log"], b"").object();
    let entries: Vec<_> = log["log"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["what"] == "token_given")
        .map(|entry| {
            (
                entry["address"].as_str().unwrap().to_owned(),
                entry["times"].clone(),
            )
        })
        .collect();
    let base = simulator.address();
    assert_eq!(
        entries,
        [
            (format!("{base}/[withheld]/x"), json!(1)),
            (format!("{base}/ada/notes.git"), json!(3)),
        ]
    );
    let said = session.run(&["log"], b"");
    let line = format!("token given to git for {base}/ada/notes.git, 3 times until ");
    assert!(said.out.contains(&line), "{}", said.out);
}

#[test]
fn git_clones_and_pushes_a_private_repository() {
    let (session, simulator, token) = linked();
    let url = &simulator
        .ready()
        .repositories
        .iter()
        .find(|one| one.private)
        .unwrap()
        .url;
    let place = session.keyring.room().path("notes");
    let place = place.to_str().unwrap();
    let without = git(
        &session,
        &["credential.helper="],
        &["clone", "-q", url, place],
        "",
    );
    assert_ne!(without.status, 0, "it is private");
    let said = git(&session, &[], &["clone", "-q", url, place], "");
    assert_eq!(said.status, 0, "{}", said.err);
    for args in [
        &["-C", place, "commit", "-q", "--allow-empty", "-m", "More"][..],
        &["-C", place, "push", "-q", "origin", "HEAD"],
        &["-C", place, "fetch", "-q"],
    ] {
        let said = git(&session, &[], args, "");
        assert_eq!(said.status, 0, "{args:?}: {}", said.err);
    }
    let config = std::fs::read_to_string(format!("{place}/.git/config")).unwrap();
    assert!(!config.contains(&token), "the token is kept in the clone");
    assert_eq!(session.names(), ["Work"]);
}

#[test]
fn two_accounts_on_one_host_without_any_switch() {
    let (session, simulator, _) = linked();
    let scopes = ["api", "read_repository", "write_repository"];
    let second = simulator
        .token(json!({ "username": "root", "scopes": scopes }))
        .unwrap();
    let second = second["token"].as_str().unwrap().to_owned();
    session.link(&simulator, "Admin", &second);
    for (asked, username, is_second) in [("", "ada", false), ("root", "root", true), ("ADA", "ADA", false)] {
        let lines = format!("{}username={asked}\n", origin(&simulator));
        let lines = if asked.is_empty() {
            origin(&simulator)
        } else {
            lines
        };
        let said = git(&session, &[], &["credential", "fill"], &lines);
        assert_eq!(said.status, 0, "{asked}: {}", said.err);
        assert!(
            said.out.contains(&format!("username={username}\n")),
            "{asked} is answered with another name"
        );
        assert_eq!(said.out.contains(&second), is_second, "{asked}");
    }
    let said = ask(
        &session,
        "get",
        &format!("{}username=someone\n\n", origin(&simulator)),
    );
    assert!(loud(&said, 3), "{said:?}");
    for name in ["someone", "Work", "Admin"] {
        assert!(said.err.contains(name), "{said:?}");
    }
    let said = session.run(&["unlink", "Admin"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let said = ask(
        &session,
        "get",
        &format!("{}username=someone\n\n", origin(&simulator)),
    );
    assert!(
        said.out.starts_with("username=someone\npassword="),
        "the only one answers to any name"
    );
}

#[test]
fn what_is_not_ours_is_met_with_silence() {
    let (session, simulator, _) = linked();
    let host = simulator.host().to_owned();
    let (name, port) = host.split_once(':').unwrap();
    for lines in [
        String::new(),
        "\n".to_owned(),
        "protocol=https\n".to_owned(),
        format!("host={host}\n"),
        format!("protocol=https\nhost={host}\n"),
        format!("protocol=ssh\nhost={host}\n"),
        "protocol=http\nhost=\n".to_owned(),
        format!("protocol=http\nhost={name}\n"),
        format!("protocol=http\nhost={name}:1{port}\n"),
        format!("protocol=http\nhost={name}.evil.test:{port}\n"),
        format!("protocol=http\nhost=evil.test/{host}\n"),
        format!("protocol=http\nhost={host}/\n"),
        format!("protocol=http\nhost=ada@{host}\n"),
        format!("protocol=http\nhost=1{host}\n"),
        format!("protocol=http\nhost={name}.:{port}\n"),
        format!("protocol=http\nhost=localhost:{port}\n"),
        format!("protocol=http\nhost=github.com\npath={host}\n"),
        format!("url=http://{host}.evil.test\n"),
        format!("protocol=http\nhost=0177.0.0.1:{port}\n"),
        format!("protocol=http\nhost=2130706433:{port}\n"),
        format!("PROTOCOL=http\nHOST={host}\n"),
        format!("protocol=cert\nhost={host}\npath=/etc/key\n"),
    ] {
        let said = ask(&session, "get", &lines);
        assert!(silent(&said), "{lines:?}: {said:?}");
    }
    assert_eq!(log(&session).len(), 1, "nothing was given");
}

#[test]
fn hostile_lines_are_refused_and_never_answered() {
    let (session, simulator, token) = linked();
    let origin = origin(&simulator);
    for (lines, what) in [
        (origin.replace('\n', "\r\n"), "carriage return"),
        (format!("{origin}host=evil.test\n"), "twice"),
        (format!("{origin}{origin}"), "twice"),
        (format!("{origin}path=a\0b\n"), "NUL"),
        (format!("{origin}username=a\rhost=evil\n"), "carriage return"),
        (format!("{origin}nonsense\n"), "“=”"),
        (format!("{origin}url=http://evil.test\n"), "twice"),
        (format!("{origin}x={}\n", "y".repeat(70_000)), "longer"),
    ] {
        let said = ask(&session, "get", &lines);
        assert!(loud(&said, 2) && said.err.contains(what), "{what}: {said:?}");
    }
    let said = ask(&session, "get", &format!("{origin}path=a\tb\n"));
    assert!(silent(&said), "{said:?}");
    let not_text = [origin.as_bytes(), b"username=\xe4\n"].concat();
    let said = finish(helper(&session, &["get"]), &not_text);
    assert!(loud(&said, 2) && said.err.contains("not text"), "{said:?}");
    // What may be asked is answered with two values and an end, each on a line of its own.
    for username in [
        "ada",
        "\u{202e}x",
        "a b",
        "a=b",
        "a\tb",
        "\u{1b}[31m",
        &"n".repeat(1000),
    ] {
        let said = ask(&session, "get", &format!("{origin}username={username}\n"));
        let lines: Vec<&str> = said.out.split('\n').collect();
        assert_eq!(lines.len(), 4, "{username:?}");
        assert_eq!(lines[0], format!("username={username}"));
        assert!(lines[1] == format!("password={token}"));
        assert!(lines[2].starts_with("password_expiry_utc=") && lines[3].is_empty());
        assert!(!said.out.contains(['\r', '\0']));
    }
}

#[test]
fn under_a_subpath_only_the_path_is_answered_for() {
    let (session, simulator) = (
        Session::new(),
        Simulator::with(&["--subpath", "/gitlab"]).unwrap(),
    );
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let origin = origin(&simulator);
    let said = ask(&session, "get", &origin);
    assert!(loud(&said, 3), "{said:?}");
    let advice = said.err;
    for path in ["evil", "gitlabs/x", "gitlab/../evil", "gitlab%2f..%2fevil", ""] {
        let said = ask(&session, "get", &format!("{origin}path={path}\n"));
        assert!(silent(&said), "{path}: {said:?}");
    }
    let url = &simulator
        .ready()
        .repositories
        .iter()
        .find(|one| one.private)
        .unwrap()
        .url;
    let place = session.keyring.room().path("notes");
    // The very setting the line names.
    let named = advice.split("--global ").nth(1).unwrap().trim().replace(' ', "=");
    let setting = [named.as_str()];
    let said = git(
        &session,
        &setting,
        &["clone", "-q", url, place.to_str().unwrap()],
        "",
    );
    assert_eq!(said.status, 0, "{}", said.err);
}

#[test]
fn what_is_ours_and_broken_is_one_line() {
    let (session, simulator, token) = linked();
    let origin = origin(&simulator);
    session.keyring.lock().unwrap();
    let said = ask(&session, "get", &origin);
    assert!(loud(&said, 5) && said.err.contains("“Work”"), "{said:?}");
    session.keyring.unlock().unwrap();
    assert!(ask(&session, "get", &origin).out.contains(&token));
    simulator
        .token(json!({ "token": token, "state": "revoked" }))
        .unwrap();
    assert_eq!(session.run(&["check"], b"").status, 3);
    let said = ask(&session, "get", &origin);
    assert!(loud(&said, 3), "{said:?}");
    std::fs::write(
        session.home().join("lablink.db"),
        "no database at all, but long enough",
    )
    .unwrap();
    let said = ask(&session, "get", &origin);
    assert!(loud(&said, 1), "{said:?}");
    // A home that cannot be looked into is not one that was never used.
    let below = session.home().join("lablink.db");
    for action in ["get", "erase"] {
        let mut command = helper(&session, &[action]);
        command.env("LABLINK_HOME", &below);
        let said = finish(command, format!("{origin}password={token}\n").as_bytes());
        assert!(loud(&said, 2), "{said:?}");
    }
}

#[test]
fn git_telling_that_it_was_refused_forgets_nothing() {
    let (session, simulator, token) = linked();
    let told = |password: &str| format!("{}username=ada\npassword={password}\n", origin(&simulator));
    assert!(silent(&ask(&session, "erase", &told("another"))));
    assert_eq!(log(&session).len(), 1, "another's password is no news");
    assert!(silent(&ask(&session, "erase", &told(&token))));
    assert_eq!(log(&session)[0], ("token_refused".to_owned(), json!("git")));
    assert!(silent(&ask(&session, "erase", &origin(&simulator))));
    assert_eq!(
        (session.names(), session.keyring.items().unwrap()),
        (vec!["Work".to_owned()], 1)
    );
    // What git is told by others is not kept.
    assert!(silent(&ask(&session, "store", &told("glpat-another"))));
    assert_eq!(session.keyring.items().unwrap(), 1);
    assert!(ask(&session, "get", &origin(&simulator)).out.contains(&token));
}

#[test]
fn what_git_does_with_other_hosts_is_met_with_silence() {
    let (session, _simulator, _token) = linked();
    let huge = "x".repeat(70_000);
    for (action, more) in [
        ("get", &b"path=\xe4.git\n"[..]),
        ("get", b"username=\xe4\n"),
        ("store", b"username=x\npassword=p\xe4ss\n"),
        ("store", b"username=x\npassword=a\rb\n"),
        ("store", b"username=x\noauth_refresh_token=a\rb\n"),
        ("store", huge.as_bytes()),
        ("erase", b"username=x\npassword=p\xe4ss\n"),
        ("erase", b"username=x\npassword=a\rb\n"),
    ] {
        let said = [b"protocol=https\nhost=github.com\n", more].concat();
        let said = finish(helper(&session, &[action]), &said);
        assert!(silent(&said), "{action}: {said:?}");
    }
}

#[test]
fn a_token_git_found_dead_is_not_given_again() {
    let (session, simulator, token) = linked();
    simulator
        .token(json!({ "token": token, "state": "revoked" }))
        .unwrap();
    simulator.forget_requests().unwrap();
    let told = |password: &str| format!("{}username=ada\npassword={password}\n", origin(&simulator));
    assert!(silent(&ask(&session, "erase", &told("glpat-old"))));
    assert_eq!(
        simulator.requests().unwrap().len(),
        0,
        "another's password is no news"
    );
    assert!(ask(&session, "get", &origin(&simulator)).out.contains(&token));
    assert!(silent(&ask(&session, "erase", &told(&token))));
    let listed = session.json(&["accounts"], b"").object();
    assert_eq!(listed["accounts"][0]["health"]["state"], "revoked", "{listed}");
    let said = ask(&session, "get", &origin(&simulator));
    assert!(loud(&said, 3) && said.err.contains("“Work”"), "{said:?}");
}

#[test]
fn other_operations_and_none() {
    let session = Session::without_keychain();
    let said = ask(&session, "capability", "");
    assert_eq!(
        (said.status, said.out.as_str(), said.err.as_str()),
        (0, "version 0\n", "")
    );
    for action in ["list", "--help", "GET", ""] {
        assert!(silent(&ask(&session, action, "protocol=https\n")), "{action}");
    }
    let said = finish(helper(&session, &[]), b"");
    assert!(loud(&said, 2), "{said:?}");
    // Nobody linked anything: nothing is said, and nothing is made.
    for action in ["get", "store", "erase"] {
        let asked = "protocol=https\nhost=gitlab.com\nusername=ada\npassword=x\n";
        assert!(silent(&ask(&session, action, asked)), "{action}");
    }
    assert!(!session.home().exists());
}

#[test]
fn one_executable_under_two_names() {
    let (session, simulator, token) = linked();
    let link = session.keyring.room().path("git-credential-lablink");
    std::os::unix::fs::symlink(crate::session::LABLINK, &link).unwrap();
    let mut command = session.keyring.command(&link);
    command.arg("get");
    let said = finish(piped(command), origin(&simulator).as_bytes());
    assert!(said.status == 0 && said.out.contains(&token));
}

#[test]
fn a_helper_without_a_keychain_says_so() {
    let mut session = Session::new();
    let simulator = Simulator::start().unwrap();
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    session.keyring.vanish();
    let said = ask(&session, "get", &origin(&simulator));
    assert!(loud(&said, 5), "{said:?}");
}
