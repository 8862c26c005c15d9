//! The ground everything stands on: system packages, the UI's packages, the built UI. Does only what is missing.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{need, npm, on_path, output, program, repository, run, target};

/// What Debian and Ubuntu call the things needed to build and to test with a real window.
const PACKAGES: [&str; 17] = [
    "libwebkit2gtk-4.1-dev",
    "libdbus-1-dev",
    "webkit2gtk-driver",
    "xvfb",
    "gnome-keyring",
    "dbus",
    "dunst",
    "git",
    "faketime",
    "util-linux",
    "fonts-cantarell",
    "fonts-noto-core",
    "chromium",
    "chromium-driver",
    "git-credential-oauth",
    "libsecret-tools",
    "python3-venv",
];

/// What shows that the same things are there on other systems.
const PROGRAMS: [&str; 12] = [
    "WebKitWebDriver",
    "Xvfb",
    "gnome-keyring-daemon",
    "dbus-daemon",
    "dunst",
    "git",
    "faketime",
    "chromium",
    "chromedriver",
    "git-credential-oauth",
    "secret-tool",
    "python3",
];

/// Installs missing system packages where that is possible without asking; says what is missing where not.
pub(crate) fn system() -> Result<()> {
    if on_path("dpkg-query").is_none() || on_path("apt-get").is_none() {
        let missing: Vec<&str> = PROGRAMS
            .into_iter()
            .filter(|name| on_path(name).is_none())
            .collect();
        if !missing.is_empty() {
            bail!(
                "missing: {}. On this system install WebKitGTK 4.1 with its headers and its driver, Xvfb, \
                 gnome-keyring, dbus, dunst, git, faketime, Chromium with its driver, git-credential-oauth, \
                 libsecret's secret-tool and Python 3 yourself",
                missing.join(" ")
            );
        }
        return Ok(());
    }
    let missing = missing_packages()?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing packages: {}", missing.join(" "));
    let Some(root) = as_root()? else {
        bail!(
            "install them, then try again:\n    sudo apt-get install {}",
            missing.join(" ")
        );
    };
    let apt = |arguments: &[&str]| -> Command {
        let mut words = root.clone();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]);
        words.extend(arguments);
        let mut words = words.into_iter();
        let mut command = program(words.next().unwrap_or("env"));
        command.args(words);
        command
    };
    run(&mut apt(&["update"]))?;
    run(apt(&["install"]).args(&missing))
}

fn missing_packages() -> Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    for package in PACKAGES {
        let answer = program("dpkg-query")
            .args(["-W", "-f=${db:Status-Status}", package])
            .output()
            .context("dpkg-query does not start")?;
        if answer.stdout != b"installed" {
            missing.push(package);
        }
    }
    Ok(missing)
}

/// The words before a command that make it run as root without a question; nothing if there are none.
fn as_root() -> Result<Option<Vec<&'static str>>> {
    if output(program("id").arg("-u"))?.trim() == "0" {
        return Ok(Some(Vec::new()));
    }
    let quietly =
        on_path("sudo").is_some() && program("sudo").args(["-n", "true"]).output()?.status.success();
    Ok(quietly.then(|| vec!["sudo", "-n"]))
}

/// The UI's packages, exactly as locked.
pub(crate) fn ui_packages() -> Result<()> {
    need("node", "install Node.js 20.19 or newer")?;
    need("npm", "install npm, it comes with Node.js")?;
    let mark = fingerprint(&[Path::new("ui/package-lock.json")])?;
    if repository().join("ui/node_modules").is_dir() && stamped("npm-ci", &mark)? {
        return Ok(());
    }
    run(npm().args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    stamp("npm-ci", &mark)
}

/// The built UI in `ui/dist`, which the app embeds.
pub(crate) fn ui() -> Result<()> {
    ui_packages()?;
    let mark = fingerprint(&[
        Path::new("ui/src"),
        Path::new("ui/index.html"),
        Path::new("ui/package-lock.json"),
        Path::new("ui/svelte.config.js"),
        Path::new("ui/tsconfig.json"),
        Path::new("ui/vite.config.ts"),
    ])?;
    if repository().join("ui/dist/index.html").is_file() && stamped("ui-build", &mark)? {
        return Ok(());
    }
    run(npm().args(["run", "build"]))?;
    stamp("ui-build", &mark)
}

fn stamped(name: &str, mark: &str) -> Result<bool> {
    let path = target()?.join("stamps").join(name);
    Ok(fs::read_to_string(path).is_ok_and(|kept| kept == mark))
}

fn stamp(name: &str, mark: &str) -> Result<()> {
    let folder = target()?.join("stamps");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), mark).context("cannot remember what was done")
}

/// A short text that changes when a file below one of `paths` changes, comes or goes. A missing path counts as empty.
fn fingerprint(paths: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        hash_tree(&repository().join(path), &mut hasher)?;
    }
    Ok(format!("{:016x} {}", hasher.finish(), env!("CARGO_PKG_VERSION")))
}

fn hash_tree(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    path.hash(hasher);
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        entries.sort();
        for entry in entries {
            hash_tree(&entry, hasher)?;
        }
    } else if path.is_file() {
        fs::read(path)?.hash(hasher);
    }
    Ok(())
}

/// Whether a display is there to open a window on.
pub(crate) fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
