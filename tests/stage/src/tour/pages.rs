//! The page of an account in every state, the other places, the dialogs, and what is told after a crash.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Look;
use super::homes::every_state;
use crate::desktop::{Desktop, Plan, Scheme};
use crate::notifications::Notifications;
use crate::simulator::Simulator;
use crate::tray::TrayHost;
use crate::wait::until_async;

/// The page of an account in every state, instances, settings.
pub async fn pages(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let (servers, _gone) = every_state(&desktop)?;
    let scopes = ["api", "read_repository", "write_repository", "sudo", "admin_mode"];
    let wide = servers.token(json!({ "username": "root", "scopes": scopes, "name": "LabLink" }))?;
    let wide = wide.get("token").and_then(Value::as_str).context("no token")?;
    desktop.link(servers.address(), "Root", wide)?;
    let window = desktop.open().await?;
    for (name, state) in [
        ("Work", "linked"),
        ("Release bot", "expiring"),
        ("Old client", "revoked"),
        ("Side project", "expired"),
        ("Review", "too_narrow"),
        ("Guest", "refused"),
        ("Home server", "unreachable"),
    ] {
        window.see_account(name, state).await?;
        window.open_account(name).await?;
        look.at(&window, &format!("account-{}", state.replace('_', "-")))
            .await?;
        window.press("back").await?;
        window.screen("accounts").await?;
    }
    window.open_account("Root").await?;
    look.at(&window, "account-wider").await?;
    // And a little: seconds are cut off on the way, and words say whole hours.
    servers.advance_clock(3 * 60 * 60 + 30)?;
    window.press("check-now").await?;
    window.read("clock is 3 hours behind").await?;
    look.at(&window, "account-clock").await?;
    window.press("back").await?;
    window.press("go-instances").await?;
    window.screen("instances").await?;
    look.at(&window, "instances").await?;
    window.press("go-settings").await?;
    window.screen("settings").await?;
    window.read("This desktop shows no notifications").await?;
    window.read("this desktop has no tray").await?;
    look.at(&window, "settings-bare-desktop").await?;
    let _notices = Notifications::start(&desktop)?;
    window.read("30, 7 and 1 days before").await?;
    let _tray = TrayHost::start(&desktop.keyring().connect()?)?;
    window.see("#keep-in-tray:checked").await?;
    window.press("start-at-login").await?;
    window.see("#start-at-login:checked").await?;
    look.at(&window, "settings").await
}

/// Rename and unlink, as far as they go.
pub async fn dialogs(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let mut simulator = Simulator::start()?;
    let other = Simulator::start()?;
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    desktop.link(other.address(), "Lab", other.token_of("ada")?)?;
    let window = desktop.open().await?;

    window.open_menu("Work").await?;
    window.press("rename").await?;
    window.see("#rename-name").await?;
    look.at(&window, "rename").await?;
    window.fill("#rename-name", "lab").await?;
    window.press("rename-confirm").await?;
    window.see("#rename-name[aria-invalid=true]").await?;
    look.at(&window, "rename-taken").await?;
    window.click("dialog[open] [data-intent=cancel]").await?;
    window.see_no("dialog[open]").await?;

    window.open_account("Work").await?;
    window.press("rotate").await?;
    window.see("dialog[open] [data-intent=rotate-confirm]").await?;
    look.at(&window, "rotate-asks").await?;
    simulator.fault(json!({ "fault": "close", "path": "/api/v4/personal_access_tokens/self/rotate" }))?;
    window.press("rotate-confirm").await?;
    window.read("The token still works").await?;
    look.at(&window, "account-rotation-unsure").await?;
    window.press("back").await?;
    window.screen("accounts").await?;

    window.open_menu("Lab").await?;
    window.press("unlink").await?;
    window.see("dialog[open] [data-intent=unlink-confirm]").await?;
    look.at(&window, "unlink-asks").await?;
    window.press("unlink-confirm").await?;
    window.see("[data-intent=unlink-done]").await?;
    look.at(&window, "unlink-done").await?;
    window.press("unlink-done").await?;
    window.see_no("dialog[open]").await?;

    simulator.stop()?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    window.press("unlink-confirm").await?;
    window.see("[data-intent=unlink-again]").await?;
    look.at(&window, "unlink-stopped").await?;
    window.press("unlink-later").await?;
    window.see("[data-intent=unlink-done]").await?;
    look.at(&window, "unlink-later").await?;
    window.press("unlink-done").await?;
    window.see("[data-intent=waiting-try]").await?;
    look.at(&window, "waiting").await?;
    window.press("waiting-give-up").await?;
    window.see("[data-intent=waiting-give-up-confirm]").await?;
    look.at(&window, "waiting-give-up").await
}

/// What the window says after it was killed in the middle of unlinking.
pub async fn recovery(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    {
        let window = desktop.open().await?;
        window.open_menu("Work").await?;
        window.press("unlink").await?;
        simulator.forget_requests()?;
        simulator.fault(json!({ "fault": "hang", "times": 20 }))?;
        window.press("unlink-confirm").await?;
        until_async("the request that revokes", || async {
            Ok(simulator
                .requests()?
                .iter()
                .any(|asked| asked.method == "DELETE")
                .then_some(()))
        })
        .await?;
        look.at(&window, "unlink-running").await?;
        desktop.kill("lablink-desktop")?;
    }
    simulator.no_faults()?;
    let window = desktop.open().await?;
    window.see("[data-intent=dismiss]").await?;
    look.at(&window, "recovered").await
}
