//! The words of the tray and of notices, in English. The window's own are in `ui/src/messages/`.
//!
//! A menu line is state and action in one breath; `…` ends what opens the window.

/// Opens the window.
pub const OPEN: &str = "Open LabLink";
/// Checks every account.
pub const CHECK_NOW: &str = "Check now";
/// While that is under way.
pub const CHECKING: &str = "Checking…";
/// While a login waits in the browser: shows the window that waits with it.
pub const IN_THE_BROWSER: &str = "Waiting for your browser: show…";
/// Opens the link flow.
pub const LINK_AN_ACCOUNT: &str = "Link an account…";
/// Ends LabLink.
pub const QUIT: &str = "Quit LabLink";
/// The keychain waits for its password or the encrypted file for its passphrase.
pub const KEYCHAIN_LOCKED: &str = "✕ Your keychain is locked: unlock…";
/// The keychain cannot be used.
pub const KEYCHAIN_BROKEN: &str = "✕ Your keychain does not work: details…";

/// Tooltip before anything was read.
pub const STARTING: &str = "LabLink";
/// Tooltip where there is no account yet.
pub const NOTHING_LINKED: &str = "LabLink: no account linked yet";
/// Tooltip where all is well.
pub const ALL_WELL: &str = "LabLink: all well";
/// Tooltip where all is well, and something can do less than it was linked for.
pub const WITH_LIMITS: &str = "LabLink: linked, with limits";
/// Tooltip where what is kept could not be opened.
pub const TROUBLE: &str = "LabLink could not start, open it for details";
/// Tooltip where only the keychain needs the person.
pub const KEYCHAIN_NEEDS_YOU: &str = "LabLink: your keychain needs you";

/// A token that dies soon.
#[must_use]
pub fn expiring(name: &str, days: u32) -> String {
    match days {
        0 => format!("◐ {name} expires today: renew…"),
        1 => format!("◐ {name} expires tomorrow: renew…"),
        _ => format!("◐ {name} expires in {days} days: renew…"),
    }
}

/// A token dead of age.
#[must_use]
pub fn expired(name: &str) -> String {
    format!("✕ {name} has expired: re-link…")
}

/// A token GitLab no longer accepts.
#[must_use]
pub fn revoked(name: &str) -> String {
    format!("✕ {name} was revoked: re-link…")
}

/// An app login that GitLab no longer accepts and nothing renews: the person signs in once more.
#[must_use]
pub fn signed_out(name: &str) -> String {
    format!("✕ {name} is signed out: sign in again…")
}

/// An app login that lacks scopes.
#[must_use]
pub fn permitted_too_little(name: &str, missing: &[String]) -> String {
    format!("◐ {name} lacks {}: edit permissions…", missing.join(", "))
}

/// A token that lacks scopes.
#[must_use]
pub fn too_narrow(name: &str, missing: &[String]) -> String {
    format!("◐ {name} lacks {}: re-link…", missing.join(", "))
}

/// An account GitLab refuses.
#[must_use]
pub fn refused(name: &str) -> String {
    format!("✕ {name} is refused by GitLab: details…")
}

/// An account whose GitLab does not answer.
#[must_use]
pub fn offline(name: &str) -> String {
    format!("○ {name} is offline: check now")
}

/// An account whose GitLab presents a certificate of somebody nobody trusts: the person may say whom to trust.
#[must_use]
pub fn untrusted(name: &str) -> String {
    format!("○ {name} has a new certificate: details…")
}

/// An account whose GitLab sends to another address.
#[must_use]
pub fn moved(name: &str, to: &str) -> String {
    let to = links::shown_within(to.strip_prefix("https://").unwrap_or(to), 60);
    format!("○ {name} is sent on to {to}: details…")
}

/// An account of which nothing could be learned.
#[must_use]
pub fn unreadable(name: &str) -> String {
    format!("○ {name} could not be checked: details…")
}

/// A well account, in the sub-menu.
#[must_use]
pub fn well(name: &str, host: &str) -> String {
    format!("● {name} · {host}")
}

/// Title of the sub-menu of the accounts that are well.
#[must_use]
pub fn the_rest(count: usize, all: bool) -> String {
    match (count, all) {
        (1, true) => "1 account".to_owned(),
        (count, true) => format!("{count} accounts"),
        (1, false) => "1 account is well".to_owned(),
        (count, false) => format!("{count} accounts are well"),
    }
}

/// The line that stands for those the menu has no room for.
#[must_use]
pub fn more(count: usize) -> String {
    format!("{count} more…")
}

/// Tooltip where accounts need the person now.
#[must_use]
pub fn need_you(count: usize) -> String {
    if count == 1 {
        "LabLink: 1 account needs you".to_owned()
    } else {
        format!("LabLink: {count} accounts need you")
    }
}

/// Tooltip where tokens die soon.
#[must_use]
pub fn expire_soon(count: usize) -> String {
    if count == 1 {
        "LabLink: 1 account expires soon".to_owned()
    } else {
        format!("LabLink: {count} accounts expire soon")
    }
}

/// Tooltip where some do not answer.
#[must_use]
pub fn are_offline(count: usize, all: usize) -> String {
    if count == all {
        "LabLink: offline".to_owned()
    } else {
        format!("LabLink: {count} of {all} accounts offline")
    }
}

/// On a notice: opens that account's link again.
pub const LINK_AGAIN: &str = "Link again";
/// On a notice: puts it off for a day.
pub const TOMORROW: &str = "Remind me tomorrow";
/// On a notice: puts it off for a week.
pub const IN_A_WEEK: &str = "Remind me in a week";

/// Title of a notice: a token dies in so many days.
#[must_use]
pub fn will_expire(name: &str, days: u32) -> String {
    match days {
        0 => format!("{name} expires today"),
        1 => format!("{name} expires tomorrow"),
        _ => format!("{name} expires in {days} days"),
    }
}

/// What follows it.
#[must_use]
pub fn link_before(whose: &str, day: &str) -> String {
    format!("{whose}\nGitLab stops accepting this token on {day}. Link the account again before then.")
}

/// Title of a notice: a token is dead.
#[must_use]
pub fn no_longer_works(name: &str) -> String {
    format!("{name} no longer works")
}

/// What follows it.
#[must_use]
pub fn token_died(whose: &str) -> String {
    format!("{whose}\nGitLab no longer accepts its token. Link the account again, and git works as before.")
}

/// Title of a notice: an app login is dead.
#[must_use]
pub fn was_signed_out(name: &str) -> String {
    format!("{name} is signed out")
}

/// What follows it.
#[must_use]
pub fn login_died(whose: &str) -> String {
    format!("{whose}\nGitLab no longer accepts its login. Sign in again, and git works as before.")
}

/// Title of a notice that stands for many.
#[must_use]
pub fn several(dead: usize, soon: usize) -> String {
    let accounts = |count: usize| match count {
        1 => "1 account".to_owned(),
        _ => format!("{count} accounts"),
    };
    let works = if dead == 1 { "works" } else { "work" };
    match (dead, soon) {
        (0, soon) => format!("{} expire soon", accounts(soon)),
        (dead, 0) => format!("{} no longer {works}", accounts(dead)),
        (dead, soon) => format!("{} no longer {works}, {soon} expire soon", accounts(dead)),
    }
}

/// Some names, and how many are left out.
#[must_use]
pub fn and_more(names: &[String], more: usize) -> String {
    format!("{} and {more} more", names.join(", "))
}
