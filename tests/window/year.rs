//! A year of three accounts, lived by the clocks of everybody: GitLab's, the app's, git's. Ada signs in by app login,
//! Grace's token is rotated by itself, the administrator's token grows old and dies. The calendar is moved, and on the
//! days that matter the app is started as at login, and tells each thing once.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;
use stage::{Notifications, Plan, answer_login, built, openers, until};
use tempfile::TempDir;

use super::app_login::{application, choose_known};
use super::days::Days;

/// By app login, with a token that is rotated, with one that nobody renews; and whose they are.
const LOGIN: (&str, &str) = ("Work", "ada");
const ROTATED: (&str, &str) = ("Release", "grace");
const PLAIN: (&str, &str) = ("Admin", "root");

/// How many days a token of each lives.
const ROTATED_LIFE: i64 = 120;
const PLAIN_LIFE: i64 = 365;
/// A rotation is due from thirty days before the end on, spread over three.
const ROTATED_BY: i64 = ROTATED_LIFE - 27;

/// What opens addresses: it hands them to the test, renamed into place so that nobody reads half of one.
const HAND_OVER: &str = r#"printf %s "$1" > "$HOME/new" && mv "$HOME/new" "$HOME/opened""#;

struct Year {
    days: Days,
    notices: Notifications,
    /// The titles of all notices that should have been shown by now.
    told: Vec<&'static str>,
    _openers: TempDir,
    /// The day the token that is rotated was made on.
    rotated_on: i64,
    /// How often the app was started.
    starts: u64,
}

impl Year {
    /// A GitLab that knows LabLink's application, a desktop with a tray that shows notices, and nothing linked.
    fn begin() -> Result<Self> {
        let openers = openers(HAND_OVER)?;
        let days = Days::begin(&Plan {
            tray: true,
            openers: Some(openers.path().to_owned()),
            ..Plan::default()
        })?;
        let id = &application(&days.simulator, false)?.application_id;
        let add = ["instance", "add", days.simulator.address(), "--client-id", id];
        days.desktop.lablink(&add, "")?.done()?;
        Ok(Self {
            notices: Notifications::start(&days.desktop)?,
            days,
            told: Vec::new(),
            _openers: openers,
            rotated_on: 0,
            starts: 0,
        })
    }

    fn lablink(&self, arguments: &[&str]) -> Result<Value> {
        let arguments = [arguments, &["--json"]].concat();
        self.days.desktop.lablink(&arguments, "")?.done()?.json()
    }

    fn account(&self, (name, _): (&str, &str)) -> Result<Value> {
        Ok(self.lablink(&["show", name])?["account"].clone())
    }

    fn state(&self, account: (&str, &str)) -> Result<String> {
        let account = self.account(account)?;
        Ok(account["health"]["state"]
            .as_str()
            .context("no state")?
            .to_owned())
    }

    /// Ada links by app login: a press in the window, one in the browser.
    async fn link_the_login(&self) -> Result<()> {
        let window = self.days.desktop.open().await?;
        choose_known(&window, &self.days.simulator).await?;
        let opened = self.days.desktop.room().path("home/opened");
        let address = until("an address to be opened", || {
            Ok(std::fs::read_to_string(&opened).ok())
        })?;
        answer_login(&self.days.simulator, &address, LOGIN.1, "authorize")?;
        window.screen("link-done").await?;
        window.finish_link().await?;
        let name = self.days.desktop.accounts()?[0]["name"].clone();
        self.lablink(&["rename", name.as_str().context("no name")?, LOGIN.0])?;
        window.see_account(LOGIN.0, "linked").await?;
        self.quit()
    }

    fn link_the_tokens(&self) -> Result<()> {
        for ((name, username), life) in [(ROTATED, ROTATED_LIFE), (PLAIN, PLAIN_LIFE)] {
            self.days.link(name, username, life)?;
        }
        self.lablink(&["rotate", ROTATED.0, "--automatically", "on"])?;
        Ok(())
    }

