//! A marked token, and every secret of an app login, go through the window, and are then looked for everywhere they
//! must not be.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use stage::{Chromium, Desktop, Mirror, Simulator, Window};

use super::app_login::{application, shown_code};

/// The shapes a careless program would leave a token in.
fn shapes(token: &str) -> Vec<Vec<u8>> {
    // Everybody may say the prefix.
    let body = ["glpat-", "gloas-"]
        .iter()
        .find_map(|prefix| token.strip_prefix(prefix));
    let body = body.unwrap_or(token);
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = body.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    vec![body.as_bytes().to_vec(), wide, hex.into_bytes()]
}

fn holds(bytes: &[u8], shapes: &[Vec<u8>]) -> bool {
    let mut starts = [false; 256];
    for shape in shapes {
        starts[usize::from(shape[0])] = true;
    }
    // Many files, many shapes: most places are no start of any.
    bytes.iter().enumerate().any(|(at, &first)| {
        starts[usize::from(first)] && shapes.iter().any(|shape| bytes[at..].starts_with(shape))
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| match entry {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            entry => Some(entry.unwrap().path()),
        })
        .flat_map(|path| {
            if path.is_dir() && !path.is_symlink() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What is in a file; nothing if it is there no more. Those who run make files and remove them while they are looked at.
fn contents(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Every file of the desktop, every process's arguments and environment.
fn look_outside(desktop: &Desktop, shapes: &[Vec<u8>]) -> Result<()> {
    let mut read = 0;
    for path in files(desktop.room().folder())
        .into_iter()
        .filter(|path| path.is_file())
    {
        let Some(bytes) = contents(&path)? else {
            continue;
        };
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
    assert_eq!(desktop.keyring().kept()?, 1);
    let secrets = desktop.keyring().secrets()?;
    assert!(
        secrets.iter().any(|secret| holds(secret, &shapes)),
        "the keychain does not hold the token"
    );

    // Neither does anything that is left when all of it has ended.
    window.close().await?;
    desktop.see_end_of("lablink-desktop")?;
    for path in files(desktop.room().folder())
        .into_iter()
        .filter(|path| path.is_file())
    {
        let left = contents(&path)?.unwrap_or_default();
        assert!(!holds(&left, &shapes), "{} holds the token", path.display());
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

/// The tokens the keychain holds.
fn tokens_in_the_keychain(desktop: &Desktop) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for secret in desktop.keyring().secrets()? {
        let record: Value = serde_json::from_slice(&secret).unwrap_or_default();
        for name in ["access", "refresh"] {
            found.extend(record.get(name).and_then(Value::as_str).map(str::to_owned));
        }
    }
    found.sort();
    Ok(found)
}

/// What of these names went to GitLab or came from there, at least one each.
fn heard(mirror: &Mirror, names: &[&str]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for name in names {
        let mut values = mirror.values(name);
        // `code` is also the value of a parameter that is no secret.
        values.retain(|value| value.len() >= 20);
        anyhow::ensure!(!values.is_empty(), "no {name} was heard");
        all.extend(values);
    }
    Ok(all)
}

/// All of it, in every shape.
fn all_shapes(secrets: &[String]) -> Vec<Vec<u8>> {
    secrets.iter().flat_map(|secret| shapes(secret)).collect()
}

/// Whatever a person may read of LabLink on this desktop, after all that happened.
fn look_at_what_is_said(desktop: &Desktop, shapes: &[Vec<u8>]) -> Result<()> {
    assert!(!holds(desktop.said().as_bytes(), shapes), "the app said a secret");
    for arguments in [
        &["accounts", "--json"][..],
        &["check", "--json"],
        &["instance", "list", "--json"],
        &["log"],
        &["doctor"],
    ] {
        let said = desktop.lablink(arguments, "")?;
        let told = format!("{}{}", said.output, said.errors);
        assert!(
            !holds(told.as_bytes(), shapes),
            "`{}` says a secret",
            arguments.join(" ")
        );
    }
    Ok(())
}

#[tokio::test]
async fn secrets_of_app_logins_are_nowhere_but_in_the_keychain() -> Result<()> {
    // Code, verifier and device code are known to nobody but the program and GitLab: they are heard on the way.
    let (simulator, mirror) = Mirror::before(&[])?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let confidential = application(&simulator, true)?;
    let secret = confidential.secret.clone().context("no secret")?;
    let window = desktop.open().await?;
    listen(&window).await?;
    window.begin_link().await?;
    window.give_address(mirror.address()).await?;
    window.go_on().await?;
    window.click("[data-method=app]").await?;
    window.press("register").await?;
    window
        .fill("#application-id", &confidential.application_id)
        .await?;
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

    let back = browser.client().current_url().await?;
    assert!(
        back.query_pairs().any(|(name, _)| name == "code"),
        "no code came back"
    );
    let names = ["access_token", "refresh_token", "code", "code_verifier"];
    let mut secrets = heard(&mirror, &names)?;
    assert!(
        mirror.values("client_secret").contains(&secret),
        "GitLab never heard the application's secret"
    );
    secrets.push(secret);
    let shapes = all_shapes(&secrets);
    look_inside(&window, &shapes).await?;
    look_outside(&desktop, &shapes)?;
    // The page the browser ends on repeats nothing of what it was opened with.
    let page = browser.client().source().await?;
    assert!(!holds(page.as_bytes(), &shapes), "the final page holds a secret");

    // The same with a code on another device, by the public application.
    let public = &application(&simulator, false)?.application_id;
    let set = ["instance", "set", mirror.address(), "--client-id", public];
    desktop.lablink(&set, "")?.done()?;
    window.finish_link().await?;
    window.begin_link().await?;
    window.give_address(mirror.address()).await?;
    window.fill("#display-name", "By code").await?;
    window.go_on().await?;
    window.click("[data-method=device]").await?;
    window.press("link-account").await?;
    let code = shown_code(&window).await?;
    let device = all_shapes(&heard(&mirror, &["device_code"])?);
    look_inside(&window, &device).await?;
    look_outside(&desktop, &device)?;
    browser
        .type_code(&format!("{}/oauth/device", mirror.address()), &code)
        .await?;
    browser.authorize().await?;
    window.screen("link-confirm").await?;
    window.press("confirm-yes").await?;
    window.screen("link-done").await?;

    secrets.extend(heard(&mirror, &["device_code", "access_token", "refresh_token"])?);
    let shapes = all_shapes(&secrets);
    look_inside(&window, &shapes).await?;
    look_outside(&desktop, &shapes)?;
    look_at_what_is_said(&desktop, &shapes)?;

    // The search finds what is there: the keychain holds what GitLab gave, and nothing that is over.
    let mut given = heard(&mirror, &["access_token", "refresh_token"])?;
    given.sort();
    assert!(
        tokens_in_the_keychain(&desktop)? == given,
        "the keychain does not hold the tokens"
    );
    for over in ["code", "code_verifier", "device_code"] {
        let over = all_shapes(&heard(&mirror, &[over])?);
        let kept = desktop.keyring().secrets()?;
        assert!(
            !kept.iter().any(|one| holds(one, &over)),
            "the keychain holds what is over"
        );
    }
    Ok(())
}
