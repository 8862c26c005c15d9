//! What happened to which account, newest last; without secrets. Outlives the account.
//!
//! Bounded twice, by count and by age. What repeats all day (git asking for a token, a login renewing itself) is one
//! entry that counts, so that it crowds nothing out.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::unreadable;
use crate::account::{AccountId, LedgerEntry};

/// How many entries are kept.
const LIMIT: i64 = 10_000;

/// How long an entry is kept, in days: longer than any access token lives (contract §2.6).
const DAYS: i64 = 400;

/// How many of the oldest entries are looked at when one is added. Each addition drops more than it adds, and a clock
/// that is years ahead for a moment does not empty the ledger.
const SWEPT: i64 = 20;

/// How far back, in entries of the same account, a repeat is looked for.
const NEAR: i64 = 50;

/// Adds an entry and drops the oldest beyond the limits.
pub(crate) fn add(
    db: &Connection,
    at: Timestamp,
    account: &AccountId,
    name: &str,
    what: &str,
    detail: Option<&str>,
) -> rusqlite::Result<()> {
    insert(db, at, account, name, what, detail, None)
}

/// What may happen many times a day: within so long of the first, the same is the same entry.
pub(crate) struct Repeating<'a> {
    /// The word.
    pub(crate) what: &'a str,
    /// What goes with it.
    pub(crate) detail: Option<&'a str>,
    /// The address it is about.
    pub(crate) address: Option<&'a str>,
    /// How long.
    pub(crate) within: SignedDuration,
}

