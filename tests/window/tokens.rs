//! Tokens that will not do: each says what is wrong in words, and nothing is kept.

use anyhow::{Context, Result};
use serde_json::json;
use stage::{Desktop, Simulator};

use super::{at_sign_in, nothing_kept, token, wanted};

#[tokio::test]
async fn tokens_gitlab_refuses_each_say_why() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    for (name, state) in [
        ("barred", "blocked"),
        ("asleep", "deactivated"),
        ("new", "unconfirmed"),
    ] {
        simulator
            .user(json!({ "username": name, "state": state }))
            .with_context(|| state.to_owned())?;
    }
    simulator.user(json!({ "username": "careful", "dpop": true }))?;
    for (wish, words) in [
        (
            json!({ "username": "ada", "scopes": wanted(), "state": "expired" }),
            "expired",
        ),
        (
            json!({ "username": "ada", "scopes": wanted(), "state": "revoked" }),
            "revoked",
        ),
        (
            json!({ "username": "ada", "scopes": ["k8s_proxy"] }),
            "may do nothing LabLink is for",
        ),
        (
            json!({ "username": "barred", "scopes": wanted() }),
            "has blocked this account",
        ),
        (
            json!({ "username": "asleep", "scopes": wanted() }),
            "put this account to sleep",
        ),
        (
            json!({ "username": "new", "scopes": wanted() }),
            "is not confirmed",
        ),
        (
            json!({ "username": "careful", "scopes": wanted() }),
            "only with a signing key (DPoP)",
        ),
    ] {
        let what = wish.to_string();
        window.fill("#token", &token(&simulator, wish)?).await?;
        window.read(words).await.with_context(|| what.clone())?;
        window.see("[data-token-state=bad]").await?;
        assert!(
            window
                .shows("[data-intent=link-account][aria-disabled=true]")
                .await,
            "{what}: Link can be pressed"
        );
    }
    nothing_kept(&desktop)
}

#[tokio::test]
async fn texts_that_are_no_access_token_each_say_why() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    for (text, words) in [
        ("glpat-neverheardofthisone".to_owned(), "does not know this token"),
        ("two words".to_owned(), "characters that no access token has"),
        ("x".repeat(10_000), "too long for an access token"),
        (format!("gloas-{}", "0".repeat(64)), "an application secret"),
        ("gldt-aaaaaaaaaaaaaaaaaaaa".to_owned(), "a deploy token"),
        ("glrt-aaaaaaaaaaaaaaaaaaaa".to_owned(), "a runner’s token"),
    ] {
        window.paste("#token", &text).await?;
        window.read(words).await?;
    }
    window.paste("#token", "").await?;
    window.see("[data-token-state=empty]").await?;
    nothing_kept(&desktop)
}

#[tokio::test]
async fn token_with_white_space_around_links() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    window
        .paste("#token", &format!("  \t{} ", simulator.token_of("ada")?))
        .await?;
    window.see("[data-token-state=checked]").await?;
    window.link().await?;
    assert_eq!(desktop.accounts()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_no_verdict_on_the_token() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    for persona in ["broken-json", "wrong-types", "html-200"] {
        simulator.fault(json!({ "fault": persona, "times": 20 }))?;
        window.paste("#token", "").await?;
        window.see("[data-token-state=empty]").await?;
        window.fill("#token", simulator.token_of("ada")?).await?;
        window
            .read("cannot use what")
            .await
            .with_context(|| persona.to_owned())?;
        simulator.no_faults()?;
    }
    nothing_kept(&desktop)?;
    window.paste("#token", "").await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.link().await
}
