//! Start at login: one desktop entry in the person's autostart folder, as the desktops' specification has it.
//!
//! Written when the person switches it on and removed when they switch it off, never otherwise. `TryExec` makes it
//! nothing once LabLink is uninstalled. An installation in a home of its own has an entry of its own, which says so.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use links::{HOME_VARIABLE, Home};

/// The entry of this installation.
pub struct LoginEntry {
    /// Where it is, and what it says; nothing where the system has no such folder or the names cannot be written down.
    entry: Option<(PathBuf, String)>,
}

impl LoginEntry {
    /// The entry called `name` for the installation at `home`.
    #[must_use]
    pub fn of(home: &Home, name: &str) -> Self {
        let own_home = env::var_os(HOME_VARIABLE)
            .filter(|value| !value.is_empty())
            .map(|_| home.root().to_owned());
        let entry = if cfg!(target_os = "linux") {
            folder().zip(program()).and_then(|(folder, program)| {
                let text = text(&program, own_home.as_deref())?;
                Some((folder.join(format!("{name}.desktop")), text))
            })
        } else {
            None
        };
        Self { entry }
    }

    /// Whether LabLink starts at login; `None` where it cannot.
    #[must_use]
    pub fn is_on(&self) -> Option<bool> {
        let (path, _) = self.entry.as_ref()?;
        Some(fs::read_to_string(path).is_ok_and(|text| starts(&text)))
    }

    /// Writes or removes the entry.
    pub fn switch(&self, on: bool) -> io::Result<()> {
        let (path, text) = self.entry.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        if on {
            write(path, text)
        } else {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }
    }
}

/// Whole or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let new = path.with_extension("desktop.new");
    fs::write(&new, text)?;
    fs::rename(&new, path)
}

/// Whether a desktop starts what the entry says; desktops and people switch entries off in both ways.
fn starts(text: &str) -> bool {
    let says = |key: &str, value: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .any(|(name, said)| name.trim() == key && said.trim().eq_ignore_ascii_case(value))
    };
    !says("Hidden", "true") && !says("X-GNOME-Autostart-enabled", "false")
}

fn folder() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
    Some(config?.join("autostart"))
}

/// What starts LabLink: the image it was unpacked from, or its own file.
fn program() -> Option<PathBuf> {
    if let Some(image) = env::var_os("APPIMAGE")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
    {
        return Some(image);
    }
    let own: OsString = env::current_exe().ok()?.into();
    // What Linux says of a program that was replaced while it runs, by an update.
    let own = own.into_string().ok()?;
    Some(PathBuf::from(own.strip_suffix(" (deleted)").unwrap_or(&own)))
}

/// The entry; `None` where a path cannot stand in one.
fn text(program: &Path, home: Option<&Path>) -> Option<String> {
    let program = program.to_str()?;
    let start = match home {
        Some(home) => format!(
            "env {} {}",
            argument(&format!("{HOME_VARIABLE}={}", home.to_str()?))?,
            argument(program)?
        ),
        None => argument(program)?,
    };
    Some(format!(
        "[Desktop Entry]\nType=Application\nName=LabLink\nComment=Keeps your GitLab accounts linked\nExec={}\n\
         TryExec={}\nIcon=lablink-desktop\nTerminal=false\nStartupNotify=false\nX-GNOME-Autostart-enabled=true\n",
        value(&format!("{start} --background")),
        value(program)
    ))
}

/// An argument of `Exec`, in quotes; a line end cannot stand in it.
fn argument(text: &str) -> Option<String> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', character]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    Some(quoted)
}

/// A value of a desktop entry.
fn value(text: &str) -> String {
    text.replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_starts_the_program_in_the_background() {
        let entry = text(Path::new("/usr/bin/lablink-desktop"), None).unwrap();
        assert!(
            entry.contains("\nExec=\"/usr/bin/lablink-desktop\" --background\n"),
            "{entry}"
        );
        assert!(entry.contains("\nTryExec=/usr/bin/lablink-desktop\n"), "{entry}");
        assert!(starts(&entry));
    }

    #[test]
    fn a_home_of_its_own_and_strange_names_are_written_so_that_they_are_read_back() {
        let entry = text(Path::new("/opt/a b/100%/$x"), Some(Path::new("/home/a\"b\\c"))).unwrap();
        let exec = entry.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
        assert_eq!(
            exec,
            r#"env "LABLINK_HOME=/home/a\\"b\\\\c" "/opt/a b/100%%/\\$x" --background"#
        );
        assert_eq!(text(Path::new("/opt/a\nExec=evil"), None), None);
    }

    #[test]
    fn what_was_switched_off_elsewhere_is_off() {
        for off in ["Hidden=true", "X-GNOME-Autostart-enabled = False"] {
            assert!(!starts(&format!("[Desktop Entry]\n{off}\n")), "{off}");
        }
    }

    #[test]
    fn it_is_written_whole_and_removed_without_a_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("autostart/dev.lablink.desktop.desktop");
        let entry = LoginEntry {
            entry: Some((path.clone(), "[Desktop Entry]\n".to_owned())),
        };
        assert_eq!(entry.is_on(), Some(false));
        entry.switch(true).unwrap();
        assert_eq!(entry.is_on(), Some(true));
        entry.switch(false).unwrap();
        entry.switch(false).unwrap();
        assert_eq!(entry.is_on(), Some(false));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn where_it_cannot_be_nothing_is_offered() {
        let entry = LoginEntry { entry: None };
        assert_eq!(entry.is_on(), None);
        assert!(entry.switch(true).is_err());
    }
}
