//! The program itself: one line, then service, then an end that leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::here::{client, send};

/// Starts the program with a temporary directory of its own.
fn start(directory: &Path, arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(["--port", "0", "--ready-json"])
        .args(arguments)
        .env("TMPDIR", directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn leftovers(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

#[tokio::test]
async fn says_where_it_is_serves_and_ends_with_its_input() {
    let directory = tempfile::tempdir().unwrap();
    let (mut child, ready) = start(
        directory.path(),
        &["--subpath", "gitlab/", "--gitlab-version", "15.3"],
    );
    let address = ready["address"].as_str().unwrap();
    assert!(
        address.starts_with("http://127.0.0.1:") && address.ends_with("/gitlab"),
        "{address}"
    );
    assert_eq!(ready["ca_file"], Value::Null);
    let by = |list: &str, key: &str, name: &str| -> Value {
        ready[list]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item[key] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(by("users", "username", "ada")["admin"], false);
    assert_eq!(by("users", "username", "root")["admin"], true);
    let ada = by("tokens", "username", "ada");
    assert_eq!(
        ada["scopes"],
        serde_json::json!(["api", "read_repository", "write_repository"])
    );
    assert_eq!(ada["kind"], "personal");
    assert_eq!(
        by("tokens", "username", "root")["scopes"],
        serde_json::json!(["api", "admin_mode"])
    );
    let notes = by("repositories", "path", "ada/notes");
    assert_eq!(
        (&notes["private"], &notes["url"]),
        (
            &Value::Bool(true),
            &Value::from(format!("{address}/ada/notes.git"))
        )
    );
    for application in ready["applications"].as_array().unwrap() {
        assert_eq!(application["application_id"].as_str().unwrap().len(), 64);
        assert_eq!(
            application["confidential"].as_bool().unwrap(),
            application["secret"].is_string()
        );
    }
    let http = client().build().unwrap();
    let version = send(
        http.get(format!("{address}/api/v4/version"))
            .bearer_auth(ada["token"].as_str().unwrap()),
    );
    assert_eq!(version.await.json()["version"], "15.3.0-ee");
    // Control answers whoever puts it behind the address that was told, and is not in the log.
    for place in [address, address.strip_suffix("/gitlab").unwrap()] {
        let asked = send(http.get(format!("{place}/_sim/requests"))).await.json();
        let paths: Vec<_> = asked.as_array().unwrap().iter().map(|one| &one["path"]).collect();
        assert_eq!(paths, ["/gitlab/api/v4/version"], "{place}");
    }
    assert_eq!(leftovers(directory.path()), 1);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(leftovers(directory.path()), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn ends_with_a_signal_and_removes_its_files() {
    for signal in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().unwrap();
        let (mut child, ready) = start(directory.path(), &["--tls"]);
        assert!(Path::new(ready["ca_file"].as_str().unwrap()).exists());
        assert!(
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        // Its input stays open: waiting in earnest would close that, which ends it too.
        let end = Instant::now() + Duration::from_secs(60);
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                child.kill().unwrap();
                panic!("{signal} does not end it");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert!(status.success(), "{signal}");
        assert_eq!(leftovers(directory.path()), 0, "{signal}");
    }
}

#[tokio::test]
async fn the_next_start_removes_what_a_killed_one_left() {
    let directory = tempfile::tempdir().unwrap();
    let (mut killed, _) = start(directory.path(), &[]);
    let (mut other, _) = start(directory.path(), &[]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(leftovers(directory.path()), 2);
    let (mut next, ready) = start(directory.path(), &[]);
    assert_eq!(
        leftovers(directory.path()),
        2,
        "the killed one's is gone, the living one's is not"
    );
    assert!(ready["address"].is_string());
    for child in [&mut other, &mut next] {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(leftovers(directory.path()), 0);
}

#[test]
fn wrong_options_are_refused_in_words() {
    for arguments in [
        ["--gitlab-version", "14.0"],
        ["--persona", "martian"],
        ["--subpath", "/../x"],
        ["--canonical", "x"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_simulator"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
