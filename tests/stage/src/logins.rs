//! Measured logins: LabLink and git-credential-oauth take turns at one GitLab, the same script answers both in the
//! browser's stead; and dozens of gits at once ask for one login that is over.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::built::built;
use crate::keyring::Keyring;
use crate::person::answer_login;
use crate::simulator::Simulator;
use crate::wait::PATIENCE;

/// How many gits ask at once.
pub const ASKERS: usize = 64;

/// One GitLab, one person, both programs set up for it.
pub struct Logins {
    simulator: Simulator,
    keyring: Keyring,
    opened: Receiver<String>,
}

/// What became of all who asked at once.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// How many got a password.
    pub answered: usize,
    /// How often the login was renewed.
    pub renewals: usize,
    /// How many browser windows were opened.
    pub windows: usize,
    /// From the first start to the last end.
    pub took: Duration,
}

impl Logins {
    /// Starts the GitLab and makes it known to both programs.
    pub fn begin() -> Result<Self> {
        let simulator = Simulator::start()?;
        let mut keyring = Keyring::unlocked()?;
        let opened = hand_over(&mut keyring)?;
        let applications = &simulator.ready().applications;
        let ours = applications.iter().find(|one| !one.confidential);
        let ours = &ours.context("no public application")?.application_id;
        keyring
            .lablink(&["instance", "add", simulator.address(), "--client-id", ours], "")?
            .done()?;
        let wish = json!({ "name": "A peer", "confidential": false, "redirect_uris": ["http://127.0.0.1"] });
        let peer = simulator.control(Method::POST, "applications", Some(wish))?;
        let peer = peer.get("application_id").and_then(Value::as_str);
        for (name, value) in [
            ("oauthClientId", peer.context("no application")?),
            ("oauthScopes", "api read_repository write_repository"),
            ("oauthAuthURL", "/oauth/authorize"),
            ("oauthTokenURL", "/oauth/token"),
        ] {
            let setting = format!("credential.{}.{name}", simulator.address());
            let mut git = keyring.command("git");
            let status = git.args(["config", "--global", &setting, value]).status()?;
            ensure!(status.success(), "git config: {status}");
        }
        Ok(Self {
            simulator,
            keyring,
            opened,
        })
    }

    /// One login by LabLink, from its start to its end; the account stays.
    pub fn lablink(&self) -> Result<Duration> {
        let mut command = self.keyring.command(built("lablink")?);
        command.args(["link", self.simulator.address(), "--name", "Work"]);
        Ok(self.timed(command, "")?.0)
    }

    /// Unlinks it again.
    pub fn unlink(&self) -> Result<()> {
        self.keyring.lablink(&["unlink", "Work"], "")?.done().map(drop)
    }

    /// One login by git-credential-oauth.
    pub fn peer(&self) -> Result<Duration> {
        let mut command = self.keyring.command("git-credential-oauth");
        command.arg("get");
        Ok(self.timed(command, &self.question())?.0)
    }

    /// One login by git-credential-oauth whose password is then stored in the same keychain, as by the helper git is
    /// given beside it, which would else ask for every fetch.
    pub fn peer_and_store(&self) -> Result<Duration> {
        let mut command = self.keyring.command("git-credential-oauth");
        command.arg("get");
        let (login, said) = self.timed(command, &self.question())?;
        let password = said.lines().find_map(|line| line.strip_prefix("password="));
        let begin = Instant::now();
        let mut store = self.keyring.command("secret-tool");
        store.args(["store", "--label", "A peer", "server", self.simulator.host()]);
        let mut child = piped(store).spawn().context("secret-tool")?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(password.context("no password")?.as_bytes())?;
        drop(stdin);
        let output = child.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {told}", output.status);
        Ok(login + begin.elapsed())
    }

    /// Everybody asks at once when the login is over.
    pub fn crowd(&self) -> Result<Crowd> {
        self.simulator.advance_clock(7_300)?;
        self.simulator.forget_requests()?;
        let helper = built("git-credential-lablink")?;
        let begin = Instant::now();
        let all = (0..ASKERS).map(|_| {
            let mut command = self.keyring.room().command_at("+7300", &helper);
            command.arg("get");
            let mut child = piped(command).spawn()?;
            let mut stdin = child.stdin.take().context("no standard input")?;
            stdin.write_all(self.question().as_bytes())?;
            Ok(child)
        });
        let all: Vec<_> = all.collect::<Result<_>>()?;
        let mut answered = 0;
        for child in all {
            let output = child.wait_with_output()?;
            answered += usize::from(String::from_utf8_lossy(&output.stdout).contains("password="));
        }
        let took = begin.elapsed();
        let asked = self.simulator.requests()?;
        let renewals = asked.iter().filter(|one| one.path.ends_with("/oauth/token"));
        Ok(Crowd {
            answered,
            renewals: renewals.count(),
            windows: self.opened.try_iter().count(),
            took,
        })
    }

    fn question(&self) -> String {
        format!("protocol=http\nhost={}\n\n", self.simulator.host())
    }

    /// How long it took, and what it said.
    fn timed(&self, command: Command, input: &str) -> Result<(Duration, String)> {
        let begin = Instant::now();
        let mut child = piped(command).spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(input.as_bytes())?;
        drop(stdin);
        let address = self.opened.recv_timeout(PATIENCE);
        let address = address.map_err(|_| anyhow!("no address was opened"))?;
        answer_login(&self.simulator, &address, "ada", "authorize")?;
        let output = child.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {told}", output.status);
        let took = begin.elapsed();
        Ok((took, String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}

fn piped(mut command: Command) -> Command {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Puts programs first on the path that hand over what they are to open, at once.
fn hand_over(keyring: &mut Keyring) -> Result<Receiver<String>> {
    let room = keyring.room_mut();
    let (folder, pipe) = (room.path("bin"), room.path("run/opened"));
    fs::create_dir_all(&folder)?;
    let made = Command::new("mkfifo").arg(&pipe).status()?;
    ensure!(made.success(), "mkfifo: {made}");
    for name in ["xdg-open", "open"] {
        let program = folder.join(name);
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" > '{}'\n", pipe.display());
        fs::write(&program, script)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700))?;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(folder).chain(env::split_paths(&path)))?;
    room.set("PATH", path);
    // Opened for both, so that it does not end when a writer does.
    let both = File::options().read(true).write(true).open(&pipe)?;
    let (tell, opened) = channel();
    thread::spawn(move || {
        for line in BufReader::new(both).lines() {
            let Ok(line) = line else { return };
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    Ok(opened)
}
