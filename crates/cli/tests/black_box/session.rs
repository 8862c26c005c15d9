//! One person's computer: a keychain (or none), an empty `LABLINK_HOME`, the program, and a list of what it said.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use stage::{Keyring, Simulator};

use crate::browser::Browser;
use crate::started::Started;

/// The program under test.
pub(crate) const LABLINK: &str = env!("CARGO_BIN_EXE_lablink");

/// A computer.
pub(crate) struct Session {
    pub(crate) keyring: Keyring,
}

/// What one call of the program did.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Session {
    /// With a keychain that works.
    pub(crate) fn new() -> Self {
        Self {
            keyring: Keyring::unlocked().unwrap(),
        }
    }

    /// With a session bus and no keychain on it.
    pub(crate) fn without_keychain() -> Self {
        Self {
            keyring: Keyring::absent().unwrap(),
        }
    }

    /// The folder everything of LabLink's is in.
    pub(crate) fn home(&self) -> PathBuf {
        self.keyring.room().lablink_home()
    }

    /// The program, about to be called.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.keyring.command(LABLINK);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Calls the program with `input` on its standard input, and waits for its end.
    pub(crate) fn run(&self, args: &[&str], input: &[u8]) -> Said {
        finish(self.command(args), input)
    }

    /// The same with `--json` in front.
    pub(crate) fn json(&self, args: &[&str], input: &[u8]) -> Said {
        self.run(&[&["--json"], args].concat(), input)
    }

    /// Links an account and expects it to work.
    pub(crate) fn link(&self, simulator: &Simulator, name: &str, token: &str) -> Value {
        let said = self.json(
            &["link", simulator.address(), "--name", name, "--token-stdin"],
            token.as_bytes(),
        );
        assert_eq!(said.status, 0, "{said:?}");
        said.object()["account"].clone()
    }

    /// Starts the program with `--json` in front; it waits for a person.
    pub(crate) fn start(&self, args: &[&str], input: &[u8]) -> Started {
        Started::new(self.command(&[&["--json"], args].concat()), input)
    }

    /// The program at another time: its clock is moved, nobody else's.
    pub(crate) fn later(&self, offset: &str, args: &[&str]) -> Command {
        self.later_of(LABLINK, offset, args)
    }

    /// Another program at another time.
    pub(crate) fn later_of(&self, program: &str, offset: &str, args: &[&str]) -> Command {
        let mut command = self.keyring.room().command_at(offset, program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Links an account by app login as `ada`, with a client ID where none is known, and expects it to work.
    pub(crate) fn sign_in(&self, simulator: &Simulator, name: &str, application: &[&str]) -> Value {
        let args = ["link", simulator.address(), "--name", name, "--no-browser"];
        let mut started = self.start(&[&args, application].concat(), b"");
        let page = Browser::new().authorize(&started.address(), simulator, "ada");
        assert!(page.html.contains("the account is linked"), "{}", page.html);
        let said = started.end();
        assert_eq!(said.status, 0, "{said:?}");
        said.object()["account"].clone()
    }

    /// Expects that nothing was left behind: no account, nothing in the keychain.
    pub(crate) fn is_empty(&self) {
        assert_eq!(self.names(), Vec::<String>::new(), "an account was left behind");
        assert_eq!(
            self.keyring.items().unwrap(),
            0,
            "something was left in the keychain"
        );
    }

    /// The names of the linked accounts.
    pub(crate) fn names(&self) -> Vec<String> {
        let said = self.json(&["accounts"], b"");
        assert_eq!(said.status, 0, "{said:?}");
        let object = said.object();
        object["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What `instance list` says.
    pub(crate) fn instances(&self) -> Value {
        self.json(&["instance", "list"], b"").object()
    }

    /// Files outside `LABLINK_HOME`, but for those of the keychain and the bus.
    pub(crate) fn foreign_files(&self) -> Vec<PathBuf> {
        let theirs = ["lablink", "run"].map(|name| self.keyring.room().path(name));
        let mut found = files(self.keyring.room().folder());
        found.retain(|file| {
            !theirs.iter().any(|folder| file.starts_with(folder))
                && !file.components().any(|part| part.as_os_str() == "keyrings")
        });
        found.sort();
        found
    }

    /// Expects a refusal with this code and status, in JSON, that leaves nothing behind: no account, no instance,
    /// nothing in the keychain, no file outside `LABLINK_HOME`.
    pub(crate) fn refused(&self, args: &[&str], input: &[u8], code: &str, status: i32) -> Said {
        let (instances, files) = (self.instances(), self.foreign_files());
        let said = self.json(args, input);
        assert_eq!(
            (said.code().as_str(), said.status),
            (code, status),
            "{args:?}: {said:?}"
        );
        assert_eq!(said.err, "", "{args:?}");
        assert_eq!(self.instances(), instances, "{args:?} left an instance behind");
        assert_eq!(self.foreign_files(), files, "{args:?} left a file behind");
        assert_eq!(
            self.names(),
            Vec::<String>::new(),
            "{args:?} left an account behind"
        );
        if let Ok(items) = self.keyring.items() {
            assert_eq!(items, 0, "{args:?} left something in the keychain");
        }
        said
    }
}

impl Said {
    /// The one JSON object on standard output, with its schema; with the reason in it wherever the status is not 0, beside
    /// an answer, too.
    pub(crate) fn object(&self) -> Value {
        let value: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert_eq!(value["schema"], 1, "{self:?}");
        assert_eq!(value.get("error").is_some(), self.status != 0, "{self:?}");
        value
    }

    /// The error's code, after looking at the error's shape.
    pub(crate) fn code(&self) -> String {
        let object = self.object();
        let Some(error) = object["error"].as_object() else {
            return format!("no error: {object}");
        };
        let mut keys: Vec<&str> = error.keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["code", "hint", "message"], "{self:?}");
        for key in keys {
            assert!(
                error[key].as_str().is_some_and(|text| !text.is_empty()),
                "{self:?}"
            );
        }
        error["code"].as_str().unwrap().to_owned()
    }

    /// Fails where the text is said anywhere.
    pub(crate) fn never_says(&self, text: &str) {
        assert!(
            !self.out.contains(text) && !self.err.contains(text),
            "said what it must not"
        );
    }
}

/// Starts the program, gives it its input, waits for its end.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Said {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not want its input closes it.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Said {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Every file under a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}
