//! The report a person can put into a public bug tracker: no name, no host, no user, no path; numbers and codes.

use std::fmt::Write as _;

use links::Policy;

use crate::view::{AccountView, AppLoginState, HealthView, InstanceView, KeychainView, Snapshot};

/// What the report says of the computer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Computer {
    /// Operating system and architecture.
    pub(super) system: String,
    /// Desktop and display protocol, as the session names them.
    pub(super) desktop: String,
}

impl Computer {
    /// This computer.
    pub(super) fn this() -> Self {
        let said = |name| std::env::var(name).unwrap_or_else(|_| "unknown".to_owned());
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            desktop: plain(&format!(
                "{}, {}",
                said("XDG_CURRENT_DESKTOP"),
                said("XDG_SESSION_TYPE")
            )),
        }
    }
}

/// The report.
pub(super) fn report(snapshot: &Snapshot, policy: Option<&Policy>, computer: &Computer) -> String {
    let mut text = format!("LabLink {}\n", snapshot.version);
    line(&mut text, "System", &computer.system);
    line(&mut text, "Desktop", &computer.desktop);
    line(&mut text, "Tray", if snapshot.tray { "shown" } else { "none" });
    line(&mut text, "Keychain", &keychain(&snapshot.keychain));
    line(&mut text, "Policy", &self::policy(policy));
    line(
        &mut text,
        "Last check",
        snapshot.checked_at.as_deref().unwrap_or("never"),
    );
    if let Some(flow) = &snapshot.flow {
        let problem = flow
            .problem
            .as_ref()
            .map_or("none", |problem| problem.code.as_str());
        line(
            &mut text,
            "Linking",
            &format!("step {:?}, problem {problem}", flow.step),
        );
    }
    for (number, instance) in snapshot.instances.iter().enumerate() {
        line(
            &mut text,
            &format!("Instance {}", number + 1),
            &self::instance(instance),
        );
    }
    for (number, account) in snapshot.accounts.iter().enumerate() {
        let place = snapshot
            .instances
            .iter()
            .position(|instance| instance.address == account.address);
        let place = place.map_or_else(|| "?".to_owned(), |index| (index + 1).to_string());
        line(
            &mut text,
            &format!("Account {}", number + 1),
            &format!("instance {place}, {}", self::account(account)),
        );
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ok = writeln!(text, "{name}: {value}");
}

fn policy(policy: Option<&Policy>) -> String {
    match policy {
        None => "not read".to_owned(),
        Some(Policy::Absent) => "none".to_owned(),
        Some(Policy::InForce(instances)) => format!("in force, {} instances", instances.len()),
        Some(Policy::Broken { .. }) => "cannot be used".to_owned(),
    }
}

fn keychain(keychain: &KeychainView) -> String {
    match keychain {
        KeychainView::Unknown => "not asked yet".to_owned(),
        KeychainView::Ready { place } => format!("ready, {place:?}"),
        KeychainView::Locked { place } => format!("locked, {place:?}"),
        KeychainView::Absent => "absent".to_owned(),
        KeychainView::NeedsPassphrase { .. } => "encrypted file, needs its passphrase".to_owned(),
        KeychainView::Broken { code, .. } => code.clone(),
    }
}

fn instance(instance: &InstanceView) -> String {
    let whose = if instance.source == "built_in" {
        "GitLab.com"
    } else {
        "self-managed"
    };
    let scheme = if instance.plain_http { "http" } else { "https" };
    let below = if instance.host.contains('/') {
        ", under a path"
    } else {
        ""
    };
    let authority = if instance.extra_authority {
        ", extra authority"
    } else {
        ""
    };
    let version = instance
        .version
        .as_deref()
        .map_or_else(|| "unknown".to_owned(), plain);
    let managed = if instance.managed { ", managed" } else { "" };
    let app_login = match (instance.app_login, instance.confidential) {
        (AppLoginState::NotSetUp, _) => "not set up",
        (AppLoginState::Ready, false) => "ready",
        (AppLoginState::Ready, true) => "ready with a secret",
    };
    format!(
        "{whose}{managed}, {scheme}{below}{authority}, version {version}, app login {app_login}, {} accounts",
        instance.accounts
    )
}

fn account(account: &AccountView) -> String {
    let scopes = account
        .scopes
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), |scopes| plain(&scopes.join(" ")));
    format!(
        "{:?}, {:?}, scopes {scopes}, {}, expires {}, {}checked {}, secret in {:?}",
        account.method,
        account.kind,
        health(&account.health),
        account.expires_on.as_deref().unwrap_or("never or not told"),
        if account.renews_by_itself {
            "renews by itself, "
        } else {
            ""
        },
        account.checked_at.as_deref().unwrap_or("never"),
        account.secret_in,
    )
}

fn health(health: &HealthView) -> String {
    match health {
        HealthView::Linked => "linked".to_owned(),
        HealthView::Expiring { days } => format!("expires in {days} days"),
        HealthView::Expired { .. } => "expired".to_owned(),
        HealthView::Revoked { .. } => "revoked".to_owned(),
        HealthView::TooNarrow { missing } => format!("lacks {}", plain(&missing.join(" "))),
        HealthView::Refused { why } => format!("refused: {why}"),
        HealthView::Unreachable { why } => format!("unreachable: {why}"),
        HealthView::Unknown { why } => format!("unknown: {}", why.as_deref().unwrap_or("not checked")),
    }
}

/// Text from a server or the environment: letters, digits and a few signs, at most 120.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || " ._-+:,".contains(*letter))
        .take(120)
        .collect()
}

#[cfg(test)]
mod tests {
    use links::{Health, Keychain, Place, ProblemCode};

    use super::{
        super::{State, snapshot, snapshot::tests::account},
        *,
    };

    #[test]
    fn it_tells_how_things_are_and_nothing_of_whom() {
        let state = State {
            accounts: vec![
                account(1, "Work", Health::Linked),
                account(
                    2,
                    "Old client",
                    Health::Unreachable {
                        why: ProblemCode::Silent,
                    },
                ),
            ],
            keychain: Some(Keychain::Ready {
                place: Place::GnomeKeyring,
            }),
            log_folder: "/home/ada/.local/state/lablink/log".to_owned(),
            tray: true,
            ..State::default()
        };
        let computer = Computer {
            system: "linux x86_64".to_owned(),
            desktop: "GNOME, wayland".to_owned(),
        };
        let text = report(&snapshot(&state), Some(&Policy::Absent), &computer);
        for private in [
            "Work",
            "Old client",
            "ada",
            "Ada",
            "git.example.test",
            "laptop",
            "42",
            "/home",
        ] {
            assert!(!text.contains(private), "{private} in\n{text}");
        }
        let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(text, @r"
        LabLink VERSION
        System: linux x86_64
        Desktop: GNOME, wayland
        Tray: shown
        Keychain: ready, GnomeKeyring
        Policy: none
        Last check: 2026-11-20T09:00:00Z
        Account 1: instance ?, Token, Personal, scopes api read_repository, unreachable: silent, expires 2027-03-01, checked 2026-11-20T09:00:00Z, secret in GnomeKeyring
        Account 2: instance ?, Token, Personal, scopes api read_repository, linked, expires 2027-03-01, checked 2026-11-20T09:00:00Z, secret in GnomeKeyring
        ");
    }

    #[test]
    fn text_from_elsewhere_cannot_break_a_line() {
        assert_eq!(plain("18.1.1-ee\nTray: none\u{202e}"), "18.1.1-eeTray: none");
    }
}
