//! Applications an instance had and has no more, as long as the secret of one may still be in the vault. A trigger
//! of the database writes them, with the change of the instance that makes them former ones, whoever makes it.

use rusqlite::{Connection, params};

/// An application that was an instance's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormerApplication {
    /// The instance's base address in normal form; it may be gone.
    pub(crate) address: String,
    pub(crate) application_id: String,
}

/// How an application that was an instance's stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the instance's again, and its secret with it.
    Back,
    /// An account signs in by it, or work is under way that may need it.
    Needed,
    /// Nothing the database knows of needs it.
    Over,
}

/// All of them.
pub(crate) fn all(db: &Connection) -> rusqlite::Result<Vec<FormerApplication>> {
    db.prepare_cached(
        "SELECT address, application_id FROM former_applications ORDER BY address, application_id",
    )?
    .query_map([], |row| {
        Ok(FormerApplication {
            address: row.get(0)?,
            application_id: row.get(1)?,
        })
    })?
    .collect()
}

/// How it stands.
pub(crate) fn standing(db: &Connection, former: &FormerApplication) -> rusqlite::Result<Standing> {
    let by = params![former.address, former.application_id];
    let back = db
        .prepare_cached("SELECT 1 FROM instances WHERE address = ?1 AND client_id = ?2 AND confidential = 1")?
        .exists(by)?;
    if back {
        return Ok(Standing::Back);
    }
    // Whose login waits to be revoked is in the vault alone, and so is what is being linked: any of them may need it.
    let needed = db
        .prepare_cached(
            "SELECT 1 FROM accounts a JOIN instances i ON i.id = a.instance
                WHERE i.address = ?1 AND a.application_id = ?2
            UNION ALL SELECT 1 FROM revocations r JOIN instances i ON i.id = r.instance
                WHERE i.address = ?1 AND r.method = 'app'
            UNION ALL SELECT 1 FROM intents
            UNION ALL SELECT 1 FROM relinks",
        )?
        .exists(by)?;
    Ok(if needed { Standing::Needed } else { Standing::Over })
}

/// Its secret is gone, or not a former one's any more.
pub(crate) fn remove(db: &Connection, former: &FormerApplication) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM former_applications WHERE address = ?1 AND application_id = ?2",
        params![former.address, former.application_id],
    )?;
    Ok(())
}
