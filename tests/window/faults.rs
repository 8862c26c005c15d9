//! Every fault by name, as a person meets it in the window: the state, the words, the one thing to do, that nothing
//! stored is lost, and that all is well again when the fault is over. One window lives through as many as it can.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use stage::{Desktop, Simulator, Window, until, until_async};

use super::{open_checked, token, wanted};

const DAY: i64 = 24 * 60 * 60;

/// What there is to do, as the page offers it.
const LINK_AGAIN: &str = ".head [data-intent=link-again]";
const OPEN_AT_GITLAB: &str = ".notice [data-intent=open-account]";
const LOOK_AGAIN: &str = ".notice [data-intent=look-again]";
const LINK_THERE: &str = ".notice [data-intent=link-there]";
const TRUST: &str = ".notice [data-intent=trust]";
/// Somebody else has to act; the person can see whether they did.
const CHECK_NOW: &str = ".head [data-intent=check-now]";

/// A fault, and what a person sees of it on the account's page.
struct Fault<'a> {
    name: &'static str,
    state: &'static str,
    words: &'a [&'a str],
    act: &'static str,
}

/// One account on one GitLab, and all there is of it.
struct Life {
    desktop: Desktop,
    simulator: Simulator,
    /// The GitLab's port, for one that comes back as another.
    port: String,
    token: String,
    kept: Value,
}

impl Life {
    fn begin() -> Result<Self> {
        let (simulator, desktop) = (Simulator::start()?, Desktop::start()?);
        let token = token(&simulator, json!({ "username": "ada", "scopes": wanted() }))?;
        desktop.link(simulator.address(), "Work", &token)?;
        let mut life = Self {
            port: port_of(&simulator),
            desktop,
            simulator,
            token,
            kept: Value::Null,
        };
        life.kept = life.stored()?;
        Ok(life)
    }

    /// The account as it is kept, without what a check may change.
    fn stored(&self) -> Result<Value> {
        let account = self.account("Work")?;
        Ok(json!([account["id"], account["instance"], account["user"]]))
    }

    fn account(&self, name: &str) -> Result<Value> {
        let mut accounts = self.desktop.accounts()?.into_iter();
        let found = accounts.find(|account| account["name"] == name);
        found.with_context(|| format!("no account {name}"))
    }

    /// Nothing that was stored is lost: neither the account nor its secret.
    fn must_be_kept(&self) -> Result<()> {
        let now = self.stored()?;
        ensure!(now == self.kept, "it was {} and is {now}", self.kept);
        let secrets = self.desktop.keyring().secrets()?;
        let token = self.token.as_bytes();
        let holds = |secret: &Vec<u8>| secret.windows(token.len()).any(|part| part == token);
        ensure!(secrets.iter().any(holds), "the secret is lost");
        Ok(())
    }

    /// The secret alone is in the keychain.
    fn one_secret_is_kept(&self) -> Result<()> {
        let kept = self.desktop.keyring().kept()?;
        ensure!(kept == 1, "{kept} secrets are kept");
        Ok(())
    }

    /// Has the account of the page checked by its menu.
    async fn check(&self, window: &Window) -> Result<()> {
        window.click(".head [data-intent=menu]").await?;
        window.click("[role=menu] [data-intent=check-now]").await
    }

    /// A fault stands: the page says so, and what to do.
    async fn suffers(&self, window: &Window, fault: &Fault<'_>) -> Result<()> {
        self.check(window).await?;
        window
            .see(&format!("[data-screen=account][data-state={}]", fault.state))
            .await?;
        for words in fault.words {
            window.read(words).await?;
        }
        window.see(fault.act).await?;
        let offered = window
            .script("return document.querySelectorAll('.notice .button').length")
            .await?;
        let wanted = u8::from(fault.act.starts_with(".notice"));
        ensure!(offered == json!(wanted), "{offered} buttons, not {wanted}");
        self.must_be_kept()
    }

    /// It is over.
    async fn recovers(&self, window: &Window) -> Result<()> {
        self.check(window).await?;
        window.see("[data-screen=account][data-state=linked]").await?;
        window.see_no(".notice").await?;
        self.must_be_kept()
    }

    async fn lives_through(
        &self,
        window: &Window,
        fault: &Fault<'_>,
        begins: impl FnOnce() -> Result<()>,
        ends: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        begins().context(fault.name)?;
        self.suffers(window, fault).await.context(fault.name)?;
        ends().context(fault.name)?;
        let after = || format!("after {}", fault.name);
        self.recovers(window).await.with_context(after)
    }

