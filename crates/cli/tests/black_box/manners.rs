//! How the program behaves towards other programs: help, version, completions, man pages, pipes, colours.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use crate::session::{LABLINK, Session};

#[test]
fn help_and_version_go_to_standard_output() {
    let session = Session::without_keychain();
    for args in [
        &["--help"][..],
        &["-h"],
        &["link", "--help"],
        &["instance", "add", "--help"],
    ] {
        let said = session.run(args, b"");
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{args:?}");
        assert!(said.out.contains("Usage: lablink"), "{args:?}: {}", said.out);
        assert!(!said.out.contains('\u{1b}'), "{args:?} has colours in a pipe");
    }
    let said = session.run(&["--version"], b"");
    assert_eq!(said.out, format!("lablink {}\n", env!("CARGO_PKG_VERSION")));
    let said = session.run(&["--version", "--json"], b"");
    assert_eq!(
        said.object(),
        json!({ "schema": 1, "version": env!("CARGO_PKG_VERSION") })
    );
    assert!(!session.home().exists(), "help made a home");
}

#[test]
fn completions_know_the_commands() {
    let session = Session::without_keychain();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = session.run(&["completions", shell], b"");
        assert_eq!(said.status, 0, "{shell}");
        for word in [
            "link",
            "unlink",
            "accounts",
            "instance",
            "doctor",
            "keychain",
            "token-stdin",
        ] {
            assert!(said.out.contains(word), "{shell} does not know {word}");
        }
    }
}

#[test]
fn man_pages_are_the_ones_in_docs() {
    let session = Session::without_keychain();
    let folder = session.keyring.room().path("man");
    let said = session.json(&["man", "--dir", folder.to_str().unwrap()], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let kept = stage::repository().join("docs/man");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    let mut kept_names: Vec<_> = fs::read_dir(&kept)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    kept_names.sort();
    assert_eq!(names, kept_names);
    for name in names {
        let (new, old) = (
            fs::read_to_string(folder.join(&name)),
            fs::read_to_string(kept.join(&name)),
        );
        assert_eq!(
            new.unwrap(),
            old.unwrap(),
            "write docs/man anew: lablink man --dir docs/man"
        );
    }
}

#[test]
fn a_reader_that_goes_away_does_no_harm() {
    let session = Session::without_keychain();
    for args in [
        &["--help"][..],
        &["accounts"],
        &["accounts", "--json"],
        &["completions", "bash"],
        &["frobnicate", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = session.command(args);
        command.stdout(writer);
        let said = crate::session::finish(command, b"");
        assert_eq!(
            said.status,
            if args[0] == "frobnicate" { 2 } else { 0 },
            "{args:?}: {said:?}"
        );
        assert_eq!(said.err, "", "{args:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let session = Session::without_keychain();
    for (args, status, text) in [
        (&["accounts"][..], 1, "could not be written"),
        (&["accounts", "--json"], 1, "could not be written"),
        (&["show", "Nobody", "--json"], 3, "Nobody"),
    ] {
        let mut command = session.command(args);
        command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        let said = crate::session::finish(command, b"");
        assert_eq!(said.status, status, "{said:?}");
        assert!(said.err.contains(text), "{said:?}");
    }
}

#[test]
fn closed_streams_do_no_harm() {
    let session = Session::without_keychain();
    let mut command = session.keyring.command("sh");
    command.args(["-c", &format!("exec '{LABLINK}' accounts --json <&- >&- 2>&-")]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert_eq!(command.status().unwrap().code(), Some(0));
}

#[test]
fn listing_does_not_touch_the_keychain() {
    let session = Session::new();
    session.keyring.freeze().unwrap();
    for args in [&["accounts"][..], &["instance", "list"], &["log"]] {
        let said = session.json(args, b"");
        assert_eq!(said.status, 0, "{args:?}: {said:?}");
    }
    session.keyring.thaw().unwrap();
}

#[test]
fn quiet_leaves_out_what_was_not_asked_for() {
    let session = Session::without_keychain();
    let said = session.run(
        &[
            "--quiet",
            "instance",
            "add",
            "--offline",
            "https://git.example.test",
        ],
        b"",
    );
    assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (0, "", ""));
    let said = session.run(&["--quiet", "instance", "list"], b"");
    assert!(said.out.contains("https://git.example.test"), "{said:?}");
}
