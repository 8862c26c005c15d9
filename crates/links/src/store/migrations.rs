//! The database's forms, oldest first. A step once released is never edited; the next one is added behind it.

use rusqlite::{Connection, TransactionBehavior};

use crate::problem::Problem;

/// Step *n* leads from `user_version` *n* to *n + 1*.
const STEPS: &[&str] = &[
    // 1: instances, accounts, work under way, the ledger, settings.
    "CREATE TABLE instances (
        id INTEGER PRIMARY KEY,
        address TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL CHECK (source IN ('built_in', 'typed', 'link_profile', 'managed')),
        allow_http INTEGER NOT NULL DEFAULT 0 CHECK (allow_http IN (0, 1)),
        client_id TEXT,
        version TEXT,
        added_at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE authorities (
        instance INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
        pem TEXT NOT NULL,
        PRIMARY KEY (instance, pem)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE accounts (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,
        instance INTEGER NOT NULL REFERENCES instances (id) ON DELETE RESTRICT,
        user_id INTEGER NOT NULL CHECK (user_id > 0),
        username TEXT,
        person TEXT,
        bot INTEGER NOT NULL CHECK (bot IN (0, 1)),
        web_url TEXT,
        method TEXT NOT NULL CHECK (method IN ('app', 'token')),
        kind TEXT NOT NULL,
        scopes TEXT,
        wanted TEXT NOT NULL,
        expires_on TEXT,
        token_id INTEGER,
        token_name TEXT,
        token_created_at TEXT,
        last_used_at TEXT,
        place TEXT NOT NULL,
        linked_at TEXT NOT NULL,
        is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
        checked_at TEXT,
        last_ok_at TEXT,
        failure_code TEXT,
        failure_first_at TEXT,
        failure_at TEXT,
        failure_count INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX accounts_by_instance ON accounts (instance);
    CREATE UNIQUE INDEX one_default ON accounts (instance) WHERE is_default = 1;
    CREATE TABLE intents (
        account TEXT NOT NULL PRIMARY KEY,
        stage TEXT NOT NULL CHECK (stage IN ('link', 'link_undo', 'unlink', 'revoked', 'forget')),
        name TEXT NOT NULL,
        place TEXT NOT NULL,
        plan TEXT,
        begun_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ledger (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        account TEXT,
        name TEXT NOT NULL,
        what TEXT NOT NULL,
        detail TEXT
    ) STRICT;
    CREATE INDEX ledger_by_account ON ledger (account, id);
    CREATE TABLE settings (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO instances (address, source, added_at)
        VALUES ('https://gitlab.com', 'built_in', '1970-01-01T00:00:00Z');",
    // 2: app registrations: `client_id` is the application ID, the secret of a confidential one is in the vault, the
    // redirect path is always /callback, scopes are names with spaces between (none: the usual ones).
    "ALTER TABLE instances ADD COLUMN confidential INTEGER NOT NULL DEFAULT 0 CHECK (confidential IN (0, 1));
    ALTER TABLE instances ADD COLUMN scopes TEXT;",
    // 3: app logins: by which application, when their tokens were got and end, what the last attempt to renew them
    // came to. The tokens are in the vault.
    "ALTER TABLE accounts ADD COLUMN application_id TEXT;
    ALTER TABLE accounts ADD COLUMN obtained_at TEXT;
    ALTER TABLE accounts ADD COLUMN access_until TEXT;
    ALTER TABLE accounts ADD COLUMN renews INTEGER NOT NULL DEFAULT 0 CHECK (renews IN (0, 1));
    ALTER TABLE accounts ADD COLUMN renewal_tried_at TEXT;
    ALTER TABLE accounts ADD COLUMN renewal_code TEXT;",
    // Access tokens that are rotated ahead of their end because the person wants that. What the last attempt came to
    // is where an app login's is.
    "ALTER TABLE accounts ADD COLUMN rotates INTEGER NOT NULL DEFAULT 0 CHECK (rotates IN (0, 1));",
    // The ledger: for which address a token was given or refused; how often an entry happened and when last, where
    // repeats are one entry.
    "ALTER TABLE ledger ADD COLUMN address TEXT;
    ALTER TABLE ledger ADD COLUMN times INTEGER NOT NULL DEFAULT 1 CHECK (times > 0);
    ALTER TABLE ledger ADD COLUMN last_at TEXT;",
    // Tokens of accounts that are gone, to be revoked once their GitLab answers. Each stays in the vault where it was,
    // under the identifier the account had, until `ended` says what became of it.
    "CREATE TABLE revocations (
        account TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        instance INTEGER NOT NULL REFERENCES instances (id) ON DELETE RESTRICT,
        user_id INTEGER NOT NULL CHECK (user_id > 0),
        username TEXT,
        method TEXT NOT NULL CHECK (method IN ('app', 'token')),
        token_id INTEGER,
        wanted TEXT NOT NULL,
        place TEXT NOT NULL,
        ends_at TEXT,
        since TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        tried_at TEXT,
        why TEXT,
        ended TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX revocations_by_instance ON revocations (instance);",
    // Notices: what was told of an account's credential (words with spaces between), what is on its way to the screen,
    // what was put off.
    "CREATE TABLE notices (
        account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
        credential TEXT NOT NULL,
        told TEXT NOT NULL,
        last_at TEXT,
        showing TEXT,
        showing_at TEXT,
        snoozed TEXT,
        snoozed_until TEXT
    ) STRICT, WITHOUT ROWID;",
    // Accounts being linked again: what each is to be once its new secret, known by its mark, is in the vault.
    "CREATE TABLE relinks (
        account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
        mark TEXT NOT NULL,
        plan TEXT NOT NULL,
        begun_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;",
    // What a GitLab's answers told about it for all its accounts: how many seconds its clock is ahead of ours, and
    // when that was measured; until when it wants to be left alone.
    "ALTER TABLE instances ADD COLUMN clock_ahead INTEGER;
    ALTER TABLE instances ADD COLUMN clock_at TEXT;
    ALTER TABLE instances ADD COLUMN rest_until TEXT;",
    // Applications an instance had and has no more, by its address since it may go, as long as the secret of one may
    // still be in the vault.
    "CREATE TABLE former_applications (
        address TEXT NOT NULL,
        application_id TEXT NOT NULL,
        PRIMARY KEY (address, application_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER application_gives_way AFTER UPDATE OF client_id, confidential ON instances
    WHEN old.confidential = 1 AND old.client_id IS NOT NULL
        AND (new.confidential = 0 OR new.client_id IS NOT old.client_id)
    BEGIN
        INSERT OR IGNORE INTO former_applications (address, application_id) VALUES (old.address, old.client_id);
    END;",
    // Where the address of an account's GitLab sends, where that is why it cannot be reached.
    "ALTER TABLE accounts ADD COLUMN moved_to TEXT;",
];

/// The form this version writes.
fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses a database of a newer LabLink, which may keep things this one would lose.
pub(super) fn refuse_newer(connection: &Connection) -> Result<(), Problem> {
    let (found, known) = (version(connection)?, known());
    if found > known {
        Err(Problem::StoreNewer { found, known })
    } else {
        Ok(())
    }
}

/// Brings the database to this version's form, in one transaction.
pub(super) fn run(connection: &mut Connection) -> Result<(), Problem> {
    if version(connection)? == known() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Again, under the lock: another process may have been here meanwhile.
    refuse_newer(&transaction)?;
    let found = usize::try_from(version(&transaction)?).map_err(|_| Problem::Store {
        detail: "its version is negative".to_owned(),
    })?;
    for step in STEPS.iter().skip(found) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known())?;
    transaction.commit()?;
    Ok(())
}
