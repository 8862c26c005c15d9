//! What a notice says and offers: a pure function of what is due.

use jiff::civil::Date;
use links::{Account, Method, Notice, Reminder, Snooze};

use crate::{desk::shown_host, text};

/// Up to so many notices are shown each for itself; more are one.
const EACH: usize = 3;

/// What a person can do with a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Link the account again.
    LinkAgain,
    /// Open the window.
    Open,
    /// Tell me again tomorrow.
    Tomorrow,
    /// Tell me again in a week.
    InAWeek,
}

impl Act {
    const ALL: [Self; 4] = [Self::LinkAgain, Self::Open, Self::Tomorrow, Self::InAWeek];

    /// Its name between the desktop and us.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::LinkAgain => "link-again",
            Self::Open => "open",
            Self::Tomorrow => "tomorrow",
            Self::InAWeek => "in-a-week",
        }
    }

    /// The one of a name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.key() == key)
    }

    /// How long the person wants none, where it is that.
    #[must_use]
    pub fn snooze(self) -> Option<Snooze> {
        match self {
            Self::LinkAgain | Self::Open => None,
            Self::Tomorrow => Some(Snooze::Day),
            Self::InAWeek => Some(Snooze::Week),
        }
    }

    /// Its words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::LinkAgain => text::LINK_AGAIN,
            Self::Open => text::OPEN,
            Self::Tomorrow => text::TOMORROW,
            Self::InAWeek => text::IN_A_WEEK,
        }
    }
}

/// One notice as the desktop shows it. All of it is plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bubble {
    /// What it tells of.
    pub notices: Vec<Notice>,
    /// The first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// What a press on it does, then its buttons.
    pub acts: Vec<Act>,
    /// Whether it stays until the person has seen it.
    pub urgent: bool,
}

impl Bubble {
    /// The accounts it tells of.
    #[must_use]
    pub fn accounts(&self) -> Vec<String> {
        let id = |notice: &Notice| notice.account.id.to_string();
        self.notices.iter().map(id).collect()
    }
}

/// What is due as it is shown on this day (UTC, as GitLab counts).
#[must_use]
pub fn bubbles(due: Vec<Notice>, today: Date) -> Vec<Bubble> {
    if due.len() > EACH {
        return vec![together(due)];
    }
    due.into_iter().map(|notice| alone(notice, today)).collect()
}

fn alone(notice: Notice, today: Date) -> Bubble {
    let account = &notice.account;
    let name = links::shown(&account.name);
    let whose = whose(account);
    let day = account
        .expires_on
        .map(|day| day.strftime("%-d %B %Y").to_string());
    let days = account
        .expires_on
        .and_then(|day| today.until(day).ok())
        .and_then(|span| u32::try_from(span.get_days()).ok())
        .unwrap_or_default();
    let dead = notice.reminder == Reminder::Dead;
    let (title, body) = match (dead, account.method) {
        (false, _) => (
            text::will_expire(&name, days),
            text::link_before(&whose, day.as_deref().unwrap_or_default()),
        ),
        (true, Method::Token) => (text::no_longer_works(&name), text::token_died(&whose)),
        (true, Method::App) => (text::was_signed_out(&name), text::login_died(&whose)),
    };
    let later = match notice.reminder {
        Reminder::Month => &[Act::Tomorrow, Act::InAWeek][..],
        Reminder::Week | Reminder::Day | Reminder::Dead => &[Act::Tomorrow],
    };
    Bubble {
        acts: [&[Act::LinkAgain], later].concat(),
        urgent: dead,
        title,
        body,
        notices: vec![notice],
    }
}

fn together(due: Vec<Notice>) -> Bubble {
    let dead = due
        .iter()
        .filter(|notice| notice.reminder == Reminder::Dead)
        .count();
    let names: Vec<String> = due
        .iter()
        .take(EACH)
        .map(|notice| links::shown(&notice.account.name))
        .collect();
    Bubble {
        title: text::several(dead, due.len() - dead),
        body: text::and_more(&names, due.len() - names.len()),
        acts: vec![Act::Open, Act::Tomorrow],
        urgent: dead > 0,
        notices: due,
    }
}

/// Who it is there, and where that is.
fn whose(account: &Account) -> String {
    let host = shown_host(&account.instance);
    match &account.user.username {
        Some(username) => format!("@{} · {host}", links::shown(username)),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use links::Health;

    use super::*;
    use crate::desk::account_for_tests;

    fn notice(number: u8, name: &str, reminder: Reminder) -> Notice {
        Notice {
            account: account_for_tests(number, name, Health::Linked),
            reminder,
        }
    }

    fn one(reminder: Reminder, today: &str) -> Bubble {
        let mut shown = bubbles(vec![notice(1, "Work", reminder)], today.parse().unwrap());
        shown.remove(0)
    }

    #[test]
    fn each_says_when_what_and_what_to_do() {
        let month = one(Reminder::Month, "2027-02-01");
        assert_eq!(month.title, "Work expires in 28 days");
        assert_eq!(
            month.body,
            "@ada · git.example.test/gitlab\nGitLab stops accepting this token on 1 March 2027. Link the account \
             again before then."
        );
        assert_eq!(month.acts, [Act::LinkAgain, Act::Tomorrow, Act::InAWeek]);
        assert!(!month.urgent);
        let day = one(Reminder::Day, "2027-02-28");
        assert_eq!(day.title, "Work expires tomorrow");
        assert_eq!(day.acts, [Act::LinkAgain, Act::Tomorrow]);
        let dead = one(Reminder::Dead, "2026-12-01");
        assert_eq!(dead.title, "Work no longer works");
        assert!(dead.urgent);
    }

    #[test]
    fn an_app_login_that_died_is_signed_out() {
        let mut due = notice(1, "Work", Reminder::Dead);
        due.account.method = Method::App;
        let shown = bubbles(vec![due], "2026-12-01".parse().unwrap());
        assert_eq!(shown[0].title, "Work is signed out");
    }

    #[test]
    fn many_at_once_are_one() {
        let mut due: Vec<Notice> = (0..50)
            .map(|number| notice(number, &format!("Account {number}"), Reminder::Week))
            .collect();
        due[0].reminder = Reminder::Dead;
        let shown = bubbles(due, "2027-02-25".parse().unwrap());
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].title, "1 account no longer works, 49 expire soon");
        assert_eq!(shown[0].body, "Account 0, Account 1, Account 2 and 47 more");
        assert_eq!(shown[0].accounts().len(), 50);
        assert_eq!(shown[0].acts, [Act::Open, Act::Tomorrow]);
    }

    #[test]
    fn what_a_server_says_cannot_draw() {
        let mut due = notice(1, "Wo\u{202e}rk", Reminder::Dead);
        due.account.user.username = Some("a\u{1b}[31mda\n".to_owned());
        let shown = bubbles(vec![due], "2026-12-01".parse().unwrap());
        let said = format!("{}{}", shown[0].title, shown[0].body);
        assert!(!said.contains(['\u{202e}', '\u{1b}']), "{said:?}");
    }

    #[test]
    fn keys_lead_back() {
        for act in Act::ALL {
            assert_eq!(Act::from_key(act.key()), Some(act));
        }
    }
}
