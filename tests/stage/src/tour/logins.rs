//! App login, codes, link profiles and permissions: the screens in which a person sets GitLab up for LabLink, waits for
//! the browser or another device, says who they are, and hands on what others need.

use anyhow::{Context, Result};

use super::Look;
use crate::chromium::Chromium;
use crate::desktop::{Desktop, Plan, Scheme};
use crate::openers::openers;
use crate::simulator::Simulator;
use crate::window::Window;

/// From a GitLab that does not know LabLink to an account linked by a code, its instance, its profile, its permissions.
pub async fn logins(scheme: Scheme, look: &impl Look) -> Result<()> {
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::planned(&Plan {
        scheme,
        openers: Some(browser.openers()),
        ..Plan::default()
    })?;
    let window = desktop.open().await?;
    sign_in(&window, &simulator, &browser, look).await?;
    window.finish_link().await?;
    instances(&window, &simulator, look).await?;
    profiles(&window, look).await
}

/// A GitLab that knows LabLink already, and a browser that does not open.
pub async fn known(scheme: Scheme, look: &impl Look) -> Result<()> {
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    let openers = openers("exit 1")?;
    let desktop = Desktop::planned(&Plan {
        scheme,
        openers: Some(openers.path().to_owned()),
        ..Plan::default()
    })?;
    let applications = &simulator.ready().applications;
    let public = applications.iter().find(|one| !one.confidential);
    let id = &public.context("no application")?.application_id;
    let add = ["instance", "add", simulator.address(), "--client-id", id];
    desktop.lablink(&add, "")?.done()?;
    let window = desktop.open().await?;
    window
        .see("[data-screen=first-start] [data-intent=sign-in-at]")
        .await?;
    look.at(&window, "first-start-known").await?;
    window.begin_link().await?;
    look.at(&window, "link-address-known").await?;
    window.press("sign-in-at").await?;
    window.read("Your browser could not be opened.").await?;
    look.at(&window, "link-waiting-failed").await?;
    window.press("back").await?;
    window.screen("link-sign-in").await?;
    window.press("change-scopes").await?;
    window.see("#scope-api").await?;
    look.at(&window, "link-scopes").await
}

async fn sign_in(window: &Window, simulator: &Simulator, browser: &Chromium, look: &impl Look) -> Result<()> {
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    window.click("[data-method=app]").await?;
    window
        .see("[data-app-state=not_set_up] [data-intent=register]")
        .await?;
    look.at(window, "link-app-not-set-up").await?;
    window.press("register").await?;
    window.see("#application-id").await?;
    look.at(window, "link-app-registering").await?;
    let applications = &simulator.ready().applications;
    let public = applications.iter().find(|one| !one.confidential);
    let id = &public.context("no application")?.application_id;
    window.fill("#application-id", id).await?;
    window.see("[data-app-state=ready]").await?;
    look.at(window, "link-app-typed").await?;

    window.press("link-account").await?;
    window
        .see("[data-screen=link-waiting] [data-intent=use-code]")
        .await?;
    look.at(window, "link-waiting").await?;
    window.press("use-code").await?;
    window
        .see("[data-screen=link-device][data-device-state=waiting]")
        .await?;
    look.at(window, "link-device").await?;
    let shown = "return document.querySelector('.device-code [aria-hidden]').textContent";
    let shown = window.script(shown).await?;
    let code: String = shown.as_str().context("no code")?.split_whitespace().collect();
    let at = format!("{}/oauth/device", simulator.address());
    browser.type_code(&at, &code).await?;
    browser.authorize().await?;
    window.screen("link-confirm").await?;
    look.at(window, "link-confirm").await?;
    window.press("confirm-yes").await?;
    window.screen("link-done").await?;
    look.at(window, "link-done-app").await
}

async fn instances(window: &Window, simulator: &Simulator, look: &impl Look) -> Result<()> {
    window.click("[data-account] [data-intent=open]").await?;
    window.screen("account").await?;
    look.at(window, "account-app").await?;
    window.press("edit-permissions").await?;
    window.see("dialog[open] [data-intent=ask-permissions]").await?;
    look.at(window, "permissions").await?;
    window.click("dialog[open] [data-intent=cancel]").await?;
    window.see_no("dialog[open]").await?;
    window.press("unlink").await?;
    window.see("dialog[open] [data-intent=unlink-confirm]").await?;
    look.at(window, "unlink-asks-app").await?;
    window.click("dialog[open] [data-intent=cancel]").await?;
    window.see_no("dialog[open]").await?;
    window.press("back").await?;
    window.press("go-instances").await?;
    let row = |address: &str| format!("[data-instance=\"{address}\"] [data-intent=instance]");
    window.click(&row("https://gitlab.com")).await?;
    window
        .see("[data-screen=instance][data-app-login=not_set_up]")
        .await?;
    look.at(window, "instance-not-set-up").await?;
    window.press("register").await?;
    window.see("[data-intent=prove]").await?;
    look.at(window, "instance-registering").await?;
    window.press("back").await?;
    window
        .see("[data-intent=export-profile], [data-intent=link-here]")
        .await?;
    window.press("back").await?;
    window.click(&row(simulator.address())).await?;
    window.see("[data-screen=instance][data-app-login=ready]").await?;
    look.at(window, "instance-ready").await?;
    window.press("export-profile").await?;
    window.see("dialog[open] [data-intent=copy-profile-link]").await?;
    look.at(window, "instance-share").await?;
    window.click("dialog[open] [data-intent=close]").await?;
    window.see_no("dialog[open]").await?;
    window.press("back").await?;
    window.press("add-instance").await?;
    window.screen("add-instance").await?;
    look.at(window, "add-instance").await?;
    window.press("cancel").await?;
    window.screen("instances").await.map(drop)
}

async fn profiles(window: &Window, look: &impl Look) -> Result<()> {
    const NEW: &str = "lablink_profile = 1\naddress = \"https://git.example.test/gitlab\"\n\
        application_id = \"f00d\"\nredirect = \"http://127.0.0.1/callback\"\nscopes = [\"api\"]\n";
    window.press("review-profile").await?;
    window.see("[data-screen=profile] #profile-text").await?;
    look.at(window, "profile-paste").await?;
    window.paste("#profile-text", "lablink://run?cmd=rm").await?;
    window.press("review-profile").await?;
    window.see("[data-screen=profile][data-outcome=invalid]").await?;
    look.at(window, "profile-invalid").await?;
    window.press("close").await?;
    window.press("review-profile").await?;
    window.paste("#profile-text", NEW).await?;
    window.press("review-profile").await?;
    window.see("[data-screen=profile][data-outcome=new]").await?;
    look.at(window, "profile-new").await?;
    window.press("cancel").await?;
    window.screen("instances").await.map(drop)
}
