//! The encrypted file, on a real file system.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vault::{Key, Place, Secret, Vault, VaultError};

const PASSPHRASE: &str = "correct horse battery staple";

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn open(path: &Path) -> Result<Patient, VaultError> {
    Vault::encrypted_file(path.to_path_buf(), secret(PASSPHRASE)).map(Patient)
}

/// A vault that asks again when a busy disk took longer than the guard: what was called hung may be asked again, and
/// comes to the same.
#[derive(Debug)]
struct Patient(Vault);

impl Patient {
    async fn put(&self, key: &Key, label: &str, text: Secret) -> Result<(), VaultError> {
        answered(async || self.0.put(key, label, secret(text.expose())).await).await
    }

    async fn get(&self, key: &Key) -> Result<Secret, VaultError> {
        answered(async || self.0.get(key).await).await
    }

    async fn delete(&self, key: &Key) -> Result<(), VaultError> {
        answered(async || self.0.delete(key).await).await
    }

    async fn probe(&self) -> Result<(), VaultError> {
        answered(async || self.0.probe().await).await
    }
}

async fn answered<T>(ask: impl AsyncFn() -> Result<T, VaultError>) -> Result<T, VaultError> {
    for _ in 0..9 {
        match ask().await {
            Err(VaultError::Hung) => {}
            answer => return answer,
        }
    }
    ask().await
}

fn place(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("keep").join("vault.age")
}

#[tokio::test]
async fn records_outlive_the_program_and_stand_nowhere_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder);
    assert!(!Vault::encrypted_file_exists(&path));
    let vault = open(&path).unwrap();
    assert!(Vault::encrypted_file_exists(&path));
    assert_eq!(vault.0.place(), Place::EncryptedFile);
    vault.probe().await.unwrap();
    vault
        .put(
            &key("one"),
            "GitLab canary-label",
            secret("glpat-canary-\"ü\u{1}"),
        )
        .await
        .unwrap();
    vault.put(&key("two"), "l", secret("glpat-other")).await.unwrap();
    vault.delete(&key("two")).await.unwrap();
    vault.delete(&key("two")).await.unwrap();
    drop(vault);

    let again = open(&path).unwrap();
    assert_eq!(
        again.get(&key("one")).await.unwrap().expose(),
        "glpat-canary-\"ü\u{1}"
    );
    assert_eq!(again.get(&key("two")).await.err(), Some(VaultError::Missing));

    let mut files: Vec<String> = Vec::new();
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let bytes = fs::read(entry.path()).unwrap();
        for clear in ["glpat-", "canary", PASSPHRASE, "AGE-SECRET-KEY"] {
            assert!(
                !bytes.windows(clear.len()).any(|part| part == clear.as_bytes()),
                "{:?}",
                entry.path()
            );
        }
        files.push(entry.file_name().into_string().unwrap());
    }
    files.sort();
    assert_eq!(
        files,
        ["vault-records.age", "vault.age", "vault.lock"],
        "and no temporary file is left"
    );

    // A second program on the same files, written to by turns.
    again
        .put(&key("three"), "l", secret("from the first"))
        .await
        .unwrap();
    let other = open(&path).unwrap();
    other
        .put(&key("four"), "l", secret("from the second"))
        .await
        .unwrap();
    assert_eq!(again.get(&key("four")).await.unwrap().expose(), "from the second");
    assert_eq!(other.get(&key("three")).await.unwrap().expose(), "from the first");

    let wrong = Vault::encrypted_file(path.clone(), secret("correct horse battery stapler"));
    assert_eq!(wrong.err(), Some(VaultError::WrongPassphrase));
    assert_eq!(
        again.get(&key("one")).await.unwrap().expose(),
        "glpat-canary-\"ü\u{1}"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder);
    let vault = open(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime
        .block_on(vault.put(&key("one"), "l", secret("s")))
        .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["vault.age", "vault-records.age", "vault.lock"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

/// Damage of every sort to one of the files, and that it is told and left as it is.
#[tokio::test]
async fn a_damaged_file_is_told_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder);
    let records = path.with_file_name("vault-records.age");
    let vault = open(&path).unwrap();
    vault.put(&key("one"), "l", secret("s")).await.unwrap();

    let whole = fs::read(&records).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [
        &[][..],
        b"garbage",
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
        &flipped,
    ] {
        fs::write(&records, damaged).unwrap();
        assert_eq!(vault.get(&key("one")).await.err(), Some(VaultError::Corrupt));
        assert_eq!(
            vault.put(&key("one"), "l", secret("new")).await,
            Err(VaultError::Corrupt)
        );
        assert_eq!(vault.delete(&key("one")).await, Err(VaultError::Corrupt));
        assert_eq!(fs::read(&records).unwrap(), damaged, "left as it was");
    }
    assert_eq!(open(&path).err(), Some(VaultError::Corrupt), "told on opening");
    fs::write(&records, &whole).unwrap();
    assert_eq!(vault.get(&key("one")).await.unwrap().expose(), "s");

    let identity = fs::read(&path).unwrap();
    for damaged in [
        &[][..],
        b"garbage",
        &identity[..40],
        &identity[..identity.len() - 1],
    ] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(
            open(&path).err(),
            Some(VaultError::Corrupt),
            "{} bytes",
            damaged.len()
        );
        assert_eq!(fs::read(&path).unwrap(), damaged, "left as it was");
    }
    // Records without the identity that opens them are not buried by a new one.
    fs::remove_file(&path).unwrap();
    assert!(Vault::encrypted_file_exists(&path));
    assert_eq!(open(&path).err(), Some(VaultError::Corrupt));
    assert!(!path.exists());
    assert_eq!(fs::read(&records).unwrap(), whole);
}

