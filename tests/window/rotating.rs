//! A token that gives way to a new one: asked for once in the window, and by itself once the person said so.

use anyhow::{Context, Result};
use serde_json::json;
use stage::{Desktop, Plan, Simulator, tour::in_days, until};

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

#[tokio::test]
async fn quitting_in_the_middle_of_a_rotation_waits_for_the_new_token() -> Result<()> {
    const ROTATE: &str = "/api/v4/personal_access_tokens/self/rotate";
    let simulator = Simulator::start()?;
    let desktop = Desktop::planned(&Plan {
        tray: true,
        ..Plan::default()
    })?;
    // Made long ago and near its end, so that it is due as soon as the person says yes.
    simulator.advance_clock(-300 * 86_400)?;
    let made = simulator.token(json!({
        "username": "ada",
        "scopes": ["api", "read_repository", "write_repository"],
        "expires_at": in_days(9),
    }))?;
    simulator.advance_clock(300 * 86_400)?;
    let old = made["token"].as_str().context("no token")?;
    desktop.link(simulator.address(), "Work", old)?;
    desktop
        .lablink(&["rotate", "Work", "--automatically", "on"], "")?
        .done()?;
    simulator.fault(json!({ "fault": "slow", "times": 1, "seconds": 3, "path": ROTATE }))?;

    let mut app = desktop.launch("lablink-desktop", &["--background"])?;
    until("the rotation to be asked for", || {
        let asked = simulator.requests()?;
        Ok(asked
            .iter()
            .any(|request| request.path.ends_with(ROTATE))
            .then_some(()))
    })?;
    desktop.tray()?.pick("Quit LabLink")?;
    let status = until("the app to end", || Ok(app.child().try_wait()?))?;
    assert!(status.success(), "{status}");

    let said = desktop
        .lablink(&["token", "Work", "--for", "a test"], "")?
        .done()?;
    assert_ne!(said.output.trim_end(), old, "the new one was lost");
    desktop.lablink(&["check", "Work"], "")?.done()?;
    assert_eq!(desktop.health("Work")?, "linked");
    Ok(())
}
