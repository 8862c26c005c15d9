//! How the app's life depends on the desktop: a tray that comes late, a start at login without one, an end in the
//! middle of work, a start in the middle of an end, a browser that goes and comes back, a link from elsewhere. What people do with tray and window is in `tests/window/`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use stage::{Desktop, Plan, Running, Simulator, TrayHost, answer_login, built, until};
use tempfile::TempDir;

fn window_of(desktop: &Desktop) -> Result<stage::XWindow> {
    until("the window", || Ok(desktop.windows("LabLink")?.first().copied()))
}

fn ends_well(app: &mut Running) -> Result<()> {
    let status = until("the app to end", || Ok(app.child().try_wait()?))?;
    assert!(status.success(), "{status}");
    Ok(())
}

#[test]
fn started_at_login_without_a_tray_it_opens_its_window_and_ends_with_it() -> Result<()> {
    let desktop = Desktop::start()?;
    let mut app = desktop.launch("lablink-desktop", &["--background"])?;
    desktop.close(window_of(&desktop)?)?;
    ends_well(&mut app)
}

#[test]
fn a_tray_that_comes_later_is_used_and_keeps_the_app_alive() -> Result<()> {
    let desktop = Desktop::start()?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    let window = window_of(&desktop)?;
    let late = TrayHost::start(&desktop.keyring().connect()?)?;
    late.entry("Open LabLink")?;
    desktop.close(window)?;
    until("the window to go", || {
        Ok(desktop.windows("LabLink")?.is_empty().then_some(()))
    })?;
    app.still_runs()?;
    late.pick("Quit LabLink")?;
    ends_well(&mut app)
}

#[tokio::test]
async fn the_end_waits_until_an_account_is_unlinked() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    desktop.link(simulator.address(), "Work", simulator.token_of("ada")?)?;
    simulator.forget_requests()?;
    let window = desktop.open().await?;
    window.see_account("Work", "linked").await?;
    until("the check of the start", || {
        Ok(simulator
            .requests()?
            .iter()
            .any(|asked| asked.path.ends_with("/self"))
            .then_some(()))
    })?;
    window.open_menu("Work").await?;
    window.press("unlink").await?;
    simulator.forget_requests()?;
    simulator.fault(
        json!({ "fault": "slow", "seconds": 2, "times": 1, "path": "/api/v4/personal_access_tokens" }),
    )?;
    window.press("unlink-confirm").await?;
    window.see_no("[data-intent=unlink-confirm]").await?;
    desktop.close(window_of(&desktop)?)?;
    let running = || -> Result<bool> {
        Ok(desktop
            .processes()?
            .iter()
            .any(|(_, program)| program.ends_with("lablink-desktop")))
    };
    until("the app to end", || Ok((!running()?).then_some(())))?;
    // Nobody but the app can have proved it dead by now.
    let asked = simulator.requests()?;
    let revoked = asked
        .iter()
        .position(|asked| asked.method == "DELETE")
        .context("it was not revoked")?;
    let proved = asked
        .iter()
        .skip(revoked)
        .any(|asked| asked.method == "GET" && asked.status == Some(401));
    assert!(proved, "{asked:?}");
    assert!(desktop.accounts()?.is_empty());
    Ok(())
}

/// The numbers of the apps that run.
fn apps(desktop: &Desktop) -> Result<Vec<u32>> {
    let all = desktop.processes()?.into_iter();
    Ok(all
        .filter(|(_, program)| program.ends_with("lablink-desktop"))
        .map(|(id, _)| id)
        .collect())
}

/// Somebody quits and starts again at once, over and over: one app runs then, and shows its window.
#[test]
fn a_start_in_the_moment_of_an_end_becomes_the_app_or_is_served_by_the_one_that_stays() -> Result<()> {
    let desktop = Desktop::planned(&Plan {
        tray: true,
        ..Plan::default()
    })?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    for round in 0..24 {
        window_of(&desktop)?;
        // Taken: whoever starts from now on wants LabLink to run.
        desktop.tray()?.pick("Quit LabLink")?;
        let mut second = desktop.launch("lablink-desktop", &[])?;
        let goes_on = until("one of the two to end", || {
            let ended = [app.child().try_wait()?, second.child().try_wait()?];
            for status in ended.into_iter().flatten() {
                anyhow::ensure!(status.success(), "{status}");
            }
            Ok(match ended {
                [None, None] => None,
                [first, second] => Some((first.is_none(), second.is_none())),
            })
        });
        match goes_on.with_context(|| format!("round {round}"))? {
            (true, false) => {}
            (false, true) => {
                app = second;
            }
            _ => anyhow::bail!("round {round}: nobody goes on"),
        }
        window_of(&desktop).with_context(|| format!("round {round}: nobody shows a window"))?;
        until("one app to run", || {
            Ok((apps(&desktop)? == [app.id()]).then_some(()))
        })?;
    }
    app.still_runs()
}

