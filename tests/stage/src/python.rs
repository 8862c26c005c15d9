//! Python with python-gitlab, the library that Python programs speak to GitLab with: an independent opinion of the
//! simulator. Made once, beside what cargo builds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::built::repository;

/// Which python-gitlab; its own dependencies are its own affair.
const PYTHON_GITLAB: &str = "python-gitlab==8.6.0";

/// A Python that knows python-gitlab, from its package index the first time.
pub fn python_with_gitlab() -> Result<PathBuf> {
    let folder = tools()?.join("python");
    let (python, stamp) = (folder.join("bin/python3"), folder.join("python-gitlab"));
    // One at a time: two at once would install into one another.
    let lock = File::create(tools()?.join("python.lock"))?;
    lock.lock()?;
    if fs::read_to_string(&stamp).is_ok_and(|made| made == PYTHON_GITLAB) {
        return Ok(python);
    }
    quietly(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
        "install the package python3-venv",
    )?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    quietly(
        Command::new(&python).args(pip).arg(PYTHON_GITLAB),
        "is PyPI in reach?",
    )?;
    fs::write(&stamp, PYTHON_GITLAB)?;
    Ok(python)
}

/// Where tools made for this repository are.
fn tools() -> Result<PathBuf> {
    let own = std::env::current_exe().context("the running program has no path")?;
    let target = own
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map_or_else(|| repository().join("target"), Path::to_owned);
    let tools = target.join("tools");
    fs::create_dir_all(&tools)?;
    Ok(tools)
}

fn quietly(command: &mut Command, hint: &str) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| hint.to_owned())?;
    ensure!(
        output.status.success(),
        "{}; {hint}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
