//! What LabLink remembers, without secrets: one SQLite database. Nobody outside this folder speaks SQL.
//!
//! One connection a process, used in turns. Every change is one `BEGIN IMMEDIATE` transaction on disk before it is
//! reported (write-ahead log, `synchronous = FULL`), so that a kill leaves the old state or the new, and two processes wait for
//! each other instead of failing.

pub(crate) mod accounts;
pub(crate) mod former_applications;
pub(crate) mod instances;
pub(crate) mod intents;
pub(crate) mod ledger;
mod migrations;
pub(crate) mod notices;
pub(crate) mod relinks;
pub(crate) mod revocations;
mod salvage;
pub(crate) mod settings;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, ffi};

use crate::home::private_file;
use crate::problem::Problem;

/// How long one process waits for another's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// How long a process stays at the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stay {
    /// For long, or nobody knows: beside others, or not at all.
    #[default]
    Long,
    /// For a moment: where the disk has no room for what processes share, it is opened for this one alone, and others
    /// wait until it ends.
    Short,
}

/// The database, open.
pub(crate) struct Store {
    open: Mutex<Open>,
}

struct Open {
    connection: Connection,
    /// SQLite's `data_version` when [`Store::changed_outside`] last looked.
    seen: i64,
}

impl Store {
    /// Opens or creates the database and brings it to this version's form. One of a newer LabLink is left untouched.
    pub(crate) fn open(path: &Path) -> Result<Self, Problem> {
        Self::open_for(path, Stay::Long)
    }

    /// The same for a process that stays so long.
    pub(crate) fn open_for(path: &Path, stay: Stay) -> Result<Self, Problem> {
        drop(private_file(path).map_err(|error| Problem::Store {
            detail: error.to_string(),
        })?);
        let mut connection = connect(path)?;
        if stay == Stay::Short && no_room_to_share(&connection) {
            connection = connect(path)?;
            // What processes share is in this one's memory then; SQLite keeps the others out meanwhile.
            connection.pragma_update(None, "locking_mode", "exclusive")?;
        }
        migrations::refuse_newer(&connection)?;
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        // Who gives a new database its write-ahead log needs it alone, and SQLite does not wait for that, whatever
        // `BUSY` says: of two first starts at once the second would fail.
        let alone = if journal == "wal" {
            None
        } else {
            Some(alone(path)?)
        };
        connection.pragma_update(None, "journal_mode", "wal")?;
        drop(alone);
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        migrations::run(&mut connection)?;
        let seen = data_version(&connection)?;
        Ok(Self {
            open: Mutex::new(Open { connection, seen }),
        })
    }

    /// Whether there is a database and it is damaged; one of a newer LabLink is none of our business.
    pub(crate) fn is_damaged(path: &Path) -> Result<bool, Problem> {
        if !path.exists() {
            return Ok(false);
        }
        let looked = || {
            let connection = connect(path)?;
            migrations::refuse_newer(&connection)?;
            let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok(said != "ok")
        };
        match looked() {
            Err(Problem::StoreDamaged { .. }) => Ok(true),
            other => other,
        }
    }

    /// Takes over what can be read of a damaged database.
    pub(crate) fn salvage(&self, damaged: &Path) -> Result<(), Problem> {
        salvage::from(&self.turn().connection, damaged)
    }

    /// Runs a reading; it sees one state of the database when it is a single statement.
    pub(crate) fn read<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        work(&self.turn().connection)
    }

    /// Runs a change in one transaction. An error, a panic or a kill leaves everything as it was.
    pub(crate) fn write<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        transact(&mut self.turn().connection, work)
    }

    /// As [`Store::write`], for what is told often and no promise is made of: it stands for every other process, and
    /// after a kill, but is not waited for until it is on disk. A computer that loses its power may lose the last few.
    pub(crate) fn note<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut open = self.turn();
        let connection = &mut open.connection;
        connection.pragma_update(None, "synchronous", "normal")?;
        let noted = transact(connection, work);
        connection.pragma_update(None, "synchronous", "full")?;
        noted
    }

    /// Whether another connection changed anything since this was last asked (or since opening).
    pub(crate) fn changed_outside(&self) -> Result<bool, Problem> {
        let mut open = self.turn();
        let now = data_version(&open.connection)?;
        let changed = now != open.seen;
        open.seen = now;
        Ok(changed)
    }

    fn turn(&self) -> MutexGuard<'_, Open> {
        // A panic in the middle rolled its transaction back; the connection is as good as before.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// Whether the disk has no room for the index of the write-ahead log, without which several processes cannot even read.
