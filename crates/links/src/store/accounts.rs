//! The linked accounts and what is known of their tokens.

use gitlab::{BaseUrl, Scopes};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use vault::Place;

use super::instances::{self, NewInstance};
use super::relinks::Relink;
use super::unreadable;
use crate::account::{
    Account, AccountId, AccountUser, LoginFacts, Method, kind_from_name, kind_name, missing_scopes,
    place_from_name, place_name,
};
use crate::health::{Facts, Failure, Health};
use crate::instance::Source;
use crate::names::folded;
use crate::problem::{Problem, ProblemCode};
use crate::rotation::facts::{Known, RotationFacts};
use crate::schedule::renewal_due;
use crate::skew::Skew;

/// What GitLab says about the user and the token, in the database's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) user_id: u64,
    pub(crate) username: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) bot: bool,
    pub(crate) web_url: Option<String>,
    /// [`kind_name`].
    pub(crate) kind: String,
    /// `None` where the server cannot tell.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) expires_on: Option<Date>,
    pub(crate) token_id: Option<u64>,
    pub(crate) token_name: Option<String>,
    pub(crate) token_created_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// An account about to stand, with the instance it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewAccount {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) told: Told,
    pub(crate) wanted: Vec<String>,
    /// [`place_name`].
    pub(crate) place: String,
    pub(crate) linked_at: Timestamp,
    pub(crate) instance: NewInstance,
    /// Of an account that signs in by app login.
    #[serde(default)]
    pub(crate) login: Option<NewLogin>,
}

/// What is known without its secrets of an app login about to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewLogin {
    pub(crate) application_id: String,
    pub(crate) confidential: bool,
    /// Whether the application was typed, and is kept with the account.
    pub(crate) new_application: bool,
    pub(crate) obtained_at: Timestamp,
    pub(crate) access_until: Option<Timestamp>,
    pub(crate) renews: bool,
}

/// What is known without its secrets of an app login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptLogin {
    pub(crate) application_id: String,
    pub(crate) obtained_at: Timestamp,
    pub(crate) access_until: Option<Timestamp>,
    pub(crate) renews: bool,
    /// What the last attempt to renew it came to, so that whoever waited for it need not try again.
    pub(crate) tried: Option<(Timestamp, ProblemCode)>,
}

/// An account as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptAccount {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) instance: i64,
    pub(crate) address: String,
    pub(crate) told: Told,
    pub(crate) method: Method,
    pub(crate) wanted: Vec<String>,
    pub(crate) place: Place,
    pub(crate) linked_at: Timestamp,
    pub(crate) is_default: bool,
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) facts: Facts,
    /// Of an account that signs in by app login.
    pub(crate) login: Option<KeptLogin>,
    /// Whether its token is to be rotated ahead of its end.
    pub(crate) rotates: bool,
    /// What the last attempt to renew or rotate its token came to, where it failed.
    pub(crate) tried: Option<(Timestamp, ProblemCode)>,
    /// The version of its GitLab, as last told.
    pub(crate) version: Option<String>,
    /// How far this computer's clock is off from its GitLab's.
    pub(crate) skew: Option<Skew>,
}

const COLUMNS: &str = "SELECT a.id, a.name, a.instance, i.address, a.user_id, a.username, a.person, a.bot, a.web_url,
    a.method, a.kind, a.scopes, a.wanted, a.expires_on, a.token_id, a.token_name, a.token_created_at, a.last_used_at,
    a.place, a.linked_at, a.is_default, a.checked_at, a.last_ok_at, a.failure_code, a.failure_first_at, a.failure_at,
    a.failure_count, a.application_id, a.obtained_at, a.access_until, a.renews, a.renewal_tried_at, a.renewal_code,
    a.rotates, a.moved_to, i.version,
    i.clock_ahead, i.clock_at
    FROM accounts a JOIN instances i ON i.id = a.instance";

/// All accounts, by name as people sort it.
pub(crate) fn all(db: &Connection) -> rusqlite::Result<Vec<KeptAccount>> {
    db.prepare_cached(&format!("{COLUMNS} ORDER BY a.folded"))?
        .query_map([], read)?
        .collect()
}

/// The account of this name, folded.
pub(crate) fn by_name(db: &Connection, name: &str) -> rusqlite::Result<Option<KeptAccount>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE a.folded = ?1"))?
        .query_row([folded(name)], read)
        .optional()
}

