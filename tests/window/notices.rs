//! Notices as a desktop shows them (Debian's dunst), the settings about them, and the start at login.

use std::fs;

use anyhow::Result;
use jiff::SignedDuration;
use serde_json::json;
use stage::{Desktop, Notifications, Plan, Simulator, until};

use super::days::Days;
use super::{token, wanted};

fn tray() -> Plan {
    Plan {
        tray: true,
        ..Plan::default()
    }
}

/// Kills the app without a word.
fn kill(days: &Days) -> Result<()> {
    days.notices_are_kept()?;
    days.desktop.kill("lablink-desktop")
}

fn titles(notices: &Notifications) -> Vec<String> {
    notices.shown().into_iter().map(|notice| notice.title).collect()
}

/// In the tray, without a window: late where nobody could show it, once whatever dies, again where it was put off.
#[tokio::test]
async fn a_dying_token_is_told_once_from_the_tray_and_a_press_leads_to_it() -> Result<()> {
    let mut days = Days::begin(&tray())?;
    days.link("R&D", "ada", 300)?;
    days.link("Work", "ada", 300)?;
    days.it_is_day(293)?;
    let _app = days.desktop.launch("lablink-desktop", &["--background"])?;
    days.desktop.tray()?.entry("R&D expires in 7 days")?;
    let notices = Notifications::start(&days.desktop)?;
    let first = notices.see("R&D expires in 7 days")?;
    assert_eq!(first.buttons, ["Link again", "Link again", "Remind me tomorrow"]);
    assert!(first.body.starts_with("@ada · 127.0.0.1"), "{}", first.body);
    let second = notices.see("Work expires in 7 days")?;
    notices.press(&second, "Remind me tomorrow")?;
    notices.see_no(&second)?;
    until("the notice to be put off", || {
        Ok((days.notices("snoozed IS NOT NULL")? == 1).then_some(()))
    })?;

    // What was told is told no more, also where nobody had time to say goodbye.
    kill(&days)?;
    // A day and more: the notice is put off to the minute.
    days.it_is_day(295)?;
    let _app = days.desktop.launch("lablink-desktop", &["--background"])?;
    let again = notices.see("Work expires in 5 days")?;
    assert_eq!(
        titles(&notices),
        [
            "R&D expires in 7 days",
            "Work expires in 7 days",
            "Work expires in 5 days"
        ],
        "what was put off comes again, the other does not"
    );
    assert!(
        days.desktop.windows("LabLink")?.is_empty(),
        "nobody asked for a window"
    );
    notices.press(&again, "Link again")?;
    until("the window", || {
        Ok(days.desktop.windows("LabLink")?.first().copied())
    })?;
    Ok(())
}

/// Each mark once, however often LabLink is started. The second account's days come one later, so that its notice shows
/// each time that LabLink has looked and had nothing to tell of the first: notices come in the order of the accounts.
#[tokio::test]
async fn thirty_seven_and_one_day_before_and_when_dead_each_is_told_once_over_all_starts() -> Result<()> {
    let mut days = Days::begin(&tray())?;
    let notices = Notifications::start(&days.desktop)?;
    days.link("First", "ada", 300)?;
    days.link("Second", "ada", 301)?;
    let mut told = Vec::new();
    for (day, title) in [
        (270, Some("First expires in 30 days")),
        (270, None),
        (271, Some("Second expires in 30 days")),
        (293, Some("First expires in 7 days")),
        (294, Some("Second expires in 7 days")),
        (299, Some("First expires tomorrow")),
        (300, Some("Second expires tomorrow")),
        // A check found it dead the day before, and one is one word.
        (301, Some("First no longer works")),
        (302, Some("Second no longer works")),
    ] {
        days.it_is_day(day)?;
        let _app = days.desktop.launch("lablink-desktop", &["--background"])?;
        told.extend(title);
        match title {
            Some(title) => drop(notices.see(title)?),
            None => drop(days.desktop.tray()?.entry("First expires in 30 days")?),
        }
        assert_eq!(titles(&notices), told, "day {day}");
        kill(&days)?;
        // That some are not well is no failure.
        days.desktop.lablink(&["check"], "")?;
    }
    Ok(())
}

