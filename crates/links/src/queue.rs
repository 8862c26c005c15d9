//! A queue in front of the keychain, for all processes of the person: dozens of programs that want a token at once would
//! keep it busy for longer than any one of them waits for it. Lets go by itself when its process dies.

use std::fs::File;
use std::time::Duration;

use crate::home::{Home, private_file};

/// How many processes are let through at once.
const PLACES: usize = 4;

/// How often a place is looked for, and how many times: ten seconds in all. Then whoever waits goes without one: a queue
/// must not be what keeps a program waiting.
const PAUSE: Duration = Duration::from_millis(20);
const TRIES: usize = 500;

/// A place at the keychain, until dropped.
pub(crate) struct Place {
    /// Open and locked. `None`: waited long enough.
    file: Option<File>,
}

impl Place {
    /// Waits for a free place.
    pub(crate) async fn take(home: &Home) -> Self {
        for _ in 0..TRIES {
            if let Some(file) = free(home) {
                return Self { file: Some(file) };
            }
            tokio::time::sleep(PAUSE).await;
        }
        Self { file: None }
    }
}

impl Drop for Place {
    /// Lets go in so many words: closing the file is not enough while a program is being started, which has it too until
    /// it runs (flock(2): a lock belongs to what was opened, not to who closes it).
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // The system lets go at the latest when that program runs.
            let _ = file.unlock();
        }
    }
}

/// A place that is free now.
fn free(home: &Home) -> Option<File> {
    (0..PLACES).find_map(|number| {
        let file = private_file(&home.lock_dir().join(format!("keychain-{number}.lock"))).ok()?;
        file.try_lock().is_ok().then_some(file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_at_once_and_then_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().to_owned());
        home.create().unwrap();
        let mut inside: Vec<File> = (0..PLACES).map(|_| free(&home).unwrap()).collect();
        assert!(free(&home).is_none());
        inside.pop();
        let place = Place::take(&home).await;
        assert!(free(&home).is_none(), "it took none");
        // As a program that is being started has it.
        let started = place.file.as_ref().unwrap().try_clone().unwrap();
        drop(place);
        assert!(free(&home).is_some(), "it did not let go");
        drop(started);
    }
}