/// Owns the app's name as an app would, and answers no start but with what it is told to.
struct Stubborn {
    asked: std::sync::mpsc::Sender<()>,
}

#[zbus::interface(name = "dev.lablink.App")]
impl Stubborn {
    fn start(&self, arguments: Vec<String>) -> zbus::fdo::Result<()> {
        drop(arguments);
        self.asked.send(()).ok();
        Err(zbus::fdo::Error::Failed("ending".to_owned()))
    }
}

/// Does not answer at all: it is busy dying.
struct Dying {
    asked: std::sync::mpsc::Sender<()>,
}

#[zbus::interface(name = "dev.lablink.App")]
impl Dying {
    async fn start(&self, arguments: Vec<String>) {
        drop(arguments);
        self.asked.send(()).ok();
        std::future::pending::<()>().await;
    }
}

/// The name the app has on this desktop's bus, as it told by owning it.
fn name_of_the_app(desktop: &Desktop) -> Result<String> {
    let mut app = desktop.launch("lablink-desktop", &[])?;
    let window = window_of(desktop)?;
    let connection = desktop.keyring().connect()?;
    let names = zbus::blocking::fdo::DBusProxy::new(&connection)?.list_names()?;
    let ours = |name: &&str| name.starts_with("dev.lablink.desktop");
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let name = names.iter().map(String::as_str).find(ours);
    let name = name.context("it owns no name")?.to_owned();
    desktop.close(window)?;
    ends_well(&mut app)?;
    Ok(name)
}

#[test]
fn whoever_says_it_is_ending_is_followed_when_it_has_ended() -> Result<()> {
    let desktop = Desktop::start()?;
    let name = name_of_the_app(&desktop)?;
    let (asked, was_asked) = std::sync::mpsc::channel();
    let before = desktop.keyring().connect()?;
    before
        .object_server()
        .at("/dev/lablink/App", Stubborn { asked })?;
    before.request_name(name.as_str())?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    until("the one before to be asked", || Ok(was_asked.try_recv().ok()))?;
    app.still_runs()?;
    assert!(desktop.windows("LabLink")?.is_empty(), "it did not wait");
    before.release_name(name.as_str())?;
    desktop.close(window_of(&desktop)?)?;
    ends_well(&mut app)
}

#[test]
fn whoever_dies_before_it_answers_is_followed() -> Result<()> {
    let desktop = Desktop::start()?;
    let name = name_of_the_app(&desktop)?;
    let (asked, was_asked) = std::sync::mpsc::channel();
    let before = desktop.keyring().connect()?;
    before.object_server().at("/dev/lablink/App", Dying { asked })?;
    before.request_name(name.as_str())?;
    let mut app = desktop.launch("lablink-desktop", &[])?;
    until("the one before to be asked", || Ok(was_asked.try_recv().ok()))?;
    before.close()?;
    desktop.close(window_of(&desktop)?)?;
    ends_well(&mut app)
}

/// What opens addresses on a desktop: it hands them to the test, which is the browser then.
struct Handed {
    folder: TempDir,
}

impl Handed {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let handed = folder.path().join("address");
        let (program, handed) = (folder.path().join("xdg-open"), handed.display());
        // Renamed into place, so that nobody reads half an address.
        let script =
            format!("#!/bin/sh\nprintf %s \"$1\" > '{handed}.new' && mv '{handed}.new' '{handed}'\n");
        fs::write(&program, script)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700))?;
        Ok(Self { folder })
    }

    fn desktop(&self) -> Result<Desktop> {
        Desktop::planned(&Plan {
            openers: Some(self.folder.path().to_owned()),
            ..Plan::default()
        })
    }

    /// The address that was opened, once it was.
    fn address(&self) -> Result<String> {
        let file: PathBuf = Path::join(self.folder.path(), "address");
        let address = until("an address to be opened", || Ok(fs::read_to_string(&file).ok()))?;
        fs::remove_file(file)?;
        Ok(address)
    }
}

/// A desktop on which the simulator and its public application are known, as a link profile leaves it.
fn knows(simulator: &Simulator, desktop: &Desktop) -> Result<()> {
    let applications = &simulator.ready().applications;
    let public = applications.iter().find(|one| !one.confidential);
    let id = &public.context("no public application")?.application_id;
    let add = ["instance", "add", simulator.address(), "--client-id", id.as_str()];
    desktop.lablink(&add, "")?.done().map(drop)
}

