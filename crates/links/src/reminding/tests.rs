//! Days, deaths, clocks that jump and laptops that sleep, each with hands turned by the test.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::problem::ProblemCode;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn until(day: &str) -> Facts {
    Facts {
        expires_on: Some(day.parse().unwrap()),
        last_ok_at: Some(at("2026-01-01T08:00:00Z")),
        ..Facts::default()
    }
}

const LINKED: &str = "2026-01-01T08:00:00Z";

/// A person at the computer: looks at a moment, and is shown what is due.
struct Desk {
    facts: Facts,
    renews: bool,
    told: Told,
    shown: Vec<(Timestamp, Reminder)>,
}

impl Desk {
    fn with(facts: Facts) -> Self {
        Self {
            facts,
            renews: false,
            told: Told::default().of("token 1".to_owned()),
            shown: Vec::new(),
        }
    }

    fn look(&mut self, now: Timestamp) -> Option<Reminder> {
        let reminder = Reminder::at(&self.facts, self.renews, now)?;
        if !self.told.due(reminder, &self.facts, at(LINKED), now) {
            return None;
        }
        self.told.set_out(reminder, now);
        self.told.shown(reminder, now);
        self.shown.push((now, reminder));
        Some(reminder)
    }

    /// Looks every `minutes` from one moment to another.
    fn live(&mut self, from: &str, to: &str, minutes: i64) {
        let (mut now, end) = (at(from), at(to));
        while now < end {
            self.look(now);
            now += minutes.minutes();
        }
    }

    fn told(&self) -> Vec<(String, &'static str)> {
        let told = |(now, reminder): &(Timestamp, Reminder)| (now.to_string(), reminder.as_str());
        self.shown.iter().map(told).collect()
    }
}

#[test]
fn thirty_seven_and_one_day_before_each_once() {
    let mut desk = Desk::with(until("2027-01-01"));
    desk.live("2026-11-20T00:00:00Z", "2027-01-03T00:00:00Z", 10);
    assert_eq!(
        desk.told(),
        [
            ("2026-12-02T00:00:00Z".to_owned(), "30_days"),
            ("2026-12-25T00:00:00Z".to_owned(), "7_days"),
            ("2026-12-31T00:00:00Z".to_owned(), "1_day"),
        ]
    );
}

#[test]
fn death_is_told_once_after_two_checks_a_while_apart_and_never_because_nobody_answers() {
    let mut desk = Desk::with(until("2027-01-01"));
    let now = at("2026-06-01T09:00:00Z");
    for minutes in 0..100 {
        let later = now + minutes.minutes();
        desk.facts = desk.facts.clone().after_failure(ProblemCode::Silent, later);
        assert_eq!(desk.look(later), None, "offline is not dead");
    }
    desk.facts = until("2027-01-01").after_failure(ProblemCode::TokenRevoked, now);
    assert_eq!(desk.look(now), None, "one check is one word");
    let at_once = now + 2.seconds();
    desk.facts = desk
        .facts
        .clone()
        .after_failure(ProblemCode::TokenRevoked, at_once);
    assert_eq!(desk.look(at_once), None, "two in one breath are one");
    let later = now + 15.minutes();
    desk.facts = desk.facts.clone().after_failure(ProblemCode::Silent, later);
    assert_eq!(desk.look(later), None, "nothing was learned");
    desk.facts = desk.facts.clone().after_failure(ProblemCode::TokenRevoked, later);
    assert_eq!(desk.look(later), Some(Reminder::Dead));
    desk.live("2026-06-01T10:00:00Z", "2026-09-01T00:00:00Z", 60);
    assert_eq!(desk.shown.len(), 1);
}

#[test]
fn a_day_that_has_passed_is_told_when_gitlab_has_said_so_twice() {
    let mut desk = Desk::with(until("2027-01-01"));
    let now = at("2027-01-01T00:10:00Z");
    assert_eq!(desk.look(now), None);
    desk.facts = desk
        .facts
        .clone()
        .after_failure(ProblemCode::TokenExpired, now)
        .after_failure(ProblemCode::TokenExpired, now + 15.minutes());
    assert_eq!(desk.look(now + 15.minutes()), Some(Reminder::Dead));
}

#[test]
fn what_renews_itself_is_only_told_of_when_dead() {
    let mut desk = Desk::with(until("2027-01-01"));
    desk.renews = true;
    desk.live("2026-11-20T00:00:00Z", "2027-01-01T00:00:00Z", 60);
    assert!(desk.shown.is_empty(), "{:?}", desk.told());
    let now = at("2026-12-01T00:00:00Z");
    desk.facts = desk
        .facts
        .clone()
        .after_failure(ProblemCode::GrantRefused, now)
        .after_failure(ProblemCode::GrantRefused, now + 1.hour());
    assert_eq!(desk.look(now + 1.hour()), Some(Reminder::Dead));
}

#[test]
fn a_computer_that_was_off_tells_the_nearest_alone() {
    let mut desk = Desk::with(until("2027-01-01"));
    desk.live("2026-12-28T09:00:00Z", "2026-12-30T00:00:00Z", 10);
    assert_eq!(desk.told(), [("2026-12-28T09:00:00Z".to_owned(), "7_days")]);
}

