//! One round of checks: who is asked next, and who need not be. Pure: told what came of each question and when it is,
//! it says what to do next.
//!
//! At most four questions stand in all and two at one GitLab. Of every GitLab one account goes first; the others follow
//! when it answers. One that does not answer is not asked again for the rest of its accounts: they share what the first
//! one learned. The order is another one in every round, so that a company does not knock in step, and so that no
//! account is always the one that goes first.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::account::AccountId;
use crate::problem::ProblemCode;

/// How many questions stand at the same time.
const IN_ALL: usize = 4;

/// How many of them at one GitLab.
const AT_ONE: usize = 2;

/// How many answers in a row that broke off count as none.
const STUMBLES: u32 = 2;

/// The longest rest that is granted, in seconds.
const LONGEST_REST: u64 = 3600;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask about this account.
    Ask(AccountId),
    /// Their GitLab is not asked: this is how it is for these accounts too.
    Spare(Vec<AccountId>, ProblemCode),
    /// Wait for one of those under way.
    Wait,
    /// All is done.
    Done,
}

/// What a question showed of the GitLab it was put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Showed {
    /// It was not asked.
    Nothing,
    /// It answers, whatever it says about the account.
    Answers,
    /// It broke off, or has a fault of its own: perhaps for this question alone.
    Stumbles(ProblemCode),
    /// It does not answer, or asks to be left alone.
    Silent(ProblemCode),
}

struct Host {
    instance: i64,
    waiting: VecDeque<AccountId>,
    under_way: usize,
    answers: bool,
    stumbles: u32,
    silent: Option<ProblemCode>,
}

/// One round.
pub(crate) struct Round {
    hosts: Vec<Host>,
    /// Whose turn it is.
    turn: usize,
}

impl Round {
    /// A round over these accounts of these instances, in an order that `seed` decides.
    pub(crate) fn new(accounts: impl IntoIterator<Item = (i64, AccountId)>, seed: u64) -> Self {
        let mut hosts: Vec<Host> = Vec::new();
        for (instance, id) in accounts {
            match hosts.iter_mut().find(|host| host.instance == instance) {
                Some(host) => host.waiting.push_back(id),
                None => hosts.push(Host {
                    instance,
                    waiting: VecDeque::from([id]),
                    under_way: 0,
                    answers: false,
                    stumbles: 0,
                    silent: None,
                }),
            }
        }
        let mut dice = Dice(seed);
        dice.shuffle(&mut hosts);
        for host in &mut hosts {
            dice.shuffle(host.waiting.make_contiguous());
        }
        Self { hosts, turn: 0 }
    }

    /// A GitLab that is not to be asked in this round.
    pub(crate) fn leave_alone(&mut self, instance: i64, code: ProblemCode) {
        if let Some(host) = self.hosts.iter_mut().find(|host| host.instance == instance) {
            host.silent = Some(code);
        }
    }

    /// What to do next. Who is asked counts as under way until [`ended`](Self::ended).
    pub(crate) fn next(&mut self) -> Next {
        for host in &mut self.hosts {
            if let Some(code) = host.silent
                && !host.waiting.is_empty()
            {
                return Next::Spare(host.waiting.drain(..).collect(), code);
            }
        }
        let under_way: usize = self.hosts.iter().map(|host| host.under_way).sum();
        if under_way < IN_ALL {
            let count = self.hosts.len();
            for step in 0..count {
                let at = (self.turn + step) % count;
                if let Some(host) = self.hosts.get_mut(at)
                    && host.under_way < if host.answers { AT_ONE } else { 1 }
                    && let Some(id) = host.waiting.pop_front()
                {
                    host.under_way += 1;
                    self.turn = at + 1;
                    return Next::Ask(id);
                }
            }
        }
        if under_way == 0 { Next::Done } else { Next::Wait }
    }

    /// A question to this instance is over.
    pub(crate) fn ended(&mut self, instance: i64, showed: Showed) {
        let Some(host) = self.hosts.iter_mut().find(|host| host.instance == instance) else {
            return;
        };
        host.under_way = host.under_way.saturating_sub(1);
        match showed {
            Showed::Nothing => {}
            Showed::Answers => {
                host.answers = true;
                host.stumbles = 0;
            }
            Showed::Stumbles(code) => {
                host.stumbles += 1;
                if host.stumbles >= STUMBLES {
                    host.silent = Some(code);
                }
            }
            Showed::Silent(code) => host.silent = Some(code),
        }
    }
}

/// Until when a GitLab is left alone that asks for so many seconds of rest (contract §8.2), by our clock.
pub(crate) fn rest(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds.min(LONGEST_REST)).unwrap_or_default();
    now.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(now)
}

/// Whether it is still to be left alone. A rest that lies further ahead than any that is granted is of a clock that was
/// set back since.
pub(crate) fn rests(until: Timestamp, now: Timestamp) -> bool {
    until > now && until <= rest(now, u64::MAX)
}

/// Numbers that look like any others, always the same for a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from((z ^ (z >> 31)) % limit).unwrap_or_default()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.below(at + 1);
            items.swap(at, other);
        }
    }
}

#[cfg(test)]
mod tests;
