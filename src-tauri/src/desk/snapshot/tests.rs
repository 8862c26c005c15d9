//! What the window and the tray are told of a state.

use links::{
    Account, AccountUser, Health, Home, Keychain, LedgerEntry, Links, Method, Place, ProblemCode, PutAside,
    Recovered, RecoveredWhat, Scopes, Setup, Source, TokenKind,
};

use super::*;
use crate::{
    desk::Unlinking,
    view::{HealthView, PlaceView, UnlinkStage},
};

/// An account whose identifier ends in `number`.
pub(crate) fn account(number: u8, name: &str, health: Health) -> Account {
    Account {
        id: format!("0192f0c1-2345-7000-8000-0000000000{number:02x}")
            .parse()
            .unwrap(),
        name: name.to_owned(),
        instance: "https://git.example.test/gitlab".parse().unwrap(),
        user: AccountUser {
            id: 7,
            username: Some("ada".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
            bot: false,
            web_url: None,
        },
        method: Method::Token,
        kind: TokenKind::Personal,
        scopes: Scopes::Known(vec!["api".to_owned(), "read_repository".to_owned()]),
        wanted: links::WANTED.map(str::to_owned).to_vec(),
        missing: vec!["write_repository".to_owned()],
        health,
        expires_on: Some("2027-03-01".parse().unwrap()),
        token_name: Some("laptop".to_owned()),
        token_id: Some(42),
        token_created_at: None,
        last_used_at: None,
        checked_at: Some("2026-11-20T09:00:00Z".parse().unwrap()),
        linked_at: "2026-11-01T09:00:00Z".parse().unwrap(),
        secret_in: Place::GnomeKeyring,
        clock_ahead: None,
        default_on_instance: true,
        trouble: None,
        moved_to: None,
        login: None,
        rotation: None,
        plain_http: false,
    }
}

fn state(accounts: Vec<Account>) -> State {
    State {
        accounts,
        ..State::default()
    }
}

#[test]
fn those_that_need_the_person_come_first_then_names_as_people_sort() {
    let dead = Health::Revoked { noticed_at: None };
    let shown = snapshot(&state(vec![
        account(1, "work", Health::Linked),
        account(2, "Beta", Health::Linked),
        account(3, "alpha", Health::Linked),
        account(
            4,
            "Far",
            Health::Unreachable {
                why: ProblemCode::Silent,
            },
        ),
        account(5, "Soon", Health::Expiring { days: 3 }),
        account(6, "Zed", dead),
    ]));
    let names: Vec<&str> = shown
        .accounts
        .iter()
        .map(|account| account.name.as_str())
        .collect();
    assert_eq!(names, ["Zed", "Soon", "Far", "alpha", "Beta", "work"]);
}

#[test]
fn an_account_is_told_whole_and_without_a_secret() {
    let one = account(1, "Work", Health::Linked);
    let mut state = state(vec![one.clone()]);
    state.happened.insert(
        one.id,
        vec![LedgerEntry {
            at: "2026-11-20T09:00:00Z".parse().unwrap(),
            account: Some(one.id),
            name: "Work".to_owned(),
            what: "checked".to_owned(),
            detail: Some("linked".to_owned()),
            address: None,
            times: 1,
            last_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        }],
    );
    let shown = snapshot(&state);
    let told = serde_json::to_string_pretty(shown.accounts.first().unwrap()).unwrap();
    insta::assert_snapshot!(told, @r#"
    {
      "id": "0192f0c1-2345-7000-8000-000000000001",
      "name": "Work",
      "user_id": 7,
      "username": "ada",
      "person": "Ada Lovelace",
      "bot": false,
      "address": "https://git.example.test/gitlab",
      "host": "git.example.test/gitlab",
      "plain_http": false,
      "method": "token",
      "kind": "personal",
      "scopes": [
        "api",
        "read_repository"
      ],
      "abilities": [
        {
          "scope": "api",
          "granted": true
        },
        {
          "scope": "read_repository",
          "granted": true
        },
        {
          "scope": "write_repository",
          "granted": false
        }
      ],
      "wider": [],
      "git": {
        "can": "pull_and_push",
        "missing": []
      },
      "registry": {
        "can": "pull_and_push",
        "missing": []
      },
      "health": {
        "state": "linked"
      },
      "attention": "well",
      "clock": null,
      "can_trust": false,
      "moved_to": null,
      "checking": false,
      "expires_on": "2027-03-01",
      "created_at": null,
      "last_used_at": null,
      "checked_at": "2026-11-20T09:00:00Z",
      "linked_at": "2026-11-01T09:00:00Z",
      "token_name": "laptop",
      "token_id": 42,
      "renews_by_itself": false,
      "rotation": null,
      "renews_at": null,
      "application_id": null,
      "secret_in": "gnome_keyring",
      "events": [
        {
          "at": "2026-11-20T09:00:00Z",
          "what": "checked",
          "detail": "linked",
          "address": null,
          "times": 1,
          "last_at": "2026-11-20T09:00:00Z"
        }
      ]
    }
    "#);
}

#[test]
fn a_clock_that_is_off_is_told_with_its_account() {
    let mut one = account(1, "Work", Health::Linked);
    one.clock_ahead = Some(-7200);
    let shown = snapshot(&state(vec![one]));
    let clock = shown
        .accounts
        .first()
        .and_then(|account| account.clock.as_ref())
        .unwrap();
    assert_eq!(clock.code, "clock_off");
    let told: Vec<_> = clock.values.values().map(String::as_str).collect();
    assert_eq!(told, ["120", "ahead"]);
}

#[test]
fn abilities_are_unknown_where_the_server_cannot_tell_quirk_34() {
    let mut old = account(1, "Old", Health::Linked);
    old.scopes = Scopes::Unknown;
    let mut fine = account(2, "Fine", Health::Linked);
    fine.kind = TokenKind::FineGrained;
    for account in snapshot(&state(vec![old, fine])).accounts {
        assert!(
            account.abilities.iter().all(|ability| ability.granted.is_none()),
            "{}",
            account.name
        );
    }
}

#[test]
fn the_last_check_is_the_latest_of_any_account() {
    let mut never = account(2, "B", Health::Unknown { why: None });
    never.checked_at = None;
    assert_eq!(snapshot(&state(vec![never.clone()])).checked_at, None);
    let both = snapshot(&state(vec![never, account(1, "A", Health::Linked)]));
    assert_eq!(both.checked_at.as_deref(), Some("2026-11-20T09:00:00Z"));
}

#[test]
fn checking_all_shows_at_every_account_and_checking_one_at_that_one() {
    let mut state = state(vec![
        account(1, "A", Health::Linked),
        account(2, "B", Health::Linked),
    ]);
    state.checking.insert(account(2, "B", Health::Linked).id);
    let one = snapshot(&state);
    assert_eq!(
        one.accounts
            .iter()
            .map(|account| account.checking)
            .collect::<Vec<_>>(),
        [false, true]
    );
    assert!(!one.checking);
    state.checking_all = true;
    let all = snapshot(&state);
    assert!(all.checking && all.accounts.iter().all(|account| account.checking));
}

#[test]
fn a_keychain_that_was_not_asked_is_unknown() {
    assert_eq!(snapshot(&State::default()).keychain, KeychainView::Unknown);
    let asked = State {
        keychain: Some(Keychain::Locked {
            place: Place::KWallet,
        }),
        ..State::default()
    };
    assert_eq!(
        snapshot(&asked).keychain,
        KeychainView::Locked {
            place: PlaceView::Kwallet
        }
    );
}

#[test]
fn every_health_has_its_view() {
    for (health, view) in [
        (Health::Linked, HealthView::Linked),
        (Health::Expiring { days: 1 }, HealthView::Expiring { days: 1 }),
        (
            Health::TooNarrow {
                missing: vec!["api".to_owned()],
            },
            HealthView::TooNarrow {
                missing: vec!["api".to_owned()],
            },
        ),
        (
            Health::Refused {
                why: ProblemCode::AccountBlocked,
            },
            HealthView::Refused {
                why: "account_blocked".to_owned(),
            },
        ),
        (
            Health::Unreachable {
                why: ProblemCode::Silent,
            },
            HealthView::Unreachable {
                why: "silent".to_owned(),
            },
        ),
        (Health::Unknown { why: None }, HealthView::Unknown { why: None }),
    ] {
        let shown = snapshot(&state(vec![account(1, "A", health)]));
        assert_eq!(shown.accounts.first().unwrap().health, view);
    }
}

#[tokio::test]
async fn an_instance_is_told_with_how_it_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Links::open(Setup::new(Home::at(folder.path().to_owned())))
        .await
        .unwrap();
    let mut known = opened.links.instances().unwrap().remove(0);
    known.address = "http://git.example.test:8080/gitlab".parse().unwrap();
    known.source = Source::Typed;
    known.plain_http = true;
    known.version = Some("18.1.1-ee".to_owned());
    known.accounts = 2;
    let shown = snapshot(&State {
        instances: vec![known],
        ..State::default()
    });
    let instance = shown.instances.first().unwrap();
    assert_eq!(instance.host, "git.example.test:8080/gitlab");
    assert!(instance.plain_http && !instance.extra_authority);
    assert_eq!((instance.source.as_str(), instance.accounts), ("typed", 2));
}

#[tokio::test]
async fn whom_to_trust_is_asked_where_that_helps_and_no_policy_says_it() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Links::open(Setup::new(Home::at(folder.path().to_owned())))
        .await
        .unwrap();
    let mut known = opened.links.instances().unwrap().remove(0);
    known.address = "https://git.example.test/another".parse().unwrap();
    let asks = |why, source| {
        let mut known = known.clone();
        known.source = source;
        let shown = snapshot(&State {
            instances: vec![known],
            ..state(vec![account(1, "Work", Health::Unreachable { why })])
        });
        shown.accounts.first().unwrap().can_trust
    };
    assert!(asks(ProblemCode::CertificateUnknownAuthority, Source::Typed));
    assert!(asks(ProblemCode::CertificateSelfSigned, Source::Typed));
    assert!(
        !asks(ProblemCode::CertificateUnknownAuthority, Source::Managed),
        "of the same host"
    );
    for why in [
        ProblemCode::CertificateExpired,
        ProblemCode::CertificateNotYetValid,
        ProblemCode::CertificateOtherHost,
        ProblemCode::CertificateInvalid,
        ProblemCode::Silent,
    ] {
        assert!(!asks(why, Source::Typed), "{why}");
    }
}