#[test]
fn never_two_in_a_day_and_the_louder_wins() {
    let mut desk = Desk::with(until("2027-01-01"));
    assert_eq!(desk.look(at("2026-12-31T23:00:00Z")), Some(Reminder::Day));
    let midnight = at("2027-01-01T00:05:00Z");
    desk.facts = desk
        .facts
        .clone()
        .after_failure(ProblemCode::TokenExpired, midnight)
        .after_failure(ProblemCode::TokenExpired, midnight + 15.minutes());
    desk.live("2027-01-01T00:20:00Z", "2027-01-03T00:00:00Z", 10);
    assert_eq!(
        desk.told(),
        [
            ("2026-12-31T23:00:00Z".to_owned(), "1_day"),
            ("2027-01-01T23:00:00Z".to_owned(), "dead"),
        ]
    );
}

#[test]
fn a_new_credential_starts_anew_and_keeps_the_one_notice_a_day() {
    let mut desk = Desk::with(until("2027-01-01"));
    assert_eq!(desk.look(at("2026-12-20T12:00:00Z")), Some(Reminder::Month));
    desk.told = desk.told.clone().of("token 2".to_owned());
    desk.facts = until("2026-12-22");
    assert_eq!(desk.look(at("2026-12-20T13:00:00Z")), None);
    assert_eq!(desk.look(at("2026-12-21T12:00:00Z")), Some(Reminder::Day));
}

#[test]
fn what_was_seen_while_linking_is_not_told_again() {
    let (facts, now) = (until("2027-01-01"), at("2026-12-20T12:00:00Z"));
    let told = Told::default();
    assert!(!told.due(Reminder::Month, &facts, now, now + 2.hours()));
    assert!(told.due(Reminder::Month, &facts, at(LINKED), now));
    assert!(told.due(Reminder::Week, &facts, now, at("2026-12-26T12:00:00Z")));
}

#[test]
fn snoozed_it_comes_back_and_something_louder_comes_through() {
    let mut desk = Desk::with(until("2027-01-01"));
    assert_eq!(desk.look(at("2026-12-10T09:00:00Z")), Some(Reminder::Month));
    desk.told.snooze(Snooze::Day, at("2026-12-10T10:00:00Z"));
    desk.live("2026-12-10T10:00:00Z", "2026-12-20T00:00:00Z", 10);
    assert_eq!(desk.told().last().unwrap().0, "2026-12-11T10:00:00Z");
    assert_eq!(desk.shown.len(), 2, "once, not every day from then on");
    desk.told.snooze(Snooze::Week, at("2026-12-20T00:00:00Z"));
    desk.live("2026-12-20T00:00:00Z", "2026-12-28T00:00:00Z", 10);
    assert_eq!(
        desk.told()[2..],
        [("2026-12-25T00:00:00Z".to_owned(), "7_days")],
        "louder than what was put off, which is over with it"
    );
}

#[test]
fn a_snooze_of_what_was_never_told_is_nothing() {
    let mut told = Told::default();
    told.snooze(Snooze::Week, at(LINKED));
    assert_eq!(told, Told::default());
}

#[test]
fn whoever_died_while_showing_is_followed_by_another_one_after_a_while() {
    let (mut told, now) = (Told::default(), at("2026-12-10T09:00:00Z"));
    let facts = until("2027-01-01");
    let due = |told: &Told, now| told.due(Reminder::Month, &facts, at(LINKED), now);
    told.set_out(Reminder::Month, now);
    assert!(!due(&told, now + 1.minute()), "it may still come");
    assert!(due(&told, now + 2.minutes()), "better late than never");
    told.not_shown();
    assert!(due(&told, now + 1.second()));
}

#[test]
fn clocks_that_were_wrong_silence_nothing_for_long() {
    let facts = until("2027-01-01");
    let wrong = at("2030-01-01T00:00:00Z");
    let told = Told {
        last: Some(wrong),
        on_its_way: Some((Reminder::Month, wrong)),
        snoozed: Some((Reminder::Month, wrong + 24.hours())),
        ..Told::default()
    };
    assert!(told.due(Reminder::Month, &facts, at(LINKED), at("2026-12-10T09:00:00Z")));
}

proptest! {
    /// However the computer is looked at, slept, and its clock is turned: each at most once, and no two within a day.
    #[test]
    fn at_most_once_each_and_never_two_in_a_day(
        jumps in prop::collection::vec(-20_000_i64..20_000, 1..400),
    ) {
        let mut desk = Desk::with(until("2027-01-01"));
        let mut now = at("2026-12-15T00:00:00Z");
        for minutes in jumps {
            now += minutes.minutes();
            let before = desk.told.last;
            if desk.look(now).is_some() {
                prop_assert!(before.is_none_or(|before| !near(before, now, DAY)));
            }
        }
        for reminder in Reminder::ALL {
            prop_assert!(desk.shown.iter().filter(|(_, shown)| *shown == reminder).count() <= 1);
        }
    }

    /// A computer that is on at least once a day and whose clock is right misses nothing.
    #[test]
    fn looked_at_daily_nothing_is_missed(pauses in prop::collection::vec(1_i64..1_380, 200..600)) {
        let mut desk = Desk::with(until("2027-01-01"));
        let mut now = at("2026-11-25T00:00:00Z");
        for minutes in pauses {
            now += minutes.minutes();
            desk.look(now);
        }
        let shown: Vec<Reminder> = desk.shown.iter().map(|(_, shown)| *shown).collect();
        let reached: Vec<Reminder> = [("2026-12-02", Reminder::Month), ("2026-12-25", Reminder::Week)]
            .into_iter()
            .filter(|(day, _)| now >= at(&format!("{day}T23:00:00Z")))
            .map(|(_, reminder)| reminder)
            .collect();
        prop_assert!(shown.starts_with(&reached), "{:?} until {now}", desk.told());
    }
}