    /// What is no fault to the person: a check comes to its end, and the account is linked as before.
    async fn shrugs_off(&self, window: &Window, account: &str, what: &'static str) -> Result<()> {
        let checked = async {
            let before = self.account(account)?["checked_at"].clone();
            self.check(window).await?;
            until_async("the check to end", || async {
                Ok((self.account(account)?["checked_at"] != before).then_some(()))
            })
            .await?;
            ensure!(self.desktop.health(account)? == "linked", "not linked");
            window.see("[data-screen=account][data-state=linked]").await?;
            window.see_no(".notice").await?;
            self.must_be_kept()
        };
        checked.await.context(what)
    }

    /// Another GitLab at the same address, which knows the same token.
    fn becomes(&mut self, options: &[&str]) -> Result<()> {
        self.simulator.stop()?;
        self.simulator = Simulator::with(&[&["--port", self.port.as_str()], options].concat())?;
        let token = json!({ "username": "ada", "scopes": wanted(), "token": self.token });
        self.simulator.token(token).map(drop)
    }

    fn database(&self) -> PathBuf {
        let room = self.desktop.room();
        room.lablink_home().join("lablink.db")
    }

    /// Ends the app, and waits until it has ended.
    async fn leave(&self, window: Window) -> Result<()> {
        window.close().await?;
        until("the app to end", || {
            let mut all = self.desktop.processes()?.into_iter();
            let runs = all.any(|(_, program)| program.ends_with("lablink-desktop"));
            Ok((!runs).then_some(()))
        })
    }

    /// The whole database, in one file: whoever closes it last writes the journal into it.
    fn whole(&self) -> Result<Vec<u8>> {
        let journal = self.database().with_extension("db-wal");
        until("the journal to be written into the database", || {
            self.desktop.accounts()?;
            Ok((!journal.exists()).then_some(()))
        })?;
        Ok(fs::read(self.database())?)
    }

    /// Puts it back as it was.
    fn restore(&self, whole: &[u8]) -> Result<()> {
        for tail in ["db-wal", "db-shm"] {
            let _ = fs::remove_file(self.database().with_extension(tail));
        }
        Ok(fs::write(self.database(), whole)?)
    }
}

fn port_of(simulator: &Simulator) -> String {
    let address = simulator.address();
    address.rsplit(':').next().unwrap_or(address).to_owned()
}

#[tokio::test]
async fn one_window_lives_through_every_fault_of_a_gitlab() -> Result<()> {
    let mut life = Life::begin()?;
    let window = open_checked(&life.desktop).await?;
    window.see_account("Work", "linked").await?;
    window.open_account("Work").await?;
    what_an_admin_does(&life, &window).await?;
    what_a_server_does(&life, &window).await?;
    what_ends_a_token(&mut life, &window).await?;
    admin_mode(&life, &window).await?;
    another_gitlab_at_the_address(&mut life, &window).await?;
    certificates(&life, &window).await
}

async fn what_an_admin_does(life: &Life, window: &Window) -> Result<()> {
    let user = |change: Value| {
        let mut user = json!({ "username": "ada" });
        for (name, value) in change.as_object().into_iter().flatten() {
            user[name] = value.clone();
        }
        life.simulator.user(user).map(drop)
    };
    for (name, change, words, act) in [
        (
            "user blocked",
            json!({ "state": "blocked" }),
            "GitLab has blocked this account. Ask your admin to unblock it.",
            CHECK_NOW,
        ),
        (
            "terms to accept",
            json!({ "state": "terms" }),
            "GitLab wants you to accept its terms first. Sign in there in your browser",
            OPEN_AT_GITLAB,
        ),
        (
            "password expired",
            json!({ "state": "password_expired" }),
            "The password of this account has expired. Set a new one at GitLab",
            OPEN_AT_GITLAB,
        ),
        (
            "IP allow-list",
            json!({ "too_many_ips": true }),
            "Its rules may allow other networks only. Ask your admin.",
            CHECK_NOW,
        ),
    ] {
        let fault = Fault {
            name,
            state: "refused",
            words: &["Needs you", words],
            act,
        };
        let over = || user(json!({ "state": "active", "too_many_ips": false }));
        life.lives_through(window, &fault, || user(change), over).await?;
    }
    Ok(())
}

