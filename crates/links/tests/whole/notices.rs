//! Notices: who tells what, once, whatever dies in between. The computer's clock is moved, GitLab's stands.

use jiff::ToSpan;
use links::{Account, CheckEvery, Links, Notice, Preference, Preferences, Reminder, Snooze};
use serde_json::json;

use crate::room::{Room, link, wanted};
use crate::sim::Sim;

const DAY: i64 = 24 * 60 * 60;

/// An account whose token dies in 300 days.
async fn account(sim: &Sim, links: &Links) -> (Account, String) {
    let end = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() + 300.days();
    let token = sim.token(json!({
        "username": "ada", "scopes": wanted(), "expires_at": end.to_string(),
    }));
    let account = link(links, &sim.address(), "Work", &token).await.unwrap();
    (account, token)
}

fn due(links: &Links) -> Vec<Reminder> {
    told(&links.due_notices().unwrap())
}

fn told(notices: &[Notice]) -> Vec<Reminder> {
    notices.iter().map(|notice| notice.reminder).collect()
}

/// Shows what is due, as the desktop would.
fn show(links: &Links) -> Vec<Reminder> {
    let notices = links.due_notices().unwrap();
    for notice in &notices {
        links.notice_shown(notice).unwrap();
    }
    told(&notices)
}

#[tokio::test]
async fn a_life_of_one_token_is_told_at_30_7_and_1_days_and_at_its_death_each_once() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let (account, token) = account(&sim, &links).await;
    let mut shown = Vec::new();
    for day in 0..300 {
        for reminder in show(&links) {
            shown.push((300 - day, reminder));
        }
        room.hands.advance(DAY);
    }
    sim.change_token(&token, "expired");
    for _ in 0..4 {
        links.check(&account.id).await.unwrap();
        for reminder in show(&links) {
            shown.push((0, reminder));
        }
        room.hands.advance(DAY);
    }
    assert_eq!(
        shown,
        [
            (30, Reminder::Month),
            (7, Reminder::Week),
            (1, Reminder::Day),
            (0, Reminder::Dead)
        ]
    );
}

#[tokio::test]
async fn many_at_once_and_one_of_them_tells() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    account(&sim, &links).await;
    room.hands.advance(295 * DAY);
    let mut processes = Vec::new();
    for _ in 0..6 {
        processes.push(room.open().await);
    }
    let shown: usize = std::thread::scope(|scope| {
        let shows: Vec<_> = processes
            .iter()
            .map(|links| scope.spawn(|| show(links).len()))
            .collect();
        shows.into_iter().map(|shown| shown.join().unwrap()).sum()
    });
    assert_eq!(shown, 1);
}

#[tokio::test]
async fn killed_before_it_was_shown_it_is_told_late_and_killed_after_never_again() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    account(&sim, &links).await;
    room.hands.advance(295 * DAY);
    assert_eq!(due(&links), [Reminder::Week]);
    drop(links);
    // The next process: what the dead one set out to show may still be on its way, then it is not.
    let links = room.open().await;
    assert_eq!(due(&links), []);
    room.hands.advance(121);
    assert_eq!(show(&links), [Reminder::Week]);
    drop(links);
    let links = room.open().await;
    room.hands.advance(2 * DAY);
    assert_eq!(due(&links), []);
}

#[tokio::test]
async fn what_the_desktop_refused_is_due_as_before() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    account(&sim, &links).await;
    room.hands.advance(275 * DAY);
    let notices = links.due_notices().unwrap();
    assert_eq!(told(&notices), [Reminder::Month]);
    links.notice_not_shown(&notices[0]).unwrap();
    assert_eq!(show(&links), [Reminder::Month]);
}

#[tokio::test]
async fn put_off_until_tomorrow_it_comes_tomorrow() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let (account, _) = account(&sim, &links).await;
    room.hands.advance(275 * DAY);
    assert_eq!(show(&links), [Reminder::Month]);
    links.snooze_notice(&account.id, Snooze::Day).unwrap();
    room.hands.advance(DAY - 60);
    assert_eq!(show(&links), []);
    room.hands.advance(61);
    assert_eq!(show(&links), [Reminder::Month]);
    room.hands.advance(2 * DAY);
    assert_eq!(show(&links), []);
}

#[tokio::test]
async fn one_refusal_is_no_death_and_a_token_that_comes_back_needs_nobody() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let (account, token) = account(&sim, &links).await;
    sim.change_token(&token, "revoked");
    links.check(&account.id).await.unwrap();
    assert_eq!(due(&links), []);
    room.hands.advance(15 * 60);
    links.check(&account.id).await.unwrap();
    assert!(links.notice_holds(&account.id).unwrap());
    assert_eq!(show(&links), [Reminder::Dead]);
    sim.change_token(&token, "active");
    links.check(&account.id).await.unwrap();
    assert!(!links.notice_holds(&account.id).unwrap());
}

#[tokio::test]
async fn switched_off_nothing_is_told_and_switched_on_what_still_holds() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    account(&sim, &links).await;
    links.prefer(Preference::Notices(false)).unwrap();
    room.hands.advance(275 * DAY);
    assert_eq!(due(&links), []);
    room.hands.advance(20 * DAY);
    links.prefer(Preference::Notices(true)).unwrap();
    assert_eq!(show(&links), [Reminder::Week]);
}

#[tokio::test]
async fn choices_stay_chosen_and_strange_words_are_the_usual() {
    let room = Room::new();
    let links = room.open().await;
    assert_eq!(links.preferences().unwrap(), Preferences::default());
    for preference in [
        Preference::Notices(false),
        Preference::KeepInTray(false),
        Preference::CheckEvery(CheckEvery::Day),
    ] {
        links.prefer(preference).unwrap();
    }
    let chosen = Preferences {
        notices: false,
        keep_in_tray: false,
        check_every: CheckEvery::Day,
    };
    assert_eq!(room.open().await.preferences().unwrap(), chosen);
    let db = rusqlite::Connection::open(room.home().join("lablink.db")).unwrap();
    db.execute("UPDATE settings SET value = '7 or so'", []).unwrap();
    assert_eq!(links.preferences().unwrap(), Preferences::default());
}
