//! Life after linking: rename, unlink, what other processes do, a second start.

use anyhow::Result;
use serde_json::json;
use stage::{Desktop, Simulator, until};

use super::{nothing_kept, open_checked};

#[tokio::test]
async fn unlink_revokes_at_gitlab_and_proves_it() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let token = simulator.token_of("ada")?.to_owned();
    desktop.link(simulator.address(), "Work", &token)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    window.see("[data-intent=unlink-confirm]").await?;
    simulator.forget_requests()?;
    window.press("unlink-confirm").await?;
    window.see("[data-intent=unlink-done]").await?;
    window.read("GitLab refuses it now").await?;
    let asked = simulator.requests()?;
    let revoked = asked
        .iter()
        .position(|asked| asked.method == "DELETE" && asked.status == Some(204));
    let proved = asked
        .iter()
        .rposition(|asked| asked.method == "GET" && asked.status == Some(401));
    assert!(revoked.is_some() && revoked < proved, "{asked:?}");
    window.press("unlink-done").await?;
    window.screen("first-start").await?;
    assert_eq!(desktop.accounts()?.len(), 0);
    assert_eq!(desktop.keyring().kept()?, 0);
    // The token is dead: it links nothing any more.
    let again = desktop.lablink(&["link", simulator.address(), "--token-stdin"], &token)?;
    assert_eq!(again.status, Some(3), "{}", again.output);
    Ok(())
}

#[tokio::test]
async fn unlink_of_an_unreachable_gitlab_keeps_the_account_until_the_person_says_otherwise() -> Result<()> {
    let (mut simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    simulator.stop()?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    window.press("unlink-confirm").await?;
    window.see("[data-intent=unlink-again]").await?;
    assert_eq!(desktop.accounts()?.len(), 1);
    assert_eq!(desktop.keyring().kept()?, 1);
    window.press("unlink-here-only").await?;
    window.see("[data-intent=unlink-done]").await?;
    assert_eq!(desktop.accounts()?.len(), 0);
    assert_eq!(desktop.keyring().kept()?, 0);
    Ok(())
}

#[tokio::test]
async fn unlinked_now_it_is_revoked_when_gitlab_answers_again() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let token = simulator.token_of("ada")?.to_owned();
    desktop.link(simulator.address(), "Work", &token)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    simulator.fault(json!({ "fault": "bad_gateway", "times": 1000 }))?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    window.press("unlink-confirm").await?;
    window.see("[data-intent=unlink-again]").await?;
    window.press("unlink-later").await?;
    window.see("[data-intent=unlink-done]").await?;
    window.read("LabLink goes on trying").await?;
    assert_eq!(desktop.accounts()?.len(), 0);
    assert_eq!(desktop.keyring().kept()?, 1, "the secret waits for GitLab");
    window.press("unlink-done").await?;
    window.see("[data-intent=waiting-try]").await?;
    simulator.no_faults()?;
    window.press("waiting-try").await?;
    window.see_no("[data-intent=waiting-try]").await?;
    assert_eq!(desktop.keyring().kept()?, 0);
    let again = desktop.lablink(&["link", simulator.address(), "--token-stdin"], &token)?;
    assert_eq!(again.status, Some(3), "{}", again.output);
    Ok(())
}

#[tokio::test]
async fn rename_in_the_window_is_seen_outside() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.open_menu("Work").await?;
    window.press("rename").await?;
    window.fill("#rename-name", "Day job").await?;
    window.press("rename-confirm").await?;
    window.see_account("Day job", "linked").await?;
    assert_eq!(desktop.accounts()?[0]["name"], "Day job");
    Ok(())
}

#[tokio::test]
async fn what_another_process_changes_shows_while_a_person_types() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    desktop.lablink(&["rename", "Work", "Day job"], "")?.done()?;
    window.see_account("Day job", "linked").await?;

    // A dialog with half a name in it outlives the change below it.
    window.open_menu("Day job").await?;
    window.press("rename").await?;
    window.fill("#rename-name", "Half a na").await?;
    desktop.lablink(&["rename", "Day job", "Night job"], "")?.done()?;
    window.see("[data-name=\"Night job\"]").await?;
    let typed = window
        .script("return document.querySelector('#rename-name').value")
        .await?;
    assert_eq!(typed, "Half a na");
    window.click("dialog[open] [data-intent=cancel]").await?;

    desktop.lablink(&["unlink", "Night job"], "")?.done()?;
    window.screen("first-start").await?;
    nothing_kept(&desktop).or_else(|error| {
        // The instance stays known; account and secret are gone.
        if desktop.accounts()?.is_empty() && desktop.keyring().kept()? == 0 {
            Ok(())
        } else {
            Err(error)
        }
    })
}

#[tokio::test]
async fn second_start_shows_the_window_of_the_first() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    let mut second = desktop.launch("lablink-desktop", &[])?;
    let status = until("the second start to end", || Ok(second.child().try_wait()?))?;
    assert!(status.success(), "{status}");
    let ours = desktop.processes()?;
    assert_eq!(
        ours.iter()
            .filter(|(_, program)| program.ends_with("lablink-desktop"))
            .count(),
        1
    );
    assert_eq!(desktop.windows("LabLink")?.len(), 1);
    // What was under way still is.
    window
        .see("[data-screen=link-address][data-address-state=found]")
        .await?;
    Ok(())
}

#[tokio::test]
async fn check_now_finds_what_changed_at_gitlab() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let token = simulator.token_of("ada")?.to_owned();
    desktop.link(simulator.address(), "Work", &token)?;
    let window = open_checked(&desktop).await?;
    window.see_account("Work", "linked").await?;
    simulator.token(serde_json::json!({ "token": token, "scopes": ["api"] }))?;
    window.open_menu("Work").await?;
    window.press("check-now").await?;
    window.see_account("Work", "too_narrow").await?;
    assert_eq!(desktop.health("Work")?, "too_narrow");
    Ok(())
}