/// No inputs but the two of linking: the press on the notice opens the right account's flow, filled in.
#[tokio::test]
async fn a_press_leads_to_that_accounts_link_and_a_notice_goes_when_it_is_no_longer_true() -> Result<()> {
    let (mut desktop, simulator) = (Desktop::planned(&tray())?, Simulator::start()?);
    let make = || token(&simulator, json!({ "username": "ada", "scopes": wanted() }));
    let notices = Notifications::start(&desktop)?;
    for name in ["Home", "Work"] {
        let secret = make()?;
        desktop.link(simulator.address(), name, &secret)?;
        simulator.token(json!({ "token": secret, "state": "revoked" }))?;
    }
    // A while before the app's own check: two in one breath are one.
    desktop.live_ahead(SignedDuration::from_mins(-10))?;
    desktop.lablink(&["check"], "")?;
    desktop.live_ahead(SignedDuration::ZERO)?;
    let window = desktop.open().await?;
    let (home, work) = (
        notices.see("Home no longer works")?,
        notices.see("Work no longer works")?,
    );
    let inputs = window.inputs();
    notices.press(&work, "Link again")?;
    notices.see_no(&work)?;
    window.screen("link-sign-in").await?;
    window.read("Link Work again").await?;
    window.fill("#token", &make()?).await?;
    window.press("link-account").await?;
    window.screen("link-done").await?;
    assert_eq!(window.inputs() - inputs, 2, "paste, Link");
    window.press("done").await?;
    window.see_account("Work", "linked").await?;

    // What another program puts right is not said for longer than it takes to hear of it.
    desktop
        .lablink(&["relink", "Home", "--token-stdin"], &make()?)?
        .done()?;
    notices.see_no(&home)?;
    window.see_account("Home", "linked").await?;
    assert_eq!(titles(&notices).len(), 2, "{:?}", titles(&notices));
    Ok(())
}

#[tokio::test]
async fn settings_are_what_happens() -> Result<()> {
    let (desktop, simulator) = (Desktop::planned(&tray())?, Simulator::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.press("go-settings").await?;
    window.screen("settings").await?;
    window.read("This desktop shows no notifications").await?;
    let notices = Notifications::start(&desktop)?;
    window.read("30, 7 and 1 days before").await?;
    drop(notices);
    window.read("This desktop shows no notifications").await?;

    let autostart = desktop.room().path("home/.config/autostart");
    assert!(!autostart.exists(), "nobody asked for it");
    window.press("start-at-login").await?;
    window.see("#start-at-login:checked").await?;
    let entries: Vec<_> = fs::read_dir(&autostart)?.collect::<Result<_, _>>()?;
    assert_eq!(entries.len(), 1, "{entries:?}");
    let entry = fs::read_to_string(entries[0].path())?;
    let home = format!("\"LABLINK_HOME={}\"", desktop.room().lablink_home().display());
    assert!(
        entry.contains(&home) && entry.contains(" --background\n"),
        "{entry}"
    );
    window.press("start-at-login").await?;
    window.see("#start-at-login:not(:checked)").await?;
    assert_eq!(fs::read_dir(&autostart)?.count(), 0);

    window.click("#check-every option[value='240']").await?;
    window.see("#check-every option[value='240']:checked").await?;
    window.press("notices").await?;
    window.see("#notices:not(:checked)").await?;
    window.press("keep-in-tray").await?;
    window.see("#keep-in-tray:not(:checked)").await?;
    window.close().await?;

    let window = desktop.open().await?;
    window.press("go-settings").await?;
    window.see("#notices:not(:checked)").await?;
    window.see("#check-every option[value='240']:checked").await?;
    window.see("#keep-in-tray:not(:checked)").await?;
    window.close().await?;
    desktop.see_end_of("lablink-desktop")?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    let window = until("the window", || Ok(desktop.windows("LabLink")?.first().copied()))?;
    // By then it has read what was chosen.
    until("the tray to say how it is", || {
        let tip = desktop.tray()?.tooltip();
        Ok(tip.is_ok_and(|tip| tip.contains("all well")).then_some(()))
    })?;
    desktop.close(window)?;
    let status = until("the app to end with its window", || Ok(app.child().try_wait()?))?;
    assert!(status.success(), "{status}");
    Ok(())
}
