//! LabLink as a person meets it: the real window on a desktop of its own, a real keychain, a real server on this
//! computer; what came of it is read from the outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod accessibility;
mod addresses;
mod app_login;
mod canary;
mod cancelling;
mod days;
mod faults;
mod keyboard;
mod keychains;
mod killed;
mod linking;
mod living;
mod logins;
mod notices;
mod relinking;
mod rotating;
mod tokens;
mod tray;
mod trusting;
mod year;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use stage::{Desktop, Simulator, Window, until};

/// The three scopes LabLink asks for.
fn wanted() -> Value {
    json!(["api", "read_repository", "write_repository"])
}

/// A new token of the simulator, as wished.
fn token(simulator: &Simulator, wish: Value) -> Result<String> {
    let answer = simulator.token(wish)?;
    Ok(answer
        .get("token")
        .and_then(Value::as_str)
        .context("the simulator made no token")?
        .to_owned())
}

/// A window whose first check of its one account has ended: what changes from here on is not overtaken by that.
async fn open_checked(desktop: &Desktop) -> Result<Window> {
    let checked_at = || anyhow::Ok(desktop.accounts()?[0]["checked_at"].clone());
    let before = checked_at()?;
    let window = desktop.open().await?;
    until("the check of the start", || {
        Ok((checked_at()? != before).then_some(()))
    })?;
    Ok(window)
}

/// A window at the step that asks for the token.
async fn at_sign_in(desktop: &Desktop, simulator: &Simulator) -> Result<Window> {
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    Ok(window)
}

/// Fails unless nothing at all is kept: no account, no secret, no instance but the one built in.
fn nothing_kept(desktop: &Desktop) -> Result<()> {
    let accounts = desktop.accounts()?;
    anyhow::ensure!(accounts.is_empty(), "accounts are kept: {accounts:?}");
    anyhow::ensure!(desktop.keyring().kept()? == 0, "a secret is kept");
    let list = desktop
        .lablink(&["instance", "list", "--json"], "")?
        .done()?
        .json()?;
    let instances = list["instances"].as_array().context("no instances")?.len();
    anyhow::ensure!(instances == 1, "instances are kept: {list}");
    Ok(())
}
