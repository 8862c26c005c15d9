//! Rotating access tokens: what a person who wants it gets, what stands in the way, and what a lost answer leads to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use links::{
    Account, Asked, Clock as _, Hindrance, Links, ProblemCode, Step, TokenEnd, TokenRelink, Unlink, Witness,
    utc_day,
};
use serde_json::{Value, json};

use crate::relinking::{another, with_token};
use crate::room::{Before, Room, link, token_link, unlink, wanted};
use crate::sim::Sim;

const DAY: i64 = 24 * 60 * 60;
const ROTATE: &str = "/api/v4/personal_access_tokens/self/rotate";

pub(crate) fn rotations(sim: &Sim) -> Vec<u64> {
    sim.requests()
        .iter()
        .filter(|request| request["path"].as_str().unwrap().ends_with("/rotate"))
        .map(|request| request["status"].as_u64().unwrap())
        .collect()
}

pub(crate) async fn given(links: &Links, account: &Account) -> Result<String, links::Problem> {
    let asked = Asked::by("a test").unwrap();
    let given = links.access_token(&account.id, &asked).await?;
    Ok(given.token.expose().to_owned())
}

fn in_days(room: &Room, days: i64) -> Date {
    utc_day(room.hands.now()) + Span::new().days(days)
}

fn whats(links: &Links, account: &Account) -> Vec<(String, Option<String>)> {
    let entries = links.ledger(Some(&account.id), 20).unwrap();
    entries.into_iter().map(|one| (one.what, one.detail)).collect()
}

/// The simulator's number, name and end of a token.
fn state(sim: &Sim, account: &Account) -> Value {
    let state = sim.state();
    let tokens = state["tokens"].as_array().unwrap();
    let id = account.token_id.unwrap();
    tokens.iter().find(|token| token["id"] == id).unwrap().clone()
}

/// A room with a token of ninety days linked.
async fn linked(sim: &Sim, room: &Room) -> (Links, Account, String) {
    room.noon(sim);
    let links = room.open().await;
    let token = sim.token(json!({
        "username": "ada", "scopes": wanted(), "name": "Desk", "expires_at": in_days(room, 90).to_string(),
    }));
    let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
    sim.forget_requests();
    (links, account, token)
}

#[tokio::test]
async fn quirks_9_and_10_a_rotated_token_lives_as_long_as_the_one_before_and_that_one_is_gone() {
    for version in ["16.10.0", "19.4.0"] {
        let (sim, room) = (Sim::with(&["--gitlab-version", version]), Room::new());
        let (links, account, old) = linked(&sim, &room).await;
        let rotated = links.rotate(&account.id, None).await.unwrap();
        assert_eq!(rotated.expires_on, Some(in_days(&room, 90)), "{version}");
        assert_eq!(rotated.token_name.as_deref(), Some("Desk"));
        assert_ne!(rotated.token_id, account.token_id);
        assert_eq!(rotated.health, links::Health::Linked);
        assert_eq!(state(&sim, &rotated)["previous"], account.token_id.unwrap());
        let new = given(&links, &account).await.unwrap();
        assert!(new != old && sim.accepts(&new) && !sim.accepts(&old), "{version}");
        assert!(
            !room.keychain.dump().concat().contains(&old),
            "{version}: the old one is forgotten"
        );
        let until = in_days(&room, 90).to_string();
        assert_eq!(whats(&links, &account)[1], ("rotated".to_owned(), Some(until)));
        assert_eq!(rotations(&sim), [200]);

        let day = in_days(&room, 7);
        let rotated = links.rotate(&account.id, Some(day)).await.unwrap();
        assert_eq!(rotated.expires_on, Some(day), "{version}: the day a person said");
        assert_eq!(rotations(&sim), [200, 200]);
    }
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_and_nothing_is_asked() {
    let sim = Sim::with(&["--gitlab-version", "16.9.0"]);
    let room = Room::new();
    let (links, account, _) = linked(&sim, &room).await;
    assert_eq!(account.rotation.unwrap().hindrance, Some(Hindrance::TooOld));
    let code = |result: Result<Account, links::Problem>| result.unwrap_err().code();
    assert_eq!(code(links.rotate(&account.id, None).await), "rotation_too_old");
    assert_eq!(
        code(links.rotate_by_itself(&account.id, true)),
        "rotation_too_old"
    );
    assert_eq!(rotations(&sim), [0_u64; 0]);

    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let narrow = sim.token(json!({"username": "ada", "scopes": ["read_api"]}));
    let mut wish = token_link(&sim.address(), "Narrow", &narrow);
    wish.required = vec!["read_api".to_owned()];
    let account = links.link_with_token(wish).await.unwrap();
    assert_eq!(account.rotation.unwrap().hindrance, Some(Hindrance::Scope));
    assert_eq!(code(links.rotate(&account.id, None).await), "rotation_scope");
    let past = Some(in_days(&room, 0));
    assert_eq!(code(links.rotate(&account.id, past).await), "rotation_past");

    let shared = sim.token(json!({"username": "ada", "scopes": wanted()}));
    let one = link(&links, &sim.address(), "One", &shared).await.unwrap();
    link(&links, &sim.address(), "Two", &shared).await.unwrap();
    let problem = links.rotate(&one.id, None).await.unwrap_err();
    assert_eq!(
        (problem.code(), problem.values()["name"].as_str()),
        ("rotation_shared", "Two")
    );
    assert_eq!(rotations(&sim), [0_u64; 0]);
    assert!(sim.accepts(&shared));
}

#[tokio::test]
async fn a_day_beyond_the_instances_limit_is_refused_and_the_token_stays() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, token) = linked(&sim, &room).await;
    let day = in_days(&room, 400);
    let problem = links.rotate(&account.id, Some(day)).await.unwrap_err();
    assert_eq!(problem.code(), "rotation_expiry");
    assert!(problem.values()["said"].contains("must be before"), "{problem}");
    assert!(given(&links, &account).await.unwrap() == token && sim.accepts(&token));
    assert_eq!(rotations(&sim), [400]);
    links.rotate(&account.id, None).await.unwrap();
    assert_eq!(
        rotations(&sim),
        [400, 200],
        "what GitLab refused may be asked again"
    );
}

