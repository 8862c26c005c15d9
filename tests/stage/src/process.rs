//! Programs started here: each in a process group of its own, all of the group ended when the guard is dropped, and
//! ended by the kernel should this program be killed first.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::calendar::forget;

/// A program that runs until dropped.
pub struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts a program in a group of its own; `name` is for errors.
    pub fn start(name: &str, mut command: Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
        })
    }

    /// What runs, to reach its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it has ended.
    pub fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself: {status}", self.name),
        }
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid()?, signal).with_context(|| format!("{} takes no signal", self.name))
    }

    /// Ends the program and everything of its group, at once.
    pub fn end(&mut self) {
        if let Ok(pid) = self.pid() {
            // Both fail only if there is nothing left to end.
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.child.wait();
        forget(self.child.id());
    }

    fn pid(&self) -> Result<Pid> {
        let number = i32::try_from(self.child.id())?;
        Pid::from_raw(number).context("process number zero")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// A program that the kernel ends when the thread that starts it is gone, so that nothing is left over should this
/// program be killed. (Without `setpriv` it is started plainly.)
pub(crate) fn tied(program: impl AsRef<OsStr>) -> Command {
    const SETPRIV: &str = "/usr/bin/setpriv";
    if !Path::new(SETPRIV).is_file() {
        return Command::new(program);
    }
    let mut command = Command::new(SETPRIV);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Numbers and names of all processes whose environment says `variable=value`, read from `/proc`.
pub fn with_environment(variable: &str, value: &OsStr) -> Result<Vec<(u32, PathBuf)>> {
    let mut wanted = variable.as_bytes().to_vec();
    wanted.push(b'=');
    wanted.extend_from_slice(value.as_encoded_bytes());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("no /proc")? {
        let path = entry?.path();
        let Some(number) = path
            .file_name()
            .and_then(OsStr::to_str)
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // Processes end while we look, and others are not ours to read: neither is a match.
        let Ok(environment) = fs::read(path.join("environ")) else {
            continue;
        };
        let Ok(program) = fs::read_link(path.join("exe")) else {
            continue;
        };
        if environment.split(|&byte| byte == 0).any(|entry| entry == wanted) {
            found.push((number, program));
        }
    }
    Ok(found)
}
