//! Running other programs: said before, checked after, never left behind.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// The repository.
pub(crate) fn repository() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo puts what it builds: two folders above this program.
pub(crate) fn target() -> Result<PathBuf> {
    let own = env::current_exe().context("this program has no path")?;
    own.ancestors()
        .nth(2)
        .map(Path::to_owned)
        .context("this program is in no target folder")
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// npm in `ui`.
pub(crate) fn npm() -> Command {
    let mut command = program("npm");
    command.args(["--prefix", "ui"]);
    command
}

/// A program in the repository's folder.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(repository()).stdin(Stdio::null());
    command
}

/// Says what runs, runs it, fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let said = said(command);
    println!("\n$ {said}");
    let status = command
        .status()
        .with_context(|| format!("{said} does not start"))?;
    ensure!(status.success(), "{said} failed: {status}");
    Ok(())
}

/// Runs it quietly and answers what it wrote.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let said = said(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{said} does not start"))?;
    ensure!(output.status.success(), "{said} failed: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where a program is on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

fn said(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<OsString> = std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_owned)
        .collect();
    words.join(OsStr::new(" ")).to_string_lossy().into_owned()
}

/// On Ctrl-C, on the end of the terminal and on the request to end: ends everything started from here, then itself.
pub(crate) fn end_children_when_told_to_end() -> Result<()> {
    ctrlc::set_handler(|| {
        for child in descendants(process::id()) {
            if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
                // Fails only if it has ended already.
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        process::exit(130);
    })?;
    Ok(())
}

/// All processes that descend from one, nearest first.
fn descendants(ancestor: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(parent) = parent(&entry.path()) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![ancestor];
    while let Some(id) = next.pop() {
        for &child in children.get(&id).into_iter().flatten() {
            found.push(child);
            next.push(child);
        }
    }
    found
}

/// The parent of a process, from its `stat`: the second word after the name, which stands in brackets.
fn parent(folder: &Path) -> Option<u32> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Fails with a hint if a program is missing.
pub(crate) fn need(name: &str, hint: &str) -> Result<()> {
    if on_path(name).is_none() {
        bail!("{name} is missing: {hint}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::{descendants, said};

    #[test]
    fn descendants_are_found_over_two_generations() {
        let script = "sleep 60 & echo $!; wait";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut grandchild = [0; 32];
        let read = child.stdout.as_mut().unwrap().read(&mut grandchild).unwrap();
        let grandchild: u32 = std::str::from_utf8(&grandchild[..read])
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let found = descendants(std::process::id());
        for id in [grandchild, child.id()] {
            let pid = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
        child.wait().unwrap();
        assert!(
            found.contains(&child.id()) && found.contains(&grandchild),
            "{found:?}"
        );
    }

    #[test]
    fn commands_are_said_without_folders() {
        assert_eq!(
            said(Command::new("/usr/bin/true").args(["--a", "b"])),
            "true --a b"
        );
    }
}