/// The account of this identifier.
pub(crate) fn by_id(db: &Connection, id: &AccountId) -> rusqlite::Result<Option<KeptAccount>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE a.id = ?1"))?
        .query_row([id.to_string()], read)
        .optional()
}

/// Whether a name is taken, given folded.
pub(crate) fn name_taken(db: &Connection, folded: &str) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM accounts WHERE folded = ?1")?
        .exists([folded])
}

/// Other accounts of this user on this instance: they may hold the same token as the account of this identifier.
pub(crate) fn siblings(
    db: &Connection,
    instance: i64,
    user_id: u64,
    but: &AccountId,
) -> rusqlite::Result<Vec<KeptAccount>> {
    db.prepare(&format!(
        "{COLUMNS} WHERE a.instance = ?1 AND a.user_id = ?2 AND a.id <> ?3"
    ))?
    .query_map(params![instance, integer(user_id)?, but.to_string()], read)?
    .collect()
}

/// Adds the account, and its instance where it is new. The first account on an instance answers by default.
pub(crate) fn add(db: &Connection, new: &NewAccount) -> Result<(), Problem> {
    let folded = folded(&new.name);
    if name_taken(db, &folded)? {
        return Err(Problem::NameTaken {
            name: new.name.clone(),
        });
    }
    let instance = instances::put(db, &new.instance, Source::Typed, new.linked_at)?;
    let login = new.login.as_ref();
    let is_first = !db
        .prepare("SELECT 1 FROM accounts WHERE instance = ?1")?
        .exists([instance])?;
    db.execute(
        "INSERT INTO accounts (id, name, folded, instance, user_id, username, person, bot, web_url, method, kind,
            scopes, wanted, expires_on, token_id, token_name, token_created_at, last_used_at, place, linked_at,
            is_default, checked_at, last_ok_at, application_id, obtained_at, access_until, renews)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?21, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
            ?20, ?19, ?19, ?22, ?23, ?24, ?25)",
        params![
            new.id.to_string(),
            new.name,
            folded,
            instance,
            integer(new.told.user_id)?,
            new.told.username,
            new.told.person,
            new.told.bot,
            new.told.web_url,
            new.told.kind,
            new.told.scopes.as_deref().map(list),
            list(&new.wanted),
            new.told.expires_on.map(|day| day.to_string()),
            new.told.token_id.map(integer).transpose()?,
            new.told.token_name,
            new.told.token_created_at.map(|at| at.to_string()),
            new.told.last_used_at.map(|at| at.to_string()),
            new.place,
            new.linked_at.to_string(),
            is_first,
            if login.is_some() { Method::App } else { Method::Token }.as_str(),
            login.map(|login| login.application_id.as_str()),
            login.map(|login| login.obtained_at.to_string()),
            login.and_then(|login| login.access_until).map(|end| end.to_string()),
            login.is_some_and(|login| login.renews),
        ],
    )?;
    Ok(())
}

/// Writes what GitLab told at a check, and the facts after it.
pub(crate) fn checked(
    db: &Connection,
    id: &AccountId,
    told: &Told,
    facts: &Facts,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE accounts SET username = ?2, person = ?3, bot = ?4, web_url = ?5, kind = ?6, scopes = ?7,
            expires_on = ?8, token_id = ?9, token_name = ?10, token_created_at = ?11, last_used_at = ?12
         WHERE id = ?1",
        params![
            id.to_string(),
            told.username,
            told.person,
            told.bot,
            told.web_url,
            told.kind,
            told.scopes.as_deref().map(list),
            told.expires_on.map(|day| day.to_string()),
            told.token_id.map(integer).transpose()?,
            told.token_name,
            told.token_created_at.map(|at| at.to_string()),
            told.last_used_at.map(|at| at.to_string()),
        ],
    )?;
    set_facts(db, id, facts, now)
}

/// Writes the facts after a check that told nothing new about the token.
pub(crate) fn set_facts(
    db: &Connection,
    id: &AccountId,
    facts: &Facts,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let failure = facts.failure;
    db.execute(
        "UPDATE accounts SET checked_at = ?2, last_ok_at = ?3, failure_code = ?4, failure_first_at = ?5,
            failure_at = ?6, failure_count = ?7, moved_to = ?8 WHERE id = ?1",
        params![
            id.to_string(),
            now.to_string(),
            facts.last_ok_at.map(|at| at.to_string()),
            failure.map(|failure| failure.code.as_str()),
            failure.map(|failure| failure.first_at.to_string()),
            failure.map(|failure| failure.at.to_string()),
            failure.map_or(0, |failure| failure.count),
            facts.moved_to,
        ],
    )?;
    Ok(())
}