#[tokio::test]
async fn quirk_9_a_lost_answer_is_said_and_the_old_token_is_never_shown_to_a_rotation_again() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, _) = linked(&sim, &room).await;
    sim.fault(json!({"fault": "lost_response", "path": ROTATE}));
    let code = |result: Result<Account, links::Problem>| result.unwrap_err().code();
    assert_eq!(code(links.rotate(&account.id, None).await), "lost_renewal");
    assert_eq!(code(links.rotate(&account.id, None).await), "lost_renewal");
    let account = links.check(&account.id).await.unwrap();
    assert_eq!(account.health.state(), "revoked");
    assert_eq!(account.trouble, Some(ProblemCode::LostRenewal));
    assert_eq!(rotations(&sim), [0], "asked once");
    let state = sim.state();
    let tokens = state["tokens"].as_array().unwrap();
    let successor = tokens
        .iter()
        .find(|token| token["previous"] == account.token_id.unwrap());
    assert_eq!(successor.unwrap()["revoked"], false, "the family was not revoked");
}

#[tokio::test]
async fn a_token_that_lived_through_a_lost_answer_is_used_to_its_end_and_not_rotated_again() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, token) = linked(&sim, &room).await;
    links.rotate_by_itself(&account.id, true).unwrap();
    sim.fault(json!({"fault": "close", "path": ROTATE}));
    let code = |result: Result<Account, links::Problem>| result.unwrap_err().code();
    assert_eq!(code(links.rotate(&account.id, None).await), "rotation_unsure");
    assert_eq!(code(links.rotate(&account.id, None).await), "rotation_unsure");
    assert_eq!(rotations(&sim).len(), 1, "asked once");
    assert!(given(&links, &account).await.unwrap() == token);
    let account = links.check(&account.id).await.unwrap();
    assert_eq!(account.health, links::Health::Linked);
    let rotation = account.rotation.unwrap();
    assert_eq!(
        (rotation.trouble, rotation.due),
        (Some(ProblemCode::RotationUnsure), None)
    );
    assert!(!account.renews_by_itself());
    let told = whats(&links, &account);
    let times = told.iter().filter(|(what, _)| what == "not_rotated").count();
    assert_eq!(times, 1, "{told:?}");

    // The request was on its way all the time.
    sim.change_token(&token, "revoked");
    let account = links.check(&account.id).await.unwrap();
    assert_eq!(account.trouble, Some(ProblemCode::LostRenewal));
}

/// From the request on, nobody answers anything more.
struct Silence(Arc<Sim>, AtomicUsize);

impl Witness for Silence {
    fn before(&self, step: Step) {
        if step == Step::RotateRequest && self.1.fetch_add(1, Ordering::SeqCst) == 0 {
            self.0
                .fault(json!({"fault": "close", "path": "/api/v4/", "times": 50}));
        }
    }
}

