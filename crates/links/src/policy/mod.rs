//! Managed policy: instances that whoever runs this computer has set up for everybody on it. They are there from the
//! start, and nobody here changes them. Reads one file; the environment cannot name another.
//!
//! A policy that cannot be read changes nothing, keeps nobody from working, and is told: nothing of it is taken half.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use gitlab::{Authority, BaseUrl};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::instance::Source;
use crate::problem::Problem;
use crate::profile::{ProfileProblem, exact_address};
use crate::registration::{application_id, are_scopes};
use crate::sheet::{Sheet, SheetProblem};
use crate::store::Store;
use crate::store::instances::{self, Said};
use crate::store::revocations;

/// The form this version reads.
const VERSION: i64 = 1;

/// The longest policy read, in bytes.
const LIMIT: usize = 1024 * 1024;

/// How managed policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// There is none.
    Absent,
    /// It decides about these instances.
    InForce(Vec<BaseUrl>),
    /// There is one, and it cannot be used; what an earlier one set up stays as it was.
    Broken {
        /// What is wrong with it.
        detail: String,
    },
}

/// One instance of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seed {
    address: BaseUrl,
    said: Said,
}

/// Where the policy is on this system. On Windows the folder is not looked up, since the lookup could be led elsewhere
/// by an environment variable.
#[must_use]
pub(crate) fn place() -> PathBuf {
    let place = if cfg!(target_os = "macos") {
        "/Library/Application Support/LabLink/policy.toml"
    } else if cfg!(windows) {
        r"C:\ProgramData\LabLink\policy.toml"
    } else {
        "/etc/lablink/policy.toml"
    };
    PathBuf::from(place)
}

/// Reads the policy and brings the instances in line with it.
pub(crate) fn enforce(path: &Path, store: &Store, now: Timestamp) -> Result<Policy, Problem> {
    let (policy, seeds) = match read(path) {
        Ok(None) => (Policy::Absent, Vec::new()),
        Ok(Some(seeds)) => {
            let addresses = seeds.iter().map(|seed| seed.address.clone()).collect();
            (Policy::InForce(addresses), seeds)
        }
        Err(detail) => {
            tracing::warn!(detail, "the managed policy cannot be used");
            return Ok(Policy::Broken { detail });
        }
    };
    // Reading first: a start that changes nothing writes nothing.
    if !store.read(|db| in_line(db, &seeds).map_err(Problem::from))? {
        store.write(|db| bring_in_line(db, &seeds, now).map_err(Problem::from))?;
    }
    Ok(policy)
}

/// The address of a managed instance on the host and port of `base`: how that host is trusted is decided there.
pub(crate) fn managed_on_host(db: &Connection, base: &BaseUrl) -> Result<Option<String>, Problem> {
    for kept in instances::all(db)? {
        if kept.source == Source::Managed {
            let managed = kept.base()?;
            if managed.host() == base.host() && managed.port() == base.port() {
                return Ok(Some(kept.address));
            }
        }
    }
    Ok(None)
}

fn in_line(db: &Connection, seeds: &[Seed]) -> rusqlite::Result<bool> {
    let managed: Vec<_> = instances::all(db)?
        .into_iter()
        .filter(|kept| kept.source == Source::Managed)
        .collect();
    Ok(managed.len() == seeds.len()
        && seeds.iter().all(|seed| {
            managed
                .iter()
                .any(|kept| kept.address == seed.address.as_str() && kept.says(&seed.said))
        }))
}

fn bring_in_line(db: &Connection, seeds: &[Seed], now: Timestamp) -> rusqlite::Result<()> {
    for seed in seeds {
        let address = seed.address.as_str();
        match instances::by_address(db, address)? {
            Some(kept) => instances::set(db, kept.id, Source::Managed, &seed.said)?,
            None => instances::add(db, address, Source::Managed, &seed.said, now)?,
        }
    }
    for kept in instances::all(db)? {
        let dropped =
            kept.source == Source::Managed && !seeds.iter().any(|seed| seed.address.as_str() == kept.address);
        if !dropped {
            continue;
        }
        if kept.address == crate::instance::GITLAB_COM {
            instances::set_source(db, kept.id, Source::BuiltIn)?;
        } else if kept.accounts > 0 || revocations::any_at(db, kept.id)? {
            instances::set_source(db, kept.id, Source::Typed)?;
        } else {
            instances::remove(db, kept.id)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<Vec<Seed>>, String> {
    let said = |error: std::io::Error| gitlab::shown(&error.to_string());
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        // Opening a pipe would wait for whoever writes to it.
        Ok(_) => return Err("it is no file".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(said(error)),
    }
    let file = File::open(path).map_err(said)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(LIMIT).unwrap_or(u64::MAX);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() > LIMIT {
        return Err(ProfileProblem::TooLarge { limit: LIMIT }.to_string());
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| ProfileProblem::NotText.to_string())?;
    parse(text).map(Some)
}

fn parse(text: &str) -> Result<Vec<Seed>, String> {
    let said = |problem: SheetProblem| problem.to_string();
    let mut sheet = Sheet::read(text).map_err(said)?;
    let found = sheet.number("lablink_policy").map_err(said)?;
    if found != VERSION {
        return Err(format!("it is of version {found}; known is {VERSION}"));
    }
    let instances = sheet.sheets("instance").map_err(said)?;
    sheet.end().map_err(said)?;
    let mut seeds = Vec::new();
    let mut addresses = BTreeSet::new();
    for (at, instance) in instances.into_iter().enumerate() {
        let number = at + 1;
        let seed = seed(instance).map_err(|problem| format!("instance {number}: {problem}"))?;
        if !addresses.insert(seed.address.clone()) {
            return Err(format!("instance {number}: its address stands there twice"));
        }
        seeds.push(seed);
    }
    Ok(seeds)
}

fn seed(mut sheet: Sheet) -> Result<Seed, ProfileProblem> {
    let address = exact_address(&sheet.text("address")?)?;
    let id = sheet.text_if_any("application_id")?;
    let scopes = sheet.texts_if_any("scopes")?;
    let authority = sheet.text_if_any("authority")?;
    let allow_http = sheet.flag("allow_http")?;
    sheet.end()?;
    if !scopes.as_deref().is_none_or(are_scopes) {
        return Err(ProfileProblem::Scopes);
    }
    let authorities = match authority {
        None => Vec::new(),
        Some(_) if address.is_plain_http() => return Err(ProfileProblem::AuthorityUnused),
        Some(pem) => Authority::from_pem(pem.as_bytes())?,
    };
    Ok(Seed {
        said: Said {
            allow_http: allow_http && address.is_plain_http(),
            authorities: authorities.iter().map(Authority::to_pem).collect(),
            client_id: id.as_deref().map(application_id).transpose()?,
            confidential: false,
            scopes,
        },
        address,
    })
}

#[cfg(test)]
mod tests;
