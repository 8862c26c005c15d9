//! The tray for the states it can be in.

use super::*;
use crate::desk::attention_of;
use crate::view::{
    BrowserView, KindView, MethodView, PermissionsView, PlaceView, ProblemView, ReachView, SettingsView,
    Unasked,
};

fn account(name: &str, health: HealthView) -> AccountView {
    asking(AccountView {
        id: format!("id-{name}"),
        name: name.to_owned(),
        user_id: 7,
        username: Some("ada".to_owned()),
        person: None,
        bot: false,
        address: "https://git.example.test/gitlab".to_owned(),
        host: "git.example.test/gitlab".to_owned(),
        plain_http: false,
        method: MethodView::Token,
        kind: KindView::Personal,
        scopes: None,
        abilities: Vec::new(),
        wider: Vec::new(),
        git: ReachView {
            can: "unknown".to_owned(),
            missing: Vec::new(),
        },
        registry: ReachView {
            can: "unknown".to_owned(),
            missing: Vec::new(),
        },
        health,
        attention: Attention::Well,
        clock: None,
        can_trust: false,
        moved_to: None,
        checking: false,
        expires_on: None,
        created_at: None,
        last_used_at: None,
        checked_at: None,
        linked_at: "2026-11-20T09:00:00Z".to_owned(),
        token_name: None,
        token_id: None,
        renews_by_itself: false,
        renews_at: None,
        rotation: None,
        application_id: None,
        secret_in: PlaceView::GnomeKeyring,
        events: Vec::new(),
    })
}

/// As the list has it.
fn asking(mut account: AccountView) -> AccountView {
    account.attention = attention_of(&account);
    account
}

fn snapshot(accounts: Vec<AccountView>) -> Snapshot {
    Snapshot {
        revision: 1,
        version: "0.1.0".to_owned(),
        accounts,
        instances: Vec::new(),
        keychain: KeychainView::Ready {
            place: PlaceView::GnomeKeyring,
        },
        flow: None,
        unlink: None,
        trust: None,
        waiting: Vec::new(),
        profile: None,
        permissions: None,
        tray: true,
        settings: SettingsView {
            notices: true,
            notices_shown: true,
            keep_in_tray: true,
            check_minutes: 15,
            starts_at_login: Some(false),
        },
        recovered: Vec::new(),
        checked_at: None,
        checking: false,
        log_folder: "/x/log".to_owned(),
        policy: None,
        trouble: None,
        unasked: Unasked::default(),
        called_to: None,
    }
}

/// The menu as a person reads it.
fn read(tray: &Tray) -> String {
    use std::fmt::Write as _;
    let mut text = format!("[{:?}] {}\n", tray.sign, tray.tooltip);
    for entry in &tray.menu {
        match entry {
            Entry::Line(line) => write_line(&mut text, "", line),
            Entry::Sub(title, lines) => {
                writeln!(text, "{title} >").unwrap();
                for line in lines {
                    write_line(&mut text, "    ", line);
                }
            }
            Entry::Rule => text.push_str("----\n"),
        }
    }
    text
}

fn write_line(text: &mut String, indent: &str, line: &Line) {
    use std::fmt::Write as _;
    let off = if line.ready { "" } else { " (off)" };
    writeln!(text, "{indent}{}  = {}{off}", line.text, line.pick.id()).unwrap();
}