#[tokio::test]
async fn where_nobody_answers_any_more_it_is_not_known_until_somebody_does() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, token) = linked(&sim, &room).await;
    sim.fault(json!({"fault": "lost_response", "path": ROTATE}));
    drop(links);
    let sim = Arc::new(sim);
    let links = room
        .open_watched(Silence(Arc::clone(&sim), AtomicUsize::new(0)))
        .await;
    let problem = links.rotate(&account.id, None).await.unwrap_err();
    assert_eq!(problem.code(), "rotation_unsettled");
    assert_eq!(
        links.check(&account.id).await.unwrap().health.state(),
        "unreachable"
    );
    assert!(
        given(&links, &account).await.unwrap() == token,
        "as good a chance as any"
    );
    sim.no_faults();
    assert_eq!(given(&links, &account).await.unwrap_err().code(), "lost_renewal");
    let account = links.check(&account.id).await.unwrap();
    assert_eq!(account.trouble, Some(ProblemCode::LostRenewal));
    assert_eq!(rotations(&sim).len(), 1);
}

#[tokio::test]
async fn a_token_renews_itself_when_its_time_has_come_if_the_person_wants_that() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, old) = linked(&sim, &room).await;
    assert!(!account.renews_by_itself(), "off until somebody switches it on");
    let later = 70 * DAY;
    room.hands.advance(later);
    sim.advance(later);
    links.renew_due().await.unwrap();
    assert_eq!(rotations(&sim), [0_u64; 0]);
    assert_eq!(links.check(&account.id).await.unwrap().health.state(), "expiring");

    let account = links.rotate_by_itself(&account.id, true).unwrap();
    assert!(account.renews_by_itself());
    assert_eq!(account.health.state(), "linked", "its end is seen to");
    assert!(links.next_renewal().unwrap().unwrap() <= room.hands.now());
    links.renew_due().await.unwrap();
    assert_eq!(rotations(&sim), [200]);
    let account = links.account("Work").unwrap();
    assert_eq!(account.expires_on, Some(in_days(&room, 90)));
    assert!(given(&links, &account).await.unwrap() != old);
    let next = links.renew_due().await.unwrap().unwrap();
    assert!(
        next > room.hands.now() + SignedDuration::from_hours(50 * 24),
        "{next}"
    );
    assert_eq!(rotations(&sim), [200], "not before its time");
    links.rotate_by_itself(&account.id, false).unwrap();
    assert_eq!(links.next_renewal().unwrap(), None);
}

#[tokio::test]
async fn an_end_that_is_seen_to_is_spoken_of_when_it_was_not_seen_to() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, _) = linked(&sim, &room).await;
    links.rotate_by_itself(&account.id, true).unwrap();
    let later = 70 * DAY;
    room.hands.advance(later);
    sim.advance(later);
    sim.settings(json!({"maximum_lifetime_days": 30}));
    links.renew_due().await.unwrap();
    assert_eq!(rotations(&sim), [400]);
    let account = links.check(&account.id).await.unwrap();
    assert_eq!(
        account.rotation.unwrap().trouble,
        Some(ProblemCode::RotationExpiry)
    );
    assert_eq!(account.health, links::Health::Expiring { days: 20 });
    let again: Timestamp = links.next_renewal().unwrap().unwrap();
    assert!(
        again > room.hands.now() + SignedDuration::from_hours(20),
        "{again}"
    );
}

#[tokio::test]
async fn a_check_beside_a_rotation_does_not_take_the_old_token_for_revoked() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, old) = linked(&sim, &room).await;
    // What the check asks first is looked at after the other process has rotated.
    let path = "/api/v4/personal_access_tokens/self";
    sim.fault(json!({"fault": "slow", "path": path, "seconds": 1}));
    let (checking, id) = (links.clone(), account.id);
    let check = tokio::spawn(async move { checking.check(&id).await });
    while !sim.requests().iter().any(|request| request["path"] == path) {
        assert!(!check.is_finished(), "it asked nothing: {:?}", check.await);
        tokio::task::yield_now().await;
    }
    let other = room.open().await;
    other.rotate(&account.id, None).await.unwrap();
    assert_eq!(check.await.unwrap().unwrap().health.state(), "linked");
    assert!(given(&links, &account).await.unwrap() != old && !sim.accepts(&old));
}

#[tokio::test]
async fn of_those_that_want_it_at_once_one_rotates() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, _) = linked(&sim, &room).await;
    let lock = room.home().join("locks").join(format!("{}.lock", account.id));
    let lock = std::fs::File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock)
        .unwrap();
    lock.lock().unwrap();
    let (before, mut all) = (room.keychain.calls(), Vec::new());
    for _ in 0..4 {
        let (other, id) = (room.open().await, account.id);
        all.push(tokio::spawn(async move { other.rotate(&id, None).await }));
    }
    // All have read the token they want rotated.
    while room.keychain.calls() < before + 4 {
        tokio::task::yield_now().await;
    }
    lock.unlock().unwrap();
    let mut numbers = Vec::new();
    for one in all {
        numbers.push(one.await.unwrap().unwrap().token_id);
    }
    numbers.dedup();
    assert_eq!((numbers.len(), rotations(&sim)), (1, vec![200]));
    assert!(sim.accepts(&given(&links, &account).await.unwrap()));
}

