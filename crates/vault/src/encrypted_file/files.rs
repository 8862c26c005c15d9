//! The files of the encrypted file: where they are, how they are read, replaced and locked.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::VaultError;

/// No file of ours is near this long (bytes); a longer one is not read into memory.
const MAX_FILE: u64 = 64 * 1024 * 1024;

pub(super) struct Files {
    identity: PathBuf,
    records: PathBuf,
    lock: PathBuf,
}

impl Files {
    pub(super) fn new(identity: PathBuf) -> Self {
        let stem = identity
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let records = identity.with_file_name(format!("{stem}-records.age"));
        let lock = identity.with_file_name(format!("{stem}.lock"));
        Self {
            identity,
            records,
            lock,
        }
    }

    pub(super) fn exist(&self) -> bool {
        // A broken link or an unreadable folder is not "nothing there".
        [&self.identity, &self.records]
            .into_iter()
            .any(|path| fs::symlink_metadata(path).is_ok())
    }

    /// Makes the folder, readable by its owner alone. One that is there is left as it is.
    pub(super) fn make_folder(&self) -> Result<(), VaultError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(self.folder())
            .map_err(|error| VaultError::from_io("making the folder", &error))
    }

    /// Runs `work` while no other process changes the files. The system lets go of the lock
    /// when the process dies.
    pub(super) fn locked<T>(&self, work: impl FnOnce() -> Result<T, VaultError>) -> Result<T, VaultError> {
        let problem = |error| VaultError::from_io("locking the encrypted file", &error);
        let lock = owner_only()
            .create(true)
            .truncate(false)
            .open(&self.lock)
            .map_err(problem)?;
        lock.lock().map_err(problem)?;
        let answer = work();
        drop(lock);
        answer
    }

    pub(super) fn read_identity(&self) -> Result<Option<Vec<u8>>, VaultError> {
        read(&self.identity)
    }

    pub(super) fn read_records(&self) -> Result<Option<Vec<u8>>, VaultError> {
        read(&self.records)
    }

    pub(super) fn write_identity(&self, bytes: &[u8]) -> Result<(), VaultError> {
        self.replace(&self.identity, bytes)
    }

    pub(super) fn write_records(&self, bytes: &[u8]) -> Result<(), VaultError> {
        self.replace(&self.records, bytes)
    }

    /// Puts the bytes in the place of the file in one step; only to be called while the lock is held.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        let new = path.with_extension("age.new");
        let replaced = self.try_replace(&new, path, bytes);
        if replaced.is_err() {
            // Half a file is of use to nobody; what a crash leaves goes with the next writing.
            drop(fs::remove_file(&new));
        }
        replaced.map_err(|error| VaultError::from_io("writing the encrypted file", &error))
    }

    fn try_replace(&self, new: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = fs::remove_file(new)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        // A file of our own making, never one (or a link) that somebody put there.
        let mut file = owner_only().create_new(true).open(new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(new, path)?;
        // The renaming itself lasts only once the folder is written too; elsewhere than on Unix that cannot be asked for.
        #[cfg(unix)]
        File::open(self.folder())?.sync_all()?;
        Ok(())
    }

    fn folder(&self) -> &Path {
        match self.identity.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}

/// For writing, readable by its owner alone.
fn owner_only() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    let problem = |error| VaultError::from_io("reading the encrypted file", &error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > MAX_FILE {
        Err(VaultError::Corrupt)
    } else {
        Ok(Some(bytes))
    }
}
