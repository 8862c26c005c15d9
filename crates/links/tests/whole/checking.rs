//! Checking: what GitLab says about a stored token, and what is remembered of it.

use links::{Event, Health, Links, ProblemCode, VaultError};
use serde_json::json;

use crate::room::{Room, link, wanted};
use crate::sim::Sim;

const DAY: i64 = 24 * 60 * 60;

async fn state(links: &Links, account: &links::Account) -> Health {
    links.check(&account.id).await.unwrap().health
}

#[tokio::test]
async fn what_happens_to_a_token_shows_at_the_next_check() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
    let account = link(&links, &sim.address(), "Work", &token).await.unwrap();

    sim.user(json!({"username": "ada", "state": "blocked"}));
    assert_eq!(
        state(&links, &account).await,
        Health::Refused {
            why: ProblemCode::AccountBlocked
        }
    );
    sim.user(json!({"username": "ada", "state": "active"}));
    assert_eq!(state(&links, &account).await, Health::Linked);

    sim.change_token(&token, "revoked");
    let mut events = links.subscribe();
    let revoked = state(&links, &account).await;
    let Health::Revoked {
        noticed_at: Some(noticed_at),
    } = revoked
    else {
        panic!("{revoked:?}")
    };
    assert_eq!(events.recv().await.unwrap(), Event::AccountsChanged);
    let changed = events.recv().await.unwrap();
    assert_eq!(
        changed,
        Event::HealthChanged {
            id: account.id,
            from: Health::Linked,
            to: revoked.clone()
        }
    );
    room.hands.advance(DAY);
    assert_eq!(
        state(&links, &account).await,
        Health::Revoked {
            noticed_at: Some(noticed_at)
        }
    );

    let told: Vec<_> = links
        .ledger(Some(&account.id), 10)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.what, entry.detail.unwrap_or_default()))
        .collect();
    let told: Vec<_> = told
        .iter()
        .rev()
        .skip(1)
        .map(|(what, detail)| (what.as_str(), detail.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("health_changed", "refused"),
            ("health_changed", "linked"),
            ("health_changed", "revoked")
        ]
    );
}

#[tokio::test]
async fn quirk_1_a_deleted_token_is_revoked_after_a_second_thought() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
    let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
    sim.forget_requests();
    sim.change_token(&token, "deleted");
    assert!(matches!(state(&links, &account).await, Health::Revoked { .. }));
    assert!(sim.with_credential().len() > 2, "a bare 401 was believed at once");
    assert_eq!(
        room.keychain.dump().len(),
        1,
        "the secret stays until it is unlinked"
    );
}

#[tokio::test]
async fn quirk_5_expiry_follows_the_day_in_utc() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let today = room.noon(&sim);
    let day = |days: i64| today.checked_add(jiff::Span::new().days(days)).unwrap();
    let token = sim.token(json!({"username": "ada", "scopes": wanted(), "expires_at": day(40).to_string()}));
    let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
    assert_eq!(
        (account.health.clone(), account.expires_on),
        (Health::Linked, Some(day(40)))
    );
    room.hands.advance(31 * DAY);
    assert_eq!(
        links.account("work").unwrap().health,
        Health::Expiring { days: 9 }
    );
    room.hands.advance(9 * DAY);
    sim.advance(40 * DAY);
    let expired = Health::Expired { on: Some(day(40)) };
    assert_eq!(links.account("work").unwrap().health, expired, "by the day alone");
    assert_eq!(state(&links, &account).await, expired, "and as GitLab says");
}

#[tokio::test]
async fn what_age_does_to_a_token_is_written_down_once_by_the_check_that_finds_it() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let end = room.noon(&sim) + jiff::Span::new().days(40);
    let token = sim.token(json!({"username": "ada", "scopes": wanted(), "expires_at": end.to_string()}));
    let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
    for days in [5, 10, 10, 20, 1] {
        room.hands.advance(days * DAY);
        sim.advance(days * DAY);
        links.check(&account.id).await.unwrap();
    }
    let mut told: Vec<_> = links
        .ledger(Some(&account.id), 10)
        .unwrap()
        .into_iter()
        .filter(|entry| entry.what == "health_changed")
        .map(|entry| entry.detail.unwrap())
        .collect();
    told.reverse();
    assert_eq!(told, ["expiring", "expired"]);
}

