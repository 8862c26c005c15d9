//! What stands where nothing can be shown: a list of accounts that is damaged, putting it aside, and what is said then.

use std::fs;

use anyhow::Result;

use super::Look;
use crate::desktop::{Desktop, Plan, Scheme};

/// A damaged list, from its discovery to its successor.
pub async fn troubles(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    // It stands once something was asked of it.
    desktop.accounts()?;
    let database = desktop.room().lablink_home().join("lablink.db");
    fs::write(
        &database,
        "this was a database once, and is none any more".repeat(100),
    )?;
    let window = desktop.open().await?;
    window.screen("trouble").await?;
    look.at(&window, "trouble-damaged").await?;
    window.press("put-aside").await?;
    window.see("[data-intent=put-aside-confirm]").await?;
    look.at(&window, "trouble-put-aside-asks").await?;
    window.press("put-aside-confirm").await?;
    window.screen("first-start").await?;
    window.see("[data-intent=dismiss]").await?;
    look.at(&window, "trouble-put-aside").await
}
