//! Every GitLab known here: address, how it is trusted, how it was learned.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::unreadable;
use crate::instance::Source;
use crate::skew::Skew;

/// An instance as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptInstance {
    pub(crate) id: i64,
    pub(crate) address: String,
    pub(crate) source: Source,
    pub(crate) allow_http: bool,
    pub(crate) authorities: Vec<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) confidential: bool,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) version: Option<String>,
    pub(crate) accounts: u32,
}

/// All that is said about an instance by whoever sets it up at once: a person, a link profile, managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Whether plain http was agreed to.
    pub(crate) allow_http: bool,
    /// Authorities trusted for it, PEM.
    pub(crate) authorities: Vec<String>,
    /// The application ID of its app registration.
    pub(crate) client_id: Option<String>,
    /// Whether the registration has a secret, which is in the vault.
    pub(crate) confidential: bool,
    /// The scopes to ask for; `None`: the usual ones.
    pub(crate) scopes: Option<Vec<String>>,
}

impl KeptInstance {
    /// Whether this is all there is to say about it.
    pub(crate) fn says(&self, said: &Said) -> bool {
        let trusted = |one: &Vec<String>, other: &Vec<String>| one.iter().all(|pem| other.contains(pem));
        self.allow_http == said.allow_http
            && self.client_id == said.client_id
            && self.confidential == said.confidential
            && self.scopes == said.scopes
            && trusted(&self.authorities, &said.authorities)
            && trusted(&said.authorities, &self.authorities)
    }
}

/// What is learned about an instance by adding it or linking on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewInstance {
    /// The base address in normal form.
    pub(crate) address: String,
    /// Whether the person agreed to plain http.
    pub(crate) allow_http: bool,
    /// Authorities trusted for it, PEM.
    pub(crate) authorities: Vec<String>,
    /// The application ID of an app registration.
    pub(crate) client_id: Option<String>,
    /// The version seen.
    pub(crate) version: Option<String>,
}

const COLUMNS: &str = "SELECT i.id, i.address, i.source, i.allow_http, i.client_id, i.version,
    (SELECT count(*) FROM accounts a WHERE a.instance = i.id), i.confidential, i.scopes FROM instances i";

/// All of them: GitLab.com first, then by address.
pub(crate) fn all(db: &Connection) -> rusqlite::Result<Vec<KeptInstance>> {
    let mut kept: Vec<KeptInstance> = db
        .prepare(&format!("{COLUMNS} ORDER BY i.source <> 'built_in', i.address"))?
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?;
    for instance in &mut kept {
        instance.authorities = authorities(db, instance.id)?;
    }
    Ok(kept)
}

/// The one with this address in normal form.
pub(crate) fn by_address(db: &Connection, address: &str) -> rusqlite::Result<Option<KeptInstance>> {
    one(db, "i.address = ?1", params![address])
}

/// The one with this number.
pub(crate) fn by_id(db: &Connection, id: i64) -> rusqlite::Result<Option<KeptInstance>> {
    one(db, "i.id = ?1", params![id])
}

fn one(db: &Connection, which: &str, by: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<Option<KeptInstance>> {
    let found = db
        .query_row(&format!("{COLUMNS} WHERE {which}"), by, read)
        .optional()?;
    found
        .map(|instance| {
            Ok(KeptInstance {
                authorities: authorities(db, instance.id)?,
                ..instance
            })
        })
        .transpose()
}

/// Adds the instance, or adds what is new about it to the known one: consent and trust are given, never taken, here.
/// Of a managed one only the version is news.
pub(crate) fn put(
    db: &Connection,
    new: &NewInstance,
    source: Source,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    db.execute(
        "INSERT INTO instances (address, source, allow_http, client_id, version, added_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (address) DO UPDATE SET
            allow_http = iif(source = 'managed', allow_http, max(allow_http, excluded.allow_http)),
            confidential = confidential AND (source = 'managed' OR excluded.client_id IS NULL
                OR excluded.client_id IS client_id),
            client_id = iif(source = 'managed', client_id, coalesce(excluded.client_id, client_id)),
            version = coalesce(excluded.version, version)",
        params![
            new.address,
            source.as_str(),
            new.allow_http,
            new.client_id,
            new.version,
            now.to_string()
        ],
    )?;
    let (id, managed): (i64, bool) = db.query_row(
        "SELECT id, source = 'managed' FROM instances WHERE address = ?1",
        [&new.address],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if !managed {
        trust(db, id, &new.authorities)?;
    }
    Ok(id)
}

/// Adds an instance that is not known yet, with all that is said about it.
pub(crate) fn add(
    db: &Connection,
    address: &str,
    source: Source,
    said: &Said,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO instances (address, source, added_at) VALUES (?1, ?2, ?3)",
        params![address, source.as_str(), now.to_string()],
    )?;
    set(db, db.last_insert_rowid(), source, said)
}

/// Writes all that is said about a known instance over what was.
pub(crate) fn set(db: &Connection, id: i64, source: Source, said: &Said) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE instances SET source = ?2, allow_http = ?3, client_id = ?4, confidential = ?5, scopes = ?6
         WHERE id = ?1",
        params![
            id,
            source.as_str(),
            said.allow_http,
            said.client_id,
            said.confidential,
            said.scopes.as_ref().map(|scopes| scopes.join(" ")),
        ],
    )?;
    db.execute("DELETE FROM authorities WHERE instance = ?1", [id])?;
    trust(db, id, &said.authorities)
}