#[tokio::test]
async fn offline_is_not_dead() {
    let (mut sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.fault(json!({"fault": "bad-gateway", "times": 50}));
    assert_eq!(
        state(&links, &account).await,
        Health::Unreachable {
            why: ProblemCode::ServerError
        }
    );
    sim.stop();
    assert_eq!(
        state(&links, &account).await,
        Health::Unreachable {
            why: ProblemCode::ConnectionRefused
        }
    );
    assert_eq!(room.keychain.dump().len(), 1);
}

#[tokio::test]
async fn a_keychain_that_cannot_be_read_says_nothing_about_the_token() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    room.keychain.refuse(Some(VaultError::Locked));
    assert_eq!(
        state(&links, &account).await,
        Health::Unknown {
            why: Some(ProblemCode::KeychainLocked)
        }
    );
    room.keychain.refuse(None);
    assert_eq!(state(&links, &account).await, Health::Linked);
    sim.change_token(&sim.ada(), "revoked");
    state(&links, &account).await;
    room.keychain.refuse(Some(VaultError::Locked));
    assert!(
        matches!(state(&links, &account).await, Health::Revoked { .. }),
        "dead stays dead"
    );
}

#[tokio::test]
async fn what_changed_at_gitlab_is_learned_and_what_is_not_told_any_more_is_kept() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.user(json!({"username": "ada", "rename_to": "countess", "name": "Ada King\u{202e}\u{1b}[31m"}));
    let checked = links.check(&account.id).await.unwrap();
    assert_eq!(checked.user.username.as_deref(), Some("countess"));
    let person = checked.user.name.unwrap();
    assert!(
        person.starts_with("Ada King") && !person.contains(['\u{202e}', '\u{1b}']),
        "{person:?}"
    );
    assert!(checked.checked_at >= account.checked_at);
}

#[tokio::test]
async fn all_are_checked_with_at_most_two_of_one_gitlab_under_way() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    for number in 0..9 {
        link(&links, &sim.address(), &format!("Account {number}"), &sim.ada())
            .await
            .unwrap();
    }
    // The two questions of the first account are answered; then nobody is before four are there: those of two accounts.
    sim.fault(json!({"fault": "slow", "times": 2, "seconds": 0}));
    sim.fault(json!({"fault": "together", "times": 4, "seconds": 30}));
    let accounts = links.check_all().await.unwrap();
    assert_eq!(accounts.len(), 9);
    assert!(
        accounts.iter().all(|account| account.health == Health::Linked),
        "fewer than two at once"
    );
    // A fifth never comes while the four wait: they are turned away with 504.
    sim.fault(json!({"fault": "slow", "times": 2, "seconds": 0}));
    sim.fault(json!({"fault": "together", "times": 5, "seconds": 1}));
    let accounts = links.check_all().await.unwrap();
    let waited_in_vain = accounts
        .iter()
        .filter(|account| matches!(account.health, Health::Unreachable { .. }))
        .count();
    assert!(waited_in_vain > 0, "more than two at once");
}

#[tokio::test]
async fn a_token_of_another_user_is_not_taken_for_the_account() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
    let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
    // The secret is another user's now, as after a keychain was restored or mixed up.
    let theirs = sim.token(json!({"username": "grace", "scopes": wanted()}));
    let vault = links::Vault::with_backend(room.keychain.clone(), crate::room::GUARD);
    let key = vault::Key::new(&format!("account-{}", account.id)).unwrap();
    let record = json!({"schema": 1, "generation": 2, "token": theirs}).to_string();
    vault.put(&key, "x", links::Secret::new(record)).await.unwrap();
    assert_eq!(
        state(&links, &account).await,
        Health::Refused {
            why: ProblemCode::TokenOther
        }
    );
    assert_eq!(
        links.account("Work").unwrap().user.username.as_deref(),
        Some("ada")
    );
}