/// Adds an entry, or counts it into the one that says the same.
pub(crate) fn count(
    db: &Connection,
    at: Timestamp,
    account: &AccountId,
    name: &str,
    entry: &Repeating<'_>,
) -> rusqlite::Result<()> {
    let same: Option<(i64, String)> = db
        .prepare_cached(
            "SELECT id, at FROM (SELECT * FROM ledger WHERE account = ?1 ORDER BY id DESC LIMIT ?6)
             WHERE what = ?2 AND detail IS ?3 AND address IS ?4 AND name = ?5 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(
            params![
                account.to_string(),
                entry.what,
                entry.detail,
                entry.address,
                name,
                NEAR
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let open = same.filter(|(_, first)| {
        // A clock that was set back begins anew.
        first
            .parse::<Timestamp>()
            .is_ok_and(|first| first <= at && at < first.saturating_add(entry.within).unwrap_or(first))
    });
    match open {
        Some((id, _)) => db
            .prepare_cached("UPDATE ledger SET times = times + 1, last_at = ?2 WHERE id = ?1")?
            .execute(params![id, at.to_string()])
            .map(drop),
        None => insert(db, at, account, name, entry.what, entry.detail, entry.address),
    }
}

fn insert(
    db: &Connection,
    at: Timestamp,
    account: &AccountId,
    name: &str,
    what: &str,
    detail: Option<&str>,
    address: Option<&str>,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO ledger (at, account, name, what, detail, address) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        at.to_string(),
        account.to_string(),
        name,
        what,
        detail,
        address
    ])?;
    db.prepare_cached("DELETE FROM ledger WHERE id <= ?1")?
        .execute([db.last_insert_rowid() - LIMIT])?;
    let oldest = at
        .checked_sub(SignedDuration::from_hours(24 * DAYS))
        .unwrap_or(Timestamp::MIN);
    db.prepare_cached(
        "DELETE FROM ledger WHERE id IN (SELECT id FROM ledger ORDER BY id LIMIT ?1) AND at < ?2",
    )?
    .execute(params![SWEPT, oldest.to_string()])?;
    Ok(())
}

/// The newest entries first, of one account or of all.
pub(crate) fn newest(
    db: &Connection,
    account: Option<&AccountId>,
    limit: usize,
) -> rusqlite::Result<Vec<LedgerEntry>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let columns = "SELECT at, account, name, what, detail, address, times, last_at FROM ledger";
    match account {
        Some(id) => db
            .prepare_cached(&format!("{columns} WHERE account = ?1 ORDER BY id DESC LIMIT ?2"))?
            .query_map(params![id.to_string(), limit], read)?
            .collect(),
        None => db
            .prepare_cached(&format!("{columns} ORDER BY id DESC LIMIT ?1"))?
            .query_map([limit], read)?
            .collect(),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    let at: String = row.get(0)?;
    let at: Timestamp = at.parse().map_err(|_| unreadable("at"))?;
    let account: Option<String> = row.get(1)?;
    let last: Option<String> = row.get(7)?;
    Ok(LedgerEntry {
        at,
        account: account.and_then(|id| id.parse().ok()),
        name: row.get(2)?,
        what: row.get(3)?,
        detail: row.get(4)?,
        address: row.get(5)?,
        times: row.get(6)?,
        last_at: match last {
            Some(last) => last.parse().map_err(|_| unreadable("last_at"))?,
            None => at,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    struct Book {
        _dir: tempfile::TempDir,
        store: Store,
        account: AccountId,
    }

    impl Book {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(&dir.path().join("lablink.db")).unwrap();
            Self {
                _dir: dir,
                store,
                account: AccountId::new(),
            }
        }

        fn add(&self, at: i64, what: &str) {
            self.store
                .write(|db| add(db, second(at), &self.account, "Work", what, None))
                .unwrap();
        }

        fn given(&self, at: i64, program: &str, address: &str) {
            let entry = Repeating {
                what: "token_given",
                detail: Some(program),
                address: Some(address),
                within: SignedDuration::from_hours(1),
            };
            self.store
                .write(|db| count(db, second(at), &self.account, "Work", &entry))
                .unwrap();
        }

        fn entries(&self) -> Vec<LedgerEntry> {
            self.store.read(|db| newest(db, None, usize::MAX)).unwrap()
        }
    }

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + at).unwrap()
    }

    #[test]
    fn repeats_within_an_hour_of_the_first_are_one_entry() {
        let book = Book::new();
        for at in [0, 10, 3599] {
            book.given(at, "git", "https://a.test");
        }
        book.given(20, "git", "https://a.test/other");
        book.given(30, "glab", "https://a.test");
        book.given(3600, "git", "https://a.test");
        let told: Vec<_> = book
            .entries()
            .into_iter()
            .map(|entry| (entry.at, entry.last_at, entry.times, entry.address.unwrap()))
            .collect();
        let other = "https://a.test".to_owned();
        assert_eq!(
            told,
            [
                (second(3600), second(3600), 1, other.clone()),
                (second(30), second(30), 1, other.clone()),
                (second(20), second(20), 1, "https://a.test/other".to_owned()),
                (second(0), second(3599), 3, other),
            ]
        );
    }

    #[test]
    fn a_clock_that_was_set_back_begins_a_new_entry() {
        let book = Book::new();
        book.given(1000, "git", "https://a.test");
        book.given(0, "git", "https://a.test");
        assert_eq!(
            book.entries()
                .iter()
                .map(|entry| (entry.at, entry.times))
                .collect::<Vec<_>>(),
            [(second(0), 1), (second(1000), 1)]
        );
    }

    #[test]
    fn entries_are_bounded_by_count() {
        let book = Book::new();
        book.add(0, "linked");
        // As if almost all of them had been written.
        book.store
            .write(|db| {
                db.execute(
                    "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'ledger'",
                    [LIMIT - 1],
                )
            })
            .unwrap();
        book.add(1, "renamed");
        assert_eq!(book.entries().len(), 2);
        book.add(2, "renamed");
        let left: Vec<String> = book.entries().into_iter().map(|entry| entry.what).collect();
        assert_eq!(left, ["renamed", "renamed"], "the oldest went");
    }

    #[test]
    fn entries_are_bounded_by_age_and_a_clock_years_ahead_does_not_empty_the_book() {
        let book = Book::new();
        let day = 24 * 3600;
        for at in 0..60 {
            book.add(at, "checked");
        }
        book.add(DAYS * day, "now");
        assert_eq!(book.entries().len(), 61, "not a second too early");
        book.add(DAYS * day + 3600, "now");
        assert_eq!(
            book.entries().len(),
            62 - usize::try_from(SWEPT).unwrap(),
            "the oldest went, not all at once"
        );
    }
}
