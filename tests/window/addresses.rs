//! Addresses that lead nowhere good: each says what is wrong in words, and nothing is kept.

use anyhow::{Context, Result};
use stage::{ClosedPort, Desktop, Simulator};

use super::nothing_kept;

#[tokio::test]
async fn address_texts_that_will_not_do_each_say_why() -> Result<()> {
    let desktop = Desktop::start()?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    for (name, text, words) in [
        (
            "control characters",
            "https://git.example\u{200b}.test".to_owned(),
            "invisible characters",
        ),
        (
            "script",
            "javascript:alert(1)".to_owned(),
            "does not lead to a web page",
        ),
        (
            "file",
            "file:///etc/passwd".to_owned(),
            "does not lead to a web page",
        ),
        (
            "user info",
            "https://ada:hunter2@git.example.test".to_owned(),
            "holds a user name or a password",
        ),
        (
            "mixed script",
            "https://gitl\u{0430}b.com".to_owned(),
            "mixes letters of different alphabets",
        ),
        ("ten kilobytes", "a".repeat(10_240), "too long for an address"),
        ("no host", "https://".to_owned(), "names no host"),
        (
            "bad port",
            "https://git.example.test:99999".to_owned(),
            "no number from 1 to 65535",
        ),
        (
            "no such name",
            "https://nowhere.invalid".to_owned(),
            "No computer by the name",
        ),
        (
            "plain http",
            "http://git.example.test".to_owned(),
            "is not encrypted",
        ),
    ] {
        window.paste("#address", &text).await?;
        window.read(words).await.with_context(|| name.to_owned())?;
        assert!(
            window.shows("[data-intent=next][aria-disabled=true]").await,
            "{name}: Next can be pressed"
        );
    }
    // Empty says so when the person wants to go on.
    window.paste("#address", "   ").await?;
    window.see("[data-address-state=empty]").await?;
    nothing_kept(&desktop)
}

#[tokio::test]
async fn addresses_in_many_shapes_lead_to_the_same_gitlab() -> Result<()> {
    let (simulator, desktop) = (Simulator::with(&["--subpath", "/gitlab"])?, Desktop::start()?);
    let window = desktop.open().await?;
    window.begin_link().await?;
    let base = simulator.address();
    for text in [
        format!("  {base}/  "),
        format!("{base}/ada/notes.git"),
        format!("{base}/ada/notes/-/merge_requests/1/diffs?view=inline#note_7"),
        base.trim_start_matches("http://").to_owned(),
    ] {
        window.paste("#address", "").await?;
        window.see("[data-address-state=empty]").await?;
        window.paste("#address", &text).await?;
        window
            .see("[data-address-state=found]")
            .await
            .with_context(|| text.clone())?;
        window
            .read(&format!("GitLab found at {}", simulator.host()))
            .await
            .with_context(|| text.clone())?;
    }
    nothing_kept(&desktop)
}

#[tokio::test]
async fn servers_that_are_no_gitlab_each_say_what_they_are() -> Result<()> {
    let desktop = Desktop::start()?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    for (persona, words) in [
        ("nginx", "it is not GitLab"),
        ("gitea", "Gitea answers at"),
        ("github", "GitHub answers at"),
        ("basic-auth", "LabLink cannot pass it"),
        ("sso", "LabLink cannot pass it"),
        ("html", "it is not GitLab"),
        ("redirect-host", "sends you on to"),
        ("redirect-loop", "round in a circle"),
        ("closed", "broke off"),
        ("bad-gateway", "has a problem of its own"),
        ("maintenance", "is being maintained"),
        ("rate-plain", "asks LabLink to slow down"),
        ("rate-json", "asks LabLink to slow down"),
    ] {
        let server = Simulator::with(&["--persona", persona])?;
        window.fill("#address", server.address()).await?;
        window.read(words).await.with_context(|| persona.to_owned())?;
        assert!(
            !window.shows("[data-address-state=found]").await,
            "{persona} passes for a GitLab"
        );
    }
    nothing_kept(&desktop)
}

#[tokio::test]
async fn certificates_nobody_should_trust_each_say_why() -> Result<()> {
    let desktop = Desktop::start()?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    for (fault, words, may_trust) in [
        ("expired", "expired", false),
        ("other-host", "made for", false),
        ("self-signed", "it signed itself", true),
        ("unknown-authority", "this computer does not trust", true),
    ] {
        let server = Simulator::with(&["--tls-fault", fault])?;
        window.fill("#address", server.address()).await?;
        window
            .see("[data-address-state=certificate]")
            .await
            .with_context(|| fault.to_owned())?;
        window.read(words).await.with_context(|| fault.to_owned())?;
        let offered = window.shows("[data-intent=trust]").await;
        assert!(may_trust || !offered, "{fault}: trust is offered");
    }
    nothing_kept(&desktop)
}

#[tokio::test]
async fn closed_port_is_told_and_found_once_it_opens() -> Result<()> {
    let desktop = Desktop::start()?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    let closed = ClosedPort::any()?;
    let port = closed.number();
    window
        .fill("#address", &format!("http://127.0.0.1:{port}"))
        .await?;
    window.read("Nothing answers at").await?;
    let _simulator = Simulator::with(&["--port", &port.to_string()])?;
    window.press("look-again").await?;
    window.see("[data-address-state=found]").await?;
    Ok(())
}
