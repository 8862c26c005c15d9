//! A marked token goes through the window, and is then looked for everywhere it must not be.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use stage::{Chromium, Desktop, Simulator, Window};

/// The shapes a careless program would leave a token in.
fn shapes(token: &str) -> Vec<Vec<u8>> {
    let body = token.rsplit('-').next().unwrap();
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = body.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    vec![body.as_bytes().to_vec(), wide, hex.into_bytes()]
}

fn holds(bytes: &[u8], shapes: &[Vec<u8>]) -> bool {
    shapes.iter().any(|shape| {
        bytes
            .windows(shape.len())
            .any(|window| window == shape.as_slice())
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() && !path.is_symlink() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Every file of the desktop, every process's arguments and environment.
fn look_outside(desktop: &Desktop, shapes: &[Vec<u8>]) -> Result<()> {
    let mut read = 0;
    for path in files(desktop.room().folder())
        .into_iter()
        .filter(|path| path.is_file())
    {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        assert!(!holds(&bytes, shapes), "{} holds the token", path.display());
        read += 1;
    }
    assert!(read > 5, "only {read} files were found");
    let processes = desktop.processes()?;
    assert!(
        processes
            .iter()
            .any(|(_, program)| program.ends_with("lablink-desktop"))
    );
    for (id, program) in processes {
        for part in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{id}/{part}")).unwrap_or_default();
            assert!(
                !holds(&bytes, shapes),
                "{} of {} holds the token",
                part,
                program.display()
            );
        }
    }
    Ok(())
}

/// The document, its fields, its storage, and what Rust answers it.
async fn look_inside(window: &Window, shapes: &[Vec<u8>]) -> Result<()> {
    let document = window.document().await?;
    assert!(document.len() > 1000, "the document was not read");
    assert!(
        !holds(document.as_bytes(), shapes),
        "the document holds the token"
    );
    let kept = window
        .script("return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        .await?;
    assert!(
        !holds(kept.to_string().as_bytes(), shapes),
        "the page's storage holds the token"
    );
    let answers = answers(window).await?;
    assert!(answers.contains("accounts"), "Rust answered nothing: {answers}");
    assert!(
        !holds(answers.as_bytes(), shapes),
        "an answer of Rust holds the token"
    );
    Ok(())
}

/// What Rust has answered and sent since [`listen`], and answers now.
async fn answers(window: &Window) -> Result<String> {
    let script = "const done = arguments[arguments.length - 1];
        const ask = name => window.__TAURI_INTERNALS__.invoke(name).catch(error => ({ error }));
        Promise.all([ask('snapshot'), ask('report')]).then(all => done(JSON.stringify([all, window.heard ?? []])))";
    let answer = window.client().execute_async(script, Vec::new()).await?;
    Ok(answer.as_str().map_or_else(|| answer.to_string(), str::to_owned))
}

/// Keeps every event Rust sends from now on, in the page.
async fn listen(window: &Window) -> Result<()> {
    let script = "const done = arguments[arguments.length - 1]; window.heard = [];
        const inner = window.__TAURI_INTERNALS__;
        const handler = inner.transformCallback(event => window.heard.push(event.payload));
        inner.invoke('plugin:event|listen', { event: 'snapshot', target: { kind: 'Any' }, handler })
            .then(() => done(true), error => done(String(error)))";
    let answer = window.client().execute_async(script, Vec::new()).await?;
    anyhow::ensure!(answer == Value::Bool(true), "cannot listen: {answer}");
    Ok(())
}

#[tokio::test]
async fn marked_token_is_nowhere_but_in_the_keychain() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let token = simulator.token_of("ada")?.to_owned();
    let shapes = shapes(&token);
    let window = desktop.open().await?;
    listen(&window).await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    window.give_token(&token).await?;
    look_outside(&desktop, &shapes)?;
    window.link().await?;
    look_inside(&window, &shapes).await?;
    window.finish_link().await?;
    look_inside(&window, &shapes).await?;
    look_outside(&desktop, &shapes)?;

    let name = desktop.accounts()?[0]["name"].as_str().unwrap().to_owned();
    window.open_account(&name).await?;
    look_inside(&window, &shapes).await?;
    for arguments in [
        &["accounts", "--json"][..],
        &["show", &name, "--json"],
        &["check", "--json"],
        &["log"],
        &["doctor"],
    ] {
        let said = desktop.lablink(arguments, "")?;
        assert!(
            !holds(said.output.as_bytes(), &shapes),
            "`lablink {}` says the token",
            arguments.join(" ")
        );
        assert!(
            !holds(said.errors.as_bytes(), &shapes),
            "`lablink {}` says the token",
            arguments.join(" ")
        );
    }
    assert!(
        !holds(desktop.said().as_bytes(), &shapes),
        "the app said the token"
    );

    // The search finds what is there: the keychain gives the token back.
    assert_eq!(desktop.keyring().items()?, 1);
    let secrets = desktop.keyring().secrets()?;
    assert!(
        secrets.iter().any(|secret| holds(secret, &shapes)),
        "the keychain does not hold the token"
    );

    // Neither does anything that is left when all of it has ended.
    window.close().await?;
    for path in files(desktop.room().folder())
        .into_iter()
        .filter(|path| path.is_file())
    {
        assert!(
            !holds(&fs::read(&path)?, &shapes),
            "{} holds the token",
            path.display()
        );
    }
    Ok(())
}

#[tokio::test]
async fn refused_token_is_nowhere_either() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let token = "glpat-CaNaRyThatNobodyEverMade0042";
    let shapes = shapes(token);
    let window = super::at_sign_in(&desktop, &simulator).await?;
    window.fill("#token", token).await?;
    window.see("[data-token-state=bad]").await?;
    window.press("back").await?;
    window.screen("link-address").await?;
    look_inside(&window, &shapes).await?;
    look_outside(&desktop, &shapes)
}

/// What a program must not leave anywhere but in the keychain, with what it is.
fn secrets_of_the_login(desktop: &Desktop) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for secret in desktop.keyring().secrets()? {
        let record: Value = serde_json::from_slice(&secret).unwrap_or_default();
        for name in ["access", "refresh"] {
            if let Some(value) = record.get(name).and_then(Value::as_str) {
                found.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    Ok(found)
}

#[tokio::test]
async fn secrets_of_an_app_login_are_nowhere_but_in_the_keychain() -> Result<()> {
    let simulator = Simulator::start()?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let application = super::app_login::application(&simulator, true)?;
    let secret = application.secret.clone().context("no secret")?;
    let window = desktop.open().await?;
    listen(&window).await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    window.click("[data-method=app]").await?;
    window.press("register").await?;
    window
        .fill("#application-id", &application.application_id)
        .await?;
    window.click("details:has(#application-secret) summary").await?;
    window.fill("#application-secret", &secret).await?;
    look_outside(&desktop, &shapes(&secret))?;
    window.press("link-account").await?;
    browser.follow().await?;
    window.see("[data-screen=link-waiting]").await?;
    look_inside(&window, &shapes(&secret)).await?;
    look_outside(&desktop, &shapes(&secret))?;
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;

    // The browser came back with the code; the tokens are where they belong.
    let back = browser.client().current_url().await?;
    let code = back.query_pairs().find(|(name, _)| name == "code");
    let code = code.context("no code came back")?.1.into_owned();
    let mut secrets = secrets_of_the_login(&desktop)?;
    assert_eq!(secrets.len(), 2, "the keychain holds access and refresh token");
    secrets.extend([
        ("code".to_owned(), code),
        ("application secret".to_owned(), secret),
    ]);
    for (what, secret) in &secrets {
        let shapes = shapes(secret);
        look_inside(&window, &shapes)
            .await
            .with_context(|| what.clone())?;
        look_outside(&desktop, &shapes).with_context(|| what.clone())?;
        assert!(!holds(desktop.said().as_bytes(), &shapes), "the app said: {what}");
    }
    for arguments in [
        &["accounts", "--json"][..],
        &["check", "--json"],
        &["log"],
        &["doctor"],
    ] {
        let said = desktop.lablink(arguments, "")?;
        for (what, secret) in &secrets {
            let told = format!("{}{}", said.output, said.errors);
            assert!(
                !told.contains(secret.as_str()),
                "`{}` says: {what}",
                arguments.join(" ")
            );
        }
    }
    // The page the browser ends on repeats nothing of what it was opened with.
    let page = browser.client().source().await?;
    for (what, secret) in &secrets {
        assert!(!page.contains(secret.as_str()), "the final page holds: {what}");
    }
    Ok(())
}
