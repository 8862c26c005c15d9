//! Unlinked now, revoked later: the account goes at once, its token waits in the keychain until GitLab answers, and what
//! became of it is told truthfully, whoever dies and whoever else is at it.

use std::collections::BTreeSet;
use std::path::Path;

use links::{
    Account, Links, Problem, Revocation, RevocationEnd, Step, StepState, TokenEnd, Tried, Unlink, UnlinkStep,
    VaultError, Waiting,
};
use serde_json::json;

use crate::login::log_in;
use crate::person::Answer;
use crate::room::{Before, Room, intents, link, unlink, wanted};
use crate::sim::Sim;

const LATER: Unlink = Unlink {
    keep_token: false,
    here_only: false,
    revoke_later: true,
};

const DAY: i64 = 24 * 3600;

/// GitLab answers nothing usable from now on.
fn down(sim: &Sim) {
    sim.fault(json!({"fault": "bad_gateway", "times": 1000}));
}

fn one(links: &Links) -> Revocation {
    let mut all = links.revocations().unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn outcomes(tried: Vec<Tried>) -> Vec<Result<RevocationEnd, &'static str>> {
    tried
        .into_iter()
        .map(|one| one.outcome.map_err(|problem| problem.code()))
        .collect()
}

async fn due(links: &Links) -> Vec<Result<RevocationEnd, &'static str>> {
    outcomes(links.revoke_waiting(Waiting::Due).await.unwrap())
}

async fn all(links: &Links) -> Vec<Result<RevocationEnd, &'static str>> {
    outcomes(links.revoke_waiting(Waiting::All).await.unwrap())
}

/// Nothing is left of the account: no row, no secret, no work, no lock.
fn assert_gone(room: &Room, links: &Links) {
    assert_eq!(links.accounts().unwrap(), []);
    assert_eq!(links.revocations().unwrap(), []);
    assert_eq!(links.next_revocation().unwrap(), None);
    assert_eq!(room.keychain.dump(), Vec::<String>::new());
    assert_eq!((intents(&room.home()), rows(&room.home())), (0, 0));
    assert_eq!(locks(room), 0);
}

fn rows(home: &Path) -> i64 {
    let db = rusqlite::Connection::open(home.join("lablink.db")).unwrap();
    db.query_row("SELECT count(*) FROM revocations", [], |row| row.get(0))
        .unwrap()
}

fn locks(room: &Room) -> usize {
    std::fs::read_dir(room.home().join("locks")).unwrap().count()
}

fn ended(links: &Links) -> Option<String> {
    let entry = links.ledger(None, 1).unwrap().remove(0);
    assert_eq!(entry.what, "revocation_ended");
    entry.detail
}

/// An account that was unlinked while its GitLab was down.
async fn waiting(sim: &Sim, room: &Room) -> (Links, Account) {
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    down(sim);
    let (done, _) = unlink(&links, &account, LATER).await;
    assert_eq!(done.unwrap().token, TokenEnd::Later);
    (links, account)
}

#[tokio::test]
async fn without_gitlab_the_account_goes_at_once_and_its_token_is_revoked_later() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    down(&sim);
    let (done, told) = unlink(&links, &account, LATER).await;
    let done = done.unwrap();
    assert_eq!((done.token, done.secret_removed), (TokenEnd::Later, false));
    assert_eq!(
        told,
        [
            (UnlinkStep::ForgetAccount, StepState::Busy),
            (UnlinkStep::ForgetAccount, StepState::Done),
            (UnlinkStep::Revoke, StepState::Busy),
            (UnlinkStep::Revoke, StepState::Later),
            (UnlinkStep::Prove, StepState::Skipped),
            (UnlinkStep::ForgetSecret, StepState::Later),
        ]
    );
    assert_eq!(links.accounts().unwrap(), []);
    assert_eq!(room.keychain.dump().len(), 1, "the secret waits in the keychain");
    let waits = one(&links);
    assert_eq!(
        (
            waits.name.as_str(),
            waits.username.as_deref(),
            waits.tries,
            waits.why
        ),
        ("Work", Some("ada"), 1, Some(links::ProblemCode::ServerError))
    );
    let whats: Vec<_> = links
        .ledger(Some(&account.id), 2)
        .unwrap()
        .into_iter()
        .map(|entry| entry.what)
        .collect();
    assert_eq!(whats, ["revocation_waits", "unlinked"]);
    for file in ["lablink.db", "lablink.db-wal"] {
        let bytes = std::fs::read(room.home().join(file)).unwrap_or_default();
        let (token, bytes) = (sim.ada(), String::from_utf8_lossy(&bytes).into_owned());
        assert!(!bytes.contains(&token), "the token is in {file}");
    }
    // Its name is free, and the next attempts are further and further apart.
    links.check_name("Work").unwrap();
    let asked = |sim: &Sim| sim.with_credential().len();
    sim.forget_requests();
    assert_eq!((due(&links).await, asked(&sim)), (vec![], 0), "not yet");
    room.hands.advance(61);
    assert_eq!(due(&links).await, [Err("server_error")]);
    assert!(asked(&sim) > 0);
    room.hands.advance(61);
    assert_eq!(due(&links).await, [], "the pause has grown");
    sim.no_faults();
    assert!(sim.accepts(&sim.ada()));
    room.hands.advance(60);
    assert_eq!(due(&links).await, [Ok(RevocationEnd::Revoked)]);
    assert!(!sim.accepts(&sim.ada()));
    assert_eq!(ended(&links).as_deref(), Some("revoked"));
    assert_gone(&room, &links);
    assert_eq!(all(&links).await, []);
}

