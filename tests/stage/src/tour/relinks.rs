//! Linking an account again: the one step it has, the question about somebody else, its end, and a link that means none.

use anyhow::Result;
use serde_json::json;

use super::Look;
use super::tokens::made;
use crate::desktop::{Desktop, Plan, Scheme};
use crate::simulator::Simulator;

/// From a link of no account to an account that is linked again, as somebody else.
pub async fn relinks(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    let _started = desktop.launch("lablink-desktop", &["lablink://relink?account=Home"])?;
    window.read("No account here is called").await?;
    look.at(&window, "relink-link-unknown").await?;

    window.open_menu("Work").await?;
    window.press("link-again").await?;
    window.screen("link-sign-in").await?;
    look.at(&window, "relink-token").await?;
    let scopes = ["api", "read_repository", "write_repository"];
    let theirs = made(&simulator, json!({ "username": "grace", "scopes": scopes }))?;
    window.give_token(&theirs).await?;
    window.press("link-account").await?;
    window.screen("link-confirm").await?;
    look.at(&window, "relink-somebody-else").await?;
    window.press("confirm-yes").await?;
    window.screen("link-done").await?;
    look.at(&window, "relink-done").await
}
