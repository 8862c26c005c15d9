//! Rounds played out: questions take as long as a made-up clock says.

use std::collections::BTreeMap;

use super::*;

/// A second of the made-up clock at a time.
#[derive(Default)]
struct Played {
    /// Who was asked, in order, of which instance.
    asked: Vec<i64>,
    spared: BTreeMap<i64, usize>,
    most_in_all: usize,
    most_at_one: usize,
    seconds: u64,
}

/// So many accounts on so many instances, every instance taking so long for an answer.
fn play(hosts: i64, each: usize, seed: u64, takes: impl Fn(i64) -> (u64, Showed)) -> Played {
    let mut of = BTreeMap::new();
    let accounts: Vec<(i64, AccountId)> = (0..hosts)
        .flat_map(|host| (0..each).map(move |_| (host, AccountId::new())))
        .collect();
    of.extend(accounts.iter().map(|(host, id)| (*id, *host)));
    let mut round = Round::new(accounts, seed);
    let mut played = Played::default();
    // By when they end.
    let mut under_way: Vec<(u64, i64)> = Vec::new();
    loop {
        match round.next() {
            Next::Ask(id) => {
                let host = of[&id];
                played.asked.push(host);
                under_way.push((played.seconds + takes(host).0, host));
                played.most_in_all = played.most_in_all.max(under_way.len());
                let here = under_way.iter().filter(|(_, one)| *one == host).count();
                played.most_at_one = played.most_at_one.max(here);
            }
            Next::Spare(ids, _) => {
                for id in ids {
                    *played.spared.entry(of[&id]).or_default() += 1;
                }
            }
            Next::Wait => {
                under_way.sort_unstable();
                let (end, host) = under_way.remove(0);
                played.seconds = end;
                round.ended(host, takes(host).1);
            }
            Next::Done => return played,
        }
    }
}

#[test]
fn a_thousand_accounts_on_fifty_gitlabs_never_burst_on_one_and_keep_four_busy() {
    let played = play(50, 20, 7, |_| (1, Showed::Answers));
    assert_eq!(played.asked.len(), 1000);
    assert_eq!((played.most_in_all, played.most_at_one <= AT_ONE), (IN_ALL, true));
    assert_eq!(played.seconds, 250, "four at a time from the first to the last");
    // Turn by turn: nobody is asked for all its accounts in a row.
    let longest = played
        .asked
        .chunk_by(|one, other| one == other)
        .map(<[i64]>::len)
        .max();
    assert!(longest <= Some(AT_ONE), "{longest:?}");
}

#[test]
fn one_gitlab_is_asked_two_at_a_time_after_the_first_answer() {
    let played = play(1, 1000, 7, |_| (1, Showed::Answers));
    assert_eq!((played.most_in_all, played.most_at_one), (2, 2));
    assert_eq!(played.seconds, 501);
}

#[test]
fn a_gitlab_that_does_not_answer_is_asked_once_for_all_its_accounts() {
    let silent = Showed::Silent(ProblemCode::Silent);
    let played = play(2, 500, 7, |host| {
        if host == 0 {
            (30, silent)
        } else {
            (1, Showed::Answers)
        }
    });
    assert_eq!(played.asked.iter().filter(|host| **host == 0).count(), 1);
    assert_eq!(played.spared, BTreeMap::from([(0, 499)]));
    assert!(
        played.seconds < 300,
        "the others waited for it: {}",
        played.seconds
    );
}

#[test]
fn one_answer_that_broke_off_is_not_held_against_the_others() {
    let stumbles = std::cell::Cell::new(1);
    let played = play(1, 10, 7, |_| {
        let left = stumbles.get();
        (
            1,
            if left > 0 {
                Showed::Stumbles(ProblemCode::ServerError)
            } else {
                Showed::Answers
            },
        )
    });
    assert_eq!(
        (played.asked.len(), played.spared.get(&0)),
        (2, Some(&8)),
        "two in a row are"
    );
    let mut round = Round::new((0..3).map(|_| (1, AccountId::new())), 7);
    assert!(matches!(round.next(), Next::Ask(_)));
    round.ended(1, Showed::Stumbles(ProblemCode::ServerError));
    assert!(matches!(round.next(), Next::Ask(_)));
    round.ended(1, Showed::Answers);
    assert!(matches!(round.next(), Next::Ask(_)));
    round.ended(1, Showed::Stumbles(ProblemCode::ServerError));
    assert_eq!(round.next(), Next::Done, "not in a row");
}

#[test]
fn a_slow_gitlab_takes_at_most_half_of_the_questions() {
    let played = play(2, 100, 7, |host| {
        (if host == 0 { 10 } else { 1 }, Showed::Answers)
    });
    let quick_done = played.asked.iter().rposition(|host| *host == 1).unwrap();
    let slow_before = played.asked[..quick_done]
        .iter()
        .filter(|host| **host == 0)
        .count();
    assert!(slow_before < 20, "{slow_before}");
}

#[test]
fn every_round_has_an_order_of_its_own() {
    let order = |seed| play(20, 1, seed, |_| (1, Showed::Answers)).asked;
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn who_asked_to_be_left_alone_is() {
    let mut round = Round::new((0..3).map(|_| (1, AccountId::new())), 7);
    round.leave_alone(1, ProblemCode::RateLimited);
    let Next::Spare(ids, ProblemCode::RateLimited) = round.next() else {
        panic!("it was not left alone")
    };
    assert_eq!(ids.len(), 3);
    assert_eq!(round.next(), Next::Done);
}

#[test]
fn a_rest_is_as_long_as_it_was_asked_for_and_at_most_an_hour() {
    let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    let until = |seconds| (rest(now, seconds) - now).get_seconds();
    assert_eq!([until(0), until(900), until(u64::MAX)], [0, 900, 3600]);
    let end = rest(now, 900);
    assert!(rests(end, now) && !rests(end, end));
    let a_year_ago: Timestamp = "2025-11-20T08:00:00Z".parse().unwrap();
    assert!(!rests(end, a_year_ago), "the clock was set back");
}
