//! A GitLab whose certificate comes from another authority: its account, and the dialog that asks whom to trust.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::Look;
use crate::desktop::{Desktop, Plan, Scheme};
use crate::simulator::Simulator;

const TOKEN: &str = "glpat-01234567890123456789";

/// The list, the page, and the dialog as far as it goes.
pub async fn trusts(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let mut simulator = served(&[])?;
    let ca = simulator.ready().ca_file.clone().context("no authority told")?;
    let link = [
        "link",
        simulator.address(),
        "--name",
        "Secure",
        "--token-stdin",
        "--ca",
        ca.to_str().context("a path that is no text")?,
    ];
    desktop.lablink(&link, TOKEN)?.done()?;
    let address = simulator.address().to_owned();
    let port = address.rsplit(':').next().unwrap_or_default();

    simulator.stop()?;
    simulator = served(&["--port", port])?;
    let window = desktop.open().await?;
    window.see_account("Secure", "unreachable").await?;
    look.at(&window, "home-untrusted").await?;
    window.open_account("Secure").await?;
    look.at(&window, "account-untrusted").await?;
    window.click(".notice [data-intent=trust]").await?;
    window.see("dialog[open] [data-intent=close]").await?;
    look.at(&window, "trust-nobody").await?;
    window.press("close").await?;
    window.see_no("dialog[open]").await?;

    simulator.stop()?;
    simulator = served(&["--port", port, "--sends-authority"])?;
    window.click(".notice [data-intent=trust]").await?;
    window.see("#compared").await?;
    look.at(&window, "trust-asks").await?;
    window.click("#compared").await?;
    window
        .see("[data-intent=trust-confirm]:not([aria-disabled])")
        .await?;
    look.at(&window, "trust-compared").await?;
    simulator.stop()
}

fn served(options: &[&str]) -> Result<Simulator> {
    let simulator = Simulator::with(&[&["--tls"], options].concat())?;
    let scopes = ["api", "read_repository", "write_repository"];
    simulator.token(json!({ "username": "ada", "scopes": scopes, "token": TOKEN }))?;
    Ok(simulator)
}
