//! Every fault this computer can have, by name: keychain, database, disk, clock. Nothing stored is lost, and what
//! cannot be read is kept for somebody who can.

use std::fs;

use links::{Check, Finding, Health, Links, Problem, ProblemCode, Vault, VaultError, put_aside};
use serde_json::json;

use crate::room::{Room, link, wanted};
use crate::sim::Sim;

fn unknown(why: ProblemCode) -> Health {
    Health::Unknown { why: Some(why) }
}

/// What the doctor says of secrets nobody looks for.
async fn orphans(links: &Links) -> Vec<String> {
    let found = links.doctor(None).await;
    let labels = |finding: &Finding| match (&finding.check, &finding.problem) {
        (Check::Keychain, Some(Problem::SecretsOrphaned { labels })) => Some(labels.clone()),
        _ => None,
    };
    found.iter().find_map(labels).unwrap_or_default()
}

#[tokio::test]
async fn a_keychain_locked_at_start_and_unlocked_later_loses_nothing() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    for number in 0..50 {
        link(&links, &sim.address(), &format!("Account {number}"), &sim.ada())
            .await
            .unwrap();
    }
    drop(links);
    room.keychain.refuse(Some(VaultError::Locked));
    let (links, _) = room.reopen().await;
    let before = room.keychain.calls();
    let all = links.check_all().await.unwrap();
    let locked = unknown(ProblemCode::KeychainLocked);
    assert!(all.iter().all(|account| account.health == locked), "{all:?}");
    assert!(
        room.keychain.calls() - before <= 4,
        "it was asked again and again"
    );
    room.keychain.refuse(None);
    let all = links.check_all().await.unwrap();
    assert!(all.len() == 50 && all.iter().all(|account| account.health == Health::Linked));
}

#[tokio::test]
async fn a_keychain_entry_deleted_by_hand_is_said_of_its_account_alone() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let lost = link(&links, &sim.address(), "Lost", &sim.ada()).await.unwrap();
    link(&links, &sim.address(), "Kept", &sim.ada()).await.unwrap();
    let vault = Vault::with_backend(room.keychain.clone(), crate::room::GUARD);
    let key = vault::Key::new(&format!("account-{}", lost.id)).unwrap();
    vault.delete(&key).await.unwrap();
    let all = links.check_all().await.unwrap();
    let health: Vec<_> = all
        .iter()
        .map(|account| (account.name.as_str(), account.health.clone()))
        .collect();
    assert_eq!(
        health,
        [
            ("Kept", Health::Linked),
            ("Lost", unknown(ProblemCode::KeychainMissing))
        ]
    );
}

#[tokio::test]
async fn a_database_deleted_leaves_secrets_that_the_doctor_names() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    assert_eq!(orphans(&links).await, Vec::<String>::new());
    drop(links);
    for tail in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(room.home().join(format!("lablink.db{tail}")));
    }
    let links = room.open().await;
    assert_eq!(links.accounts().unwrap(), []);
    let named = orphans(&links).await;
    assert!(named.len() == 1 && named[0].contains("Work"), "{named:?}");
    assert_eq!(room.keychain.dump().len(), 1, "asking removed it");
}

#[tokio::test]
async fn a_database_corrupted_is_never_overwritten_and_put_aside_when_the_person_says_so() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let home = links.home().clone();
    let now = jiff::Timestamp::now();
    assert_eq!(
        put_aside(&home, now).unwrap(),
        None,
        "a database that is whole stays"
    );
    drop(links);
    let rubbish = vec![0x5a_u8; 8192];
    fs::write(home.database(), &rubbish).unwrap();
    let Err(problem) = Links::open(room.setup()).await else {
        panic!("rubbish was opened")
    };
    assert_eq!(problem.code(), "store_damaged");
    assert_eq!(fs::read(home.database()).unwrap(), rubbish);
    let aside = put_aside(&home, now).unwrap().unwrap();
    assert_eq!((fs::read(&aside.file).unwrap(), aside.accounts), (rubbish, 0));
    let links = room.open().await;
    assert_eq!(orphans(&links).await.len(), 1);
    assert_eq!(put_aside(&home, now).unwrap(), None, "once is enough");
}

#[tokio::test]
async fn a_database_damaged_in_part_gives_back_the_accounts_that_can_be_read() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let home = links.home().clone();
    drop(links);
    // The ledger's page is overwritten: the database opens, and is not whole.
    let db = rusqlite::Connection::open(home.database()).unwrap();
    let page: i64 = db
        .query_row(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ledger'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let size: i64 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(db);
    let mut bytes = fs::read(home.database()).unwrap();
    let at = usize::try_from((page - 1) * size).unwrap();
    bytes[at..at + usize::try_from(size).unwrap()].fill(0xee);
    fs::write(home.database(), &bytes).unwrap();
    let aside = put_aside(&home, jiff::Timestamp::now()).unwrap().unwrap();
    assert_eq!(aside.accounts, 1);
    let links = room.open().await;
    let found = links.account("Work").unwrap();
    assert_eq!((found.id, found.instance), (account.id, account.instance));
    assert_eq!(links.check(&found.id).await.unwrap().health, Health::Linked);
    assert_eq!(orphans(&links).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_left_and_never_put_aside() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let home = links.home().clone();
    drop(links);
    let db = rusqlite::Connection::open(home.database()).unwrap();
    db.pragma_update(None, "user_version", 4711).unwrap();
    drop(db);
    let Err(problem) = Links::open(room.setup()).await else {
        panic!("a newer database was opened")
    };
    assert_eq!(problem.code(), "store_newer");
    assert_eq!(
        put_aside(&home, jiff::Timestamp::now()).unwrap_err().code(),
        "store_newer"
    );
}

#[tokio::test]
async fn two_sessions_at_once_see_each_others_checks() {
    let (sim, room) = (Sim::start(), Room::new());
    let one = room.open().await;
    let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
    link(&one, &sim.address(), "Work", &token).await.unwrap();
    let (other, _) = room.reopen().await;
    sim.change_token(&token, "revoked");
    let (first, second) = tokio::join!(one.check_all(), other.check_all());
    for all in [first.unwrap(), second.unwrap()] {
        assert!(matches!(all[0].health, Health::Revoked { .. }), "{all:?}");
    }
    assert_eq!(
        one.doubtful().unwrap().len(),
        1,
        "two checks of one moment are one"
    );
    other.rename(&one.account("Work").unwrap().id, "Job").unwrap();
    assert!(one.changed_outside().unwrap());
    assert!(one.account("Job").is_ok());
}

#[tokio::test]
async fn suspended_for_a_week_the_old_rest_and_the_old_skew_are_forgotten() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.advance(3600);
    sim.fault(json!({"fault": "rate_limited", "times": 2, "seconds": 3000}));
    links.check(&account.id).await.unwrap();
    let week = 7 * 24 * 60 * 60;
    room.hands.advance(week);
    sim.advance(week - 3600);
    let checked = links.check(&account.id).await.unwrap();
    assert_eq!((checked.health, checked.clock_ahead), (Health::Linked, None));
}