#[test]
fn what_the_last_start_put_right_is_told_until_it_was_read() {
    let recovered = Recovered {
        what: RecoveredWhat::LinkUndone,
        name: "Work".to_owned(),
    };
    let mut state = State {
        recovered: vec![recovered],
        ..State::default()
    };
    let shown = snapshot(&state);
    assert_eq!(
        shown
            .recovered
            .first()
            .map(|done| (done.what.as_str(), done.name.as_str())),
        Some(("link_undone", "Work"))
    );
    state.recovered.clear();
    assert!(snapshot(&state).recovered.is_empty());
    state.put_aside = Some(PutAside {
        file: "/x/lablink-damaged.db".into(),
        accounts: 0,
    });
    let shown = snapshot(&state).recovered;
    assert_eq!(
        shown.first().map(|done| (done.what.as_str(), done.name.as_str())),
        Some(("put_aside", "/x/lablink-damaged.db"))
    );
}

#[test]
fn what_gitlab_did_not_take_back_is_told_until_it_was_read() {
    let mut state = State {
        left_alive: vec![
            (Method::Token, "Work".to_owned()),
            (Method::App, "Lab".to_owned()),
        ],
        ..State::default()
    };
    let shown = snapshot(&state).recovered;
    let told: Vec<_> = shown
        .iter()
        .map(|told| (told.what.as_str(), told.name.as_str()))
        .collect();
    assert_eq!(told, [("old_token_lives", "Work"), ("old_login_lives", "Lab")]);
    state.forget_told();
    assert!(snapshot(&state).recovered.is_empty());
}