fn no_room_to_share(connection: &Connection) -> bool {
    let read: rusqlite::Result<i64> = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let extended = read
        .err()
        .and_then(|error| Some(error.sqlite_error()?.extended_code));
    matches!(
        extended,
        Some(ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_SHMOPEN | ffi::SQLITE_IOERR_SHMMAP)
    )
}

/// Whether the database is whole and only cannot be written now: no room, no right to, or another process is at it for
/// too long.
pub(crate) fn cannot_be_written(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else {
        return false;
    };
    match error.code {
        ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            true
        }
        // A file that may not grow any further is told as a write that failed.
        ErrorCode::SystemIoFailure => matches!(
            error.extended_code,
            ffi::SQLITE_IOERR_WRITE
                | ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_TRUNCATE
                | ffi::SQLITE_IOERR_SHMSIZE
        ),
        _ => false,
    }
}

/// The only process at this database, as long as the file is held, among those that ask for it.
fn alone(path: &Path) -> Result<std::fs::File, Problem> {
    let failed = |error: std::io::Error| Problem::Store {
        detail: gitlab::shown(&error.to_string()),
    };
    let file = private_file(&path.with_extension("lock")).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

fn transact<T, E: From<rusqlite::Error>>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        let detail = gitlab::shown(&error.to_string());
        if damage(&error) {
            Self::StoreDamaged { detail }
        } else {
            Self::Store { detail }
        }
    }
}

/// Whether SQLite says that the file is no database, or no whole one.
fn damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    )
}

/// A value of the database that this version cannot read: damage, or somebody's hand.
pub(crate) fn unreadable(column: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        0,
        rusqlite::types::Type::Text,
        format!("“{column}” cannot be read").into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lablink.db");
        (dir, path)
    }

    #[test]
    fn a_new_database_is_whole_and_private() {
        let (_dir, path) = scratch();
        let store = Store::open(&path).unwrap();
        let (journal, synchronous, keys): (String, i64, bool) = store
            .read(|connection| -> rusqlite::Result<_> {
                Ok((
                    connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?,
                    connection.pragma_query_value(None, "synchronous", |row| row.get(0))?,
                    connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?,
                ))
            })
            .unwrap();
        assert_eq!((journal.as_str(), synchronous, keys), ("wal", 2, true));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            for name in ["lablink.db", "lablink.db-wal", "lablink.db-shm"] {
                let mode = std::fs::metadata(path.with_file_name(name))
                    .unwrap()
                    .permissions()
                    .mode();
                assert_eq!(mode & 0o777, 0o600, "{name}");
            }
        }
    }

    #[test]
    fn a_newer_database_is_left_as_it_is() {
        let (_dir, path) = scratch();
        drop(Store::open(&path).unwrap());
        let raw = Connection::open(&path).unwrap();
        raw.pragma_update(None, "user_version", 4711).unwrap();
        drop(raw);
        let before = std::fs::read(&path).unwrap();
        let Err(problem) = Store::open(&path) else {
            panic!("a newer database was opened")
        };
        assert_eq!(problem.code(), "store_newer");
        assert_eq!(problem.values().get("found").map(String::as_str), Some("4711"));
        assert!(std::fs::read(&path).unwrap() == before);
    }

    #[test]
    fn what_is_no_database_is_refused_and_left() {
        let (_dir, path) = scratch();
        std::fs::write(
            &path,
            "this is no database, and long enough to be told from an empty one",
        )
        .unwrap();
        let Err(problem) = Store::open(&path) else {
            panic!("text was opened as a database")
        };
        assert_eq!(problem.code(), "store_damaged");
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .starts_with("this is no database")
        );
    }

    #[test]
    fn opening_again_and_at_once_is_fine() {
        let (_dir, path) = scratch();
        std::thread::scope(|scope| {
            let openers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Store::open(&path).map(drop)))
                .collect();
            for opener in openers {
                opener.join().unwrap().unwrap();
            }
        });
        drop(Store::open(&path).unwrap());
    }

    #[test]
    fn a_failed_change_changes_nothing_and_others_changes_are_seen() {
        let (_dir, path) = scratch();
        let (one, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
        assert!(!one.changed_outside().unwrap());
        one.write(|db| settings::set(db, "secrets", "system")).unwrap();
        assert!(
            !one.changed_outside().unwrap(),
            "our own change is no outside change"
        );
        assert!(other.changed_outside().unwrap());
        assert!(!other.changed_outside().unwrap(), "told once");
        let failed: Result<(), Problem> = one.write(|db| {
            settings::set(db, "secrets", "encrypted_file")?;
            Err(Problem::Cancelled)
        });
        assert!(failed.is_err());
        assert_eq!(
            one.read(|db| settings::get(db, "secrets")).unwrap().as_deref(),
            Some("system")
        );
        assert!(!other.changed_outside().unwrap());
    }
}
