//! Programs of others judge the simulator, so that it is not only LabLink that thinks it a GitLab: the login of
//! git-credential-oauth (Debian's package) through a real browser, the token of that login in python-gitlab
//! and in git.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufReader, Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use stage::{Chromium, Room, Running, Simulator, python_with_gitlab, until_async};

const SCOPES: &str = "api read_repository write_repository";

/// Asks the simulator for the user as any Python program does; the token comes by standard input.
const WHO: &str = "import sys, gitlab
server = gitlab.Gitlab(sys.argv[1], oauth_token=sys.stdin.readline().strip())
server.auth()
print(server.user.username, server.user.name)
print(sorted(project.path_with_namespace for project in server.projects.list(membership=True, get_all=True)))";

/// Runs it to the end with `input`.
fn fed(mut command: Command, input: &str) -> Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    Ok(child.wait_with_output()?)
}

fn succeeded(output: &Output) -> Result<String> {
    // What went to standard error may hold no token; what came on standard output does.
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {told}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A peer's room: its own home, its addresses opening in the browser, the simulator made known to it as its manual says.
fn furnished(simulator: &Simulator, browser: &Chromium) -> Result<Room> {
    let mut room = Room::new()?;
    room.set("PATH", browser.path()?);
    room.set("GIT_CONFIG_NOSYSTEM", "1");
    // Its redirect address has no path.
    let application = simulator.control(
        reqwest::Method::POST,
        "applications",
        Some(json!({ "name": "A peer", "confidential": false, "redirect_uris": ["http://127.0.0.1"] })),
    )?;
    let id = application.get("application_id").and_then(Value::as_str);
    // Read as a path below the origin, whatever stands there.
    let subpath = simulator
        .address()
        .trim_start_matches(&origin(simulator))
        .to_owned();
    for (name, value) in [
        ("oauthClientId", id.context("no application")?),
        ("oauthScopes", SCOPES),
        ("oauthAuthURL", &format!("{subpath}/oauth/authorize")),
        ("oauthTokenURL", &format!("{subpath}/oauth/token")),
    ] {
        let mut git = room.command("git");
        git.args([
            "config",
            "--global",
            &format!("credential.{}.{name}", origin(simulator)),
            value,
        ]);
        succeeded(&git.output()?)?;
    }
    Ok(room)
}

/// `git-credential-oauth get` under way; it ends with this value.
struct Asking(Running);

impl Asking {
    fn begin(room: &Room, question: &str) -> Result<Self> {
        let mut command = room.companion("git-credential-oauth");
        command
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut running = Running::start("git-credential-oauth", command)?;
        let mut stdin = running.child().stdin.take().context("no standard input")?;
        stdin.write_all(question.as_bytes())?;
        Ok(Self(running))
    }

    /// Its answer, once there is one.
    async fn answer(mut self) -> Result<BTreeMap<String, String>> {
        let child = RefCell::new(&mut self.0);
        let status = until_async("git-credential-oauth to answer", || async {
            Ok(child.borrow_mut().child().try_wait()?)
        });
        let status = status.await?;
        ensure!(status.success(), "git-credential-oauth: {status}");
        let mut text = String::new();
        let stdout = self.0.child().stdout.take().context("no standard output")?;
        BufReader::new(stdout).read_to_string(&mut text)?;
        Ok(lines(&text))
    }
}

fn origin(simulator: &Simulator) -> String {
    let host = simulator.host().split('/').next().unwrap_or_default();
    format!("http://{host}")
}

fn question(simulator: &Simulator) -> String {
    format!(
        "protocol=http\nhost={}\n\n",
        origin(simulator).trim_start_matches("http://")
    )
}

/// `name=value` lines, as git speaks with its helpers.
fn lines(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn git_credential_oauth_logs_in_and_python_gitlab_and_git_use_its_token() -> Result<()> {
    let python = python_with_gitlab()?;
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let room = furnished(&simulator, &browser)?;

    let asking = Asking::begin(&room, &question(&simulator))?;
    browser.follow().await?;
    browser.authorize().await?;
    let credential = asking.answer().await?;
    assert_eq!(credential.get("username").map(String::as_str), Some("oauth2"));
    let token = credential.get("password").context("it got no token")?;
    ensure!(token.len() >= 64, "a token of {} letters", token.len());

    let mut who = room.command(&python);
    who.args(["-c", WHO, simulator.address()]);
    let told = succeeded(&fed(who, token)?).context("python-gitlab")?;
    assert_eq!(
        told,
        "ada Ada Lovelace\n['ada/hello', 'ada/notes', 'works/engine']\n"
    );

    // git with the token the peer answers; the private repository is closed to everyone else.
    let url = format!("{}/ada/notes.git", simulator.address());
    let remote = |helper: &str| -> Result<Output> {
        let mut git = room.command("git");
        git.env("GIT_TERMINAL_PROMPT", "0").env("PEER_TOKEN", token);
        git.args(["-c", &format!("credential.helper={helper}"), "ls-remote", &url]);
        Ok(git.output()?)
    };
    ensure!(!remote("")?.status.success(), "it is open to everyone");
    let answers =
        "!f() { test \"$1\" = get && printf 'username=oauth2\\npassword=%s\\n' \"$PEER_TOKEN\"; }; f";
    ensure!(succeeded(&remote(answers)?)?.contains("HEAD"), "no HEAD");
    Ok(())
}
