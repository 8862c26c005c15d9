//! Whether the app may end: what is under way comes first, and whoever was promised the window gets it. Pure.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far the end of the app is.
#[derive(Debug, Default)]
pub struct Ending(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stage: Stage,
    /// Whether the person wants it to end, and has not started it since.
    wished: bool,
    /// Starts that were promised the window and have not got it yet.
    promised: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Lives,
    /// It ends when what is under way is done.
    Waits,
    /// Nothing keeps it any more.
    Over,
}

/// What becomes of the wish to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It ends.
    Now,
    /// When what is under way is done.
    Later,
    /// Somebody has just started it again.
    No,
}

impl Ending {
    /// The person wants the app to end. On the main thread, in the order of what the person does.
    pub fn wish(&self) {
        self.state().wished = true;
    }

    /// Another start wants the window: whether it will get it. A promise calls off an end that still waits.
    pub fn promise(&self) -> bool {
        let mut state = self.state();
        if state.stage == Stage::Over {
            return false;
        }
        state.stage = Stage::Lives;
        state.promised += 1;
        true
    }

    /// A promise was kept: whatever was wished for before counts no more. On the main thread.
    pub fn kept(&self) {
        let mut state = self.state();
        state.promised = state.promised.saturating_sub(1);
        state.wished = false;
    }

    /// The app is to end, while something is under way or nothing is. Asked for once more it ends at once.
    pub fn ask(&self, at_work: bool) -> End {
        let mut state = self.state();
        if state.promised > 0 || !state.wished {
            state.stage = Stage::Lives;
            state.wished = false;
            return End::No;
        }
        if at_work && state.stage == Stage::Lives {
            state.stage = Stage::Waits;
            return End::Later;
        }
        state.stage = Stage::Over;
        End::Now
    }

    /// Whether the end still waits, and was not called off.
    pub fn waits(&self) -> bool {
        self.state().stage == Stage::Waits
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One whose end is wished for.
    fn wished() -> Ending {
        let ending = Ending::default();
        ending.wish();
        ending
    }

    #[test]
    fn what_is_under_way_comes_first_unless_it_is_asked_twice() {
        assert_eq!(wished().ask(false), End::Now);
        let busy = wished();
        assert_eq!(busy.ask(true), End::Later);
        assert!(busy.waits());
        assert_eq!(busy.ask(true), End::Now);
    }

    #[test]
    fn an_app_that_is_over_promises_nothing() {
        let ending = wished();
        assert_eq!(ending.ask(false), End::Now);
        assert!(!ending.promise());
    }

    #[test]
    fn whoever_was_promised_the_window_gets_it() {
        let ending = wished();
        assert!(ending.promise());
        assert_eq!(ending.ask(false), End::No);
        ending.kept();
        ending.wish();
        assert_eq!(ending.ask(false), End::Now);
    }

    #[test]
    fn what_was_wished_for_before_a_start_that_was_served_counts_no_more() {
        let ending = wished();
        assert!(ending.promise());
        ending.kept();
        assert_eq!(ending.ask(false), End::No);
        ending.wish();
        assert_eq!(ending.ask(false), End::Now);
    }

    #[test]
    fn a_start_calls_off_an_end_that_waits() {
        let ending = wished();
        assert_eq!(ending.ask(true), End::Later);
        assert!(ending.promise());
        assert!(!ending.waits());
        ending.kept();
        ending.wish();
        assert_eq!(ending.ask(true), End::Later, "as if it had never been asked");
    }
}