#[tokio::test]
async fn with_gitlab_there_it_is_revoked_and_proved_at_once() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let (done, told) = unlink(&links, &account, LATER).await;
    let done = done.unwrap();
    assert_eq!((done.token, done.secret_removed), (TokenEnd::Revoked, true));
    assert_eq!(told.last(), Some(&(UnlinkStep::ForgetSecret, StepState::Done)));
    assert!(!sim.accepts(&sim.ada()));
    assert_gone(&room, &links);
}

#[tokio::test]
async fn an_app_login_is_revoked_later_although_its_access_token_has_ended() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    down(&sim);
    let (done, _) = unlink(&links, &account, LATER).await;
    assert_eq!(done.unwrap().token, TokenEnd::Later);
    assert_eq!(one(&links).ends_at, None, "it could renew itself for ever");
    sim.no_faults();
    sim.advance(3 * DAY);
    room.hands.advance(3 * DAY);
    assert_eq!(sim.living_logins(), 1);
    assert_eq!(due(&links).await, [Ok(RevocationEnd::Revoked)]);
    assert_eq!(sim.living_logins(), 0);
    assert_eq!(links.accounts().unwrap(), []);
    // What is left in the keychain is the application's own.
    assert!(!room.keychain.dump().iter().any(|key| key.contains("account-")));
    assert_eq!(rows(&room.home()), 0);
}

#[tokio::test]
async fn a_token_found_dead_is_told_as_that() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, _) = waiting(&sim, &room).await;
    sim.no_faults();
    sim.change_token(&sim.ada(), "revoked");
    assert_eq!(all(&links).await, [Ok(RevocationEnd::WasDead)]);
    assert_eq!(ended(&links).as_deref(), Some("was_dead"));
    assert_gone(&room, &links);
}

#[tokio::test]
async fn a_token_that_was_linked_again_meanwhile_is_left_alive() {
    for version in ["19.4.0", "15.2.0"] {
        let (sim, room) = (Sim::with(&["--gitlab-version", version]), Room::new());
        let (links, _) = waiting(&sim, &room).await;
        sim.no_faults();
        let again = link(&links, &sim.address(), "Again", &sim.ada()).await.unwrap();
        assert_eq!(all(&links).await, [Ok(RevocationEnd::Shared)], "{version}");
        assert!(sim.accepts(&sim.ada()), "{version}");
        assert_eq!(ended(&links).as_deref(), Some("shared"));
        assert_eq!((room.keychain.dump().len(), rows(&room.home())), (1, 0));
        assert_eq!(
            links.check(&again.id).await.unwrap().health,
            links::Health::Linked
        );
    }
}

#[tokio::test]
async fn what_gitlab_never_answered_for_is_given_up_a_day_after_its_end() {
    let (mut sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.stop();
    unlink(&links, &account, LATER).await.0.unwrap();
    let ends = one(&links).ends_at.unwrap();
    let left = ends.as_second() - jiff::Timestamp::now().as_second();
    room.hands.advance(left + DAY - 600);
    assert_eq!(all(&links).await, [Err("connection_refused")]);
    room.hands.advance(1200);
    assert_eq!(all(&links).await, [Ok(RevocationEnd::Expired)]);
    assert_eq!(ended(&links).as_deref(), Some("expired"));
    assert_gone(&room, &links);
}

#[tokio::test]
async fn the_person_may_give_it_up_and_the_secret_goes_even_when_the_keychain_opens_later() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = waiting(&sim, &room).await;
    sim.no_faults();
    links.forget_revocation(&account.id).await.unwrap();
    assert!(sim.accepts(&sim.ada()));
    assert_eq!(ended(&links).as_deref(), Some("left_alive"));
    assert_gone(&room, &links);
    let again = links.forget_revocation(&account.id).await.unwrap_err();
    assert_eq!(again.code(), "account_not_found");

    let (links, account) = waiting(&sim, &room).await;
    room.keychain.refuse(Some(VaultError::Locked));
    let problem = links.forget_revocation(&account.id).await.unwrap_err();
    assert_eq!(problem.code(), "keychain_locked");
    assert_eq!(links.revocations().unwrap(), [], "given up it is all the same");
    drop(links);
    room.keychain.refuse(None);
    let links = room.open().await;
    assert_gone(&room, &links);
}

