//! What can be read of a damaged database, row by row. What cannot is left where it is: in the damaged file.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use crate::problem::Problem;

/// Copies the rows of `damaged` that can be read and that fit.
pub(super) fn from(into: &Connection, damaged: &Path) -> Result<(), Problem> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(old) = Connection::open_with_flags(damaged, flags) else {
        return Ok(());
    };
    // In the order they were made: what is pointed at comes before what points.
    let tables: Vec<String> = into
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        if let Err(error) = rows(&old, into, &table) {
            tracing::warn!(table, %error, "the rest of a table is beyond reading");
        }
    }
    Ok(())
}

/// Copies one table until it cannot be read any further. Names of tables and columns are our own.
fn rows(old: &Connection, into: &Connection, table: &str) -> rusqlite::Result<()> {
    let mut reading = old.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns: Vec<String> = reading.column_names().map(str::to_owned).collect();
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let insert = format!(
        "INSERT OR REPLACE INTO \"{table}\" ({}) VALUES ({marks})",
        names.join(", ")
    );
    let mut found = reading.query([])?;
    while let Some(row) = found.next()? {
        let values: Vec<Value> = (0..columns.len())
            .map(|at| row.get(at))
            .collect::<rusqlite::Result<_>>()?;
        // A row that does not fit is of no use.
        if let Err(error) = into.execute(&insert, params_from_iter(values)) {
            tracing::warn!(table, %error, "a row does not fit");
        }
    }
    Ok(())
}
