//! LabLink's command line on a desktop, and its window in its own words. What is known here is what a person knows:
//! the names of things on the screen.

use std::ffi::OsStr;
use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use crate::built::built;
use crate::desktop::Desktop;
use crate::keyring::Keyring;
use crate::window::Window;

/// What a command said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit status; nothing when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

impl Said {
    /// The output as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.output).with_context(|| format!("no JSON: {}{}", self.output, self.errors))
    }

    /// Fails unless the command succeeded.
    pub fn done(self) -> Result<Self> {
        ensure!(
            self.status == Some(0),
            "exit status {:?}: {}{}",
            self.status,
            self.output,
            self.errors
        );
        Ok(self)
    }
}

impl Keyring {
    /// Runs `lablink` beside this keychain, with `input` on its standard input.
    pub fn lablink<S: AsRef<OsStr>>(&self, arguments: &[S], input: &str) -> Result<Said> {
        let mut child = self
            .command(built("lablink")?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // A command that reads nothing may have closed its end.
        let _ = child
            .stdin
            .take()
            .context("no standard input")?
            .write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        Ok(Said {
            status: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

impl Desktop {
    /// Runs `lablink` on this desktop, with `input` on its standard input.
    pub fn lablink<S: AsRef<OsStr>>(&self, arguments: &[S], input: &str) -> Result<Said> {
        self.keyring().lablink(arguments, input)
    }

    /// Links an account from the command line.
    pub fn link(&self, address: &str, name: &str, token: &str) -> Result<()> {
        self.lablink(&["link", address, "--name", name, "--token-stdin"], token)?
            .done()
            .map(drop)
    }

    /// The accounts the command line knows.
    pub fn accounts(&self) -> Result<Vec<Value>> {
        let answer = self.lablink(&["accounts", "--json"], "")?.done()?.json()?;
        let accounts = answer.get("accounts").and_then(Value::as_array).cloned();
        accounts.ok_or_else(|| anyhow!("no accounts in {answer}"))
    }

    /// The health of an account as the command line tells it.
    pub fn health(&self, name: &str) -> Result<String> {
        let accounts = self.accounts()?;
        let account = accounts
            .iter()
            .find(|account| account.get("name").and_then(Value::as_str) == Some(name));
        let state = account
            .and_then(|account| account.pointer("/health/state"))
            .and_then(Value::as_str);
        state
            .map(str::to_owned)
            .with_context(|| format!("no account {name}"))
    }
}

/// The steps of linking, as a person takes them.
impl Window {
    /// From the first start or the list to the question where the GitLab is. One input.
    pub async fn begin_link(&self) -> Result<()> {
        self.click(
            "[data-screen=first-start] [data-intent=way-company], [data-screen=accounts] [data-intent=link]",
        )
        .await?;
        self.screen("link-address").await.map(drop)
    }

    /// Types the address and waits until it is found. One input.
    pub async fn give_address(&self, address: &str) -> Result<()> {
        self.fill("#address", address).await?;
        self.see("[data-screen=link-address][data-address-state=found]")
            .await
            .map(drop)
    }

    /// Goes on to signing in. Decides nothing, so it counts as a move.
    pub async fn go_on(&self) -> Result<()> {
        self.advance("[data-intent=next]").await?;
        self.screen("link-sign-in").await.map(drop)
    }

    /// Types the token and waits until GitLab has told whose it is. One input.
    pub async fn give_token(&self, token: &str) -> Result<()> {
        self.fill("#token", token).await?;
        self.see("[data-screen=link-sign-in][data-token-state=checked]")
            .await
            .map(drop)
    }

    /// Links and waits until it is done. One input.
    pub async fn link(&self) -> Result<()> {
        self.press("link-account").await?;
        self.screen("link-done").await.map(drop)
    }

    /// Leaves the last step and waits for the list. A move.
    pub async fn finish_link(&self) -> Result<()> {
        self.advance("[data-intent=done]").await?;
        self.screen("accounts").await.map(drop)
    }

    /// Opens the menu of an account in the list.
    pub async fn open_menu(&self, name: &str) -> Result<()> {
        self.click(&format!("[data-name=\"{name}\"] [data-intent=menu]"))
            .await?;
        self.see("[role=menu]").await.map(drop)
    }

    /// Opens the page of an account in the list.
    pub async fn open_account(&self, name: &str) -> Result<()> {
        self.click(&format!("[data-name=\"{name}\"] [data-intent=open]"))
            .await?;
        self.screen("account").await.map(drop)
    }

    /// Waits until an account of the list is in a state.
    pub async fn see_account(&self, name: &str, state: &str) -> Result<()> {
        self.see(&format!("[data-name=\"{name}\"][data-state=\"{state}\"]"))
            .await
            .map(drop)
    }
}
