//! A simulated GitLab in a process of its own, and its control.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use crate::person::{Answer, Person};
use crate::port::HeldPort;

/// Serves until dropped.
pub(crate) struct Sim {
    serving: Serving,
    /// Its own: where it was stopped nobody else listens, as long as this is there.
    port: HeldPort,
}

/// The process, ended when dropped.
struct Serving {
    process: Child,
    /// Closing it tells the simulator to stop.
    _stdin: ChildStdin,
    ready: Value,
}

impl Sim {
    /// A GitLab of the newest version at a root address.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// With options of the simulator's command line.
    pub(crate) fn with(options: &[&str]) -> Self {
        let port = HeldPort::any();
        let serving = Serving::start(&port, options);
        Self { serving, port }
    }

    /// The address people type.
    pub(crate) fn address(&self) -> String {
        self.serving.ready["address"].as_str().unwrap().to_owned()
    }

    /// Ada's token of `api read_repository write_repository`.
    pub(crate) fn ada(&self) -> String {
        self.serving.ready["tokens"][0]["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The file with the certificate of its authority.
    pub(crate) fn ca(&self) -> Vec<u8> {
        std::fs::read(self.serving.ready["ca_file"].as_str().unwrap()).unwrap()
    }

    /// Makes a token: `{"username", "scopes", …}`.
    pub(crate) fn token(&self, token: Value) -> String {
        self.post("tokens", token)["token"].as_str().unwrap().to_owned()
    }

    /// Changes a token by itself.
    pub(crate) fn change_token(&self, token: &str, state: &str) {
        self.post("tokens", json!({"token": token, "state": state}));
    }

    /// The password of a user.
    pub(crate) fn password(&self, username: &str) -> String {
        let users = self.serving.ready["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["username"] == username).unwrap();
        user["password"].as_str().unwrap().to_owned()
    }

    /// A person at a browser who gives this answer.
    pub(crate) fn person(&self, username: &str, answer: Answer) -> Person {
        Person::new(username, &self.password(username), answer)
    }

    /// The application ID of the public application, or the ID and the secret of the confidential one.
    pub(crate) fn application(&self, confidential: bool) -> (String, Option<String>) {
        let all = self.serving.ready["applications"].as_array().unwrap();
        let one = all
            .iter()
            .find(|one| one["confidential"] == confidential)
            .unwrap();
        (
            one["application_id"].as_str().unwrap().to_owned(),
            one["secret"].as_str().map(str::to_owned),
        )
    }

    /// Makes or changes an application.
    pub(crate) fn change_application(&self, application: Value) -> Value {
        self.post("applications", application)
    }

    /// Changes settings of the simulated instance.
    pub(crate) fn settings(&self, settings: Value) {
        self.post("settings", settings);
    }

    /// Everything.
    pub(crate) fn state(&self) -> Value {
        self.control("GET", "state", None)
    }

    /// How many app logins have not been revoked.
    pub(crate) fn living_logins(&self) -> usize {
        let state = self.state();
        let tokens = state["tokens"].as_array().unwrap();
        let lives = |token: &&Value| token["kind"] == "oauth" && token["revoked"] == false;
        tokens.iter().filter(lives).count()
    }

    /// How many requests for tokens came and were answered with this status.
    pub(crate) fn token_requests(&self, status: u16) -> usize {
        let asked = |request: &&Value| {
            request["path"].as_str().unwrap().ends_with("/oauth/token") && request["status"] == status
        };
        self.requests().iter().filter(asked).count()
    }

    /// Makes or changes a user.
    pub(crate) fn user(&self, user: Value) {
        self.post("users", user);
    }

    /// Spoils coming requests.
    pub(crate) fn fault(&self, fault: Value) {
        self.post("faults", fault);
    }

    /// Forgets the faults that wait.
    pub(crate) fn no_faults(&self) {
        self.control("DELETE", "faults", None);
    }

    /// Moves the simulator's clock.
    pub(crate) fn advance(&self, seconds: i64) {
        self.post("clock", json!({"advance_seconds": seconds}));
    }

    /// The requests since the start, or since they were forgotten.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.control("GET", "requests", None).as_array().unwrap().clone()
    }

    /// The requests that carried a credential.
    pub(crate) fn with_credential(&self) -> Vec<Value> {
        self.requests()
            .into_iter()
            .filter(|request| request["credential"] != "none")
            .collect()
    }

    /// Forgets the requests so far.
    pub(crate) fn forget_requests(&self) {
        self.control("DELETE", "requests", None);
    }

    /// Whether an app login's access token works.
    pub(crate) fn accepts_bearer(&self, token: &str) -> bool {
        let url = self.address();
        let (authority, base) = split(&url);
        let head = format!(
            "GET {base}/api/v4/user HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        );
        exchange(authority, &head, "").0 == 200
    }

    /// Whether a token works.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        let url = self.address();
        let (authority, base) = split(&url);
        let head = format!(
            "GET {base}/api/v4/user HTTP/1.1\r\nHost: {authority}\r\nPRIVATE-TOKEN: {token}\r\nConnection: close\r\n\r\n"
        );
        exchange(authority, &head, "").0 == 200
    }

    /// Somebody else rotates a token: it is dead, and its successor is theirs.
    pub(crate) fn rotate(&self, token: &str) {
        let url = self.address();
        let (authority, base) = split(&url);
        let head = format!(
            "POST {base}/api/v4/personal_access_tokens/self/rotate HTTP/1.1\r\nHost: {authority}\r\n\
             PRIVATE-TOKEN: {token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(exchange(authority, &head, "").0, 200);
    }

    /// Ends it now: nothing listens at its address any more, until this is dropped or started again.
    pub(crate) fn stop(&mut self) {
        self.serving.end();
    }

    /// Another GitLab at the same address.
    pub(crate) fn start_again(&mut self, options: &[&str]) {
        self.stop();
        self.serving = Serving::start(&self.port, options);
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.control("POST", path, Some(body))
    }

    fn control(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = self.address();
        let (authority, _) = split(&url);
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let head = format!(
            "{method} /_sim/{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let (status, answer) = exchange(authority, &head, &body);
        assert!(
            (200..300).contains(&status),
            "{method} /_sim/{path} {body}: {status} {answer}"
        );
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }
}

impl Serving {
    fn start(port: &HeldPort, options: &[&str]) -> Self {
        let program = program();
        assert!(
            program.exists(),
            "{} is missing: build it with `cargo build -p simulator`",
            program.display()
        );
        let mut process = Command::new(program)
            .args(["--ready-json", "--port", &port.number().to_string()])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            process,
            _stdin: stdin,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn end(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

/// Beside the directory of this test program.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let name = format!("simulator{}", std::env::consts::EXE_SUFFIX);
    here.parent().unwrap().parent().unwrap().join(name)
}

/// Host and port, and the path, of an http address.
fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").expect("control goes over http");
    rest.find('/').map_or((rest, ""), |at| rest.split_at(at))
}

fn exchange(authority: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    // Chunked or not: what is wanted is the JSON in it.
    let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        dechunk(body)
    } else {
        body.to_owned()
    };
    (status, body)
}

pub(crate) fn dechunk(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    whole
}
