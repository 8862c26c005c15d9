//! At most as many desktops at once as this computer can carry, over all test programs that run: a web view is a
//! browser, and a dozen of them on two cores make every wait a lottery.

use std::env;
use std::fs::{self, File, TryLockError};
use std::sync::mpsc;
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
        // Whichever is free first. What comes to the others' threads later finds nobody waiting and is given back.
        let (give, freed) = mpsc::channel();
        for place in 0..places {
            let (lock, give) = (open(place)?, give.clone());
            thread::spawn(move || {
                let locked = lock.lock().map(|()| lock);
                let _ = give.send(locked);
            });
        }
        let lock = freed.recv().context("no place will ever be free")??;
        Ok(Self { _lock: lock })
    }
}
