//! The first start, and the step that asks for the address, with everything that can answer there.

use anyhow::Result;

use super::Look;
use crate::desktop::{Desktop, Plan, Scheme};
use crate::port::ClosedPort;
use crate::simulator::Simulator;

/// First start, then the address step in every state.
pub async fn addresses(scheme: Scheme, look: &impl Look) -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        scheme,
        ..Plan::default()
    })?;
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    look.at(&window, "first-start").await?;

    window.begin_link().await?;
    look.at(&window, "link-address-empty").await?;

    let silent = Simulator::with(&["--persona", "silent"])?;
    window.fill("#address", silent.address()).await?;
    window.see("[data-address-state=looking]").await?;
    look.at(&window, "link-address-looking").await?;

    for (stop, text) in [
        ("link-address-invalid", "javascript:alert(1)"),
        ("link-address-user-info", "https://ada:secret@git.example.test"),
        ("link-address-name-not-found", "https://nowhere.invalid"),
    ] {
        window.fill("#address", text).await?;
        window.see("[data-address-state=bad]").await?;
        look.at(&window, stop).await?;
    }

    window.fill("#address", "http://git.example.test").await?;
    window.see("[data-address-state=needs_consent]").await?;
    look.at(&window, "link-address-not-encrypted").await?;

    let closed = ClosedPort::any()?;
    window
        .fill("#address", &format!("http://127.0.0.1:{}", closed.number()))
        .await?;
    window.see("[data-address-state=bad]").await?;
    look.at(&window, "link-address-nothing-answers").await?;

    for persona in [
        "nginx",
        "gitea",
        "sso",
        "redirect-host",
        "bad-gateway",
        "maintenance",
        "rate-plain",
    ] {
        let server = Simulator::with(&["--persona", persona])?;
        window.fill("#address", server.address()).await?;
        window.see("[data-address-state=bad]").await?;
        look.at(&window, &format!("link-address-{persona}")).await?;
    }

    for fault in ["expired", "other-host", "self-signed", "unknown-authority"] {
        let server = Simulator::with(&["--tls-fault", fault])?;
        window.fill("#address", server.address()).await?;
        window.see("[data-address-state=certificate]").await?;
        look.at(&window, &format!("link-address-certificate-{fault}"))
            .await?;
    }

    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    window
        .give_address(&format!("{}/ada/notes/-/issues/1", simulator.address()))
        .await?;
    look.at(&window, "link-address-found").await?;

    window
        .fill("#display-name", &"a very long name ".repeat(5))
        .await?;
    window.see("#display-name[aria-invalid=true]").await?;
    look.at(&window, "link-address-name-too-long").await
}