async fn what_a_server_does(life: &Life, window: &Window) -> Result<()> {
    let simulator = &life.simulator;
    for (name, words) in [
        (
            "bad_gateway",
            "has a problem of its own. Wait a minute, then try again.",
        ),
        ("maintenance", "is being maintained. Try again later."),
    ] {
        let fault = Fault {
            name,
            state: "unreachable",
            words: &["Offline", words],
            act: LOOK_AGAIN,
        };
        let begins = || simulator.fault(json!({ "fault": name, "times": 100 })).map(drop);
        life.lives_through(window, &fault, begins, || simulator.no_faults())
            .await?;
    }
    simulator.fault(json!({ "fault": "slow", "times": 2, "seconds": 1 }))?;
    life.shrugs_off(window, "Work", "slow").await?;
    simulator.fault(json!({ "fault": "transient_401", "times": 2 }))?;
    life.shrugs_off(window, "Work", "lagging replica").await
}

async fn what_ends_a_token(life: &mut Life, window: &Window) -> Result<()> {
    let simulator = &life.simulator;
    let change = |mut change: Value| {
        change["token"] = json!(life.token);
        simulator.token(change).map(drop)
    };
    let day = |days: i64| {
        let day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        day.saturating_add(jiff::Span::new().days(days)).to_string()
    };
    let expired = Fault {
        name: "expiry by GitLab's clock",
        state: "expired",
        words: &[
            "Needs re-linking",
            "This token expired on",
            "Link again with a new one.",
            "clock is 40 days behind GitLab’s. Set it right.",
        ],
        act: LINK_AGAIN,
    };
    let ends = || {
        simulator.advance_clock(-40 * DAY)?;
        change(json!({ "expires_at": day(300) }))
    };
    change(json!({ "expires_at": day(38) }))?;
    life.shrugs_off(window, "Work", "another last day").await?;
    let begins = || simulator.advance_clock(40 * DAY);
    life.lives_through(window, &expired, begins, ends).await?;

    let dead = |name| Fault {
        name,
        state: "revoked",
        words: &[
            "Needs re-linking",
            "GitLab no longer accepts this token",
            "Link again with a new one.",
        ],
        act: LINK_AGAIN,
    };
    let revoke = || change(json!({ "state": "revoked" }));
    let forgive = || change(json!({ "state": "active" }));
    life.lives_through(window, &dead("revocation"), revoke, forgive)
        .await?;

    let rotated = dead("rotation elsewhere");
    rotate(life).await?;
    life.suffers(window, &rotated).await.context(rotated.name)?;
    // What the page says to do does it.
    let new = token(simulator, json!({ "username": "ada", "scopes": wanted() }))?;
    window.click(LINK_AGAIN).await?;
    window.screen("link-sign-in").await?;
    window.fill("#token", &new).await?;
    window.press("link-account").await?;
    window.screen("link-done").await?;
    window.finish_link().await?;
    window.open_account("Work").await?;
    life.token = new;
    life.recovers(window).await.context("after rotation elsewhere")
}

/// Somebody else rotates the token: it is dead, and its successor is theirs.
async fn rotate(life: &Life) -> Result<()> {
    let address = life.simulator.address();
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .post(format!("{address}/api/v4/personal_access_tokens/self/rotate"))
        .header("PRIVATE-TOKEN", &life.token)
        .send()
        .await?;
    ensure!(answer.status().is_success(), "not rotated: {}", answer.status());
    Ok(())
}

/// What an administrator may do is not what a link may: nothing changes for it.
async fn admin_mode(life: &Life, window: &Window) -> Result<()> {
    let root = token(&life.simulator, json!({ "username": "root", "scopes": wanted() }))?;
    life.desktop.link(life.simulator.address(), "Root", &root)?;
    window.press("back").await?;
    window.see_account("Root", "linked").await?;
    window.open_account("Root").await?;
    let settings = |on: bool| {
        let settings = json!({ "admin_mode": on });
        life.simulator.control(Method::POST, "settings", Some(settings))
    };
    settings(true)?;
    life.shrugs_off(window, "Root", "admin mode").await?;
    settings(false)?;
    life.desktop.lablink(&["unlink", "Root"], "")?.done()?;
    window.screen("accounts").await?;
    window.open_account("Work").await
}