#[test]
fn secrets_without_accounts_are_told_where_no_account_is_left() {
    let mut state = State {
        orphans: Some(vec!["LabLink: Work".to_owned(), "LabLink: Home".to_owned()]),
        ..State::default()
    };
    let shown = snapshot(&state).recovered;
    let told = shown.first().map(|told| (told.what.as_str(), told.name.as_str()));
    assert_eq!(told, Some(("orphaned", "LabLink: Work, LabLink: Home")));
    state.accounts = vec![account(1, "Work", Health::Linked)];
    assert!(snapshot(&state).recovered.is_empty());
}

#[test]
fn a_policy_that_cannot_be_used_is_told_with_its_place() {
    let told = |policy| {
        let state = State {
            policy: Some(policy),
            policy_file: "/etc/lablink/policy.toml".into(),
            ..State::default()
        };
        snapshot(&state).policy
    };
    assert_eq!(told(links::Policy::Absent), None);
    assert_eq!(told(links::Policy::InForce(Vec::new())), None);
    let broken = links::Policy::Broken {
        detail: "it is no file".to_owned(),
    };
    let problem = told(broken).unwrap();
    assert_eq!(problem.code, "policy_broken");
    assert_eq!(problem.values["place"], "/etc/lablink/policy.toml");
    assert_eq!(problem.detail.as_deref(), Some("it is no file"));
}

#[test]
fn the_tray_calls_to_accounts_that_are_there_each_time_anew() {
    let one = account(1, "A", Health::Linked);
    let id = one.id.to_string();
    let mut state = state(vec![one]);
    state.call_to("of nobody");
    assert_eq!(snapshot(&state).called_to, None);
    state.call_to(&id);
    let first = snapshot(&state).called_to.unwrap();
    state.call_to(&id);
    let second = snapshot(&state).called_to.unwrap();
    assert!(first.id.as_ref() == Some(&id) && second.id == first.id && second.call > first.call);
}

#[test]
fn the_unlink_dialog_keeps_the_name_of_what_is_gone() {
    let one = account(1, "Work", Health::Linked);
    let mut state = state(vec![one.clone()]);
    let mut unlinking = Unlinking::ask(&one);
    assert!(unlinking.begin());
    unlinking.end(None);
    state.unlinking = Some(unlinking);
    state.accounts.clear();
    let dialog = snapshot(&state).unlink.unwrap();
    assert_eq!((dialog.name.as_str(), dialog.stage), ("Work", UnlinkStage::Done));
}
