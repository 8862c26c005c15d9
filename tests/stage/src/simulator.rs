//! A simulator of its own: the built `simulator`, started on a free port, and its control under `/_sim/`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use reqwest::{Client, Method, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::built::built;
use crate::port::ClosedPort;
use crate::process::{Running, tied};
use crate::wait::until;

/// What the simulator says when it listens.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    /// Where the GitLab is, with its subpath.
    pub address: String,
    /// The authority that signed its certificate, when it speaks https and the authority is told.
    pub ca_file: Option<PathBuf>,
    /// Who has an account there.
    pub users: Vec<ReadyUser>,
    /// Access tokens that work.
    pub tokens: Vec<ReadyToken>,
    /// OAuth applications registered there.
    pub applications: Vec<ReadyApplication>,
    /// Repositories git can use.
    pub repositories: Vec<ReadyRepository>,
}

/// A user of the simulator.
#[derive(Debug, Clone, Deserialize)]
pub struct ReadyUser {
    /// User name.
    pub username: String,
    /// Password, for the sign-in page.
    pub password: String,
    /// Whether an administrator.
    pub admin: bool,
}

/// An access token of the simulator.
#[derive(Debug, Clone, Deserialize)]
pub struct ReadyToken {
    /// The token.
    pub token: String,
    /// Whose.
    pub username: String,
    /// `personal`, `project`, `group`, `service_account` …
    pub kind: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

/// An OAuth application of the simulator.
#[derive(Debug, Clone, Deserialize)]
pub struct ReadyApplication {
    /// Its ID.
    pub application_id: String,
    /// Its secret, if confidential.
    pub secret: Option<String>,
    /// Whether confidential.
    pub confidential: bool,
}

/// A repository of the simulator.
#[derive(Debug, Clone, Deserialize)]
pub struct ReadyRepository {
    /// For example `ada/notes`.
    pub path: String,
    /// Its clone address.
    pub url: String,
    /// Whether it takes signing in to read.
    pub private: bool,
}

/// One request the simulator was asked.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    /// Method.
    pub method: String,
    /// Path, with the subpath.
    pub path: String,
    /// What stood after `?`.
    #[serde(default)]
    pub query: Option<String>,
    /// The status it was answered with; 0 or nothing while it is not answered.
    #[serde(default)]
    pub status: Option<u16>,
}

/// A running simulator; it stops when dropped.
pub struct Simulator {
    running: Running,
    ready: Ready,
    /// Its own: where it was stopped nobody else listens, as long as this is there.
    _port: ClosedPort,
}

impl Simulator {
    /// A healthy GitLab of the newest version.
    pub fn start() -> Result<Self> {
        Self::with(&[])
    }

    /// One with further options, for example `["--subpath", "/gitlab"]`; on a port of its own, or on that of `--port`.
    pub fn with(options: &[&str]) -> Result<Self> {
        let wanted = options.iter().skip_while(|option| **option != "--port").nth(1);
        let port = match wanted {
            Some(number) => ClosedPort::at(number.parse().context("--port")?)?,
            None => ClosedPort::any()?,
        };
        let mut command = tied(built("simulator")?);
        if wanted.is_none() {
            command.args(["--port", &port.number().to_string()]);
        }
        command
            .arg("--ready-json")
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut running = Running::start("simulator", command)?;
        let mut line = String::new();
        let stdout = running
            .child()
            .stdout
            .take()
            .context("the simulator has no output")?;
        let mut reader = BufReader::new(stdout);
        reader.read_line(&mut line)?;
        // It may go on writing; nobody reads it, and nobody is to wait for it.
        thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        let ready: Ready = serde_json::from_str(&line)
            .map_err(|error| anyhow!("the simulator's first line is not what it should be: {error}"))?;
        Ok(Self {
            running,
            ready,
            _port: port,
        })
    }

    /// What it said when it began to listen.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Its address, with the subpath.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.ready.address
    }

    /// Its address as people say it: without the scheme.
    #[must_use]
    pub fn host(&self) -> &str {
        self.ready
            .address
            .split_once("://")
            .map_or(self.ready.address.as_str(), |(_, host)| host)
    }

    /// The token a user has from the start.
    pub fn token_of(&self, username: &str) -> Result<&str> {
        self.ready
            .tokens
            .iter()
            .find(|token| token.username == username)
            .map(|token| token.token.as_str())
            .with_context(|| format!("the simulator gave {username} no token"))
    }

    /// What was asked since the start or the last [`forget_requests`](Self::forget_requests).
    pub fn requests(&self) -> Result<Vec<Asked>> {
        Ok(serde_json::from_value(self.control(
            Method::GET,
            "requests",
            None,
        )?)?)
    }

    /// Empties the list of requests.
    pub fn forget_requests(&self) -> Result<()> {
        self.control(Method::DELETE, "requests", None).map(drop)
    }

    /// Moves its clock.
    pub fn advance_clock(&self, seconds: i64) -> Result<()> {
        self.control(Method::POST, "clock", Some(json!({ "advance_seconds": seconds })))
            .map(drop)
    }

    /// Sets a fault, in the simulator's words.
    pub fn fault(&self, fault: Value) -> Result<Value> {
        self.control(Method::POST, "faults", Some(fault))
    }

    /// Ends all faults.
    pub fn no_faults(&self) -> Result<()> {
        self.control(Method::DELETE, "faults", None).map(drop)
    }

    /// Adds or changes a user, in the simulator's words.
    pub fn user(&self, user: Value) -> Result<Value> {
        self.control(Method::POST, "users", Some(user))
    }

    /// Adds or changes a token, in the simulator's words.
    pub fn token(&self, token: Value) -> Result<Value> {
        self.control(Method::POST, "tokens", Some(token))
    }

    /// Everything it knows, for comparing.
    pub fn state(&self) -> Result<Value> {
        self.control(Method::GET, "state", None)
    }

    /// Any other request to its control.
    pub fn control(&self, method: Method, what: &str, body: Option<Value>) -> Result<Value> {
        let mut url = Url::parse(&self.ready.address)?;
        url.set_path(&format!("/_sim/{what}"));
        let mut request = client()?.request(method.clone(), url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let asking = async move {
            let answer = request.send().await?;
            let status = answer.status();
            let text = answer.text().await?;
            ensure!(
                status.is_success(),
                "the simulator's {method} {what} answered {status}: {text}"
            );
            if text.is_empty() {
                Ok(Value::Null)
            } else {
                Ok(serde_json::from_str(&text)?)
            }
        };
        // Also asked from inside other runtimes, where blocking on this one is only allowed from a thread of its own.
        thread::scope(|scope| {
            let asked = scope.spawn(|| {
                Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(asking)
            });
            asked
                .join()
                .map_err(|_| anyhow!("asking the simulator panicked"))?
        })
    }

    /// Stops it, as if the server were switched off. Its port refuses from then on, until this is dropped or another
    /// is started there.
    pub fn stop(&mut self) -> Result<()> {
        drop(self.running.child().stdin.take());
        until("the simulator to stop", || {
            Ok(self.running.child().try_wait()?.map(drop))
        })
    }
}

/// The control speaks to our own child on a port it told us; its certificate may be wrong on purpose.
fn client() -> Result<Client> {
    // A second installation is refused and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().timeout(Duration::from_secs(20));
    Ok(builder.tls_danger_accept_invalid_certs(true).build()?)
}
