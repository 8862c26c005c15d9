//! A marked token is in the keychain and nowhere else: not in what is said, not in a file, not in a process's arguments
//! or environment.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::spawn;

use serde_json::json;
use stage::{Simulator, until};

use crate::browser::Browser;
use crate::logins::application;
use crate::session::{Said, Session, files, finish};

const CANARY: &str = "glpat-CANARYbird0123456789";
/// What is looked for: the part no program could know but from the token.
const MARK: &str = "CANARYbird";

fn holds(bytes: &[u8], mark: &str) -> bool {
    let utf16: Vec<u8> = mark.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [mark.as_bytes(), &utf16]
        .iter()
        .any(|needle| bytes.windows(needle.len()).any(|window| window == *needle))
}

fn files_holding(folder: &Path, mark: &str) -> Vec<String> {
    let holding = |path: &std::path::PathBuf| holds(&fs::read(path).unwrap_or_default(), mark);
    files(folder)
        .into_iter()
        .filter(holding)
        .map(|path| path.display().to_string())
        .collect()
}

fn marked() -> (Session, Simulator) {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let scopes = ["api", "read_repository", "write_repository"];
    simulator
        .token(json!({ "token": CANARY, "username": "ada", "scopes": scopes }))
        .unwrap();
    (session, simulator)
}

#[test]
fn a_marked_token_is_said_and_written_nowhere() {
    let (session, simulator) = marked();
    session.link(&simulator, "Work", CANARY);
    let mut all: Vec<Said> = Vec::new();
    // Handed to a program on standard output, and nowhere else.
    let given = session.run(&["token", "Work", "--for", "glab"], b"");
    assert!(given.out.contains(MARK) && given.err.is_empty());
    for args in [
        &["accounts"][..],
        &["show", "Work"],
        &["check"],
        &["doctor"],
        &["log"],
        &["instance", "list"],
        &["keychain", "status"],
        &["rename", "Work", "Play"],
        &["link", simulator.address(), "--name", "Play", "--token-stdin"],
    ] {
        all.push(session.run(args, CANARY.as_bytes()));
        all.push(session.json(args, CANARY.as_bytes()));
    }
    simulator
        .fault(json!({ "fault": "bad_gateway", "times": 3 }))
        .unwrap();
    all.push(session.run(&["unlink", "Play"], b""));
    simulator.no_faults().unwrap();
    // The same search finds what is there to be found.
    assert!(
        !files_holding(&session.home(), "Lovelace").is_empty(),
        "the search finds nothing at all"
    );
    assert_eq!(
        files_holding(session.keyring.room().folder(), MARK),
        Vec::<String>::new()
    );
    all.push(session.run(&["unlink", "Play"], b""));
    for said in &all {
        said.never_says(MARK);
    }
    assert_eq!(
        files_holding(session.keyring.room().folder(), MARK),
        Vec::<String>::new()
    );
}

#[test]
fn a_marked_token_is_in_no_arguments_and_no_environment() {
    let (session, simulator) = marked();
    simulator
        .fault(json!({ "fault": "hang", "times": 9, "path": "/api/v4/user" }))
        .unwrap();
    simulator
        .fault(json!({ "fault": "hang", "times": 9, "path": "/api/v4/personal_access_tokens" }))
        .unwrap();
    let mut child = session
        .command(&["link", simulator.address(), "--token-stdin"])
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(CANARY.as_bytes()).unwrap();
    until("the token to be on its way", || {
        let asked = simulator.requests()?;
        Ok(asked
            .iter()
            .any(|asked| asked.path.contains("personal_access_tokens"))
            .then_some(()))
    })
    .unwrap();
    let home = session.home();
    let processes = stage::with_environment("LABLINK_HOME", home.as_os_str()).unwrap();
    assert!(
        processes.iter().any(|(pid, _)| *pid == child.id()),
        "the program is not among {processes:?}"
    );
    for (pid, program) in processes {
        for what in ["cmdline", "environ"] {
            let text = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            assert!(!holds(&text, MARK), "in the {what} of {}", program.display());
        }
    }
    assert_eq!(
        files_holding(session.keyring.room().folder(), MARK),
        Vec::<String>::new()
    );
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!holds(&output.stdout, MARK) && !holds(&output.stderr, MARK));
    assert_eq!(session.names(), Vec::<String>::new());
    assert_eq!(session.keyring.items().unwrap(), 0);
}

