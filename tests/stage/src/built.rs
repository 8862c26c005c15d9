//! Where cargo puts what it builds. Touches the file system for reading only.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The program `name` from the same cargo build as the running one: beside it, or one folder up for a test.
pub fn built(name: &str) -> Result<PathBuf> {
    let own = env::current_exe().context("the running program has no path")?;
    let mut tried = Vec::new();
    for folder in own.ancestors().skip(1).take(2) {
        let candidate = folder.join(name).with_extension(env::consts::EXE_EXTENSION);
        if candidate.is_file() {
            return Ok(candidate);
        }
        tried.push(candidate.display().to_string());
    }
    bail!(
        "{name} is not built (looked for {}); build everything once with `cargo test --workspace --no-run`",
        tried.join(" and ")
    )
}

/// The repository this crate stands in.
#[must_use]
pub fn repository() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}