    /// The app is started as at login, sees to everything, tells this and nothing else, and ends when the person logs
    /// out.
    fn app_lives_a_while(&mut self, tells: Option<&'static str>) -> Result<()> {
        let mut app = self.days.desktop.launch("lablink-desktop", &["--background"])?;
        self.starts += 1;
        self.all_is_seen_to()?;
        self.tells(tells)?;
        self.quit()?;
        let status = until("the app to end", || Ok(app.child().try_wait()?))?;
        assert!(status.success(), "{status}");
        // Whatever it said in its last breath is heard by now.
        self.tells(None)
    }

    /// This was told, once, and nothing else since it was last asked.
    fn tells(&mut self, title: Option<&'static str>) -> Result<()> {
        if let Some(title) = title {
            self.notices.see(title)?;
            self.days.notices_are_kept()?;
        }
        self.told.extend(title);
        let shown = self.notices.shown().into_iter().map(|notice| notice.title);
        assert_eq!(shown.collect::<Vec<_>>(), self.told, "day {}", self.days.day);
        Ok(())
    }

    fn quit(&self) -> Result<()> {
        let tray = self.days.desktop.tray()?;
        tray.pick("Quit LabLink")?;
        self.days.desktop.see_end_of("lablink-desktop")
    }

    /// Waits until every account was checked today, and rotated if its time has come.
    fn all_is_seen_to(&mut self) -> Result<()> {
        let today = self.days.date(self.days.day).to_string();
        until("all accounts to be checked", || {
            let checked = |account: &Value| {
                let at = account["checked_at"].as_str();
                at.is_some_and(|at| at.starts_with(&today))
            };
            Ok(self.days.desktop.accounts()?.iter().all(checked).then_some(()))
        })?;
        if self.days.day >= self.rotated_on + ROTATED_BY {
            let end = self.days.date(self.days.day + ROTATED_LIFE).to_string();
            until("the token to be rotated", || {
                Ok((self.account(ROTATED)?["expires_at"] == end).then_some(()))
            })?;
            self.rotated_on = self.days.day;
        }
        let end = self.days.date(self.rotated_on + ROTATED_LIFE).to_string();
        assert_eq!(self.account(ROTATED)?["expires_at"], end, "day {}", self.days.day);
        assert_eq!(self.state(LOGIN)?, "linked", "day {}", self.days.day);
        assert_eq!(self.state(ROTATED)?, "linked", "day {}", self.days.day);
        Ok(())
    }

    /// Whether git, with no other helper than LabLink's and nobody to ask, clones what is private as this user.
    fn clones(&self, (name, username): (&str, &str)) -> Result<bool> {
        let place = self
            .days
            .desktop
            .room()
            .path(&format!("clones/{name}-{}", self.days.day));
        let (scheme, host) = self
            .days
            .simulator
            .address()
            .split_once("://")
            .context("no scheme")?;
        let helper = format!("credential.helper={}", built("git-credential-lablink")?.display());
        let cloned = self
            .days
            .desktop
            .command("git")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .args(["-c", "credential.helper=", "-c", &helper, "clone", "-q"])
            .arg(format!("{scheme}://{username}@{host}/works/engine.git"))
            .arg(&place)
            .output()?;
        let done = cloned.status.success();
        assert_eq!(place.join(".git/HEAD").is_file(), done);
        if done {
            let log = self.lablink(&["log", name])?;
            assert_eq!(log["log"][0]["what"], "token_given", "by another account");
        }
        Ok(done)
    }

    /// What the ledger tells of an account beside what git was given: each thing where it happened first, and how often
    /// it did.
    fn story(&self, (name, _): (&str, &str)) -> Result<(Vec<String>, BTreeMap<String, u64>)> {
        let log = self.lablink(&["log", name])?;
        let (mut what, mut times) = (Vec::new(), BTreeMap::new());
        let entries = log["log"].as_array().context("no log")?.iter().rev();
        for entry in entries.filter(|entry| entry["what"] != "token_given") {
            let mut word = entry["what"].as_str().context("no word")?.to_owned();
            if let ("health_changed", Some(state)) = (word.as_str(), entry["detail"].as_str()) {
                word = format!("{word} {state}");
            }
            if !what.contains(&word) {
                what.push(word.clone());
            }
            *times.entry(word).or_default() += entry["times"].as_u64().context("no count")?;
        }
        Ok((what, times))
    }
}