async fn another_gitlab_at_the_address(life: &mut Life, window: &Window) -> Result<()> {
    life.becomes(&["--gitlab-version", "19.2.0"])?;
    life.shrugs_off(window, "Work", "upgraded instance").await?;
    life.becomes(&["--gitlab-version", "15.3.0"])?;
    life.shrugs_off(window, "Work", "downgraded instance").await?;

    let elsewhere = Simulator::start()?;
    let target = elsewhere.address().to_owned();
    let moved = Fault {
        name: "moved to another address",
        state: "unreachable",
        words: &[
            "Offline",
            &format!("sends you on to {target}."),
            "This one stays until you unlink it.",
        ],
        act: LINK_THERE,
    };
    life.becomes(&["--persona", "moved", "--redirect-target", &target])?;
    life.suffers(window, &moved).await.context(moved.name)?;
    ensure!(elsewhere.requests()?.is_empty(), "the token followed");
    // What the page offers leads there, and the account stays.
    window.click(LINK_THERE).await?;
    window
        .see("[data-screen=link-address][data-address-state=found]")
        .await?;
    window.read(elsewhere.host()).await?;
    window.press("cancel").await?;
    window.screen("accounts").await?;
    life.must_be_kept()?;
    window.open_account("Work").await?;
    life.becomes(&[])?;
    life.recovers(window).await.context("after it moved")?;

    let down = Fault {
        name: "down",
        state: "unreachable",
        words: &["Offline", "Nothing answers at", "Check the address, or your VPN."],
        act: LOOK_AGAIN,
    };
    life.simulator.stop()?;
    life.suffers(window, &down).await.context(down.name)?;
    window.press("back").await?;
    window.read("You are offline").await?;
    window.open_account("Work").await?;
    life.becomes(&[])?;
    life.recovers(window).await.context("after it was down")
}

/// The same authority signs a new certificate: nobody notices. Another authority does: the account says so.
async fn certificates(life: &Life, window: &Window) -> Result<()> {
    let key = life.desktop.room().path("authority.key");
    let key = key.to_str().context("a path that is no text")?;
    let secret = "glpat-01234567890123456789";
    let start = |options: &[&str]| {
        let simulator = Simulator::with(&[&["--tls"], options].concat())?;
        simulator.token(json!({ "username": "ada", "scopes": wanted(), "token": secret }))?;
        anyhow::Ok(simulator)
    };
    let mut first = start(&["--authority-key", key])?;
    let ca = first.ready().ca_file.clone().context("no authority told")?;
    let ca = ca.to_str().context("a path that is no text")?;
    let port = port_of(&first);
    let link = [
        "link",
        first.address(),
        "--name",
        "Secure",
        "--token-stdin",
        "--ca",
        ca,
    ];
    life.desktop.lablink(&link, secret)?.done()?;
    window.press("back").await?;
    window.see_account("Secure", "linked").await?;
    window.open_account("Secure").await?;

    first.stop()?;
    let mut renewed = start(&["--port", &port, "--authority-key", key])?;
    life.shrugs_off(window, "Secure", "certificate renewed").await?;
    renewed.stop()?;
    let mut other = start(&["--port", &port])?;
    let fault = Fault {
        name: "certificate of another authority",
        state: "unreachable",
        words: &[
            "Offline",
            "presents a certificate",
            "that this computer does not trust.",
        ],
        act: TRUST,
    };
    life.suffers(window, &fault).await.context(fault.name)?;
    other.stop()?;
    let _back = start(&["--port", &port, "--authority-key", key])?;
    life.recovers(window).await.context("after another authority")
}

#[tokio::test]
async fn a_window_lives_through_every_fault_of_this_computer() -> Result<()> {
    let life = Life::begin()?;
    keychain_locked_at_start_and_unlocked_later(&life)
        .await
        .context("keychain locked at start")?;
    database_of_a_newer_version(&life)
        .await
        .context("database of a newer version")?;
    database_read_only(&life).await.context("database read-only")?;
    database_corrupted(&life).await.context("database corrupted")?;
    database_deleted(&life).await.context("database deleted")?;
    entry_deleted_by_hand(&life)
        .await
        .context("entry deleted by hand")
}

async fn keychain_locked_at_start_and_unlocked_later(life: &Life) -> Result<()> {
    life.desktop.keyring().lock()?;
    let window = life.desktop.open().await?;
    window.read("Your keyring is locked").await?;
    window.read("cannot be used or checked until you unlock").await?;
    window.read("Nothing is lost.").await?;
    window.see("[data-name=Work]").await?;
    life.desktop.keyring().unlock()?;
    window.press("unlock").await?;
    window.see_account("Work", "linked").await?;
    window.read("All well").await?;
    life.must_be_kept()?;
    life.leave(window).await
}

/// The window where nothing can be shown: why, and whether it can be mended here.
async fn in_trouble(window: &Window, words: &[&str], mends: bool) -> Result<()> {
    window.screen("trouble").await?;
    window.read("LabLink cannot show your accounts").await?;
    for words in words {
        window.read(words).await?;
    }
    window.see("[data-intent=open-logs]").await?;
    let offered = window.shows("[data-intent=put-aside]").await;
    ensure!(offered == mends, "to put it aside is offered: {offered}");
    Ok(())
}