#[test]
fn with_nothing_linked_it_offers_to_link() {
    insta::assert_snapshot!(read(&tray(&snapshot(Vec::new()))), @r"
    [Well] LabLink: no account linked yet
    Link an account…  = link
    Open LabLink  = open
    ----
    Quit LabLink  = quit
    ");
}

#[test]
fn what_is_well_is_quiet() {
    let accounts = vec![
        account("Home", HealthView::Linked),
        account("Work", HealthView::Unknown { why: None }),
    ];
    insta::assert_snapshot!(read(&tray(&snapshot(accounts))), @r"
    [Well] LabLink: all well
    2 accounts >
        ● Home · git.example.test/gitlab  = account:id-Home
        ● Work · git.example.test/gitlab  = account:id-Work
    ----
    Check now  = check
    Link an account…  = link
    Open LabLink  = open
    ----
    Quit LabLink  = quit
    ");
}

#[test]
fn each_state_that_is_not_well_has_its_line_and_its_one_action() {
    let accounts = vec![
        account("Old client", HealthView::Revoked { noticed_at: None }),
        account("Aged", HealthView::Expired { on: None }),
        account(
            "Narrow",
            HealthView::TooNarrow {
                missing: vec!["write_repository".to_owned()],
            },
        ),
        account(
            "Blocked",
            HealthView::Refused {
                why: "account_blocked".to_owned(),
            },
        ),
        account("Release bot", HealthView::Expiring { days: 9 }),
        account("Tomorrow", HealthView::Expiring { days: 1 }),
        account("Today", HealthView::Expiring { days: 0 }),
        account(
            "Far",
            HealthView::Unreachable {
                why: "silent".to_owned(),
            },
        ),
        account(
            "Dark",
            HealthView::Unknown {
                why: Some("keychain_denied".to_owned()),
            },
        ),
        account("Work", HealthView::Linked),
    ];
    insta::assert_snapshot!(read(&tray(&snapshot(accounts))), @r"
    [Now] LabLink: 4 accounts need you
    ✕ Old client was revoked: re-link…  = relink:id-Old client
    ✕ Aged has expired: re-link…  = relink:id-Aged
    ◐ Narrow lacks write_repository: re-link…  = relink:id-Narrow
    ✕ Blocked is refused by GitLab: details…  = account:id-Blocked
    ◐ Release bot expires in 9 days: renew…  = relink:id-Release bot
    ◐ Tomorrow expires tomorrow: renew…  = relink:id-Tomorrow
    ◐ Today expires today: renew…  = relink:id-Today
    ○ Far is offline: check now  = check:id-Far
    1 more…  = open
    1 account is well >
        ● Work · git.example.test/gitlab  = account:id-Work
    ----
    Check now  = check
    Link an account…  = link
    Open LabLink  = open
    ----
    Quit LabLink  = quit
    ");
}

#[test]
fn a_certificate_nobody_trusts_is_looked_at_where_the_person_may_say_whom_to_trust() {
    let untrusted = |name: &str, can_trust| {
        asking(AccountView {
            can_trust,
            ..account(
                name,
                HealthView::Unreachable {
                    why: "certificate_unknown_authority".to_owned(),
                },
            )
        })
    };
    let sign = |account| tray(&snapshot(vec![account])).sign;
    assert_eq!(sign(untrusted("Work", true)), Sign::Now);
    assert_eq!(
        sign(untrusted("Managed", false)),
        Sign::Offline,
        "nobody here can say it"
    );
    let accounts = vec![untrusted("Work", true), untrusted("Managed", false)];
    let drawn = read(&tray(&snapshot(accounts)));
    let lines: Vec<&str> = drawn.lines().skip(1).take(2).collect();
    assert_eq!(
        lines,
        [
            "○ Work has a new certificate: details…  = account:id-Work",
            "○ Managed is offline: check now  = check:id-Managed"
        ]
    );
}

#[test]
fn a_gitlab_that_moved_is_told_with_its_new_address() {
    let moved = |name: &str, to: Option<&str>| {
        asking(AccountView {
            moved_to: to.map(str::to_owned),
            ..account(
                name,
                HealthView::Unreachable {
                    why: "redirect_elsewhere".to_owned(),
                },
            )
        })
    };
    let sign = |account| tray(&snapshot(vec![account])).sign;
    assert_eq!(sign(moved("Work", Some("https://new.example.test"))), Sign::Now);
    assert_eq!(sign(moved("Work", None)), Sign::Offline);
    let long = format!("http://new.example.test/{}", "long/".repeat(40));
    let accounts = vec![
        moved("Work", Some("https://new.example.test/gitlab")),
        moved("Far", Some(&long)),
        moved("Somewhere", None),
    ];
    let drawn = read(&tray(&snapshot(accounts)));
    let lines: Vec<&str> = drawn.lines().skip(1).take(3).collect();
    assert_eq!(
        lines[0],
        "○ Work is sent on to new.example.test/gitlab: details…  = account:id-Work"
    );
    assert!(lines[1].starts_with("○ Far is sent on to http://new.example.test/long/"));
    assert!(lines[1].chars().count() < 120, "{}", lines[1]);
    assert_eq!(
        lines[2],
        "○ Somewhere is offline: check now  = check:id-Somewhere"
    );
}

#[test]
fn an_app_login_asks_for_what_helps_it() {
    let by_app = |name: &str, health| AccountView {
        method: MethodView::App,
        ..account(name, health)
    };
    let accounts = vec![
        by_app("Taken back", HealthView::Revoked { noticed_at: None }),
        by_app("Lapsed", HealthView::Expired { on: None }),
        by_app(
            "Narrow",
            HealthView::TooNarrow {
                missing: vec!["api".to_owned()],
            },
        ),
    ];
    insta::assert_snapshot!(read(&tray(&snapshot(accounts))), @r"
    [Now] LabLink: 2 accounts need you
    ✕ Taken back is signed out: sign in again…  = relink:id-Taken back
    ✕ Lapsed is signed out: sign in again…  = relink:id-Lapsed
    ◐ Narrow lacks api: edit permissions…  = account:id-Narrow
    ----
    Check now  = check
    Link an account…  = link
    Open LabLink  = open
    ----
    Quit LabLink  = quit
    ");
}

#[test]
fn while_a_login_waits_in_the_browser_its_window_can_be_found() {
    let mut waiting = snapshot(Vec::new());
    waiting.permissions = Some(PermissionsView {
        id: "id-Work".to_owned(),
        name: "Work".to_owned(),
        host: "git.example.test".to_owned(),
        scopes: Vec::new(),
        wanted: Vec::new(),
        stage: PermissionsStage::Waiting,
        browser: Some(BrowserView::Opened),
        deadline: None,
        problem: None,
    });
    let line = Entry::Line(line(text::IN_THE_BROWSER.to_owned(), Pick::Open));
    assert_eq!(tray(&waiting).menu.first(), Some(&line));
    if let Some(dialog) = &mut waiting.permissions {
        dialog.stage = PermissionsStage::Finishing;
    }
    assert!(!tray(&waiting).menu.contains(&line));
}

#[test]
fn the_four_signs_go_by_the_loudest_account() {
    let sign = |healths: Vec<HealthView>| {
        tray(&snapshot(
            healths.into_iter().map(|health| account("A", health)).collect(),
        ))
        .sign
    };
    let (well, soon) = (HealthView::Linked, HealthView::Expiring { days: 9 });
    let offline = HealthView::Unreachable {
        why: "silent".to_owned(),
    };
    let dead = HealthView::Revoked { noticed_at: None };
    assert_eq!(sign(vec![well.clone()]), Sign::Well);
    assert_eq!(sign(vec![well.clone(), offline.clone()]), Sign::Offline);
    assert_eq!(
        sign(vec![well.clone(), offline.clone(), soon.clone()]),
        Sign::Soon
    );
    let limited = HealthView::TooNarrow { missing: Vec::new() };
    assert_eq!(sign(vec![well.clone(), limited.clone()]), Sign::Well);
    assert_eq!(sign(vec![offline.clone(), limited.clone()]), Sign::Offline);
    let unread = |code: &str| HealthView::Unknown {
        why: Some(code.to_owned()),
    };
    assert_eq!(sign(vec![well.clone(), unread("keychain_missing")]), Sign::Now);
    assert_eq!(sign(vec![well, offline, soon, dead, limited]), Sign::Now);
}

#[test]
fn limits_are_told_where_all_is_well_otherwise() {
    let limited = account(
        "Narrow",
        HealthView::TooNarrow {
            missing: vec!["api".to_owned()],
        },
    );
    let shown = tray(&snapshot(vec![limited, account("Work", HealthView::Linked)]));
    assert_eq!(shown.tooltip, text::WITH_LIMITS);
    assert_eq!(
        shown.menu.first(),
        Some(&Entry::Line(line(
            "◐ Narrow lacks api: re-link…".to_owned(),
            Pick::Relink("id-Narrow".to_owned())
        )))
    );
}

#[test]
fn offline_says_whether_it_is_all_or_some() {
    let far = |name| {
        account(
            name,
            HealthView::Unreachable {
                why: "silent".to_owned(),
            },
        )
    };
    assert_eq!(
        tray(&snapshot(vec![far("A"), far("B")])).tooltip,
        "LabLink: offline"
    );
    let some = snapshot(vec![far("A"), account("B", HealthView::Linked)]);
    assert_eq!(tray(&some).tooltip, "LabLink: 1 of 2 accounts offline");
}

#[test]
fn a_locked_keychain_has_a_line_where_an_account_needs_it_and_none_else() {
    let locked = KeychainView::Locked {
        place: PlaceView::GnomeKeyring,
    };
    let mut with = snapshot(vec![account("Work", HealthView::Linked)]);
    with.keychain = locked.clone();
    let shown = tray(&with);
    assert_eq!(
        (shown.sign, shown.tooltip.as_str()),
        (Sign::Now, text::KEYCHAIN_NEEDS_YOU)
    );
    assert_eq!(
        shown.menu.first(),
        Some(&Entry::Line(line(text::KEYCHAIN_LOCKED.to_owned(), Pick::Open)))
    );
    // Also where it is why an account could not be checked.
    with.accounts = vec![account(
        "Work",
        HealthView::Unknown {
            why: Some("keychain_locked".to_owned()),
        },
    )];
    assert_eq!(tray(&with).tooltip, text::KEYCHAIN_NEEDS_YOU);
    let mut without = snapshot(Vec::new());
    without.keychain = locked;
    assert_eq!(tray(&without).sign, Sign::Well);
}

#[test]
fn while_checking_the_line_says_so_and_cannot_be_picked() {
    let mut checking = snapshot(vec![account("Work", HealthView::Linked)]);
    checking.checking = true;
    let line = Line {
        text: text::CHECKING.to_owned(),
        pick: Pick::CheckAll,
        ready: false,
    };
    assert!(tray(&checking).menu.contains(&Entry::Line(line)));
}

#[test]
fn when_nothing_works_only_the_window_and_the_end_are_offered() {
    let mut broken = snapshot(Vec::new());
    broken.trouble = Some(ProblemView {
        code: "store_newer".to_owned(),
        values: std::collections::BTreeMap::new(),
        detail: None,
    });
    insta::assert_snapshot!(read(&tray(&broken)), @r"
    [Now] LabLink could not start, open it for details
    Open LabLink  = open
    ----
    Quit LabLink  = quit
    ");
}

#[test]
fn a_thousand_accounts_leave_a_menu_one_can_read() {
    let healthy = (0..1000).map(|number| account(&format!("A{number}"), HealthView::Linked));
    let dead = (0..1000).map(|number| account(&format!("D{number}"), HealthView::Expired { on: None }));
    let shown = tray(&snapshot(dead.chain(healthy).collect()));
    let lines: usize = shown
        .menu
        .iter()
        .map(|entry| {
            if let Entry::Sub(_, lines) = entry {
                lines.len()
            } else {
                1
            }
        })
        .sum();
    assert!(lines < 40, "{lines} lines");
}

#[test]
fn every_pick_is_found_by_its_identifier() {
    for pick in [
        Pick::Account("a:b".to_owned()),
        Pick::Relink("a:b".to_owned()),
        Pick::Check("x".to_owned()),
        Pick::CheckAll,
        Pick::Link,
        Pick::Open,
        Pick::Quit,
    ] {
        assert_eq!(Pick::from_id(&pick.id()), Some(pick));
    }
    assert_eq!(Pick::from_id("run:rm"), None);
    assert_eq!(Pick::from_id("toString"), None);
}
