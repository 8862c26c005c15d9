//! The demo: a simulator and the app beside it, or, without a display, one link made by clicking and typing.
#![expect(clippy::print_stdout, reason = "the demo tells what it does")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::Value;
use stage::{Desktop, Simulator, Window, built, repository};

#[derive(Parser)]
struct Options {
    /// Drive the window on a display of its own.
    #[arg(long)]
    headless: bool,
    /// Where the pictures of each step go.
    #[arg(long, default_value = "target/demo")]
    pictures: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    if options.headless {
        headless(&options.pictures).await
    } else {
        by_hand()
    }
}

/// Opens the app on the person's own desktop, with folders of its own.
fn by_hand() -> Result<()> {
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    let home = env::current_exe()?
        .parent()
        .context("no folder")?
        .join("demo-home");
    println!("\nA GitLab runs on this computer until LabLink ends. In LabLink, type");
    println!("    address: {}", simulator.address());
    println!("    token:   {}", simulator.token_of("ada")?);
    println!(
        "What the demo keeps is in {} and, the token, in your keychain.",
        home.display()
    );
    println!("To end it: Quit in the tray's menu, or close the window where there is no tray.\n");
    let status = Command::new(built("lablink-desktop")?)
        .env("LABLINK_HOME", &home)
        .status()?;
    ensure!(status.success(), "the app ended: {status}");
    Ok(())
}

/// Tells and shows each step.
struct Steps<'a> {
    folder: &'a Path,
    taken: u32,
}

impl Steps<'_> {
    async fn take(&mut self, window: &Window, words: &str, picture: &str) -> Result<()> {
        self.taken += 1;
        let file = self.folder.join(format!("{:02}-{picture}.png", self.taken));
        window.picture_to(&file).await?;
        println!("{:>2}. {words}", self.taken);
        println!("      {}", file.display());
        Ok(())
    }
}

async fn headless(pictures: &Path) -> Result<()> {
    let folder = if pictures.is_absolute() {
        pictures.to_owned()
    } else {
        repository().join(pictures)
    };
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut steps = Steps {
        folder: &folder,
        taken: 0,
    };
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    println!("A GitLab runs at {}", simulator.address());
    let desktop = Desktop::start()?;
    println!(
        "A desktop runs at display {}, with a session bus and a keychain of its own",
        desktop.display()
    );
    let window = desktop.open().await?;

    window.screen("first-start").await?;
    steps
        .take(&window, "LabLink opened for the first time", "first-start")
        .await?;
    window.begin_link().await?;
    steps
        .take(&window, "clicked “Your company's GitLab”", "link-address")
        .await?;
    window
        .give_address(&format!("{}/ada/notes", simulator.address()))
        .await?;
    steps
        .take(
            &window,
            "pasted the address of a project; GitLab found below it",
            "address-found",
        )
        .await?;
    window.go_on().await?;
    steps.take(&window, "clicked Next", "sign-in").await?;
    window.give_token(simulator.token_of("ada")?).await?;
    steps
        .take(
            &window,
            "typed an access token; GitLab says whose it is and what it can do",
            "token-checked",
        )
        .await?;
    window.link().await?;
    steps.take(&window, "clicked “Link account”", "done").await?;
    window.finish_link().await?;
    steps
        .take(
            &window,
            "clicked Done; the account stands in the list",
            "accounts",
        )
        .await?;

    // Believed only when another program says the same.
    let accounts = desktop.accounts()?;
    let text = |account: &Value, pointer: &str| -> Result<String> {
        let value = account.pointer(pointer).and_then(Value::as_str);
        Ok(value
            .with_context(|| format!("`lablink accounts` tells no {pointer}"))?
            .to_owned())
    };
    let [account] = accounts.as_slice() else {
        anyhow::bail!("{} accounts are linked, not one", accounts.len())
    };
    let health = text(account, "/health/state")?;
    ensure!(
        health == "linked",
        "the account is linked, but its health is {health}"
    );
    ensure!(desktop.keyring().kept()? > 0, "the keychain holds no secret");
    let (name, user) = (text(account, "/name")?, text(account, "/user/username")?);
    let (instance, place) = (text(account, "/instance")?, text(account, "/secret_in")?);
    println!("`lablink accounts` says the same; the secret is in {place}");
    window.close().await?;
    println!("linked: {name}, @{user} at {instance}");
    Ok(())
}
