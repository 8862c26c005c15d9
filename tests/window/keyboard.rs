//! The whole job without a pointer.

use anyhow::Result;
use fantoccini::key::Key;
use stage::{Desktop, Simulator};

#[tokio::test]
async fn the_whole_link_by_keyboard_alone() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    window
        .tab_to("[data-screen=first-start] [data-intent=way-company]")
        .await?;
    window.key(Key::Enter).await?;

    window.screen("link-address").await?;
    window.tab_to("#address").await?;
    window.keys(simulator.address()).await?;
    window.see("[data-address-state=found]").await?;
    // Enter does the step's main action.
    window.key(Key::Enter).await?;

    window.screen("link-sign-in").await?;
    window.tab_to("#token").await?;
    window.keys(simulator.token_of("ada")?).await?;
    window.see("[data-token-state=checked]").await?;
    window.key(Key::Enter).await?;

    window.screen("link-done").await?;
    window.tab_to("[data-intent=done]").await?;
    window.key(Key::Enter).await?;
    window.screen("accounts").await?;
    assert_eq!(window.inputs() + window.moves(), 0, "the pointer was used");
    assert_eq!(desktop.accounts()?.len(), 1);

    // And out again: the menu, the dialog, Escape.
    window.tab_to("[data-intent=menu]").await?;
    window.key(Key::Enter).await?;
    window.see("[role=menu]").await?;
    window.key(Key::Escape).await?;
    window.see_no("[role=menu]").await?;
    assert!(
        window.focused("[data-intent=menu]").await?,
        "focus did not come back to what opened the menu"
    );
    Ok(())
}

#[tokio::test]
async fn escape_goes_back_and_focus_moves_to_the_new_steps_heading() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = super::at_sign_in(&desktop, &simulator).await?;
    window.see("[data-screen=link-sign-in] h1:focus").await?;
    window.key(Key::Escape).await?;
    window.screen("link-address").await?;
    window.see("[data-screen=link-address] h1:focus").await?;
    let typed = window
        .script("return document.querySelector('#address').value")
        .await?;
    assert_eq!(typed, simulator.address());
    window.key(Key::Escape).await?;
    window.screen("first-start").await?;
    Ok(())
}