/// Remembers how it was learned anew.
pub(crate) fn set_source(db: &Connection, id: i64, source: Source) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE instances SET source = ?2 WHERE id = ?1",
        params![id, source.as_str()],
    )?;
    Ok(())
}

fn trust(db: &Connection, id: i64, authorities: &[String]) -> rusqlite::Result<()> {
    for pem in authorities {
        db.execute(
            "INSERT OR IGNORE INTO authorities (instance, pem) VALUES (?1, ?2)",
            params![id, pem],
        )?;
    }
    Ok(())
}

/// Keeps the app registration of an instance, unless it is managed: then it is the policy's.
pub(crate) fn register(db: &Connection, address: &str, id: &str, confidential: bool) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE instances SET client_id = ?2, confidential = ?3 WHERE address = ?1 AND source <> 'managed'",
        params![address, id, confidential],
    )?;
    Ok(())
}

/// Remembers the version seen last.
pub(crate) fn saw_version(db: &Connection, id: i64, version: &str) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE instances SET version = ?2 WHERE id = ?1 AND version IS NOT ?2",
        params![id, version],
    )?;
    Ok(())
}

/// How far its clock was off when that was last measured.
pub(crate) fn skew(db: &Connection, id: i64) -> rusqlite::Result<Option<Skew>> {
    db.prepare_cached("SELECT clock_ahead, clock_at FROM instances WHERE id = ?1")?
        .query_row([id], |row| skew_of(row, "clock_ahead", "clock_at"))
        .optional()
        .map(Option::flatten)
}

/// Remembers how far its clock is off.
pub(crate) fn set_skew(db: &Connection, id: i64, skew: Skew) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE instances SET clock_ahead = ?2, clock_at = ?3 WHERE id = ?1",
        params![id, skew.ahead, skew.measured_at.to_string()],
    )?;
    Ok(())
}

pub(super) fn skew_of(row: &rusqlite::Row<'_>, ahead: &str, at: &str) -> rusqlite::Result<Option<Skew>> {
    let (ahead, at): (Option<i64>, Option<String>) = (row.get(ahead)?, row.get(at)?);
    // What cannot be read was not measured.
    Ok(ahead.zip(at).and_then(|(ahead, at)| {
        Some(Skew {
            ahead,
            measured_at: at.parse().ok()?,
        })
    }))
}

/// Remembers until when it wants to be left alone.
pub(crate) fn rest(db: &Connection, id: i64, until: Timestamp) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE instances SET rest_until = ?2 WHERE id = ?1",
        params![id, until.to_string()],
    )?;
    Ok(())
}

/// The instances that asked to be left alone, and until when.
pub(crate) fn resting(db: &Connection) -> rusqlite::Result<Vec<(i64, Timestamp)>> {
    let rows: Vec<(i64, String)> = db
        .prepare_cached("SELECT id, rest_until FROM instances WHERE rest_until IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, until)| Some((id, until.parse().ok()?)))
        .collect())
}

/// Forgets it; the database refuses while accounts are linked on it.
pub(crate) fn remove(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.execute("DELETE FROM instances WHERE id = ?1", [id])?;
    Ok(())
}

fn authorities(db: &Connection, id: i64) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached("SELECT pem FROM authorities WHERE instance = ?1 ORDER BY pem")?
        .query_map([id], |row| row.get(0))?
        .collect()
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<KeptInstance> {
    let source: String = row.get(2)?;
    let scopes: Option<String> = row.get(8)?;
    Ok(KeptInstance {
        confidential: row.get(7)?,
        scopes: scopes.map(|names| names.split_whitespace().map(str::to_owned).collect()),
        id: row.get(0)?,
        address: row.get(1)?,
        source: Source::from_word(&source).ok_or_else(|| unreadable("source"))?,
        allow_http: row.get(3)?,
        authorities: Vec::new(),
        client_id: row.get(4)?,
        version: row.get(5)?,
        accounts: row.get(6)?,
    })
}
