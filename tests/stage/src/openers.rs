//! What opens addresses on a desktop and does something else: fails, or never comes back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::Result;
use tempfile::TempDir;

/// Everything the app may try, one after another.
const OPENERS: [&str; 6] = [
    "xdg-open",
    "gio",
    "gnome-open",
    "kde-open6",
    "kde-open5",
    "kde-open",
];

/// A folder for [`Plan::openers`](crate::Plan::openers) in which each of them runs this shell script.
pub fn openers(script: &str) -> Result<TempDir> {
    let folder = TempDir::with_prefix("lablink-openers-")?;
    for name in OPENERS {
        let program = folder.path().join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n"))?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700))?;
    }
    Ok(folder)
}
