//! A keychain that is locked, absent or silent: the window says so, nothing is lost, and it goes on once it is back.

use anyhow::Result;
use stage::{Desktop, Keychain, Plan, Simulator};

use super::{at_sign_in, nothing_kept};

#[tokio::test]
async fn locked_keychain_is_told_before_the_token_and_unlocking_goes_on() -> Result<()> {
    let simulator = Simulator::start()?;
    let desktop = Desktop::planned(&Plan {
        keychain: Keychain::Locked,
        ..Plan::default()
    })?;
    let window = at_sign_in(&desktop, &simulator).await?;
    window.read("Your keyring is locked").await?;
    assert!(
        window
            .shows("[data-intent=link-account][aria-disabled=true]")
            .await
    );
    desktop.keyring().unlock()?;
    window.press("unlock").await?;
    window.see_no("[data-intent=unlock]").await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.link().await?;
    assert_eq!(desktop.keyring().kept()?, 1);
    Ok(())
}

#[tokio::test]
async fn absent_keychain_is_told_first_and_an_encrypted_file_is_chosen_not_taken() -> Result<()> {
    let simulator = Simulator::start()?;
    let desktop = Desktop::planned(&Plan {
        keychain: Keychain::Absent,
        ..Plan::default()
    })?;
    let window = desktop.open().await?;
    window
        .click("[data-screen=first-start] [data-intent=way-company]")
        .await?;
    window.screen("keychain").await?;
    window.read("This computer runs no keychain").await?;
    window.fill("#passphrase", "four words are better").await?;
    window.fill("#passphrase-again", "four words are better").await?;
    window.press("keychain-act").await?;
    window.screen("link-address").await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.link().await?;
    window
        .read("an encrypted file")
        .await
        .or(window.read("encrypted file").await)?;
    window.close().await?;

    let window = desktop.open().await?;
    window.press("type-passphrase").await?;
    window.fill("#passphrase", "not these").await?;
    window.press("keychain-act").await?;
    window.read("This passphrase does not open the file").await?;
    window.fill("#passphrase", "four words are better").await?;
    window.press("keychain-act").await?;
    let name = "127.0.0.1";
    window.see_account(name, "linked").await
}

#[tokio::test]
async fn keychain_that_vanishes_before_the_link_is_stored_keeps_nothing() -> Result<()> {
    let simulator = Simulator::start()?;
    let mut desktop = Desktop::start()?;
    let window = at_sign_in(&desktop, &simulator).await?;
    window.give_token(simulator.token_of("ada")?).await?;
    desktop.keyring_mut().vanish();
    window.press("link-account").await?;
    window
        .see("dialog[open], [data-intent=choose-place], [data-intent=retry-keychain]")
        .await?;
    assert_eq!(desktop.accounts()?.len(), 0);
    desktop.keyring_mut().appear()?;
    nothing_kept(&desktop)
}

#[tokio::test]
async fn silent_keychain_is_told_and_nothing_hangs() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    desktop.keyring().freeze()?;
    let window = desktop.open().await?;
    window.read("Your keychain does not answer").await?;
    // The window lives on meanwhile.
    window.press("go-settings").await?;
    window.screen("settings").await?;
    window.press("go-accounts").await?;
    desktop.keyring().thaw()?;
    window.press("retry-keychain").await?;
    window.see_account("Work", "linked").await
}
