//! A GitLab whose certificate comes from another authority: the person looks whose it is and trusts it for that GitLab
//! only, or does not.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use links::Authority;
use serde_json::{Value, json};
use stage::{Desktop, Simulator, Window, until};

use super::wanted;

const TOKEN: &str = "glpat-01234567890123456789";

/// A GitLab that moves from one authority to another, always at the same address.
struct House {
    desktop: Desktop,
    port: String,
    /// The key of the authority it was linked with.
    first: PathBuf,
    /// The key of the one it has now.
    second: PathBuf,
}

fn served(options: &[&str]) -> Result<Simulator> {
    let simulator = Simulator::with(&[&["--tls"], options].concat())?;
    simulator.token(json!({ "username": "ada", "scopes": wanted(), "token": TOKEN }))?;
    Ok(simulator)
}

fn text(path: &std::path::Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

fn link(desktop: &Desktop, simulator: &Simulator, name: &str) -> Result<()> {
    let ca = simulator.ready().ca_file.as_deref();
    let ca = text(ca.context("no authority told")?)?;
    let link = [
        "link",
        simulator.address(),
        "--name",
        name,
        "--token-stdin",
        "--ca",
        ca,
    ];
    desktop.lablink(&link, TOKEN)?.done().map(drop)
}

impl House {
    /// Linked while the first authority vouches for it.
    fn linked() -> Result<(Self, Simulator)> {
        let desktop = Desktop::start()?;
        let (first, second) = (
            desktop.room().path("first.key"),
            desktop.room().path("second.key"),
        );
        let simulator = served(&["--authority-key", text(&first)?])?;
        link(&desktop, &simulator, "Secure")?;
        let address = simulator.address();
        let port = address.rsplit(':').next().unwrap_or(address).to_owned();
        let house = Self {
            desktop,
            port,
            first,
            second,
        };
        Ok((house, simulator))
    }

    /// The same GitLab at the same address, with a certificate of the authority of this key.
    fn serves(&self, before: &mut Simulator, key: &std::path::Path, more: &[&str]) -> Result<()> {
        before.stop()?;
        let options = ["--port", self.port.as_str(), "--authority-key", text(key)?];
        *before = served(&[&options, more].concat())?;
        Ok(())
    }

    /// All that is kept about every GitLab.
    fn instances(&self) -> Result<Value> {
        let list = ["instance", "list", "--json"];
        self.desktop.lablink(&list, "")?.done()?.json()
    }

    /// Whom this computer trusts beside the system, and for which GitLab.
    fn trusted(&self) -> Result<Vec<(String, String)>> {
        let database = self.desktop.room().lablink_home().join("lablink.db");
        let database = rusqlite::Connection::open(database)?;
        let mut asked = database.prepare(
            "SELECT i.address, a.pem FROM authorities a JOIN instances i ON i.id = a.instance ORDER BY 1, 2",
        )?;
        let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

async fn check(window: &Window) -> Result<()> {
    window.click(".head [data-intent=menu]").await?;
    window.click("[role=menu] [data-intent=check-now]").await
}

async fn closed(window: &Window) -> Result<()> {
    window.see_no("dialog[open]").await
}

#[tokio::test]
async fn another_authority_is_compared_trusted_for_that_gitlab_only_and_all_is_well_again() -> Result<()> {
    let (house, mut simulator) = House::linked()?;
    // Another GitLab, with an authority of its own.
    let elsewhere = served(&[])?;
    link(&house.desktop, &elsewhere, "Elsewhere")?;
    let before = house.trusted()?;
    let window = house.desktop.open().await?;
    window.see_account("Secure", "linked").await?;
    house.serves(&mut simulator, &house.second, &["--sends-authority"])?;
    window.open_account("Secure").await?;
    check(&window).await?;
    window
        .see("[data-screen=account][data-state=unreachable]")
        .await?;

    // The first time the person thinks better of it: nothing is kept.
    window.click(".notice [data-intent=trust]").await?;
    window.read("Trust another authority for").await?;
    window.read("Simulated authority").await?;
    window.press("cancel").await?;
    closed(&window).await?;
    ensure!(house.trusted()? == before, "it was kept without a yes");

    // In the list the one action is the same. One careless press is not enough.
    window.press("back").await?;
    window.click("[data-name=Secure] [data-intent=trust]").await?;
    window.see("#compared").await?;
    window
        .script("document.querySelector('[data-intent=trust-confirm]').click()")
        .await?;
    window.see("#compared:focus").await?;
    ensure!(house.trusted()? == before, "it was kept without a look");
    let shown = window
        .script("return document.querySelector('.fingerprint').textContent.replaceAll(' ', '')")
        .await?;
    window.click("#compared").await?;
    window.press("trust-confirm").await?;
    closed(&window).await?;
    window.see_account("Secure", "linked").await?;

    let ca = simulator.ready().ca_file.clone().context("no authority told")?;
    let now = std::fs::read_to_string(ca)?;
    let authority = Authority::from_pem(now.as_bytes())?.remove(0);
    let fingerprint = authority.sha256_fingerprint().replace(':', "");
    ensure!(shown == json!(fingerprint), "{shown} is another one's");
    let own: Vec<_> = house
        .trusted()?
        .into_iter()
        .filter(|(address, _)| address == simulator.address())
        .collect();
    ensure!(
        own == [(simulator.address().to_owned(), now)],
        "instead of the one before, and nobody else: {own:?}"
    );
    let others = |all: Vec<(String, String)>| -> Vec<(String, String)> {
        let there = |one: &(String, String)| one.0 == elsewhere.address();
        all.into_iter().filter(there).collect()
    };
    ensure!(
        others(house.trusted()?) == others(before),
        "another GitLab was changed"
    );
    window.open_account("Secure").await?;
    window.read("trusted for its GitLab").await?;

    // The one before vouches for nothing here any more.
    house.serves(&mut simulator, &house.first, &[])?;
    check(&window).await?;
    window
        .see("[data-screen=account][data-state=unreachable]")
        .await
        .map(drop)
}

#[tokio::test]
async fn nobody_is_trusted_whose_certificate_is_not_sent_or_is_wrong_otherwise() -> Result<()> {
    let (house, mut simulator) = House::linked()?;
    let (trusted, known) = (house.trusted()?, house.instances()?);
    let window = house.desktop.open().await?;
    window.see_account("Secure", "linked").await?;
    window.open_account("Secure").await?;

    house.serves(&mut simulator, &house.second, &[])?;
    check(&window).await?;
    window.click(".notice [data-intent=trust]").await?;
    window.read("does not send the certificate of").await?;
    window.read("lablink instance set ADDRESS --ca FILE").await?;
    window.see_no("[data-intent=trust-confirm]").await?;
    window.press("close").await?;
    closed(&window).await?;

    for (fault, words) in [
        ("expired", "has expired"),
        ("other-host", "made for another name"),
    ] {
        let wrong = ["--sends-authority", "--tls-fault", fault];
        house.serves(&mut simulator, &house.second, &wrong)?;
        check(&window).await?;
        window.read(words).await?;
        window.see_no("[data-intent=trust]").await?;
    }

    // It goes wrong while the dialog is open: what is trusted is what was shown, and name and time still count.
    house.serves(&mut simulator, &house.second, &["--sends-authority"])?;
    check(&window).await?;
    window.click(".notice [data-intent=trust]").await?;
    window.see("#compared").await?;
    simulator.stop()?;
    window.press("cancel").await?;
    closed(&window).await?;
    window.click(".notice [data-intent=trust]").await?;
    window.read("Nothing answers at").await?;
    window.press("close").await?;
    closed(&window).await?;
    ensure!(house.trusted()? == trusted, "somebody is trusted");
    ensure!(house.instances()? == known, "something was changed");

    // With the first authority all is well, and the dialog has nothing to ask.
    simulator = served(&["--port", &house.port, "--authority-key", text(&house.first)?])?;
    window.click(".notice [data-intent=trust]").await?;
    window.see("[data-screen=account][data-state=linked]").await?;
    closed(&window).await?;
    until("nobody to be trusted", || {
        Ok((house.trusted()? == trusted).then_some(()))
    })?;
    drop(simulator);
    Ok(())
}
