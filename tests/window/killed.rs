//! Killed in the middle, without a word: the next start says truthfully what stands.

use anyhow::Result;
use serde_json::json;
use stage::{Desktop, Simulator, until_async};

use super::{at_sign_in, nothing_kept};

#[tokio::test]
async fn killed_while_gitlab_is_asked_about_the_token_keeps_nothing() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    simulator.fault(json!({ "fault": "hang", "times": 20 }))?;
    simulator.forget_requests()?;
    window.fill("#token", simulator.token_of("ada")?).await?;
    until_async("the question to GitLab", || async {
        Ok((!simulator.requests()?.is_empty()).then_some(()))
    })
    .await?;
    desktop.kill("lablink-desktop")?;
    drop(window);
    simulator.no_faults()?;
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    assert!(
        !window.shows("[data-intent=dismiss]").await,
        "it speaks of a link that never began"
    );
    nothing_kept(&desktop)
}

#[tokio::test]
async fn killed_while_the_keychain_stores_leaves_the_old_state_or_the_new() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    window.give_token(simulator.token_of("ada")?).await?;
    desktop.keyring().freeze()?;
    window.press("link-account").await?;
    window.read("Linking").await?;
    desktop.kill("lablink-desktop")?;
    drop(window);
    desktop.keyring().thaw()?;
    let window = desktop.open().await?;
    window
        .see("[data-screen=first-start], [data-screen=accounts]")
        .await?;
    let (accounts, items) = (desktop.accounts()?.len(), desktop.keyring().kept()?);
    assert!(
        (accounts, items) == (0, 0) || (accounts, items) == (1, 1),
        "{accounts} accounts, {items} secrets"
    );
    // Either way the same can be done again.
    if accounts == 0 {
        desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    }
    let name = desktop.accounts()?[0]["name"].as_str().unwrap().to_owned();
    desktop.lablink(&["check", &name], "")?.done()?;
    Ok(())
}

#[tokio::test]
async fn killed_while_gitlab_revokes_is_put_right_and_told() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    window.see("[data-intent=unlink-confirm]").await?;
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
    desktop.kill("lablink-desktop")?;
    drop(window);
    simulator.no_faults()?;

    let window = desktop.open().await?;
    window.see("[data-intent=dismiss]").await?;
    let told = window.text().await?;
    assert!(told.contains("Work"), "{told}");
    // What it says is what is: linked and alive, or gone from here and dead at GitLab.
    if desktop.accounts()?.is_empty() {
        assert_eq!(desktop.keyring().kept()?, 0);
        let again = desktop.link(simulator.address(), "Work", simulator.token_of("ada")?);
        assert!(again.is_err(), "unlinked, and the token still works");
        window.screen("first-start").await?;
    } else {
        assert_eq!(desktop.keyring().kept()?, 1);
        desktop.lablink(&["check", "Work"], "")?.done()?;
        window.see_account("Work", "linked").await?;
    }
    window.press("dismiss").await?;
    window.see_no("[data-intent=dismiss]").await
}

#[tokio::test]
async fn killed_between_two_steps_of_lost_answers_never_leaves_half_an_account() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    window.see("[data-intent=unlink-confirm]").await?;
    simulator.forget_requests()?;
    // GitLab revokes, the answer is lost, and what asks after it hangs.
    simulator
        .fault(json!({ "fault": "lost-response", "times": 1, "path": "/api/v4/personal_access_tokens" }))?;
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
    desktop.kill("lablink-desktop")?;
    drop(window);
    simulator.no_faults()?;
    let window = desktop.open().await?;
    window
        .see("[data-screen=first-start], [data-screen=accounts]")
        .await?;
    let (accounts, items) = (desktop.accounts()?.len(), desktop.keyring().kept()?);
    assert!(
        (accounts, items) == (0, 0) || (accounts, items) == (1, 1),
        "{accounts} accounts, {items} secrets"
    );
    Ok(())
}
