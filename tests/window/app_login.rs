//! App login as a person does it: in the real window and in a real browser, which the app opens as it opens any
//! address. GitLab's pages are pressed, the redirect comes back to the app's own listener.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use stage::{Chromium, Desktop, Plan, ReadyApplication, Simulator, Window, openers, until, until_async};
use tempfile::TempDir;

use super::{nothing_kept, wanted};

/// The application of that kind that is there from the start.
pub(crate) fn application(simulator: &Simulator, confidential: bool) -> Result<&ReadyApplication> {
    let all = &simulator.ready().applications;
    all.iter()
        .find(|one| one.confidential == confidential)
        .context("no such application")
}

/// A GitLab whose public application LabLink knows, its authority too; the browser signed in there.
pub(crate) async fn known(options: &[&str]) -> Result<(Simulator, Chromium, Desktop)> {
    let simulator = Simulator::with(options)?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let id = &application(&simulator, false)?.application_id;
    let mut arguments = vec!["instance", "add", simulator.address(), "--client-id", id];
    if let Some(authority) = &simulator.ready().ca_file {
        arguments.extend(["--ca", authority.to_str().context("a path that is no text")?]);
    }
    desktop.lablink(&arguments, "")?.done()?;
    Ok((simulator, browser, desktop))
}

/// From the list of instances to a login that waits for the browser: one press at the GitLab's page is the one input.
pub(crate) async fn choose_known(window: &Window, simulator: &Simulator) -> Result<()> {
    window.advance("[data-intent=go-instances]").await?;
    let row = format!(
        "[data-instance=\"{}\"] [data-intent=instance]",
        simulator.address()
    );
    window.advance(&row).await?;
    window.press("link-here").await?;
    window
        .see("[data-screen=link-waiting][data-app-state=waiting]")
        .await
        .map(drop)
}

/// How many inputs it took in all: in LabLink, and on GitLab's pages.
fn inputs(window: &Window, browser: &Chromium) -> u32 {
    window.inputs() + browser.presses()
}

/// The account is linked by app login, alive, and its secret is in the keychain.
fn linked_by_app(desktop: &Desktop, simulator: &Simulator) -> Result<Value> {
    let accounts = desktop.accounts()?;
    let mut apps = accounts.iter().filter(|account| account["method"] == "app");
    let account = apps.next().context("no app login is linked")?.clone();
    assert_eq!(account["instance"], simulator.address());
    assert_eq!(account["user"]["username"], "ada");
    assert_eq!(account["health"]["state"], "linked");
    assert_eq!(account["scopes"], wanted());
    assert_eq!(account["secret_in"], "gnome_keyring");
    Ok(account)
}

