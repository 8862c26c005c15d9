//! One at a time: a lock file an account, let go of by the system when its process dies. That is how live work is told
//! from what a dead process left half done.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use crate::account::AccountId;
use crate::home::{Home, private_file};
use crate::problem::Problem;
use crate::store::Stay;

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// How many times: one minute in all, longer than any work with a deadline.
const TRIES: u32 = 1200;

/// The same for a program that somebody waits for: longer than one request takes.
const TRIES_OF_A_MOMENT: u32 = 400;

/// The right to work on one account, until dropped.
pub(crate) struct Turn {
    /// Open and locked.
    file: File,
    path: PathBuf,
}

impl Turn {
    /// Waits for whoever works on the account now.
    pub(crate) async fn take(home: &Home, id: &AccountId) -> Result<Self, Problem> {
        Self::take_for(home, id, Stay::Long).await
    }

    /// The same in a process that stays so long.
    pub(crate) async fn take_for(home: &Home, id: &AccountId, stay: Stay) -> Result<Self, Problem> {
        let tries = match stay {
            Stay::Long => TRIES,
            Stay::Short => TRIES_OF_A_MOMENT,
        };
        for _ in 0..tries {
            if let Some(turn) = Self::try_take(home, id)? {
                return Ok(turn);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Problem::AccountBusy)
    }

    /// `None` while somebody works on the account.
    pub(crate) fn try_take(home: &Home, id: &AccountId) -> Result<Option<Self>, Problem> {
        let path = home.lock_dir().join(format!("{id}.lock"));
        let failed = |error: std::io::Error| Problem::Home {
            detail: gitlab::shown(&error.to_string()),
        };
        let file = private_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The account is gone for good: so is its lock file. Whoever waits for it will find no account behind it.
    pub(crate) fn close(self) {
        // A file that stays is harmless.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Drop for Turn {
    /// Lets go in so many words: closing the file is not enough while a program is being started, which has it too until
    /// it runs (flock(2): a lock belongs to what was opened, not to who closes it).
    fn drop(&mut self) {
        // The system lets go at the latest when that program runs.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().to_owned());
        home.create().unwrap();
        let id = AccountId::new();
        let turn = Turn::try_take(&home, &id).unwrap().unwrap();
        assert!(Turn::try_take(&home, &id).unwrap().is_none());
        assert!(
            Turn::try_take(&home, &AccountId::new()).unwrap().is_some(),
            "another account is free"
        );
        drop(turn);
        let turn = Turn::try_take(&home, &id).unwrap().unwrap();
        turn.close();
        assert!(!home.lock_dir().join(format!("{id}.lock")).exists());
        assert!(Turn::try_take(&home, &id).unwrap().is_some());
    }

    #[test]
    fn a_program_that_is_being_started_does_not_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().to_owned());
        home.create().unwrap();
        let id = AccountId::new();
        let turn = Turn::try_take(&home, &id).unwrap().unwrap();
        let started = turn.file.try_clone().unwrap();
        drop(turn);
        assert!(Turn::try_take(&home, &id).unwrap().is_some());
        drop(started);
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_who_never_ends_is_told_as_that() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().to_owned());
        home.create().unwrap();
        let id = AccountId::new();
        let _turn = Turn::try_take(&home, &id).unwrap().unwrap();
        for (stay, waited) in [(Stay::Short, 20), (Stay::Long, 60)] {
            let begin = tokio::time::Instant::now();
            let refused = Turn::take_for(&home, &id, stay).await.err();
            assert_eq!(refused, Some(Problem::AccountBusy));
            assert_eq!(begin.elapsed().as_secs(), waited);
        }
    }

    #[tokio::test]
    async fn whoever_waits_gets_its_turn() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().to_owned());
        home.create().unwrap();
        let id = AccountId::new();
        let turn = Turn::try_take(&home, &id).unwrap().unwrap();
        let waiting = tokio::spawn({
            let home = home.clone();
            async move { Turn::take(&home, &id).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(turn);
        waiting.await.unwrap().unwrap();
    }
}