/// The numbers of the family's tokens that live.
fn living(sim: &Sim, account: &Account) -> Vec<u64> {
    let state = sim.state();
    let tokens = state["tokens"].as_array().unwrap();
    let mut family = vec![account.token_id.unwrap()];
    for token in tokens {
        if token["previous"].as_u64().is_some_and(|id| family.contains(&id)) {
            family.push(token["id"].as_u64().unwrap());
        }
    }
    let number = |token: &Value| token["id"].as_u64().unwrap();
    let lives = |token: &&Value| family.contains(&number(token)) && token["revoked"] == false;
    tokens.iter().filter(lives).map(number).collect()
}

/// A rotation that GitLab has answered, and whose successor nobody could prove: both tokens stand in the record.
async fn unproved(sim: &Arc<Sim>, room: &Room) -> (Links, Account) {
    let (links, account, _) = linked(sim, room).await;
    drop(links);
    let silent = Arc::clone(sim);
    let links = room
        .open_watched(Before(Step::RotateProve, move || {
            silent.fault(json!({"fault": "close", "path": "/api/v4/", "times": 50}));
        }))
        .await;
    links.rotate(&account.id, None).await.unwrap();
    sim.no_faults();
    assert_eq!(rotations(sim), [200]);
    assert_eq!(living(sim, &account).len(), 1, "the successor alone");
    (room.open().await, account)
}

#[tokio::test]
async fn unlinked_in_the_middle_of_a_rotation_the_successor_dies() {
    let (sim, room) = (Arc::new(Sim::start()), Room::new());
    let (links, account) = unproved(&sim, &room).await;
    let (done, _) = unlink(&links, &account, Unlink::default()).await;
    assert_eq!(done.unwrap().token, TokenEnd::Revoked);
    assert_eq!(living(&sim, &account), [0_u64; 0]);
    assert_eq!(room.keychain.dump(), Vec::<String>::new());

    // While GitLab is being asked for it by another process.
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, _) = linked(&sim, &room).await;
    sim.fault(json!({"fault": "slow", "path": ROTATE, "seconds": 1}));
    let (rotating, id) = (links.clone(), account.id);
    let rotation = tokio::spawn(async move { rotating.rotate(&id, None).await });
    let asked = |request: &Value| request["path"] == ROTATE;
    while !sim.requests().iter().any(asked) {
        tokio::task::yield_now().await;
    }
    let other = room.open().await;
    let (done, _) = unlink(&other, &account, Unlink::default()).await;
    assert_eq!(done.unwrap().token, TokenEnd::Revoked);
    // Whoever rotated may find the account gone by now.
    let _ = rotation.await.unwrap();
    assert_eq!(rotations(&sim), [200]);
    assert_eq!(living(&sim, &account), [0_u64; 0]);
    assert_eq!(room.keychain.dump(), Vec::<String>::new());
}

#[tokio::test]
async fn linked_again_a_token_that_was_rotated_is_revoked_as_wished() {
    let revoking = |token: &str| TokenRelink {
        revoke_old: true,
        ..with_token(token)
    };
    let (sim, room) = (Arc::new(Sim::start()), Room::new());
    let (links, account) = unproved(&sim, &room).await;
    let new = another(&sim, json!({}));
    links
        .relink_with_token(&account.id, revoking(&new))
        .await
        .unwrap();
    assert_eq!(living(&sim, &account), [0_u64; 0]);
    assert!(given(&links, &account).await.unwrap() == new && sim.accepts(&new));

    // GitLab's answer was lost, and it had not rotated: the old token lives, and is what is to go.
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account, old) = linked(&sim, &room).await;
    sim.fault(json!({"fault": "close", "path": ROTATE}));
    let problem = links.rotate(&account.id, None).await.unwrap_err();
    assert_eq!(problem.code(), "rotation_unsure");
    assert!(sim.accepts(&old));
    let new = another(&sim, json!({}));
    links
        .relink_with_token(&account.id, revoking(&new))
        .await
        .unwrap();
    assert!(!sim.accepts(&old) && sim.accepts(&new));
    // What it is now may be rotated like any other.
    links.rotate(&account.id, None).await.unwrap();
    assert!(!sim.accepts(&new));
    let kept = room.keychain.dump().concat();
    assert!(!kept.contains(&old) && !kept.contains(&new));
}
