//! The tray as data: a pure function of the snapshot, compared in tests and before drawing.

use crate::{
    text,
    view::{
        AccountView, AppLoginView, Attention, HealthView, KeychainView, MethodView, PermissionsStage,
        Snapshot,
    },
};

/// Lines of accounts that are not well; more are folded into one line.
const LINES: usize = 8;
/// Lines of the sub-menu.
const REST: usize = 20;

/// Which of the four icons; each has a shape of its own, not only a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// All well.
    Well,
    /// Something will need the person.
    Soon,
    /// Something needs the person now.
    Now,
    /// A GitLab does not answer.
    Offline,
}

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tray {
    /// The icon.
    pub sign: Sign,
    /// The tooltip.
    pub tooltip: String,
    /// The menu, from top to bottom.
    pub menu: Vec<Entry>,
}

/// One entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A line.
    Line(Line),
    /// A sub-menu.
    Sub(String, Vec<Line>),
    /// A rule.
    Rule,
}

/// A line that can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// What it does.
    pub pick: Pick,
    /// Whether it can be picked now.
    pub ready: bool,
}

/// What a line does when it is picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Opens the window at this account.
    Account(String),
    /// Opens the window where this account is linked again.
    Relink(String),
    /// Checks this account, without a window.
    Check(String),
    /// Checks every account, without a window.
    CheckAll,
    /// Opens the window at the link flow.
    Link,
    /// Opens the window.
    Open,
    /// Ends LabLink.
    Quit,
}

impl Pick {
    /// The identifier of its menu item.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Relink(id) => format!("relink:{id}"),
            Self::Check(id) => format!("check:{id}"),
            Self::CheckAll => "check".to_owned(),
            Self::Link => "link".to_owned(),
            Self::Open => "open".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The pick of a menu item's identifier.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        match id.split_once(':') {
            Some(("account", id)) => Some(Self::Account(id.to_owned())),
            Some(("relink", id)) => Some(Self::Relink(id.to_owned())),
            Some(("check", id)) => Some(Self::Check(id.to_owned())),
            Some(_) => None,
            None => match id {
                "check" => Some(Self::CheckAll),
                "link" => Some(Self::Link),
                "open" => Some(Self::Open),
                "quit" => Some(Self::Quit),
                _ => None,
            },
        }
    }
}

/// The tray for a snapshot. Accounts stand in the snapshot's order, the loudest first.
#[must_use]
pub fn tray(snapshot: &Snapshot) -> Tray {
    let (well, not_well): (Vec<_>, Vec<_>) = snapshot
        .accounts
        .iter()
        .partition(|account| account.attention == Attention::Well);
    let mut menu: Vec<Entry> = keychain(snapshot)
        .into_iter()
        .chain(in_the_browser(snapshot))
        .map(Entry::Line)
        .collect();
    menu.extend(
        not_well
            .iter()
            .take(LINES)
            .map(|account| Entry::Line(needy(account))),
    );
    if not_well.len() > LINES {
        menu.push(Entry::Line(line(text::more(not_well.len() - LINES), Pick::Open)));
    }
    if !well.is_empty() {
        let title = text::the_rest(well.len(), not_well.is_empty());
        let mut rest: Vec<Line> = well.iter().take(REST).map(|account| healthy(account)).collect();
        if well.len() > REST {
            rest.push(line(text::more(well.len() - REST), Pick::Open));
        }
        menu.push(Entry::Sub(title, rest));
    }
    if !menu.is_empty() {
        menu.push(Entry::Rule);
    }
    if !snapshot.accounts.is_empty() {
        let text = if snapshot.checking {
            text::CHECKING
        } else {
            text::CHECK_NOW
        };
        menu.push(Entry::Line(Line {
            text: text.to_owned(),
            pick: Pick::CheckAll,
            ready: !snapshot.checking,
        }));
    }
    if snapshot.trouble.is_none() {
        menu.push(Entry::Line(line(text::LINK_AN_ACCOUNT.to_owned(), Pick::Link)));
    }
    menu.push(Entry::Line(line(text::OPEN.to_owned(), Pick::Open)));
    menu.push(Entry::Rule);
    menu.push(Entry::Line(line(text::QUIT.to_owned(), Pick::Quit)));
    let (sign, tooltip) = state(snapshot);
    Tray { sign, tooltip, menu }
}

/// The tray before the first snapshot.
#[must_use]
pub fn unread() -> Tray {
    let menu = vec![
        Entry::Line(line(text::OPEN.to_owned(), Pick::Open)),
        Entry::Rule,
        Entry::Line(line(text::QUIT.to_owned(), Pick::Quit)),
    ];
    Tray {
        sign: Sign::Well,
        tooltip: text::STARTING.to_owned(),
        menu,
    }
}

