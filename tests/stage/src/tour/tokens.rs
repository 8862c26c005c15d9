//! The step that asks for the token, with everything GitLab can say to one, and the end of the flow.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Look, in_days};
use crate::desktop::{Desktop, Plan, Scheme};
use crate::simulator::Simulator;

/// The sign-in step in every state, the done step.
pub async fn tokens(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let simulator = Simulator::start()?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.fill("#display-name", "Work").await?;
    window.go_on().await?;
    look.at(&window, "link-sign-in-empty").await?;

    let all = json!(["api", "read_repository", "write_repository"]);
    simulator.user(json!({ "username": "barred", "name": "Barred", "state": "blocked" }))?;
    for (stop, wish) in [
        (
            "expired",
            json!({ "username": "ada", "scopes": all, "expires_at": in_days(-3) }),
        ),
        (
            "revoked",
            json!({ "username": "ada", "scopes": all, "state": "revoked" }),
        ),
        ("blocked", json!({ "username": "barred", "scopes": all })),
        ("useless", json!({ "username": "ada", "scopes": ["k8s_proxy"] })),
    ] {
        window.fill("#token", &made(&simulator, wish)?).await?;
        window.see("[data-token-state=bad]").await?;
        look.at(&window, &format!("link-sign-in-{stop}")).await?;
    }
    window.fill("#token", "glpat-aaaaaaaaaaaaaaaaaaaa").await?;
    window.see("[data-token-state=bad]").await?;
    look.at(&window, "link-sign-in-unknown").await?;

    window
        .fill(
            "#token",
            "gloas-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        )
        .await?;
    window
        .see(":is([data-token-state=looks_wrong], [data-token-state=bad])")
        .await?;
    look.at(&window, "link-sign-in-wrong-kind").await?;

    let narrow = made(&simulator, json!({ "username": "ada", "scopes": ["api"] }))?;
    window.give_token(&narrow).await?;
    look.at(&window, "link-sign-in-narrow").await?;

    simulator.fault(json!({ "fault": "hang", "times": 4 }))?;
    window.fill("#token", simulator.token_of("ada")?).await?;
    window.see("[data-token-state=checking]").await?;
    look.at(&window, "link-sign-in-checking").await?;
    simulator.no_faults()?;

    window.press("cancel").await?;
    window.see("dialog[open]").await?;
    look.at(&window, "link-cancel-asks").await?;
    window.press("cancel-stay").await?;
    window.see_no("dialog[open]").await?;

    window.give_token(simulator.token_of("ada")?).await?;
    look.at(&window, "link-sign-in-checked").await?;
    window.link().await?;
    look.at(&window, "link-done").await
}

/// A new token of the simulator.
pub(super) fn made(simulator: &Simulator, wish: Value) -> Result<String> {
    let answer = simulator.token(wish)?;
    Ok(answer
        .get("token")
        .and_then(Value::as_str)
        .context("the simulator made no token")?
        .to_owned())
}