/// What the next start shows when the fault is over.
async fn well_again(life: &Life) -> Result<()> {
    let window = life.desktop.open().await?;
    window.see_account("Work", "linked").await?;
    life.must_be_kept()?;
    life.leave(window).await
}

async fn database_of_a_newer_version(life: &Life) -> Result<()> {
    let database = life.database();
    let whole = life.whole()?;
    // SQLite keeps the form's number at byte 60 of the file.
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&4711_u32.to_be_bytes());
    fs::write(&database, &newer)?;
    let window = life.desktop.open().await?;
    let words = [
        "A newer LabLink wrote these files.",
        "Start that one, or update this one.",
    ];
    in_trouble(&window, &words, false).await?;
    life.leave(window).await?;
    ensure!(fs::read(&database)? == newer, "it was changed");
    life.restore(&whole)?;
    well_again(life).await
}

async fn database_read_only(life: &Life) -> Result<()> {
    let database = life.database();
    let before = life.whole()?;
    fs::set_permissions(&database, fs::Permissions::from_mode(0o400))?;
    let window = life.desktop.open_without_override().await?;
    let words = [
        "LabLink could not write to its own files.",
        "Check that the disk has room",
    ];
    in_trouble(&window, &words, false).await?;
    life.leave(window).await?;
    ensure!(fs::read(&database)? == before, "it was changed");
    fs::set_permissions(&database, fs::Permissions::from_mode(0o600))?;
    well_again(life).await
}

/// Nothing of it can be read: it is put aside when the person says so, and the secret waits for whoever knows it.
async fn database_corrupted(life: &Life) -> Result<()> {
    let database = life.database();
    let whole = life.whole()?;
    let rubbish = "this was a database once, and is none any more, not at all".repeat(100);
    fs::write(&database, &rubbish)?;
    let window = life.desktop.open().await?;
    let words = [
        "The list of your accounts is damaged.",
        "Your tokens are safe in the keychain.",
    ];
    in_trouble(&window, &words, true).await?;
    window.press("put-aside").await?;
    window.read("Put the damaged list aside?").await?;
    window.press("cancel").await?;
    window.see_no("dialog[open]").await?;
    ensure!(
        fs::read(&database)? == rubbish.as_bytes(),
        "it was not waited for"
    );
    window.press("put-aside").await?;
    window.press("put-aside-confirm").await?;
    window.screen("first-start").await?;
    window
        .read("The damaged list of your accounts is kept as")
        .await?;
    let folder = database.parent().context("no folder")?;
    let aside = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("lablink-damaged-"))
        .context("it is not kept")?;
    window.read(&aside.to_string_lossy()).await?;
    ensure!(fs::read(&aside)? == rubbish.as_bytes(), "it is not what it was");
    life.one_secret_is_kept()?;
    window.read("not listed here: LabLink: Work").await?;
    window.press("dismiss").await?;
    window.see_no("[data-intent=dismiss]").await?;
    life.leave(window).await?;
    life.restore(&whole)?;
    well_again(life).await
}

async fn database_deleted(life: &Life) -> Result<()> {
    let database = life.database();
    let whole = life.whole()?;
    fs::remove_file(&database)?;
    let window = life.desktop.open().await?;
    window.screen("first-start").await?;
    window
        .read("Your keychain keeps secrets of accounts that are not listed here: LabLink: Work")
        .await?;
    window.read("Link those accounts again.").await?;
    life.one_secret_is_kept()?;
    life.leave(window).await?;
    life.restore(&whole)?;
    well_again(life).await
}

async fn entry_deleted_by_hand(life: &Life) -> Result<()> {
    let window = life.desktop.open().await?;
    window.see_account("Work", "linked").await?;
    life.desktop.keyring().forget()?;
    window.open_account("Work").await?;
    life.check(&window).await?;
    window.see("[data-screen=account][data-state=unknown]").await?;
    window
        .read("The secret of this account is no longer in your keychain. Link it again.")
        .await?;
    ensure!(life.stored()? == life.kept, "the account is lost");
    window.click(LINK_AGAIN).await?;
    window.screen("link-sign-in").await?;
    window.fill("#token", &life.token).await?;
    window.press("link-account").await?;
    window.screen("link-done").await?;
    window.finish_link().await?;
    window.see_account("Work", "linked").await?;
    life.must_be_kept()
}
