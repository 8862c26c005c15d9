//! The window when the keychain is locked, absent, an encrypted file, or silent.

use anyhow::Result;

use super::Look;
use crate::desktop::{Desktop, Keychain, Plan, Scheme};
use crate::simulator::Simulator;

/// Every way a keychain can be in the way.
pub async fn keychains(scheme: Scheme, look: &impl Look) -> Result<()> {
    locked(scheme, look).await?;
    absent(scheme, look).await?;
    silent(scheme, look).await
}

async fn locked(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    desktop.keyring().lock()?;
    let window = desktop.open().await?;
    window.see("[data-screen=accounts] [data-intent=unlock]").await?;
    look.at(&window, "keychain-locked-accounts").await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.fill("#display-name", "Second").await?;
    window.go_on().await?;
    window.see("[data-intent=unlock]").await?;
    look.at(&window, "keychain-locked-sign-in").await
}

async fn absent(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        keychain: Keychain::Absent,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    let window = desktop.open().await?;
    window
        .click("[data-screen=first-start] [data-intent=way-company]")
        .await?;
    window.screen("keychain").await?;
    look.at(&window, "keychain-absent").await?;
    window.fill("#passphrase", "four words are better").await?;
    window.fill("#passphrase-again", "four words").await?;
    look.at(&window, "keychain-not-the-same").await?;
    window.fill("#passphrase-again", "four words are better").await?;
    window.press("keychain-act").await?;
    window.screen("link-address").await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.link().await?;
    window.finish_link().await?;
    window.press("go-settings").await?;
    look.at(&window, "settings-encrypted-file").await?;
    window.close().await?;

    let window = desktop.open().await?;
    window
        .see("[data-screen=accounts] [data-intent=type-passphrase]")
        .await?;
    look.at(&window, "keychain-file-accounts").await?;
    window.press("type-passphrase").await?;
    window.screen("keychain").await?;
    window.fill("#passphrase", "three words wrong").await?;
    window.press("keychain-act").await?;
    window.see("#passphrase[aria-invalid=true]").await?;
    look.at(&window, "keychain-wrong-passphrase").await
}

async fn silent(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    desktop.keyring().freeze()?;
    let window = desktop.open().await?;
    window
        .see("[data-screen=accounts] [data-intent=retry-keychain]")
        .await?;
    look.at(&window, "keychain-silent").await?;
    desktop.keyring().thaw()?;
    window.press("retry-keychain").await?;
    window.see_account("Work", "linked").await
}
