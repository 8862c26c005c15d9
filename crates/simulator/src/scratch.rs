//! The temporary directory of one simulator, and the removal of those whose simulator was killed. A directory is alive as
//! long as the lock in it is held; the system lets go of it however its holder ends.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "lablink-simulator-";
const LOCK: &str = "alive";
/// The lock's name until it is held: a file called [`LOCK`] that nobody holds has lost its holder.
const UNLOCKED: &str = "making";

/// A directory that goes with its holder.
pub(crate) struct Scratch {
    // Dropped first: some systems do not remove files that are open.
    _alive: File,
    directory: TempDir,
}

impl Scratch {
    /// Removes what killed simulators left, and makes a new directory, under `parent`.
    pub(crate) fn within(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let (unlocked, lock) = (directory.path().join(UNLOCKED), directory.path().join(LOCK));
        let alive = File::create_new(&unlocked)?;
        alive.try_lock()?;
        fs::rename(unlocked, lock)?;
        Ok(Self {
            _alive: alive,
            directory,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes the directories nobody holds. One that cannot be read or removed is somebody else's business.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        let abandoned = || File::open(entry.path().join(LOCK)).is_ok_and(|alive| alive.try_lock().is_ok());
        if ours && abandoned() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parent: &Path) -> usize {
        fs::read_dir(parent).unwrap().count()
    }

    #[test]
    fn what_a_killed_holder_left_goes_and_the_living_stay() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::within(parent.path()).unwrap();
        // A holder that was killed: its lock is gone, its directory is not.
        let Scratch {
            _alive: lock,
            directory,
        } = Scratch::within(parent.path()).unwrap();
        let left = directory.keep();
        drop(lock);
        fs::write(left.join("file"), "x").unwrap();
        // Of somebody else, and of one that is just being made.
        fs::create_dir(parent.path().join("other")).unwrap();
        let young = parent.path().join(format!("{PREFIX}young"));
        fs::create_dir(&young).unwrap();
        fs::write(young.join(UNLOCKED), "").unwrap();

        let next = Scratch::within(parent.path()).unwrap();
        assert!(!left.exists());
        assert!(living.path().exists() && young.exists());
        assert_eq!(names(parent.path()), 4);
        drop((living, next));
        assert_eq!(names(parent.path()), 2);
    }
}