/// Writes when the tokens of an app login were got and when they end. What an attempt before came to is forgotten.
pub(crate) fn renewed(
    db: &Connection,
    id: &AccountId,
    obtained_at: Timestamp,
    access_until: Option<Timestamp>,
    renews: bool,
) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE accounts SET obtained_at = ?2, access_until = ?3, renews = ?4, renewal_tried_at = NULL,
            renewal_code = NULL WHERE id = ?1",
        params![
            id.to_string(),
            obtained_at.to_string(),
            access_until.map(|end| end.to_string()),
            renews
        ],
    )?;
    Ok(())
}

/// Writes what an attempt to renew an app login came to.
pub(crate) fn not_renewed(
    db: &Connection,
    id: &AccountId,
    code: ProblemCode,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE accounts SET renewal_tried_at = ?2, renewal_code = ?3 WHERE id = ?1",
        params![id.to_string(), now.to_string(), code.as_str()],
    )?;
    Ok(())
}

/// Writes whether a token is to be rotated ahead of its end.
pub(crate) fn set_rotates(db: &Connection, id: &AccountId, rotates: bool) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE accounts SET rotates = ?2 WHERE id = ?1",
        params![id.to_string(), rotates],
    )?;
    Ok(())
}

/// Forgets what attempts to rotate a token came to: it was done.
pub(crate) fn rotated(db: &Connection, id: &AccountId) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE accounts SET renewal_tried_at = NULL, renewal_code = NULL WHERE id = ?1",
        [id.to_string()],
    )?;
    Ok(())
}

/// What attempts to renew the app logins on an instance came to counts no more.
pub(crate) fn forget_refusals(db: &Connection, address: &str) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE accounts SET renewal_tried_at = NULL, renewal_code = NULL
         WHERE instance IN (SELECT id FROM instances WHERE address = ?1)",
        [address],
    )?;
    Ok(())
}

/// Writes what an account is that was linked again. Its name, its settings and whether it answers by default stay.
pub(crate) fn relinked(db: &Connection, id: &AccountId, relink: &Relink) -> rusqlite::Result<()> {
    let login = relink.login.as_ref();
    db.execute(
        "UPDATE accounts SET user_id = ?2, username = ?3, person = ?4, bot = ?5, web_url = ?6, wanted = ?7, method = ?8,
            application_id = ?9, obtained_at = ?10, access_until = ?11, renews = ?12, renewal_tried_at = NULL,
            renewal_code = NULL
         WHERE id = ?1",
        params![
            id.to_string(),
            integer(relink.told.user_id)?,
            relink.told.username,
            relink.told.person,
            relink.told.bot,
            relink.told.web_url,
            list(&relink.wanted),
            if login.is_some() { Method::App } else { Method::Token }.as_str(),
            login.map(|login| login.application_id.as_str()),
            login.map(|login| login.obtained_at.to_string()),
            login.and_then(|login| login.access_until).map(|end| end.to_string()),
            login.is_some_and(|login| login.renews),
        ],
    )?;
    Ok(())
}

/// Gives the account another name.
pub(crate) fn rename(db: &Connection, id: &AccountId, name: &str) -> Result<(), Problem> {
    let folded = folded(name);
    let other: Option<String> = db
        .query_row("SELECT id FROM accounts WHERE folded = ?1", [&folded], |row| {
            row.get(0)
        })
        .optional()?;
    if other.is_some_and(|other| other != id.to_string()) {
        return Err(Problem::NameTaken {
            name: name.to_owned(),
        });
    }
    db.execute(
        "UPDATE accounts SET name = ?2, folded = ?3 WHERE id = ?1",
        params![id.to_string(), name, folded],
    )?;
    Ok(())
}

