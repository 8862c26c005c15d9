//! A year of three accounts, lived by the clocks of everybody: GitLab's, the app's, git's. Ada signs in by app login,
//! Grace's token is rotated by itself, the administrator's token grows old and dies. The calendar is moved, and on the
//! days that matter the app is started as at login.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};
use stage::{Desktop, Plan, Simulator, answer_login, built, openers, until};
use tempfile::TempDir;

use super::app_login::{application, choose_known};
use super::{token, wanted};

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
    simulator: Simulator,
    desktop: Desktop,
    _openers: TempDir,
    /// Noon (UTC) of the day everything begins on.
    begin: Timestamp,
    /// Days since then.
    day: i64,
    /// How far the clocks are ahead, in seconds.
    ahead: i64,
    /// The day the token that is rotated was made on.
    rotated_on: i64,
    /// How often the app was started.
    starts: u64,
}

impl Year {
    /// A GitLab that knows LabLink's application, a desktop with a tray, and nothing linked.
    fn begin() -> Result<Self> {
        let openers = openers(HAND_OVER)?;
        let desktop = Desktop::planned(&Plan {
            tray: true,
            openers: Some(openers.path().to_owned()),
            ..Plan::default()
        })?;
        let tomorrow = Timestamp::now().to_zoned(TimeZone::UTC).date().tomorrow()?;
        let mut year = Self {
            simulator: Simulator::start()?,
            desktop,
            _openers: openers,
            begin: tomorrow.at(12, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp(),
            day: 0,
            ahead: 0,
            rotated_on: 0,
            starts: 0,
        };
        year.it_is_day(0)?;
        let id = &application(&year.simulator, false)?.application_id;
        year.lablink(&["instance", "add", year.simulator.address(), "--client-id", id])?;
        Ok(year)
    }

    /// Moves every clock to noon of that day.
    fn it_is_day(&mut self, day: i64) -> Result<()> {
        let noon = self.begin + SignedDuration::from_hours(24 * day);
        let ahead = noon.duration_since(Timestamp::now()).as_secs() + 1;
        self.simulator.advance_clock(ahead - self.ahead)?;
        self.desktop.live_ahead(SignedDuration::from_secs(ahead))?;
        (self.day, self.ahead) = (day, ahead);
        Ok(())
    }

    /// The date of a day.
    fn date(&self, day: i64) -> Date {
        self.begin.to_zoned(TimeZone::UTC).date() + day.days()
    }

    fn lablink(&self, arguments: &[&str]) -> Result<Value> {
        let arguments = [arguments, &["--json"]].concat();
        self.desktop.lablink(&arguments, "")?.done()?.json()
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

    /// A token made today, for so many days.
    fn token_of(&self, username: &str, days: i64) -> Result<String> {
        let end = self.date(self.day + days).to_string();
        let wish = json!({ "username": username, "scopes": wanted(), "expires_at": end });
        token(&self.simulator, wish)
    }

    /// Ada links by app login: a press in the window, one in the browser.
    async fn link_the_login(&self) -> Result<()> {
        let window = self.desktop.open().await?;
        choose_known(&window, &self.simulator).await?;
        let opened = self.desktop.room().path("home/opened");
        let address = until("an address to be opened", || {
            Ok(std::fs::read_to_string(&opened).ok())
        })?;
        answer_login(&self.simulator, &address, LOGIN.1, "authorize")?;
        window.screen("link-done").await?;
        window.finish_link().await?;
        let name = self.desktop.accounts()?[0]["name"].clone();
        self.lablink(&["rename", name.as_str().context("no name")?, LOGIN.0])?;
        window.see_account(LOGIN.0, "linked").await?;
        self.quit()
    }

    fn link_the_tokens(&self) -> Result<()> {
        for ((name, username), life) in [(ROTATED, ROTATED_LIFE), (PLAIN, PLAIN_LIFE)] {
            let secret = self.token_of(username, life)?;
            self.desktop.link(self.simulator.address(), name, &secret)?;
        }
        self.lablink(&["rotate", ROTATED.0, "--automatically", "on"])?;
        Ok(())
    }

    /// The app is started as at login, sees to everything, and ends when the person logs out.
    fn app_lives_a_while(&mut self) -> Result<()> {
        let mut app = self.desktop.launch("lablink-desktop", &["--background"])?;
        self.starts += 1;
        self.all_is_seen_to()?;
        self.quit()?;
        let status = until("the app to end", || Ok(app.child().try_wait()?))?;
        assert!(status.success(), "{status}");
        Ok(())
    }

    fn quit(&self) -> Result<()> {
        let tray = self.desktop.tray()?;
        tray.click(&tray.entry("Quit LabLink")?)?;
        until("the app to end", || {
            let ended = |(_, program): &(u32, PathBuf)| !program.ends_with("lablink-desktop");
            Ok(self.desktop.processes()?.iter().all(ended).then_some(()))
        })
    }

    /// Waits until every account was checked today, and rotated if its time has come.
    fn all_is_seen_to(&mut self) -> Result<()> {
        let today = self.date(self.day).to_string();
        until("all accounts to be checked", || {
            let checked = |account: &Value| {
                let at = account["checked_at"].as_str();
                at.is_some_and(|at| at.starts_with(&today))
            };
            Ok(self.desktop.accounts()?.iter().all(checked).then_some(()))
        })?;
        if self.day >= self.rotated_on + ROTATED_BY {
            let end = self.date(self.day + ROTATED_LIFE).to_string();
            until("the token to be rotated", || {
                Ok((self.account(ROTATED)?["expires_at"] == end).then_some(()))
            })?;
            self.rotated_on = self.day;
        }
        let end = self.date(self.rotated_on + ROTATED_LIFE).to_string();
        assert_eq!(self.account(ROTATED)?["expires_at"], end, "day {}", self.day);
        assert_eq!(self.state(LOGIN)?, "linked", "day {}", self.day);
        assert_eq!(self.state(ROTATED)?, "linked", "day {}", self.day);
        Ok(())
    }

    /// Whether git, with no other helper than LabLink's and nobody to ask, clones what is private as this user.
    fn clones(&self, (name, username): (&str, &str)) -> Result<bool> {
        let place = self.desktop.room().path(&format!("clones/{name}-{}", self.day));
        let (scheme, host) = self.simulator.address().split_once("://").context("no scheme")?;
        let helper = format!("credential.helper={}", built("git-credential-lablink")?.display());
        let cloned = self
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
        year.it_is_day(day)?;
        year.app_lives_a_while()?;
        assert_eq!(year.state(PLAIN)?, "linked", "day {day}");
    }
    assert_eq!(year.rotated_on, 300, "rotated for the third time");
    assert!(year.clones(ROTATED)?, "with the token of the third rotation");

    // One token has a day to die on.
    for left in [40, 31, 30, 29, 8, 7, 6, 2, 1] {
        year.it_is_day(PLAIN_LIFE - left)?;
        year.app_lives_a_while()?;
        let state = if left > 30 { "linked" } else { "expiring" };
        assert_eq!(year.state(PLAIN)?, state, "{left} days before its end");
    }
    assert!(year.clones(PLAIN)?, "on its last day");
    year.it_is_day(PLAIN_LIFE)?;
    year.app_lives_a_while()?;
    assert_eq!(year.state(PLAIN)?, "expired");
    assert!(!year.clones(PLAIN)?, "it is dead");

    // The day after somebody has time for it.
    year.it_is_day(PLAIN_LIFE + 1)?;
    let before = year.account(PLAIN)?;
    year.starts += 1;
    let window = year.desktop.open().await?;
    year.all_is_seen_to()?;
    let tray = year.desktop.tray()?;
    tray.click(&tray.entry("Admin has expired: re-link")?)?;
    window.screen("link-sign-in").await?;
    window.read("Link Admin again").await?;
    let (new, inputs) = (year.token_of(PLAIN.1, PLAIN_LIFE)?, window.inputs());
    window.fill("#token", &new).await?;
    window.press("link-account").await?;
    window.screen("link-done").await?;
    assert_eq!(window.inputs() - inputs, 2, "paste, Link");
    year.quit()?;
    let after = year.account(PLAIN)?;
    for same in ["name", "instance", "user", "method", "scopes"] {
        assert_eq!(after[same], before[same]);
    }

    year.it_is_day(PLAIN_LIFE + 2)?;
    year.app_lives_a_while()?;
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
