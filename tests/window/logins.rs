//! App login where it is hardest: the oldest GitLab that has it and the newest, under a subpath, over TLS with an
//! authority no system knows; by both kinds of application. And what an app login may do, changed in the window.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use stage::{Chromium, Desktop, Simulator, Window};

use super::app_login::application;
use super::wanted;

/// The oldest version LabLink signs in to.
const OLDEST: &[&str] = &["--gitlab-version", "15.0", "--subpath", "/gitlab", "--tls"];
const NEWEST: &[&str] = &["--subpath", "/gitlab", "--tls"];

/// A GitLab, a browser where Ada is signed in, and a desktop that knows neither.
async fn company(options: &[&str]) -> Result<(Simulator, Chromium, Desktop)> {
    let simulator = Simulator::with(options)?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    Ok((simulator, browser, desktop))
}

/// Where an application is typed, at a GitLab whose authority the person trusts on the way.
async fn at_registering(window: &Window, simulator: &Simulator) -> Result<()> {
    window.begin_link().await?;
    window.fill("#address", simulator.address()).await?;
    window.see("[data-address-state=certificate]").await?;
    window.press("trust").await?;
    window.see("[data-address-state=found]").await?;
    window.go_on().await?;
    window.click("[data-method=app]").await?;
    window.press("register").await
}

/// Presses Link, authorizes in the browser, and looks at what came of it.
async fn sign_in(
    window: &Window,
    simulator: &Simulator,
    browser: &Chromium,
    desktop: &Desktop,
) -> Result<()> {
    window.press("link-account").await?;
    let address = browser.follow().await?;
    let start = format!("{}/oauth/authorize?", simulator.address());
    assert!(address.starts_with(&start), "{address}");
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;
    let account = only_account(desktop)?;
    assert_eq!(
        (
            &account["method"],
            &account["instance"],
            &account["user"]["username"]
        ),
        (&json!("app"), &json!(simulator.address()), &json!("ada"))
    );
    assert_eq!(account["health"]["state"], "linked");
    assert_eq!(account["scopes"], wanted());
    // The authority is known from now on: another program of the same person needs nothing more.
    let name = account["name"].as_str().context("no name")?;
    desktop.lablink(&["check", name], "")?.done().map(drop)
}

fn only_account(desktop: &Desktop) -> Result<Value> {
    let mut accounts = desktop.accounts()?;
    assert_eq!(accounts.len(), 1, "{accounts:?}");
    accounts.pop().context("no account")
}

/// The numbers of the app logins that live at GitLab.
fn live_logins(simulator: &Simulator) -> Result<Vec<u64>> {
    let state = simulator.state()?;
    let tokens = state["tokens"].as_array().context("no tokens")?;
    let lives = |token: &&Value| token["kind"] == "oauth" && token["revoked"] == false;
    Ok(tokens
        .iter()
        .filter(lives)
        .filter_map(|token| token["id"].as_u64())
        .collect())
}

async fn confidential(options: &[&str]) -> Result<()> {
    let (simulator, browser, desktop) = company(options).await?;
    let window = desktop.open().await?;
    at_registering(&window, &simulator).await?;
    let application = application(&simulator, true)?;
    window
        .fill("#application-id", &application.application_id)
        .await?;
    let secret = application.secret.as_deref().context("no secret")?;
    window.fill("#application-secret", secret).await?;
    sign_in(&window, &simulator, &browser, &desktop).await?;
    // The login and the application's secret.
    assert_eq!(desktop.keyring().kept()?, 2);
    Ok(())
}

#[tokio::test]
async fn quirk_18_confidential_application_at_15_0_under_a_subpath_with_an_authority() -> Result<()> {
    confidential(OLDEST).await
}

#[tokio::test]
async fn quirk_18_confidential_application_at_the_newest_under_a_subpath_with_an_authority() -> Result<()> {
    confidential(NEWEST).await
}

#[tokio::test]
async fn public_application_at_15_0_with_an_authority_and_other_permissions_later() -> Result<()> {
    let (simulator, browser, desktop) = company(OLDEST).await?;
    let window = desktop.open().await?;
    at_registering(&window, &simulator).await?;
    let id = &application(&simulator, false)?.application_id;
    window.fill("#application-id", id).await?;
    sign_in(&window, &simulator, &browser, &desktop).await?;
    window.finish_link().await?;
    let (before, old) = (only_account(&desktop)?, live_logins(&simulator)?);
    assert_eq!(old.len(), 1);

    window
        .open_account(before["name"].as_str().context("no name")?)
        .await?;
    window.press("edit-permissions").await?;
    window.see("dialog[open] [data-intent=ask-permissions]").await?;
    window.click("dialog[open] label[for=scope-api]").await?;
    window.click("dialog[open] label[for=scope-read_api]").await?;
    window.press("ask-permissions").await?;
    browser.follow().await?;
    browser.see("#authorize").await?;
    // Until GitLab says yes, nothing has changed.
    assert_eq!(live_logins(&simulator)?, old);
    assert_eq!(only_account(&desktop)?["scopes"], before["scopes"]);
    simulator.forget_requests()?;
    browser.authorize().await?;
    window.see("dialog[open] [data-intent=permissions-done]").await?;
    window.press("permissions-done").await?;
    window.see_no("dialog[open]").await?;
    window.read("read_api").await?;

    let after = only_account(&desktop)?;
    assert_eq!(
        after["scopes"],
        json!(["read_repository", "write_repository", "read_api"])
    );
    assert_eq!(
        (&after["id"], &after["health"]["state"]),
        (&before["id"], &json!("linked"))
    );
    let new = live_logins(&simulator)?;
    assert_eq!(new.len(), 1);
    assert_ne!(new, old, "the old login lives");
    // The new one was proven before the old one was revoked.
    let asked = simulator.requests()?;
    let at = |what: &str| asked.iter().position(|one| one.path.ends_with(what));
    let (granted, proven, revoked) = (at("/oauth/token"), at("/api/v4/user"), at("/oauth/revoke"));
    assert!(
        granted.is_some() && granted < proven && proven < revoked,
        "{asked:?}"
    );
    Ok(())
}
