//! A damaged database is put aside, because the person said so, and never overwritten: what can be read of it is taken
//! over into a new one, the rest may yet be read by somebody who knows how.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::home::{Home, private_file};
use crate::problem::Problem;
use crate::store::{Store, accounts};

/// A database that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutAside {
    /// Where the damaged one is now.
    pub file: PathBuf,
    /// How many accounts could be taken over.
    pub accounts: usize,
}

/// Puts the database aside if it is damaged; `None` where it is not.
pub fn put_aside(home: &Home, now: Timestamp) -> Result<Option<PutAside>, Problem> {
    home.create()?;
    let failed = |error: std::io::Error| Problem::Home {
        detail: gitlab::shown(&error.to_string()),
    };
    // One at a time: the second finds a database that is whole.
    let lock = private_file(&home.lock_dir().join("aside.lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let database = home.database();
    if !Store::is_damaged(&database)? {
        return Ok(None);
    }
    let file = free(home, now);
    // The journal first: left alone it would be taken for the new database's.
    for tail in ["-wal", "-shm", ""] {
        let (from, to) = (beside(&database, tail), beside(&file, tail));
        if from.exists() {
            fs::rename(from, to).map_err(failed)?;
        }
    }
    let store = Store::open(&database)?;
    store.salvage(&file)?;
    let taken: Vec<_> = store.read(|db| accounts::all(db).map_err(Problem::from))?;
    Ok(Some(PutAside {
        file,
        accounts: taken.len(),
    }))
}

fn beside(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

/// A name that is not taken.
fn free(home: &Home, now: Timestamp) -> PathBuf {
    let day = now.strftime("%Y-%m-%d");
    let name = |number: u32| home.data_dir().join(format!("lablink-damaged-{day}-{number}.db"));
    let mut number = 1;
    while name(number).exists() {
        number += 1;
    }
    name(number)
}