/// Forgets the account; of the others on its instance the one linked first answers by default from then on.
pub(crate) fn remove(db: &Connection, id: &AccountId) -> rusqlite::Result<()> {
    let gone: Option<(i64, bool)> = db
        .query_row(
            "DELETE FROM accounts WHERE id = ?1 RETURNING instance, is_default",
            [id.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((instance, true)) = gone {
        db.execute(
            "UPDATE accounts SET is_default = 1
             WHERE id = (SELECT id FROM accounts WHERE instance = ?1 ORDER BY linked_at, id LIMIT 1)",
            [instance],
        )?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeptAccount> {
    let scopes: Option<String> = row.get("scopes")?;
    let told = Told {
        user_id: natural(row.get("user_id")?)?,
        username: row.get("username")?,
        person: row.get("person")?,
        bot: row.get("bot")?,
        web_url: row.get("web_url")?,
        kind: row.get("kind")?,
        scopes: scopes.map(|text| unlist("scopes", &text)).transpose()?,
        expires_on: parsed(row, "expires_on")?,
        token_id: row.get::<_, Option<i64>>("token_id")?.map(natural).transpose()?,
        token_name: row.get("token_name")?,
        token_created_at: parsed(row, "token_created_at")?,
        last_used_at: parsed(row, "last_used_at")?,
    };
    let wanted = unlist("wanted", &row.get::<_, String>("wanted")?)?;
    let failure = match row.get::<_, Option<String>>("failure_code")? {
        None => None,
        Some(word) => Some(Failure {
            // A word of another version is still a failure.
            code: ProblemCode::from_word(&word).unwrap_or(ProblemCode::Internal),
            first_at: parsed(row, "failure_first_at")?.ok_or_else(|| unreadable("failure_first_at"))?,
            at: parsed(row, "failure_at")?.ok_or_else(|| unreadable("failure_at"))?,
            count: row.get("failure_count")?,
        }),
    };
    let tried = parsed::<Timestamp>(row, "renewal_tried_at")?.zip(
        row.get::<_, Option<String>>("renewal_code")?
            .and_then(|word| ProblemCode::from_word(&word)),
    );
    let login = match row.get::<_, Option<String>>("application_id")? {
        None => None,
        Some(application_id) => Some(KeptLogin {
            application_id,
            obtained_at: parsed(row, "obtained_at")?.ok_or_else(|| unreadable("obtained_at"))?,
            access_until: parsed(row, "access_until")?,
            renews: row.get("renews")?,
            tried,
        }),
    };
    let missing = missing_scopes(&wanted, &told.scopes(), kind_from_name(&told.kind));
    let facts = Facts {
        expires_on: told.expires_on,
        missing,
        last_ok_at: parsed(row, "last_ok_at")?,
        failure,
        moved_to: row.get("moved_to")?,
        quiet_until: None,
    };
    let mut account = KeptAccount {
        id: text(row, "id")?.parse().map_err(|_| unreadable("id"))?,
        name: row.get("name")?,
        instance: row.get("instance")?,
        address: row.get("address")?,
        method: Method::from_word(&text(row, "method")?).ok_or_else(|| unreadable("method"))?,
        wanted,
        place: place_from_name(&text(row, "place")?).ok_or_else(|| unreadable("place"))?,
        linked_at: parsed(row, "linked_at")?.ok_or_else(|| unreadable("linked_at"))?,
        is_default: row.get("is_default")?,
        checked_at: parsed(row, "checked_at")?,
        told,
        facts,
        login,
        rotates: row.get("rotates")?,
        tried,
        version: row.get("version")?,
        skew: instances::skew_of(row, "clock_ahead", "clock_at")?,
    };
    account.facts.quiet_until = account.rotation().and_then(|(_, quiet_until)| quiet_until);
    Ok(account)
}

impl Told {
    pub(crate) fn scopes(&self) -> Scopes {
        self.scopes.clone().map_or(Scopes::Unknown, Scopes::Known)
    }
}

impl KeptAccount {
    pub(crate) fn base(&self) -> Result<BaseUrl, Problem> {
        self.address.parse().map_err(|_| Problem::Store {
            detail: "an instance's address cannot be read".to_owned(),
        })
    }

    /// How rotating stands; `None` of an app login.
    pub(crate) fn rotation_facts(&self) -> Option<RotationFacts> {
        self.rotation().map(|(facts, _)| facts)
    }

    /// How rotating stands, and until when the token's end need not be spoken of for it.
    fn rotation(&self) -> Option<(RotationFacts, Option<Timestamp>)> {
        if self.method == Method::App {
            return None;
        }
        let failure = self.facts.failure;
        let scopes = self.told.scopes();
        let known = Known {
            id: &self.id,
            kind: kind_from_name(&self.told.kind),
            scopes: &scopes,
            version: self.version.as_deref(),
            made_at: self.told.token_created_at,
            expires_on: self.told.expires_on,
            on: self.rotates,
            tried: self.tried,
            dead: failure.is_some_and(|failure| failure.code.tells_dead()),
        };
        Some((known.facts(), known.quiet_until()))
    }

    /// What time it is by its GitLab's clock, which decides about its token.
    pub(crate) fn there(&self, now: Timestamp) -> Timestamp {
        self.skew.map_or(now, |skew| skew.there(now))
    }

    /// How it is.
    pub(crate) fn health(&self, now: Timestamp) -> Health {
        self.facts.health(self.there(now))
    }

    pub(crate) fn into_account(self, now: Timestamp) -> Result<Account, Problem> {
        let instance = self.base()?;
        let rotation = self.rotation_facts();
        let health = self.health(now);
        Ok(Account {
            id: self.id,
            name: self.name,
            plain_http: instance.is_plain_http(),
            instance,
            health,
            clock_ahead: self.skew.and_then(|skew| skew.worth_telling(now)),
            trouble: self.facts.failure.map(|failure| failure.code),
            moved_to: self.facts.moved_to,
            login: self.login.map(|login| LoginFacts {
                renews_at: login
                    .access_until
                    .filter(|_| login.renews)
                    .map(|end| renewal_due(&self.id, login.obtained_at, end)),
                application_id: login.application_id,
                access_until: login.access_until,
                renews_by_itself: login.renews,
            }),
            rotation,
            method: self.method,
            kind: kind_from_name(&self.told.kind),
            scopes: self.told.scopes(),
            user: AccountUser {
                id: self.told.user_id,
                username: self.told.username,
                name: self.told.person,
                bot: self.told.bot,
                web_url: self.told.web_url,
            },
            wanted: self.wanted,
            missing: self.facts.missing,
            expires_on: self.told.expires_on,
            token_name: self.told.token_name,
            token_id: self.told.token_id,
            token_created_at: self.told.token_created_at,
            last_used_at: self.told.last_used_at,
            checked_at: self.checked_at,
            linked_at: self.linked_at,
            secret_in: self.place,
            default_on_instance: self.is_default,
        })
    }
}

impl NewAccount {
    /// What GitLab told, in the words of the database. Times it wrote in another form are left out.
    pub(crate) fn told(identity: &gitlab::Identity) -> Told {
        let at = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        Told {
            user_id: identity.user.id,
            username: identity.user.username.clone(),
            person: identity.user.name.clone(),
            bot: identity.user.bot.unwrap_or(false),
            web_url: identity.user.web_url.clone(),
            kind: kind_name(identity.token.kind).to_owned(),
            scopes: match &identity.token.scopes {
                Scopes::Known(scopes) => Some(scopes.clone()),
                Scopes::Unknown => None,
            },
            expires_on: identity
                .token
                .expires_on
                .as_deref()
                .and_then(|day| day.parse().ok()),
            token_id: identity.token.id,
            token_name: identity.token.name.clone(),
            token_created_at: at(&identity.token.created_at),
            last_used_at: at(&identity.token.last_used_at),
        }
    }

    pub(crate) fn place_word(place: Place) -> String {
        place_name(place).to_owned()
    }
}

pub(super) fn text(row: &Row<'_>, column: &'static str) -> rusqlite::Result<String> {
    row.get(column)
}

pub(super) fn parsed<T: std::str::FromStr>(
    row: &Row<'_>,
    column: &'static str,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| unreadable(column)))
        .transpose()
}

pub(super) fn list(words: &[String]) -> String {
    serde_json::Value::from(words).to_string()
}

pub(super) fn unlist(column: &'static str, text: &str) -> rusqlite::Result<Vec<String>> {
    serde_json::from_str(text).map_err(|_| unreadable(column))
}

/// GitLab's numbers fit: its own database has no larger ones.
pub(super) fn integer(number: u64) -> rusqlite::Result<i64> {
    i64::try_from(number).map_err(|_| unreadable("a number of GitLab"))
}

pub(super) fn natural(number: i64) -> rusqlite::Result<u64> {
    u64::try_from(number).map_err(|_| unreadable("a number of GitLab"))
}
