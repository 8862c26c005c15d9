//! Where LabLink keeps what it keeps. The only module that knows folders; it creates them and nothing else.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::problem::Problem;

/// Name of the environment variable that moves everything (portable use, tests). Its value is an absolute path.
pub const HOME_VARIABLE: &str = "LABLINK_HOME";

/// The folders and files of one installation. Folders are the user's alone (0700), files too (0600).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    data: PathBuf,
    logs: PathBuf,
}

impl Home {
    /// `LABLINK_HOME` where it is set (it must be absolute), else the platform's own places.
    pub fn from_environment() -> Result<Self, Problem> {
        match std::env::var_os(HOME_VARIABLE).filter(|value| !value.is_empty()) {
            Some(value) => {
                let dir = PathBuf::from(value);
                if dir.is_absolute() {
                    Ok(Self::at(dir))
                } else {
                    Err(Problem::Home {
                        detail: format!("{HOME_VARIABLE} is not an absolute path"),
                    })
                }
            }
            None => Self::of_platform(),
        }
    }

    /// Everything below one folder.
    #[must_use]
    pub fn at(dir: PathBuf) -> Self {
        Self {
            logs: dir.join("log"),
            data: dir,
        }
    }

    fn of_platform() -> Result<Self, Problem> {
        // A home that depends on where a program is started would be another one each time.
        let dirs = directories::ProjectDirs::from("", "", "lablink")
            .filter(|dirs| dirs.data_local_dir().is_absolute())
            .ok_or_else(|| Problem::Home {
                detail: "this user has no home folder".to_owned(),
            })?;
        let logs = dirs.state_dir().unwrap_or_else(|| dirs.cache_dir()).join("log");
        Ok(Self {
            data: dirs.data_local_dir().to_owned(),
            logs,
        })
    }

    /// The folder all but the logs is in; with `LABLINK_HOME` the logs as well.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.data
    }

    /// The folder of the database.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The SQLite database: accounts, instances, the ledger; no secrets.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("lablink.db")
    }

    /// The folder of the log files.
    #[must_use]
    pub fn log_dir(&self) -> &Path {
        &self.logs
    }

    /// The encrypted file, where a person chose it over the system's keychain.
    #[must_use]
    pub fn vault_file(&self) -> PathBuf {
        self.data.join("vault.age")
    }

    /// The folder of the lock files that tell live work from work of the dead.
    #[must_use]
    pub fn lock_dir(&self) -> PathBuf {
        self.data.join("locks")
    }

    /// Creates the folders, and takes them away from others where they stood open.
    pub(crate) fn create(&self) -> Result<(), Problem> {
        for dir in [
            self.data.as_path(),
            self.logs.as_path(),
            self.lock_dir().as_path(),
        ] {
            private_dir(dir).map_err(|error| Problem::Home {
                detail: said(dir, &error),
            })?;
        }
        Ok(())
    }
}

fn said(path: &Path, error: &io::Error) -> String {
    gitlab::shown(&format!("{}: {error}", path.display()))
}

#[cfg(unix)]
fn private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    if fs::metadata(dir)?.permissions().mode() & 0o777 != 0o700 {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn private_dir(dir: &Path) -> io::Result<()> {
    // The user's own profile is closed to other users already.
    fs::create_dir_all(dir)
}

/// Opens a file for reading and writing, creating it as the user's alone.
pub(crate) fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_holds_everything() {
        let home = Home::at(PathBuf::from("/x/lablink"));
        for path in [
            home.database(),
            home.vault_file(),
            home.lock_dir(),
            home.log_dir().to_owned(),
        ] {
            assert!(path.starts_with("/x/lablink"), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_taken_away_from_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("home");
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        let home = Home::at(root);
        home.create().unwrap();
        for dir in [home.root().to_owned(), home.log_dir().to_owned(), home.lock_dir()] {
            assert_eq!(
                fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
                0o700,
                "{}",
                dir.display()
            );
        }
        drop(private_file(&home.database()).unwrap());
        assert_eq!(
            fs::metadata(home.database()).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let problem = Home::at(file.join("below")).create().unwrap_err();
        assert_eq!(problem.code(), "home_unusable");
    }
}
