//! Back and Cancel: what is kept, what is forgotten, what is left behind.

use anyhow::Result;
use stage::{Desktop, Simulator};

use super::{at_sign_in, nothing_kept};

#[tokio::test]
async fn back_keeps_what_was_typed_but_never_the_token() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.fill("#display-name", "Work").await?;
    window.go_on().await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.press("back").await?;
    window.screen("link-address").await?;
    let fields = window
        .script("return ['#address', '#display-name'].map(f => document.querySelector(f).value)")
        .await?;
    assert_eq!(fields, serde_json::json!([simulator.address(), "Work"]));
    window.go_on().await?;
    window.see("[data-token-state=empty]").await?;
    let token = window
        .script("return document.querySelector('#token').value")
        .await?;
    assert!(token == "", "the token came back");
    Ok(())
}

#[tokio::test]
async fn cancel_asks_when_a_token_would_be_lost_and_leaves_nothing_behind() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.press("cancel").await?;
    window.press("cancel-stay").await?;
    window.see("[data-token-state=checked]").await?;
    window.press("cancel").await?;
    window.press("cancel-confirm").await?;
    window.screen("first-start").await?;
    nothing_kept(&desktop)
}

#[tokio::test]
async fn cancel_does_not_ask_when_nothing_would_be_lost() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    window.press("cancel").await?;
    window.screen("first-start").await?;
    nothing_kept(&desktop)
}