fn line(text: String, pick: Pick) -> Line {
    Line {
        text,
        pick,
        ready: true,
    }
}

/// The keychain's own line: it is only worth one where an account needs it.
fn keychain(snapshot: &Snapshot) -> Option<Line> {
    if snapshot.accounts.is_empty() {
        return None;
    }
    let text = match snapshot.keychain {
        KeychainView::Unknown | KeychainView::Ready { .. } => return None,
        KeychainView::Locked { .. } | KeychainView::NeedsPassphrase { .. } => text::KEYCHAIN_LOCKED,
        KeychainView::Absent | KeychainView::Broken { .. } => text::KEYCHAIN_BROKEN,
    };
    Some(line(text.to_owned(), Pick::Open))
}

/// The line of a login that waits in the browser: its window may be behind it.
fn in_the_browser(snapshot: &Snapshot) -> Option<Line> {
    let linking = snapshot
        .flow
        .as_ref()
        .is_some_and(|flow| matches!(flow.app, AppLoginView::Waiting { .. }));
    let permitting = snapshot
        .permissions
        .as_ref()
        .is_some_and(|dialog| dialog.stage == PermissionsStage::Waiting);
    (linking || permitting).then(|| line(text::IN_THE_BROWSER.to_owned(), Pick::Open))
}

fn healthy(account: &AccountView) -> Line {
    line(
        text::well(&account.name, &account.host),
        Pick::Account(account.id.clone()),
    )
}

/// The line of an account that is not well, with the one action its state calls for.
fn needy(account: &AccountView) -> Line {
    let name = account.name.as_str();
    let text = match &account.health {
        HealthView::Unreachable { .. } if account.can_trust => text::untrusted(name),
        HealthView::Unreachable { .. } if account.moved_to.is_some() => {
            text::moved(name, account.moved_to.as_deref().unwrap_or_default())
        }
        HealthView::Unreachable { .. } => {
            let pick = Pick::Check(account.id.clone());
            return Line {
                text: text::offline(name),
                pick,
                ready: !account.checking,
            };
        }
        HealthView::Expired { .. } | HealthView::Revoked { .. } if account.method == MethodView::App => {
            text::signed_out(name)
        }
        HealthView::TooNarrow { missing } if account.method == MethodView::App => {
            text::permitted_too_little(name, missing)
        }
        HealthView::Expiring { days } => text::expiring(name, *days),
        HealthView::Expired { .. } => text::expired(name),
        HealthView::Revoked { .. } => text::revoked(name),
        HealthView::TooNarrow { missing } => text::too_narrow(name, missing),
        HealthView::Refused { .. } => text::refused(name),
        HealthView::Unknown { .. } => text::unreadable(name),
        HealthView::Linked => text::well(name, &account.host),
    };
    // What the line says in its last words.
    let pick = match &account.health {
        HealthView::Expiring { .. } | HealthView::Expired { .. } | HealthView::Revoked { .. } => Pick::Relink,
        HealthView::TooNarrow { .. } if account.method == MethodView::Token => Pick::Relink,
        _ => Pick::Account,
    };
    line(text, pick(account.id.clone()))
}

fn state(snapshot: &Snapshot) -> (Sign, String) {
    if snapshot.trouble.is_some() {
        return (Sign::Now, text::TROUBLE.to_owned());
    }
    let all = snapshot.accounts.len();
    let count = |attention| {
        snapshot
            .accounts
            .iter()
            .filter(|account| account.attention == attention)
            .count()
    };
    let (now, soon, offline, limited) = (
        count(Attention::Now),
        count(Attention::Soon),
        count(Attention::Offline),
        count(Attention::Limited),
    );
    match (all, now, soon, offline) {
        (0, ..) => (Sign::Well, text::NOTHING_LINKED.to_owned()),
        // What is wrong with the keychain is wrong with every account.
        _ if keychain(snapshot).is_some() => (Sign::Now, text::KEYCHAIN_NEEDS_YOU.to_owned()),
        (_, 1.., ..) => (Sign::Now, text::need_you(now)),
        (_, 0, 1.., _) => (Sign::Soon, text::expire_soon(soon)),
        (_, 0, 0, 1..) => (Sign::Offline, text::are_offline(offline, all)),
        (_, 0, 0, 0) if limited > 0 => (Sign::Well, text::WITH_LIMITS.to_owned()),
        (_, 0, 0, 0) => (Sign::Well, text::ALL_WELL.to_owned()),
    }
}

#[cfg(test)]
mod tests;
