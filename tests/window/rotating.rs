//! A token that gives way to a new one: asked for once in the window, and by itself once the person said so.

use anyhow::{Context, Result};
use stage::{Desktop, Simulator};

#[tokio::test]
async fn a_token_is_rotated_by_two_inputs_and_set_to_rotate_by_itself_by_one() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let old = simulator.token_of("ada")?;
    desktop.link(simulator.address(), "Work", old)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    window.open_account("Work").await?;

    let before = window.inputs();
    window.press("rotate").await?;
    window.read("ends the old one at once").await?;
    window.press("rotate-confirm").await?;
    window.see_no("dialog[open]").await?;
    assert_eq!(window.inputs() - before, 2);
    window.read("Token rotated").await?;
    let state = simulator.state()?;
    let tokens = state["tokens"]
        .as_array()
        .context("the simulator names no tokens")?;
    let successor = tokens.iter().find(|token| !token["previous"].is_null());
    let successor = successor.context("GitLab gave no new token")?;
    assert_eq!(successor["revoked"], false);
    let said = desktop
        .lablink(&["token", "Work", "--for", "a test"], "")?
        .done()?;
    assert_ne!(said.output.trim_end(), old, "the old one is handed out");
    assert_eq!(desktop.health("Work")?, "linked");

    window.click("[data-intent=rotate-by-itself]").await?;
    window.read("By itself. Next").await?;
    window.press("back").await?;
    window.read("Renews by itself").await
}