/// A GitLab without encryption, which is reached through a proxy that listens: so the secrets of an app login are known
/// that nobody else can know.
const PLAIN: &str = "http://git.example.test";

/// The proxy.
struct Wire {
    address: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    /// A proxy that hands everything through to the simulator.
    fn to(simulator: &Simulator) -> Self {
        let target = simulator.host().split('/').next().unwrap().to_owned();
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", door.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        spawn(move || {
            for guest in door.incoming() {
                let guest = guest.unwrap();
                let host = TcpStream::connect(&target).unwrap();
                for (from, to) in [(&guest, &host), (&host, &guest)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let ears = Arc::clone(&ears);
                    spawn(move || {
                        let mut buffer = [0; 16_384];
                        while let Ok(length @ 1..) = from.read(&mut buffer) {
                            ears.lock().unwrap().extend_from_slice(&buffer[..length]);
                            if to.write_all(&buffer[..length]).is_err() {
                                break;
                            }
                        }
                        // Closed already where the other side went first.
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
            }
        });
        Self { address, heard }
    }

    /// Every value that stood behind this name, in a form or in JSON.
    fn values(&self, name: &str) -> Vec<String> {
        let heard = String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned();
        let mut found = Vec::new();
        for start in [format!("{name}="), format!("\"{name}\":\"")] {
            for (at, _) in heard.match_indices(&start) {
                // Not the end of a longer name.
                if heard[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_') {
                    continue;
                }
                let rest = &heard[at + start.len()..];
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.~".contains(c));
                found.push(rest[..end.unwrap_or(rest.len())].to_owned());
            }
        }
        found
    }
}

/// Fails where one of the secrets stands in what was said, in a file, or in a program's arguments or environment.
fn assert_nowhere(session: &Session, secrets: &[(&str, String)], said: &[Said]) {
    for (what, secret) in secrets {
        for one in said {
            assert!(
                !one.out.contains(secret) && !one.err.contains(secret),
                "said a {what}"
            );
        }
        let files = files_holding(session.keyring.room().folder(), secret);
        assert_eq!(files, Vec::<String>::new(), "a {what} is in a file");
        let home = session.home();
        for (pid, program) in stage::with_environment("LABLINK_HOME", home.as_os_str()).unwrap() {
            for place in ["cmdline", "environ"] {
                let text = fs::read(format!("/proc/{pid}/{place}")).unwrap_or_default();
                assert!(
                    !holds(&text, secret),
                    "a {what} is in the {place} of {}",
                    program.display()
                );
            }
        }
    }
}

#[test]
fn the_secrets_of_an_app_login_are_said_and_written_nowhere() {
    let mut session = Session::new();
    let simulator = Simulator::with(&["--canonical", PLAIN]).unwrap();
    let wire = Wire::to(&simulator);
    let here = |address: &str| address.replacen(PLAIN, simulator.address(), 1);
    let room = session.keyring.room_mut();
    room.set("HTTP_PROXY", &wire.address);
    room.set("http_proxy", &wire.address);
    let app = application(&simulator, true).clone();
    let secret = app.secret.clone().unwrap();
    let id = app.application_id.as_str();

    // In the browser, by a confidential application; looked at while the exchange is under way, too.
    let args = ["link", PLAIN, "--allow-http", "--name", "Work", "--no-browser"];
    let args = [&args[..], &["--client-id", id, "--client-secret-stdin"]].concat();
    let mut started = session.start(&args, secret.as_bytes());
    let address = here(&started.address());
    simulator
        .fault(json!({ "fault": "slow", "path": "/api/v4/user", "seconds": 1 }))
        .unwrap();
    let browsing = spawn({
        let mut browser = Browser::new();
        let (name, password) = ada(&simulator);
        move || {
            let page = browser.open(&address);
            let typed = [
                ("user[login]", name.as_str()),
                ("user[password]", password.as_str()),
            ];
            let page = browser.submit(&page, "user[password]", &typed);
            browser.press(&page, "authorize");
        }
    });
    until("the exchange", || {
        Ok((!wire.values("access_token").is_empty()).then_some(()))
    })
    .unwrap();
    let mut secrets = heard(&wire, &["access_token", "refresh_token", "code", "code_verifier"]);
    assert!(
        wire.values("client_secret").contains(&secret),
        "the wire hears nothing"
    );
    secrets.push(("client_secret", secret));
    assert_nowhere(&session, &secrets, &[]);
    browsing.join().unwrap();
    let mut said = vec![started.end()];
    assert_eq!(said[0].status, 0, "{:?}", said[0].err);

    // With a code, by a public application; refused ones too.
    let id = application(&simulator, false).application_id.clone();
    let args = [
        "link",
        PLAIN,
        "--allow-http",
        "--name",
        "Play",
        "--device",
        "--client-id",
        &id,
    ];
    let mut started = session.start(&args, b"");
    let (code, at) = started.code();
    Browser::new().type_code(&here(&at), &code, &simulator, "ada", "authorize");
    said.push(started.end());
    assert_eq!(said[1].status, 0, "{:?}", said[1].err);
    secrets.extend(heard(&wire, &["access_token", "refresh_token", "device_code"]));

    // Renewed, looked at, changed for the worse, unlinked.
    simulator.advance_clock(7_300).unwrap();
    for args in [
        &["check"][..],
        &["accounts"],
        &["show", "Work"],
        &["doctor"],
        &["log"],
        &["instance", "list"],
        &["profile", "export", PLAIN],
    ] {
        said.push(finish(session.later("+7300", args), b""));
        said.push(finish(session.later("+7300", &[&["--json"], args].concat()), b""));
    }
    secrets.extend(heard(&wire, &["access_token", "refresh_token"]));
    simulator
        .fault(json!({ "fault": "bad_gateway", "times": 3 }))
        .unwrap();
    said.push(finish(session.later("+7300", &["unlink", "Play"]), b""));
    simulator.no_faults().unwrap();
    said.push(finish(session.later("+7300", &["unlink", "Work"]), b""));
    assert_eq!(
        said.last().map(|last| last.status),
        Some(0),
        "unlinking does not work"
    );
    assert_nowhere(&session, &secrets, &said);
}

/// Every file outside LabLink's own folders, and what is in it.
fn outside(session: &Session) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let read = |file: std::path::PathBuf| {
        let bytes = fs::read(&file).unwrap();
        (file, bytes)
    };
    session.foreign_files().into_iter().map(read).collect()
}

