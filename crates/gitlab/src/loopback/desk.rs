//! What the listener waits for at the moment. Every request is judged here, one at a time, so that of two right ones
//! exactly one is the first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::answering::Callback;
use super::judge::{Rules, Verdict, judge};
use super::page::{FinalPage, Pages, Status};
use crate::oauth::State;

pub(super) struct Desk {
    port: u16,
    pages: Pages,
    mode: Mutex<Mode>,
}

/// What has come for whoever waits.
pub(super) struct Heard {
    pub(super) callback: Callback,
    /// The server it names, where that could not be compared with anything yet.
    pub(super) iss: Option<String>,
}

enum Mode {
    /// Nobody is waited for.
    Idle,
    Waiting {
        state: State,
        issuer: Option<String>,
        told: oneshot::Sender<Heard>,
    },
    /// The answer has come.
    Used { state: State },
}

/// What is done with a request.
pub(super) enum Decision<'a> {
    /// More has to be read.
    ReadOn,
    /// It is answered and forgotten.
    Answer(Status, &'a FinalPage),
    /// It is the answer that is waited for.
    Deliver(Verdict, oneshot::Sender<Heard>),
}

impl Desk {
    pub(super) fn new(port: u16, pages: Pages) -> Self {
        Self {
            port,
            pages,
            mode: Mutex::new(Mode::Idle),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pages(&self) -> &Pages {
        &self.pages
    }

    /// Waits for the answer with this state, until what is returned is dropped.
    pub(super) fn wait(&self, state: State, issuer: Option<String>) -> Waiting<'_> {
        let (told, hear) = oneshot::channel();
        *self.mode() = Mode::Waiting { state, issuer, told };
        Waiting { desk: self, hear }
    }

    /// What an `iss` has to be equal to from now on.
    pub(super) fn learn(&self, now: Option<String>) {
        if let Mode::Waiting { issuer, .. } = &mut *self.mode() {
            *issuer = now;
        }
    }

    /// Judges what has been read of a request.
    pub(super) fn decide(&self, head: &[u8]) -> Decision<'_> {
        let mut mode = self.mode();
        let verdict = match &*mode {
            Mode::Idle => self.judge(head, &|_| false, None),
            Mode::Used { state } => self.judge(head, &|text| state.matches(text), None),
            Mode::Waiting { state, issuer, .. } => {
                self.judge(head, &|text| state.matches(text), issuer.as_deref())
            }
        };
        match verdict {
            Verdict::Incomplete => Decision::ReadOn,
            Verdict::Stranger(stranger) => Decision::Answer(stranger.status(), &self.pages.stranger),
            verdict => match std::mem::replace(&mut *mode, Mode::Idle) {
                Mode::Waiting { state, told, .. } => {
                    *mode = Mode::Used { state };
                    Decision::Deliver(verdict, told)
                }
                used => {
                    *mode = used;
                    Decision::Answer(Status::Gone, &self.pages.used)
                }
            },
        }
    }

    fn judge(&self, head: &[u8], state_matches: &dyn Fn(&str) -> bool, issuer: Option<&str>) -> Verdict {
        judge(
            head,
            &Rules {
                port: self.port,
                state_matches,
                issuer,
            },
        )
    }

    fn mode(&self) -> MutexGuard<'_, Mode> {
        self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Waiting<'a> {
    desk: &'a Desk,
    hear: oneshot::Receiver<Heard>,
}

impl Waiting<'_> {
    /// May be cancelled and asked again.
    pub(super) async fn heard(&mut self) -> Option<Heard> {
        (&mut self.hear).await.ok()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut mode = self.desk.mode();
        if matches!(*mode, Mode::Waiting { .. }) {
            *mode = Mode::Idle;
        }
    }
}