#[tokio::test]
async fn known_gitlab_takes_two_inputs_at_the_newest_under_a_subpath_with_an_authority() -> Result<()> {
    let (simulator, browser, desktop) = known(&["--subpath", "/gitlab", "--tls"]).await?;
    let window = desktop.open().await?;
    choose_known(&window, &simulator).await?;
    let address = browser.follow().await?;
    assert!(address.starts_with(&format!("{}/oauth/authorize?", simulator.address())));
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;
    assert_eq!(inputs(&window, &browser), 2);
    linked_by_app(&desktop, &simulator)?;
    assert_eq!(desktop.windows("LabLink")?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn public_application_registered_by_hand_at_15_0_takes_at_most_eight_inputs() -> Result<()> {
    let simulator = Simulator::with(&["--gitlab-version", "15.0", "--subpath", "/gitlab"])?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.go_on().await?;
    window.click("[data-method=app]").await?;
    window.press("register").await?;
    let id = &application(&simulator, false)?.application_id;
    window.fill("#application-id", id).await?;
    window.press("link-account").await?;
    browser.follow().await?;
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;
    assert!(inputs(&window, &browser) <= 8);
    linked_by_app(&desktop, &simulator).map(drop)
}

#[tokio::test]
async fn quirk_18_confidential_application_beside_a_token_and_unlinking_one_leaves_the_other() -> Result<()> {
    let simulator = Simulator::start()?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    desktop.link(simulator.address(), "By token", simulator.token_of("ada")?)?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    // Its name is the suggested one, which nobody has yet.
    window.go_on().await?;
    window.click("[data-method=app]").await?;
    window.press("register").await?;
    let application = application(&simulator, true)?;
    window
        .fill("#application-id", &application.application_id)
        .await?;
    let secret = application.secret.as_deref().context("no secret")?;
    window.fill("#application-secret", secret).await?;
    window.press("link-account").await?;
    browser.follow().await?;
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;
    assert_eq!(inputs(&window, &browser), 8);
    let linked = linked_by_app(&desktop, &simulator)?;
    let name = linked["name"].as_str().context("no name")?;
    window.finish_link().await?;

    window.open_menu(name).await?;
    window.press("unlink").await?;
    window.read("End the login at GitLab too").await?;
    window.press("unlink-confirm").await?;
    window.see("[data-intent=unlink-done]").await?;
    window.press("unlink-done").await?;
    window.see_no(&format!("[data-name=\"{name}\"]")).await?;
    desktop.lablink(&["check", "By token"], "")?.done()?;
    assert_eq!(desktop.health("By token")?, "linked");
    assert_eq!(desktop.accounts()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn deny_is_told_in_both_places_and_cancel_frees_the_port_at_once() -> Result<()> {
    let (simulator, browser, desktop) = known(&[]).await?;
    let window = desktop.open().await?;
    choose_known(&window, &simulator).await?;
    browser.follow().await?;
    browser.deny().await?;
    browser.read("access was not granted").await?;
    window.screen("link-sign-in").await?;
    assert!(desktop.accounts()?.is_empty());
    nothing_stays(&desktop)?;

    window.press("link-account").await?;
    window
        .see("[data-screen=link-waiting][data-app-state=waiting]")
        .await?;
    let door = listener(&browser.next_address().await?)?;
    TcpStream::connect(&door).context("nobody listens for the browser")?;
    window.press("cancel").await?;
    until_async("the port to be free", || async {
        Ok(TcpStream::connect(&door).is_err().then_some(()))
    })
    .await?;
    window.see_no("[data-screen=link-waiting]").await?;
    assert!(desktop.accounts()?.is_empty());
    nothing_stays(&desktop)?;
    Ok(())
}

/// Nothing stays in the keychain: what it is tried out with while somebody signs in goes, too.
fn nothing_stays(desktop: &Desktop) -> Result<()> {
    until("an empty keychain", || {
        Ok((desktop.keyring().kept()? == 0).then_some(()))
    })
}

/// Host and port of the redirect address in the address that was opened.
fn listener(opened: &str) -> Result<String> {
    let (_, redirect) = opened
        .split_once("redirect_uri=http%3A%2F%2F")
        .context("no redirect address")?;
    let (host, rest) = redirect.split_once("%3A").context("no port")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Ok(format!("{host}:{port}"))
}

/// The code that is shown, as a person reads it.
pub(crate) async fn shown_code(window: &Window) -> Result<String> {
    window
        .see("[data-screen=link-device][data-device-state=waiting]")
        .await?;
    let script = "return document.querySelector('.device-code [aria-hidden]').textContent";
    let code = window.script(script).await?;
    Ok(code
        .as_str()
        .context("no code")?
        .split_whitespace()
        .collect::<String>())
}

async fn by_code(options: &[&str]) -> Result<()> {
    let (simulator, browser, desktop) = known(options).await?;
    let window = desktop.open().await?;
    choose_known(&window, &simulator).await?;
    window.press("use-code").await?;
    let code = shown_code(&window).await?;
    let at = format!("{}/oauth/device", simulator.address());
    browser.type_code(&at, &code).await?;
    browser.authorize().await?;
    window.screen("link-confirm").await?;
    window.read("Ada Lovelace").await?;
    assert!(desktop.accounts()?.is_empty(), "linked before the answer");
    assert_eq!(desktop.keyring().kept()?, 0, "kept before the answer");
    window.press("confirm-yes").await?;
    window.screen("link-done").await?;
    assert_eq!(window.inputs(), 3);
    linked_by_app(&desktop, &simulator).map(drop)
}

#[tokio::test]
async fn quirk_25_code_on_another_device_at_17_3_under_a_subpath_with_an_authority() -> Result<()> {
    by_code(&["--gitlab-version", "17.3", "--subpath", "/gitlab", "--tls"]).await
}

#[tokio::test]
async fn code_on_another_device_at_the_newest_with_an_authority() -> Result<()> {
    by_code(&["--tls", "--subpath", "/gitlab"]).await
}

#[tokio::test]
async fn person_who_is_somebody_else_leaves_nothing_behind() -> Result<()> {
    let (simulator, browser, desktop) = known(&[]).await?;
    let window = desktop.open().await?;
    choose_known(&window, &simulator).await?;
    window.press("use-code").await?;
    let code = shown_code(&window).await?;
    browser
        .type_code(&format!("{}/oauth/device", simulator.address()), &code)
        .await?;
    browser.authorize().await?;
    window.screen("link-confirm").await?;
    window.press("confirm-no").await?;
    window.see_no("[data-screen=link-confirm]").await?;
    assert!(desktop.accounts()?.is_empty());
    nothing_stays(&desktop)?;
    Ok(())
}

#[tokio::test]
async fn lablink_link_only_opens_the_review_and_takes_three_inputs_to_a_linked_colleague() -> Result<()> {
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let link = profile_link(&simulator)?;

    let window = desktop.open().await?;
    window.screen("first-start").await?;
    // The person clicks the link wherever it stands: the desktop starts the app with it, which hands it over. One input.
    let mut clicked = desktop.launch("lablink-desktop", &[&link])?;
    window.see("[data-screen=profile][data-outcome=new]").await?;
    nothing_kept(&desktop)?;
    clicked.end();
    window.press("take-profile").await?;
    browser.follow().await?;
    browser.authorize().await?;
    browser.read("the account is linked").await?;
    window.screen("link-done").await?;
    assert_eq!(1 + inputs(&window, &browser), 3);
    linked_by_app(&desktop, &simulator).map(drop)
}

#[tokio::test]
async fn profile_that_was_imported_leads_to_a_linked_colleague_with_two_inputs() -> Result<()> {
    let simulator = Simulator::start()?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let link = profile_link(&simulator)?;
    desktop.lablink(&["profile", "import", &link], "")?.done()?;
    let window = desktop.open().await?;
    // The first start offers it.
    window.screen("first-start").await?;
    window.press("sign-in-at").await?;
    browser.follow().await?;
    browser.authorize().await?;
    window.screen("link-done").await?;
    assert_eq!((inputs(&window, &browser), window.moves()), (2, 0));
    linked_by_app(&desktop, &simulator)?;

    // A second account there, from the step that asks which GitLab.
    window.finish_link().await?;
    let (before, moves) = (inputs(&window, &browser), window.moves());
    window.advance("[data-intent=link]").await?;
    window.press("sign-in-at").await?;
    browser.follow().await?;
    browser.authorize().await?;
    window.screen("link-done").await?;
    assert_eq!(inputs(&window, &browser) - before, 2);
    assert_eq!(window.moves() - moves, 1);
    let accounts = desktop.accounts()?;
    assert_eq!(accounts.len(), 2);
    assert_ne!(accounts[0]["name"], accounts[1]["name"]);
    Ok(())
}

/// The link profile of a GitLab, made on another computer.
fn profile_link(simulator: &Simulator) -> Result<String> {
    let elsewhere = stage::Keyring::absent()?;
    let id = &application(simulator, false)?.application_id;
    let add = ["instance", "add", simulator.address(), "--client-id", id];
    elsewhere.lablink(&add, "")?.done()?;
    let export = ["profile", "export", simulator.address(), "--link"];
    let link = elsewhere.lablink(&export, "")?.done()?.output.trim().to_owned();
    assert!(link.starts_with("lablink://"), "{link}");
    Ok(link)
}

#[tokio::test]
async fn application_that_is_typed_and_never_signed_in_with_is_not_kept() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let window = super::at_sign_in(&desktop, &simulator).await?;
    window.click("[data-method=app]").await?;
    window.press("register").await?;
    let id = &application(&simulator, false)?.application_id;
    window.fill("#application-id", id).await?;
    window
        .see("[data-app-state=ready] [data-intent=link-account], [data-app-state=ready]")
        .await?;
    window.press("cancel").await?;
    window.screen("first-start").await?;
    nothing_kept(&desktop)?;
    let list = desktop
        .lablink(&["instance", "list", "--json"], "")?
        .done()?
        .json()?;
    assert!(!list.to_string().contains(id.as_str()));
    assert_eq!(list["instances"][0]["client_id"], json!(null));
    Ok(())
}

/// The profile of a GitLab as a file a colleague sent.
fn profile_file(simulator: &Simulator, folder: &Path) -> Result<PathBuf> {
    let elsewhere = stage::Keyring::absent()?;
    let id = &application(simulator, false)?.application_id;
    let add = ["instance", "add", simulator.address(), "--client-id", id];
    elsewhere.lablink(&add, "")?.done()?;
    let file = folder.join("git.example.toml");
    let told = elsewhere.lablink(&["profile", "export", simulator.address()], "")?;
    fs::write(&file, told.done()?.output)?;
    Ok(file)
}

#[tokio::test]
async fn profile_file_that_is_chosen_takes_three_inputs_to_a_linked_colleague() -> Result<()> {
    let simulator = Simulator::with(&["--subpath", "/gitlab"])?;
    let browser = Chromium::start().await?;
    browser.sign_in(&simulator, "ada").await?;
    let desktop = Desktop::beside(&browser)?;
    let folder = tempfile::tempdir()?;
    let file = profile_file(&simulator, folder.path())?;
    let window = desktop.open().await?;
    window
        .advance("[data-screen=first-start] [data-intent=review-profile]")
        .await?;
    window.choose_file("#profile-file", &file).await?;
    window.see("[data-screen=profile][data-outcome=new]").await?;
    window.read(simulator.host()).await?;
    nothing_kept(&desktop)?;
    window.press("take-profile").await?;
    browser.follow().await?;
    browser.authorize().await?;
    window.screen("link-done").await?;
    assert_eq!(inputs(&window, &browser), 3);
    linked_by_app(&desktop, &simulator).map(drop)
}

/// A desktop that knows the simulator's public application, and on which whatever opens addresses does this.
fn opening_by(simulator: &Simulator, script: &str) -> Result<(TempDir, Desktop)> {
    let folder = openers(script)?;
    let desktop = Desktop::planned(&Plan {
        openers: Some(folder.path().to_owned()),
        ..Plan::default()
    })?;
    let id = &application(simulator, false)?.application_id;
    let add = ["instance", "add", simulator.address(), "--client-id", id];
    desktop.lablink(&add, "")?.done()?;
    Ok((folder, desktop))
}

/// Whatever became of the browser, the person copies the link, takes a code instead, and can leave it all.
async fn helped_without_a_browser(script: &str, told: &str) -> Result<()> {
    let simulator = Simulator::start()?;
    let (_folder, desktop) = opening_by(&simulator, script)?;
    let window = desktop.open().await?;
    window.press("sign-in-at").await?;
    window.screen("link-waiting").await?;
    window.read(told).await?;
    window.press("copy-link").await?;
    window.read("Copied").await?;
    window.press("use-code").await?;
    shown_code(&window).await?;
    window.press("back").await?;
    window.screen("link-sign-in").await?;
    window.click("[data-method=app]").await?;
    window.press("link-account").await?;
    window
        .see("[data-screen=link-waiting][data-app-state=waiting]")
        .await?;
    window.press("cancel").await?;
    window.screen("first-start").await?;
    assert!(desktop.accounts()?.is_empty());
    nothing_stays(&desktop)?;
    Ok(())
}

#[tokio::test]
async fn browser_that_cannot_be_opened_is_told_and_a_code_or_the_link_helps() -> Result<()> {
    helped_without_a_browser("exit 1", "Your browser could not be opened.").await
}

#[tokio::test]
async fn opener_that_never_returns_is_told_and_a_code_or_the_link_helps() -> Result<()> {
    // As long as whoever started it, and no longer.
    let never = "exec tail --pid=$PPID -f /dev/null";
    helped_without_a_browser(never, "Your browser does not say whether it opened.").await
}