#[test]
fn after_unlink_a_marked_token_is_nowhere_and_nothing_outside_has_changed() {
    let (mut session, simulator) = marked();
    let plain = Simulator::with(&["--canonical", PLAIN]).unwrap();
    let wire = Wire::to(&plain);
    for (file, text) in [
        (
            "home/.gitconfig",
            "[user]\n\tname = Ada\n[credential]\n\thelper = store\n",
        ),
        ("home/.git-credentials", "https://ada:other@elsewhere.test\n"),
        ("home/.netrc", "machine elsewhere.test login ada password other\n"),
        ("home/.docker/config.json", "{\"auths\":{}}\n"),
        ("home/.config/glab-cli/config.yml", "hosts: {}\n"),
    ] {
        let path = session.keyring.room().path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let before = outside(&session);
    assert_eq!(before.len(), 5, "the search finds nothing at all");

    session.link(&simulator, "Work", CANARY);
    session.link(&simulator, "Later", simulator.token_of("ada").unwrap());
    let room = session.keyring.room_mut();
    room.set("HTTP_PROXY", &wire.address);
    room.set("http_proxy", &wire.address);
    room.set("NO_PROXY", "127.0.0.1");
    room.set("no_proxy", "127.0.0.1");
    let id = application(&plain, false).application_id.clone();
    let args = [
        "link",
        PLAIN,
        "--allow-http",
        "--name",
        "App",
        "--no-browser",
        "--client-id",
        &id,
    ];
    let mut started = session.start(&args, b"");
    let address = started.address().replacen(PLAIN, plain.address(), 1);
    Browser::new().authorize(&address, &plain, "ada");
    let mut said = vec![started.end()];
    assert_eq!(said[0].status, 0, "{:?}", said[0]);
    let tokens = heard(&wire, &["access_token", "refresh_token"]);
    let mut secrets: Vec<(&str, String)> = vec![
        ("token", MARK.to_owned()),
        ("token", simulator.token_of("ada").unwrap().to_owned()),
    ];
    secrets.extend(tokens);
    // Used, and then ended in every way there is.
    for name in ["Work", "Later", "App"] {
        let given = session.run(&["token", name, "--for", "glab"], b"");
        assert_eq!((given.status, given.err.as_str()), (0, ""), "{name}");
    }
    let held = session.keyring.secrets().unwrap();
    let holds_any = |held: &[Vec<u8>]| {
        secrets
            .iter()
            .filter(|(_, secret)| held.iter().any(|item| holds(item, secret)))
            .count()
    };
    assert_eq!(
        holds_any(&held),
        secrets.len(),
        "the keychain is searched in vain"
    );
    simulator
        .fault(json!({ "fault": "bad_gateway", "times": 1000 }))
        .unwrap();
    said.push(session.run(&["unlink", "Later", "--revoke-later"], b""));
    simulator.no_faults().unwrap();
    for args in [&["unlink", "Work"][..], &["unlink", "App"], &["check"]] {
        said.push(session.run(args, b""));
    }
    for args in [&["log"][..], &["doctor"], &["unlink", "--pending"]] {
        said.push(session.run(args, b""));
        said.push(session.json(args, b""));
    }

    assert_eq!(session.names(), Vec::<String>::new());
    assert_eq!(session.keyring.items().unwrap(), 0);
    assert_eq!(holds_any(&session.keyring.secrets().unwrap()), 0);
    assert_nowhere(&session, &secrets, &said);
    assert!(
        outside(&session) == before,
        "a file outside LabLink's folders changed"
    );
    for token in [CANARY, simulator.token_of("ada").unwrap()] {
        let again = session.json(&["link", simulator.address(), "--token-stdin"], token.as_bytes());
        assert_eq!((again.status, again.code().as_str()), (3, "token_revoked"));
    }
    let state = plain.state().unwrap();
    let alive = state["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|token| token["kind"] == "oauth" && token["revoked"] == false)
        .count();
    assert_eq!(alive, 0, "an app login is still alive");
}

fn ada(simulator: &Simulator) -> (String, String) {
    let users = &simulator.ready().users;
    let ada = users.iter().find(|user| user.username == "ada").unwrap();
    (ada.username.clone(), ada.password.clone())
}

/// The values of these names so far, of which there is at least one each.
fn heard<'a>(wire: &Wire, names: &[&'a str]) -> Vec<(&'a str, String)> {
    let mut all = Vec::new();
    for name in names {
        let mut values = wire.values(name);
        // `code` is also the value of a parameter that is no secret.
        values.retain(|value| value.len() >= 20);
        values.sort();
        values.dedup();
        assert!(!values.is_empty(), "no {name} was heard");
        all.extend(values.into_iter().map(|value| (*name, value)));
    }
    all
}
