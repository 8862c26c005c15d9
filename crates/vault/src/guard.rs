//! Calls that can hang, each on a thread of its own, with a limit to the waiting.
//!
//! The threads are plain ones, so that a keychain that never answers holds up
//! neither an async runtime's shutdown nor the process's exit; the waiting is on
//! the real clock, so that a paused test clock does not make a quick call look hung.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::VaultError;

/// How many calls may be stuck at once before further ones are refused unasked:
/// a keychain that hangs for a day must not eat all threads.
const MAX_STUCK: usize = 16;

/// Tells a running call that nobody waits for it any more.
#[derive(Clone, Default)]
pub(crate) struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    /// `Hung` once the caller was told so: nothing more may be begun on its behalf.
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        if self.0.load(Ordering::Acquire) {
            Err(VaultError::Hung)
        } else {
            Ok(())
        }
    }
}

/// The calls of one vault that did not come back in time.
#[derive(Clone, Default)]
pub(crate) struct Stuck(Arc<AtomicUsize>);

impl Stuck {
    /// Runs `work` on a thread and waits at most `patience` for it: `Hung` after that.
    /// The work itself goes on; it learns from [`Abandoned`] to begin nothing new.
    pub(crate) async fn run<T, W>(&self, patience: Duration, work: W) -> Result<T, VaultError>
    where
        T: Send + 'static,
        W: FnOnce(&Abandoned) -> Result<T, VaultError> + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        self.begin(patience, work, move |result| drop(answer.send(result)))?;
        waiting.await.unwrap_or_else(|_| Err(died()))
    }

    /// The same for callers that are not async.
    pub(crate) fn run_blocking<T, W>(&self, patience: Duration, work: W) -> Result<T, VaultError>
    where
        T: Send + 'static,
        W: FnOnce(&Abandoned) -> Result<T, VaultError> + Send + 'static,
    {
        let (answer, waiting) = mpsc::sync_channel(1);
        self.begin(patience, work, move |result| drop(answer.send(result)))?;
        waiting.recv().unwrap_or_else(|_| Err(died()))
    }

    fn begin<T, W, A>(&self, patience: Duration, work: W, answer: A) -> Result<(), VaultError>
    where
        T: Send + 'static,
        W: FnOnce(&Abandoned) -> Result<T, VaultError> + Send + 'static,
        A: FnOnce(Result<T, VaultError>) + Send + 'static,
    {
        if self.0.load(Ordering::Acquire) >= MAX_STUCK {
            return Err(VaultError::Hung);
        }
        let abandoned = Abandoned::default();
        let (done, finished) = mpsc::sync_channel(1);
        let seen = abandoned.clone();
        let stuck = self.clone();
        // The guard first: no call ever runs unwatched.
        spawn("vault-guard", move || match finished.recv_timeout(patience) {
            Ok(result) => answer(result),
            Err(RecvTimeoutError::Disconnected) => answer(Err(died())),
            Err(RecvTimeoutError::Timeout) => {
                abandoned.0.store(true, Ordering::Release);
                stuck.0.fetch_add(1, Ordering::AcqRel);
                answer(Err(VaultError::Hung));
                // Wait on, so that the count goes down when the keychain wakes up. What came late is dropped
                // (and wiped: it is a `Secret`), nobody waits for it.
                drop(finished.recv());
                stuck.0.fetch_sub(1, Ordering::AcqRel);
            }
        })?;
        spawn("vault-call", move || drop(done.send(work(&seen))))
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), VaultError> {
    match thread::Builder::new().name(name.to_owned()).spawn(body) {
        Ok(_) => Ok(()),
        Err(error) => Err(VaultError::from_io("starting a thread for the keychain", &error)),
    }
}

fn died() -> VaultError {
    VaultError::Failed {
        detail: "the call to the keychain ended without an answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{MAX_STUCK, Stuck};
    use crate::VaultError;

    #[test]
    fn a_keychain_that_hangs_for_long_does_not_eat_threads() {
        let stuck = Stuck::default();
        let begun = Arc::new(AtomicUsize::new(0));
        let keychain = Arc::new(Mutex::new(()));
        let hanging = keychain.lock().unwrap();
        for _ in 0..3 * MAX_STUCK {
            let (begun, keychain) = (Arc::clone(&begun), Arc::clone(&keychain));
            let answer = stuck.run_blocking(Duration::from_millis(1), move |_| {
                begun.fetch_add(1, Ordering::SeqCst);
                drop(keychain.lock());
                Ok(())
            });
            assert_eq!(answer, Err(VaultError::Hung));
        }
        assert!(begun.load(Ordering::SeqCst) <= MAX_STUCK);
        drop(hanging);
        // Once the stuck calls came back, further ones are let through again.
        while stuck.run_blocking(Duration::from_secs(600), |_| Ok(())).is_err() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_call_that_dies_is_a_failure_not_a_silence() {
        let answer: Result<(), _> =
            Stuck::default().run_blocking(Duration::from_secs(600), |_| panic!("on purpose"));
        assert!(matches!(answer, Err(VaultError::Failed { .. })));
    }
}
