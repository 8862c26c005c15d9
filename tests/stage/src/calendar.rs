//! The calendar of a room's programs: libfaketime (Debian's package `faketime`) moves it for every program that is
//! started there, and no program knows. Pauses are as long as ever: the wall clock alone is moved.
//!
//! The library and not the package's command, which refuses to start under a process's number of which something is
//! left. Either leaves something where a program is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};

/// The dynamic linker's own word for where a system keeps its libraries stays in it.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

/// How far the moved clock may be from where it should be when it is looked at.
const NEAR: SignedDuration = SignedDuration::from_secs(60);

/// Where in time programs live: in the computer's own, or where libfaketime's words say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calendar(Option<String>);

impl Calendar {
    /// One that is ahead by whole seconds.
    pub(crate) fn ahead_by(ahead: SignedDuration) -> Result<Self> {
        ensure!(ahead.subsec_nanos() == 0, "calendars move by whole seconds");
        if ahead.is_zero() {
            return Ok(Self::default());
        }
        Ok(Self::said(&format!("{:+}", ahead.as_secs())))
    }

    /// One in libfaketime's words: `+7300` (seconds), `-3d`, `+0 x300` (by then three hundred times as fast).
    pub(crate) fn said(words: &str) -> Self {
        Self(Some(words.to_owned()))
    }

    /// `env` with what moves the clock of the program named behind it; nothing where nothing is to be moved. It is not
    /// put into the environment at once: what only starts the program would be moved, too, and leave its traces.
    pub(crate) fn words(&self) -> Vec<String> {
        let Some(words) = &self.0 else {
            return Vec::new();
        };
        vec![
            "env".to_owned(),
            format!("LD_PRELOAD={LIBRARY}"),
            format!("FAKETIME={words}"),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
            // Files say when they were written, whatever the day is.
            "NO_FAKE_STAT=1".to_owned(),
        ]
    }

    /// What to start in a program's place where only a path can be said: a script in `folder` that becomes the program.
    pub(crate) fn stand_in(&self, program: &Path, folder: &Path) -> Result<PathBuf> {
        let words = self.words();
        if words.is_empty() {
            return Ok(program.to_owned());
        }
        let name = program.file_name().context("a program without a name")?;
        let script = folder.join(name);
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let text = format!(
            "#!/bin/sh\nexec {} '{}' \"$@\"\n",
            quoted.join(" "),
            program.display()
        );
        fs::create_dir_all(folder)?;
        fs::write(&script, text)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700))?;
        Ok(script)
    }
}

/// Fails unless `date`, started by a calendar that is ahead, says so.
pub(crate) fn prove(mut date: Command, ahead: SignedDuration) -> Result<()> {
    let said = date.arg("+%s").output().context("date does not start")?;
    let said: i64 = String::from_utf8_lossy(&said.stdout).trim().parse()?;
    let wanted = Timestamp::now().checked_add(ahead)?;
    let off = Timestamp::from_second(said)?.duration_since(wanted);
    ensure!(
        off.abs() < NEAR,
        "the clock cannot be moved; install the package faketime"
    );
    Ok(())
}

/// Removes what moving the clock of a process left, which was killed.
pub(crate) fn forget(process: u32) {
    for name in ["faketime_shm_", "sem.faketime_sem_"] {
        // Hardly any process has one.
        let _ = fs::remove_file(Path::new("/dev/shm").join(format!("{name}{process}")));
    }
}
