//! The program at a terminal, with somebody in front of it who reads and types. The terminal is that of `script`
//! (Debian's package bsdutils, which every Debian has).

use std::io::{Read as _, Write as _};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::Instant;

use stage::{PATIENCE, Running, Simulator};

use crate::browser::Browser;
use crate::logins::{application, live_logins};
use crate::session::{LABLINK, Session};

/// A terminal the program runs at.
struct Terminal {
    running: Running,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl Terminal {
    /// Starts the program with these arguments, none of which a shell would read in another way.
    fn start(session: &Session, args: &[&str]) -> Self {
        let mut command = session.keyring.command("script");
        command
            .args(["--quiet", "--flush", "--return", "--command"])
            .arg(format!("exec {LABLINK} {}", args.join(" ")))
            .arg("/dev/null")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut running = Running::start("script", command).unwrap();
        let keyboard = running.child().stdin.take().unwrap();
        let mut output = running.child().stdout.take().unwrap();
        let (tell, screen) = channel();
        spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if tell.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            running,
            keyboard,
            screen,
            shown: Vec::new(),
        }
    }

    /// Reads until `words` are shown; all that is shown.
    fn read(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let shown = String::from_utf8_lossy(&self.shown).into_owned();
            if shown.contains(words) {
                return shown;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(more) => self.shown.extend(more),
                Err(waited) => panic!("never shown: {words} ({waited}); but: {shown}"),
            }
        }
    }

    fn type_line(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for the program's end; its status, and all that was shown.
    fn end(mut self) -> (i32, String) {
        while let Ok(more) = self.screen.recv_timeout(PATIENCE) {
            self.shown.extend(more);
        }
        let status = self.running.child().wait().unwrap();
        let shown = String::from_utf8_lossy(&self.shown).into_owned();
        (status.code().unwrap_or(-1), shown)
    }
}

/// Somebody signs in with a code; what the program asks then is answered so.
fn is_this_you(answer: &str) -> (Session, Simulator, i32, String) {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let id = &application(&simulator, false).application_id;
    let args = ["link", simulator.address(), "--name", "Work", "--device"];
    let mut terminal = Terminal::start(&session, &[&args[..], &["--client-id", id]].concat());
    let shown = terminal.read("type the code");
    let line = shown.lines().find_map(|line| line.strip_prefix("code: "));
    let (code, at) = line.unwrap().trim_end().split_once(" at: ").unwrap();
    Browser::new().type_code(at, code, &simulator, "grace", "authorize");
    let shown = terminal.read("Is this you? [y/N] ");
    assert!(shown.contains("(@grace) signed in at 127.0.0.1"), "{shown}");
    assert_eq!(session.names(), Vec::<String>::new(), "linked before the answer");
    assert_eq!(session.keyring.items().unwrap(), 0, "kept before the answer");
    terminal.type_line(answer);
    let (status, shown) = terminal.end();
    (session, simulator, status, shown)
}

#[test]
fn who_signed_in_with_a_code_is_linked_after_a_yes() {
    let (session, simulator, status, shown) = is_this_you("y");
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("is linked"), "{shown}");
    assert_eq!(session.names(), ["Work"]);
    assert_eq!(live_logins(&simulator), 1);
}

#[test]
fn who_signed_in_with_a_code_is_sent_away_by_anything_but_a_yes() {
    for answer in ["n", "", "yes please"] {
        let (session, simulator, status, shown) = is_this_you(answer);
        assert_eq!(status, 1, "{answer}: {shown}");
        assert!(
            shown.contains("Cancelled; nothing was changed."),
            "{answer}: {shown}"
        );
        session.is_empty();
        assert_eq!(session.instances()["instances"].as_array().unwrap().len(), 1);
        assert_eq!(
            live_logins(&simulator),
            0,
            "{answer}: GitLab still has the tokens"
        );
    }
}
