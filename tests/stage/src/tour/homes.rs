//! The list of accounts: one, every state, many.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Look, in_days};
use crate::desktop::{Desktop, Plan, Scheme};
use crate::simulator::Simulator;

/// A simulator with accounts in every state a check can find, all linked on the desktop. The second simulator is
/// switched off.
pub(super) fn every_state(desktop: &Desktop) -> Result<(Simulator, Simulator)> {
    let simulator = Simulator::start()?;
    let mut gone = Simulator::with(&["--subpath", "/gitlab"])?;
    let scopes = json!(["api", "read_repository", "write_repository"]);
    let mut links = Vec::new();
    for (name, username) in [
        ("Work", "ada"),
        ("Release bot", "relbot"),
        ("Old client", "old"),
        ("Side project", "side"),
        ("Review", "review"),
        ("Guest", "guest"),
    ] {
        simulator.user(json!({ "username": username, "name": name, "bot": username == "relbot" }))?;
        let answer = simulator.token(json!({ "username": username, "scopes": scopes, "name": "LabLink" }))?;
        let token = answer
            .get("token")
            .and_then(Value::as_str)
            .context("no token")?
            .to_owned();
        desktop.link(simulator.address(), name, &token)?;
        links.push((name, token));
    }
    desktop.link(gone.address(), "Home server", gone.token_of("ada")?)?;
    let token = |wanted: &str| -> Result<&String> {
        links
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, token)| token)
            .context("no such account")
    };
    simulator.token(json!({ "token": token("Release bot")?, "expires_at": in_days(9) }))?;
    simulator.token(json!({ "token": token("Old client")?, "state": "revoked" }))?;
    simulator.token(json!({ "token": token("Side project")?, "expires_at": in_days(-2) }))?;
    simulator.token(json!({ "token": token("Review")?, "scopes": ["api"] }))?;
    simulator.user(json!({ "username": "guest", "state": "blocked" }))?;
    gone.stop()?;
    // What is found dead or gone is believed the second time.
    for _ in 0..2 {
        desktop.lablink(&["check", "--json"], "")?;
    }
    Ok((simulator, gone))
}

/// The list with one account, then with every state, its menu.
pub async fn homes(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    look.at(&window, "accounts-one").await?;

    let _servers = every_state_beside(&desktop, &window).await?;
    look.at(&window, "accounts-every-state").await?;
    window.open_menu("Release bot").await?;
    look.at(&window, "accounts-menu").await
}

async fn every_state_beside(desktop: &Desktop, window: &crate::Window) -> Result<(Simulator, Simulator)> {
    desktop.lablink(&["rename", "Work", "First"], "")?.done()?;
    let servers = every_state(desktop)?;
    for (name, state) in [
        ("First", "linked"),
        ("Work", "linked"),
        ("Release bot", "expiring"),
        ("Old client", "revoked"),
        ("Side project", "expired"),
        ("Review", "too_narrow"),
        ("Guest", "refused"),
        ("Home server", "unreachable"),
    ] {
        window.see_account(name, state).await?;
    }
    Ok(servers)
}

/// Enough accounts for search and groups.
pub async fn many_accounts(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let (one, other) = (Simulator::start()?, Simulator::with(&["--subpath", "/gitlab"])?);
    for number in 1..=6 {
        for server in [&one, &other] {
            let username = format!("person{number}");
            server.user(json!({ "username": username }))?;
            let scopes = json!(["api", "read_repository", "write_repository"]);
            let answer = server.token(json!({ "username": username, "scopes": scopes }))?;
            let token = answer.get("token").and_then(Value::as_str).context("no token")?;
            let place = if std::ptr::eq(server, &raw const one) {
                "Team"
            } else {
                "Lab"
            };
            desktop.link(server.address(), &format!("{place} {number}"), token)?;
        }
    }
    let window = desktop.open().await?;
    window.see_account("Team 1", "linked").await?;
    look.at(&window, "accounts-many").await?;
    window.fill("input[type=search]", "lab 3").await?;
    window.see_no("[data-name=\"Team 1\"]").await?;
    look.at(&window, "accounts-search").await?;
    window.fill("input[type=search]", "nobody").await?;
    window.see_no("[data-name=\"Lab 3\"]").await?;
    look.at(&window, "accounts-search-nothing").await
}
