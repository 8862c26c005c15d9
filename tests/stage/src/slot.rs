//! At most as many desktops at once as this computer can carry, over all test programs that run: a web view is a
//! browser, and a dozen of them on two cores make every wait a lottery.

use std::env;
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread;

use anyhow::{Context, Result};

/// A place for one desktop, given back when dropped (or when the process dies).
pub(crate) struct Slot {
    _lock: File,
}

impl Slot {
    /// Waits for a free place.
    pub(crate) fn take() -> Result<Self> {
        let folder = env::current_exe()?
            .parent()
            .context("the running program has no folder")?
            .join("stage-slots");
        fs::create_dir_all(&folder)?;
        let places = thread::available_parallelism().map_or(1, usize::from);
        let open = |place: usize| File::create(folder.join(place.to_string()));
        for place in 0..places {
            let lock = open(place)?;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { _lock: lock }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        let mut hasher = DefaultHasher::new();
        (std::process::id(), thread::current().id()).hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % u64::try_from(places)?)?;
        let lock = open(place)?;
        lock.lock()?;
        Ok(Self { _lock: lock })
    }
}