#[tokio::test]
async fn three_accounts_live_through_a_year() -> Result<()> {
    let mut year = Year::begin()?;
    year.link_the_login().await?;
    year.link_the_tokens()?;
    for account in [LOGIN, ROTATED, PLAIN] {
        assert!(year.clones(account)?, "{account:?} on the first day");
    }

    // Nearly a year in which nothing happens but what happens by itself.
    for day in (20..=320).step_by(20) {
        year.days.it_is_day(day)?;
        year.app_lives_a_while(None)?;
        assert_eq!(year.state(PLAIN)?, "linked", "day {day}");
    }
    assert_eq!(year.rotated_on, 300, "rotated for the third time");
    assert!(year.clones(ROTATED)?, "with the token of the third rotation");

    // One token has a day to die on.
    for (left, tells) in [
        (40, None),
        (31, None),
        (30, Some("Admin expires in 30 days")),
        (29, None),
        (8, None),
        (7, Some("Admin expires in 7 days")),
        (6, None),
        (2, None),
        (1, Some("Admin expires tomorrow")),
    ] {
        year.days.it_is_day(PLAIN_LIFE - left)?;
        year.app_lives_a_while(tells)?;
        let state = if left > 30 { "linked" } else { "expiring" };
        assert_eq!(year.state(PLAIN)?, state, "{left} days before its end");
    }
    assert!(year.clones(PLAIN)?, "on its last day");
    year.days.it_is_day(PLAIN_LIFE)?;
    // One check is no certainty.
    year.app_lives_a_while(None)?;
    assert_eq!(year.state(PLAIN)?, "expired");
    assert!(!year.clones(PLAIN)?, "it is dead");

    // The day after it is certain, and somebody has time for it.
    year.days.it_is_day(PLAIN_LIFE + 1)?;
    let before = year.account(PLAIN)?;
    let window = year.days.desktop.open().await?;
    year.starts += 1;
    year.all_is_seen_to()?;
    year.tells(Some("Admin no longer works"))?;
    let notice = year.notices.see("Admin no longer works")?;
    year.notices.press(&notice, "Link again")?;
    window.screen("link-sign-in").await?;
    window.read("Link Admin again").await?;
    let new = year.days.token(PLAIN.1, year.days.day + PLAIN_LIFE)?;
    let inputs = window.inputs();
    window.fill("#token", &new).await?;
    window.press("link-account").await?;
    window.screen("link-done").await?;
    assert_eq!(window.inputs() - inputs, 2, "paste, Link");
    year.notices.see_no(&notice)?;
    year.quit()?;
    let after = year.account(PLAIN)?;
    for same in ["name", "instance", "user", "method", "scopes"] {
        assert_eq!(after[same], before[same]);
    }

    year.days.it_is_day(PLAIN_LIFE + 2)?;
    year.app_lives_a_while(None)?;
    for account in [LOGIN, ROTATED, PLAIN] {
        assert_eq!(year.state(account)?, "linked");
        assert!(year.clones(account)?, "{account:?} at the end");
    }

    // What its owner can read of it afterwards.
    let (what, times) = year.story(LOGIN)?;
    assert_eq!(what, ["linked", "renamed", "renewed"]);
    assert!(times["renewed"] >= year.starts, "at every start: {times:?}");
    let (what, times) = year.story(ROTATED)?;
    assert_eq!(what, ["linked", "rotation_on", "rotated"]);
    assert_eq!(times["rotated"], 3);
    let (what, _) = year.story(PLAIN)?;
    let story = [
        "linked",
        "health_changed expiring",
        "health_changed expired",
        "relinked",
        "health_changed linked",
    ];
    assert_eq!(what, story);
    Ok(())
}
