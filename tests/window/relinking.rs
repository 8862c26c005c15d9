//! Linking an account again: from the tray, from a `lablink://` link; with a token, in the browser, as somebody else. It
//! is the same account afterwards, and the inputs are few.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use stage::{Chromium, Desktop, Plan, Simulator};

use super::app_login::{application, choose_known};
use super::{open_checked, token, wanted};

/// What stays of the one account.
fn the_account(desktop: &Desktop) -> Result<Value> {
    let mut accounts = desktop.accounts()?;
    assert_eq!(accounts.len(), 1, "{accounts:?}");
    let account = accounts.remove(0);
    assert_eq!(account["health"]["state"], "linked", "{account}");
    assert_eq!(desktop.keyring().kept()?, 1);
    Ok(json!([
        account["name"],
        account["user"]["username"],
        account["method"]
    ]))
}

/// GitLab says no twice: then the tray does, too.
fn found_dead(desktop: &Desktop) -> Result<()> {
    for _ in 0..2 {
        desktop.lablink(&["check"], "")?;
    }
    Ok(())
}

#[tokio::test]
async fn from_the_tray_a_token_takes_two_inputs_and_it_is_the_same_account() -> Result<()> {
    let (simulator, desktop) = (
        Simulator::start()?,
        Desktop::planned(&Plan {
            tray: true,
            ..Plan::default()
        })?,
    );
    let old = simulator.token_of("ada")?;
    desktop.link(simulator.address(), "Work", old)?;
    let before = the_account(&desktop)?;
    let window = desktop.open().await?;
    simulator.token(json!({ "token": old, "state": "revoked" }))?;
    found_dead(&desktop)?;
    let tray = desktop.tray()?;
    tray.pick("Work was revoked: re-link")?;
    window.screen("link-sign-in").await?;
    window.read("Link Work again").await?;
    let new = token(&simulator, json!({ "username": "ada", "scopes": wanted() }))?;
    let inputs = window.inputs();
    window.fill("#token", &new).await?;
    window.press("link-account").await?;
    window.screen("link-done").await?;
    window.read("Work is linked again").await?;
    assert_eq!(window.inputs() - inputs, 2, "paste, Link");
    assert_eq!(the_account(&desktop)?, before);
    Ok(())
}

#[tokio::test]
async fn from_the_tray_app_login_takes_two_inputs_the_line_and_authorize() -> Result<()> {
    let simulator = Simulator::start()?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::planned(&Plan {
        tray: true,
        openers: Some(browser.openers()),
        ..Plan::default()
    })?;
    let id = &application(&simulator, false)?.application_id;
    desktop
        .lablink(&["instance", "add", simulator.address(), "--client-id", id], "")?
        .done()?;
    let window = desktop.open().await?;
    choose_known(&window, &simulator).await?;
    browser.follow().await?;
    browser.authorize().await?;
    window.finish_link().await?;
    let before = the_account(&desktop)?;

    let state = simulator.state()?;
    let tokens = state["tokens"].as_array().context("no tokens")?;
    let login = tokens
        .iter()
        .find(|token| token["kind"] == "oauth")
        .context("no login")?;
    simulator.token(json!({ "id": login["id"], "state": "revoked" }))?;
    found_dead(&desktop)?;
    let (inputs, presses) = (window.inputs(), browser.presses());
    let tray = desktop.tray()?;
    tray.pick("signed out: sign in again")?;
    window.screen("link-waiting").await?;
    browser.follow().await?;
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;
    window.read("is linked again").await?;
    // The tray's line is the other one.
    assert_eq!((window.inputs() - inputs, browser.presses() - presses), (0, 1));
    assert_eq!(the_account(&desktop)?, before);
    Ok(())
}

#[tokio::test]
async fn a_link_opens_it_and_does_nothing_else_and_somebody_else_is_asked_about() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "My Work", simulator.token_of("ada")?)?;
    let before = the_account(&desktop)?;
    let window = open_checked(&desktop).await?;
    window.see_account("My Work", "linked").await?;
    let open = |link: &str| desktop.launch("lablink-desktop", &[link]);

    let _unknown = open("lablink://relink?account=Home")?;
    window.read("No account here is called “Home”").await?;
    let _none = open("lablink://relink?name=x")?;
    window.read("does not say which account").await?;

    simulator.forget_requests()?;
    let _opened = open("lablink://relink?account=my%20work")?;
    window.screen("link-sign-in").await?;
    window.read("Link My Work again").await?;
    assert_eq!(simulator.requests()?.len(), 0, "nothing was asked of GitLab");

    let theirs = token(&simulator, json!({ "username": "grace", "scopes": wanted() }))?;
    window.fill("#token", &theirs).await?;
    window.press("link-account").await?;
    window.screen("link-confirm").await?;
    window.read("“My Work” was @ada. Use @grace from now on?").await?;
    window.press("confirm-no").await?;
    window
        .see("[data-screen=link-sign-in][data-token-state=empty]")
        .await?;
    assert_eq!(the_account(&desktop)?, before);

    window.fill("#token", &theirs).await?;
    window.press("link-account").await?;
    window.screen("link-confirm").await?;
    window.press("confirm-yes").await?;
    window.screen("link-done").await?;
    assert_eq!(the_account(&desktop)?, json!(["My Work", "grace", "token"]));
    Ok(())
}