#[tokio::test]
async fn an_account_on_a_known_instance_is_linked_in_the_browser_with_two_inputs() -> Result<()> {
    let (simulator, handed) = (Simulator::with(&["--subpath", "/gitlab"])?, Handed::new()?);
    let desktop = handed.desktop()?;
    knows(&simulator, &desktop)?;
    let window = desktop.open().await?;
    window.advance("[data-intent=go-instances]").await?;
    window
        .advance(&format!(
            "[data-instance=\"{}\"] [data-intent=instance]",
            simulator.address()
        ))
        .await?;
    window.press("link-here").await?;
    window.screen("link-waiting").await?;
    let address = handed.address()?;
    let shown = window.document().await?;
    let page = answer_login(&simulator, &address, "ada", "authorize")?;
    assert_eq!(page.status, 200);
    window.screen("link-done").await?;
    // Sign in, and Authorize on GitLab's page.
    assert_eq!(window.inputs() + 1, 2);

    let accounts = desktop.accounts()?;
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["method"], "app");
    assert_eq!(accounts[0]["user"]["username"], "ada");
    assert_eq!(accounts[0]["health"]["state"], "linked");
    let state = address
        .split("state=")
        .nth(1)
        .and_then(|rest| rest.split('&').next());
    let state = state.context("a login without a state")?;
    assert!(!shown.contains(state), "the login's address is in the page");
    // Again at the same address: what waited there is gone.
    assert!(answer_login(&simulator, &address, "ada", "authorize").is_err());
    Ok(())
}

#[tokio::test]
async fn a_no_in_the_browser_is_said_in_the_window_and_leaves_nothing_behind() -> Result<()> {
    let (simulator, handed) = (Simulator::start()?, Handed::new()?);
    let desktop = handed.desktop()?;
    knows(&simulator, &desktop)?;
    let window = desktop.open().await?;
    window.begin_link().await?;
    window.give_address(simulator.address()).await?;
    window.press("link-account").await?;
    window.screen("link-waiting").await?;
    answer_login(&simulator, &handed.address()?, "ada", "deny")?;
    window.read("The sign-in was refused in the browser.").await?;
    assert!(desktop.accounts()?.is_empty());
    assert_eq!(desktop.keyring().kept()?, 0);
    Ok(())
}

/// The link of a profile of the simulator, which is not known on the desktop afterwards.
fn profile_link(simulator: &Simulator, desktop: &Desktop) -> Result<String> {
    knows(simulator, desktop)?;
    let exported = desktop
        .lablink(&["profile", "export", simulator.address(), "--json"], "")?
        .done()?
        .json()?;
    desktop
        .lablink(&["instance", "remove", simulator.address()], "")?
        .done()?;
    let link = exported
        .pointer("/profile/link")
        .and_then(Value::as_str)
        .context("no link")?;
    Ok(link.to_owned())
}

/// Whether GitLab.com alone is known, as on the first day.
fn knows_nothing_new(desktop: &Desktop) -> Result<bool> {
    let known = desktop
        .lablink(&["instance", "list", "--json"], "")?
        .done()?
        .json()?;
    let instances = known.get("instances").and_then(Value::as_array);
    Ok(instances.context("no instances")?.len() == 1)
}

#[tokio::test]
async fn a_link_from_elsewhere_opens_the_review_in_the_window_that_runs_and_changes_nothing() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let link = profile_link(&simulator, &desktop)?;
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    let mut second = desktop.launch("lablink-desktop", &[&link])?;
    ends_well(&mut second)?;
    window.screen("profile").await?;
    window.read(simulator.host()).await?;
    assert!(knows_nothing_new(&desktop)?);
    Ok(())
}

/// They end in the middle of whatever they have begun, a trial of the keychain for one.
#[tokio::test]
async fn starts_that_only_hand_over_begin_nothing() -> Result<()> {
    let desktop = Desktop::start()?;
    let window = desktop.open().await?;
    window.screen("first-start").await?;
    assert_eq!(desktop.keyring().kept()?, 0);
    for _ in 0..12 {
        let mut second = desktop.launch("lablink-desktop", &["lablink://relink?account=Work"])?;
        ends_well(&mut second)?;
    }
    window.read("No account here is called “Work”").await?;
    assert_eq!(desktop.keyring().kept()?, 0);
    Ok(())
}

#[tokio::test]
async fn started_by_a_link_the_app_opens_at_its_review() -> Result<()> {
    let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
    let link = profile_link(&simulator, &desktop)?;
    let window = desktop.open_program(&built("lablink-desktop")?, &[&link]).await?;
    window.screen("profile").await?;
    window.read(simulator.host()).await?;
    assert!(knows_nothing_new(&desktop)?);
    // Taking it is the person's press, and leads on to linking there.
    window.press("take-profile").await?;
    until("the GitLab to be known", || {
        Ok((!knows_nothing_new(&desktop)?).then_some(()))
    })
}