#[tokio::test]
async fn a_locked_keychain_keeps_it_waiting_and_a_lost_secret_is_told_until_the_person_gives_it_up() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    room.keychain.refuse(Some(VaultError::Locked));
    let (done, _) = unlink(&links, &account, LATER).await;
    assert_eq!(done.unwrap().token, TokenEnd::Later);
    assert_eq!(one(&links).why, Some(links::ProblemCode::KeychainLocked));
    room.keychain.refuse(Some(VaultError::Missing));
    assert_eq!(all(&links).await, [Err("keychain_missing")]);
    room.keychain.refuse(None);
    assert_eq!(all(&links).await, [Ok(RevocationEnd::Revoked)]);
    assert_gone(&room, &links);
}

#[tokio::test]
async fn its_gitlab_is_kept_until_then() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, _) = waiting(&sim, &room).await;
    let problem = links.remove_instance(&sim.address()).await.unwrap_err();
    assert_eq!(problem.code(), "instance_in_use");
    sim.no_faults();
    assert_eq!(all(&links).await, [Ok(RevocationEnd::Revoked)]);
    links.remove_instance(&sim.address()).await.unwrap();
}

#[tokio::test]
async fn two_processes_revoke_it_once() {
    let (sim, room) = (Sim::start(), Room::new());
    let (one, _) = waiting(&sim, &room).await;
    let other = room.open().await;
    sim.no_faults();
    sim.forget_requests();
    let (first, second) = tokio::join!(all(&one), all(&other));
    assert_eq!([first, second].concat(), [Ok(RevocationEnd::Revoked)]);
    let deleted = sim
        .requests()
        .iter()
        .filter(|asked| asked["method"] == "DELETE")
        .count();
    assert_eq!(deleted, 1);
    assert_gone(&room, &one);
}

#[tokio::test]
async fn many_that_wait_are_each_tried() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let mut tokens = BTreeSet::new();
    for number in 0..9 {
        let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
        let account = link(&links, &sim.address(), &format!("Work {number}"), &token)
            .await
            .unwrap();
        tokens.insert(token);
        down(&sim);
        unlink(&links, &account, LATER).await.0.unwrap();
        sim.no_faults();
    }
    assert_eq!(links.revocations().unwrap().len(), 9);
    assert_eq!(all(&links).await, vec![Ok(RevocationEnd::Revoked); 9]);
    assert!(tokens.iter().all(|token| !sim.accepts(token)));
    assert_gone(&room, &links);
}

/// Dies before a step, as a killed process does: the lock goes, nothing is tidied. What the next start finds: whether
/// the account stands, and what trying came to.
async fn died_before(step: Step) -> (bool, Vec<Result<RevocationEnd, &'static str>>, Sim, Room) {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    drop(links);
    let links = room
        .open_watched(Before(step, || panic!("dies here, as the test wants")))
        .await;
    let problem: Problem = unlink(&links, &account, LATER).await.0.unwrap_err();
    assert_eq!(problem.code(), "internal");
    drop(links);
    let links = room.open().await;
    let stands = !links.accounts().unwrap().is_empty();
    let tried = all(&links).await;
    if stands {
        assert_eq!(
            (room.keychain.dump().len(), links.revocations().unwrap().len()),
            (1, 0)
        );
    } else {
        assert_gone(&room, &links);
    }
    (stands, tried, sim, room)
}

#[tokio::test]
async fn a_death_at_any_step_leaves_the_account_whole_or_its_token_to_be_revoked() {
    for (step, stands, tried) in [
        (Step::LaterRow, true, vec![]),
        (Step::LaterRevoke, false, vec![Ok(RevocationEnd::Revoked)]),
        (Step::LaterProve, false, vec![Ok(RevocationEnd::WasDead)]),
        (Step::LaterEnd, false, vec![Ok(RevocationEnd::WasDead)]),
        (Step::LaterSecret, false, vec![]),
        (Step::LaterGone, false, vec![]),
    ] {
        let (stood, came, sim, _room) = died_before(step).await;
        assert_eq!((stood, came), (stands, tried), "{step:?}");
        assert_eq!(sim.accepts(&sim.ada()), stands, "{step:?}");
    }
}
