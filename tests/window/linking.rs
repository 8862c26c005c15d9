//! The main job: link an account with a token, in as few inputs as promised.

use anyhow::Result;
use serde_json::json;
use stage::{Desktop, Simulator};

use super::{at_sign_in, token, wanted};

#[tokio::test]
async fn token_link_takes_four_inputs_from_launch() -> Result<()> {
    let (simulator, desktop) = (Simulator::with(&["--subpath", "/gitlab"])?, Desktop::start()?);
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    // Way in, address, token, Link. The name is filled in, and Next decides nothing.
    window.begin_link().await?;
    window
        .give_address(&format!("{}/ada/notes/-/tree/main", simulator.address()))
        .await?;
    window.go_on().await?;
    window.give_token(simulator.token_of("ada")?).await?;
    window.link().await?;
    assert_eq!((window.inputs(), window.moves()), (4, 1));
    window.read("is linked").await?;
    window.read("Ada Lovelace, @ada").await?;

    let accounts = desktop.accounts()?;
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["instance"], simulator.address());
    assert_eq!(accounts[0]["user"]["username"], "ada");
    assert_eq!(accounts[0]["health"]["state"], "linked");
    assert_eq!(accounts[0]["scopes"], wanted());
    assert_eq!(accounts[0]["secret_in"], "gnome_keyring");
    assert_eq!(desktop.keyring().kept()?, 1);
    window.finish_link().await?;
    window
        .see_account(accounts[0]["name"].as_str().unwrap(), "linked")
        .await
}

#[tokio::test]
async fn linking_makes_one_round_trip_after_discovery() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = at_sign_in(&desktop, &simulator).await?;
    simulator.forget_requests()?;
    // Nobody is answered before all three are there: one after the other would wait in vain.
    simulator.fault(json!({ "fault": "together", "times": 3, "seconds": 30, "path": "/api/v4" }))?;
    // Pasted: where a computer is slow a token that is typed may be asked about in the middle.
    window.paste("#token", simulator.token_of("ada")?).await?;
    window.see("[data-token-state=checked]").await?;
    let mut asked: Vec<String> = simulator
        .requests()?
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    asked.sort();
    assert_eq!(
        asked,
        [
            "/api/v4/metadata",
            "/api/v4/personal_access_tokens/self",
            "/api/v4/user"
        ]
    );
    window.link().await?;
    assert_eq!(
        simulator.requests()?.len(),
        3,
        "linking asked again what was known"
    );
    Ok(())
}

#[tokio::test]
async fn narrow_token_is_linked_only_as_it_is() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let narrow = token(&simulator, json!({ "username": "ada", "scopes": ["api"] }))?;
    let window = at_sign_in(&desktop, &simulator).await?;
    window.give_token(&narrow).await?;
    window.read("cannot read code and push code").await?;
    window.read("Link as it is").await?;
    window.link().await?;
    window.finish_link().await?;
    let accounts = desktop.accounts()?;
    assert_eq!(accounts[0]["health"]["state"], "too_narrow");
    assert_eq!(accounts[0]["scopes"], json!(["api"]));
    Ok(())
}

#[tokio::test]
async fn names_that_will_not_do_say_why_and_stop_the_link() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work  Place", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    for (name, words) in [
        (
            "x".repeat(61),
            "This name is too long. Use at most 60 characters.",
        ),
        ("WORK place".to_owned(), "You already have an account"),
        ("Work\u{202e}ecalP".to_owned(), "characters that cannot be shown"),
    ] {
        window.paste("#display-name", &name).await?;
        window.read(words).await?;
        assert!(
            window.shows("[data-intent=next][aria-disabled=true]").await,
            "{words}"
        );
    }
    window.paste("#display-name", "").await?;
    window.see("[data-intent=next][aria-disabled=true]").await?;
    window.fill("#display-name", "Second").await?;
    window.go_on().await?;
    assert_eq!(desktop.accounts()?.len(), 1);
    Ok(())
}