/// Records of another vault, put in the place of ours, are not read as ours.
#[tokio::test]
async fn records_of_another_vault_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a.age"), folder.path().join("b.age"));
    let vault = open(&ours).unwrap();
    open(&theirs)
        .unwrap()
        .put(&key("one"), "l", secret("theirs"))
        .await
        .unwrap();
    fs::copy(
        folder.path().join("b-records.age"),
        folder.path().join("a-records.age"),
    )
    .unwrap();
    assert_eq!(vault.get(&key("one")).await.err(), Some(VaultError::Corrupt));
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    assert!(matches!(
        open(&file.join("vault.age")).err(),
        Some(VaultError::Failed { .. } | VaultError::Denied)
    ));
    assert_eq!(fs::read(&file).unwrap(), b"in the way");
}

#[test]
fn many_writers_at_once_lose_nothing_and_readers_see_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder);
    // Each opens for itself, as each of several programs would.
    let vaults: Vec<Patient> = (0..2).map(|_| open(&path).unwrap()).collect();
    let reader = open(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let long = "x".repeat(16_000);
    runtime
        .block_on(vaults[0].put(&key("read"), "l", secret(&long)))
        .unwrap();
    std::thread::scope(|scope| {
        let (writing, written) = std::sync::mpsc::channel::<()>();
        for (number, vault) in vaults.iter().enumerate() {
            let writing = writing.clone();
            scope.spawn(move || {
                let _writing = writing;
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for round in 0..20 {
                    let name = key(&format!("account-{number}-{round}"));
                    runtime.block_on(vault.put(&name, "l", secret("s"))).unwrap();
                }
            });
        }
        drop(writing);
        // Until both writers are done.
        while written.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            let found = runtime.block_on(reader.get(&key("read"))).unwrap();
            assert_eq!(found.expose().len(), long.len());
        }
    });
    for number in 0..2 {
        for round in 0..20 {
            let name = key(&format!("account-{number}-{round}"));
            assert_eq!(runtime.block_on(vaults[0].get(&name)).unwrap().expose(), "s");
        }
    }
}

/// Kills a program that writes without pause, again and again.
#[cfg(unix)]
#[test]
fn a_program_killed_while_it_writes_leaves_every_record_it_was_promised() {
    const FILE: &str = "LABLINK_TEST_WRITE_WITHOUT_PAUSE";
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let Some(path) = std::env::var_os(FILE) {
        let vault = open(Path::new(&path)).unwrap();
        for number in 0_u64.. {
            let text = format!("{number} {}", "x".repeat(8000));
            runtime
                .block_on(vault.put(&key("one"), "l", secret(&text)))
                .unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "written {number}").unwrap();
            out.flush().unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = place(&folder);
    let vault = open(&path).unwrap();
    runtime
        .block_on(vault.put(&key("other"), "l", secret("stays")))
        .unwrap();
    for kill_after in [1, 4, 23] {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "a_program_killed_while_it_writes_leaves_every_record_it_was_promised",
                "--nocapture",
            ])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let promised = BufReader::new(writer.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| {
                line.strip_prefix("written ")
                    .map(|number| number.parse::<u64>().unwrap())
            })
            .nth(kill_after - 1)
            .unwrap();
        writer.kill().unwrap();
        writer.wait().unwrap();
        let found = runtime.block_on(vault.get(&key("one"))).unwrap();
        let (number, rest) = found.expose().split_once(' ').unwrap();
        assert!(
            number.parse::<u64>().unwrap() >= promised,
            "{number} stands, {promised} was promised"
        );
        assert_eq!(rest.len(), 8000);
        assert_eq!(
            runtime.block_on(vault.get(&key("other"))).unwrap().expose(),
            "stays"
        );
    }
    // What the killed ones left goes with the next writing.
    runtime
        .block_on(vault.put(&key("one"), "l", secret("last")))
        .unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 3);
}
