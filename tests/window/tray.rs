//! The tray as a desktop shell sees it: its menu, its state, and the window that comes and goes.

use anyhow::Result;
use serde_json::json;
use stage::{Desktop, Plan, Simulator, tour::in_days, until};

use super::open_checked;

fn with_tray() -> Result<Desktop> {
    Desktop::planned(&Plan {
        tray: true,
        ..Plan::default()
    })
}

fn web_views(desktop: &Desktop) -> Result<usize> {
    Ok(desktop
        .processes()?
        .iter()
        .filter(|(_, program)| program.ends_with("WebKitWebProcess"))
        .count())
}

#[tokio::test]
async fn closing_the_window_ends_the_web_view_and_the_tray_brings_it_back() -> Result<()> {
    let desktop = with_tray()?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    let window = until("the window", || Ok(desktop.windows("LabLink")?.first().copied()))?;
    desktop.tray()?.entry("Open LabLink")?;
    until("the web view", || Ok((web_views(&desktop)? == 1).then_some(())))?;
    desktop.close(window)?;
    until("the web view to end", || {
        Ok((web_views(&desktop)? == 0).then_some(()))
    })?;
    app.still_runs()?;
    desktop.tray()?.pick("Open LabLink")?;
    until("the window to come back", || {
        Ok(desktop.windows("LabLink")?.first().copied())
    })?;
    desktop.tray()?.pick("Quit LabLink")?;
    let status = until("the app to end", || Ok(app.child().try_wait()?))?;
    assert!(status.success(), "{status}");
    Ok(())
}

#[tokio::test]
async fn without_a_tray_closing_the_window_ends_the_app() -> Result<()> {
    let desktop = Desktop::start()?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    let window = until("the window", || Ok(desktop.windows("LabLink")?.first().copied()))?;
    desktop.close(window)?;
    let status = until("the app to end", || Ok(app.child().try_wait()?))?;
    assert!(status.success(), "{status}");
    Ok(())
}

#[tokio::test]
async fn started_in_the_background_there_is_a_tray_and_no_window() -> Result<()> {
    let desktop = with_tray()?;
    let _app = desktop.launch("lablink-desktop", &["--background"])?;
    desktop.tray()?.pick("Link an account")?;
    until("the window", || Ok(desktop.windows("LabLink")?.first().copied()))?;
    Ok(())
}

#[tokio::test]
async fn menu_opens_the_link_flow_in_the_window() -> Result<()> {
    let desktop = with_tray()?;
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    desktop.tray()?.pick("Link an account")?;
    window.screen("link-address").await.map(drop)
}

/// All the app says with its icon, for comparing.
fn sign(desktop: &Desktop) -> Result<Vec<(i32, i32, Vec<u8>)>> {
    desktop.tray()?.icon()
}

#[tokio::test]
async fn tray_tells_four_states_by_words_and_by_different_icons() -> Result<()> {
    let (mut simulator, desktop) = (Simulator::start()?, with_tray()?);
    let token = simulator.token_of("ada")?.to_owned();
    let tip = |words: &str| {
        until(&format!("the tray to say {words:?}"), || {
            Ok(desktop
                .tray()?
                .tooltip()
                .is_ok_and(|tip| tip.contains(words))
                .then_some(()))
        })
    };
    desktop.link(simulator.address(), "Work", &token)?;
    let window = open_checked(&desktop).await?;
    window.see_account("Work", "linked").await?;
    tip("all well")?;
    let mut signs = vec![sign(&desktop)?];
    let check = || desktop.lablink(&["check"], "").map(drop);

    let soon = in_days(9);
    simulator.token(json!({ "token": token, "expires_at": soon }))?;
    check()?;
    tip("expires soon")?;
    let told = desktop.tray()?.entry("Work expires in ")?.label;
    // The day may have ended meanwhile.
    let days = ["in 9 days", "in 8 days"];
    assert!(days.iter().any(|days| told.contains(days)), "{told}");
    signs.push(sign(&desktop)?);

    simulator.token(json!({ "token": token, "expires_at": in_days(300) }))?;
    simulator.user(json!({ "username": "ada", "state": "blocked" }))?;
    check()?;
    tip("needs you")?;
    desktop.tray()?.entry("Work is refused")?;
    signs.push(sign(&desktop)?);

    simulator.stop()?;
    check()?;
    check()?;
    tip("offline")?;
    desktop.tray()?.entry("Work is offline")?;
    signs.push(sign(&desktop)?);

    for (index, one) in signs.iter().enumerate() {
        assert!(!one.is_empty(), "state {index} has no icon");
        assert!(
            !signs[..index].contains(one),
            "state {index} looks like one before"
        );
    }
    Ok(())
}
