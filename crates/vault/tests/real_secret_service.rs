//! The system's vault against a real GNOME Keyring on a private session bus.
//!
//! The bus and the folders of a session are environment variables, so every test runs its body in a process
//! of its own: the test starts a bus, then itself again with that session's environment; the second
//! run finds itself marked, starts the keyring and does the work.
//!
//! Wanted: `dbus-daemon` and `gnome-keyring-daemon`. Without them the tests pass with a loud word, and fail where `CI` is set.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests"
)]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use vault::{Key, Place, Secret, Vault, VaultError};
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};

const MARK: &str = "LABLINK_TEST_INSIDE_SESSION";
const SECRETS: &str = "org.freedesktop.secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const SERVICE_PATH: &str = "/org/freedesktop/secrets";
const INTERNAL: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
const PASSWORD: &str = "the keyring's password";
/// A start that takes longer has failed.
const START: Duration = Duration::from_secs(60);

/// A process of the test, ended with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // A stopped process is ended by this too.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Running {
    fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    }
}

/// Whether this is the second run. The first run starts a bus, then the second, and passes on its failure.
fn inside_session(test: &str) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    for program in ["dbus-daemon", "gnome-keyring-daemon"] {
        if Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            assert!(
                std::env::var_os("CI").is_none(),
                "{program} is not installed, and CI must not skip this test"
            );
            eprintln!("NOT TESTED: {test} needs {program}; install the packages dbus and gnome-keyring");
            return false;
        }
    }
    let home = tempfile::tempdir().unwrap();
    let (_bus, address) = start_bus(home.path());
    let output = session(
        Command::new(std::env::current_exe().unwrap()),
        home.path(),
        &address,
    )
    .args(["--exact", test, "--nocapture", "--test-threads=1"])
    .env(MARK, "1")
    .stdin(Stdio::null())
    .output()
    .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("1 passed"),
        "the second run found no such test: {said}"
    );
    false
}

/// The environment of a session that has nothing of the one the tests run in.
fn session(mut command: Command, home: &Path, bus: &str) -> Command {
    let runtime = home.join("run");
    fs::create_dir_all(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("DBUS_SESSION_BUS_ADDRESS", bus);
    for (name, folder) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
    ] {
        command.env(name, home.join(folder));
    }
    for name in [
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "GNOME_KEYRING_CONTROL",
        "SSH_AUTH_SOCK",
    ] {
        command.env_remove(name);
    }
    command
}

/// A bus that starts no services by itself: what is not started by the test is not there.
fn start_bus(home: &Path) -> (Running, String) {
    let config = home.join("bus.conf");
    let folder = home.display();
    fs::write(
        &config,
        format!(
            "<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
             <allow own=\"*\"/></policy></busconfig>"
        ),
    )
    .unwrap();
    let mut bus = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--nosyslog", "--print-address=1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(bus.stdout.take().unwrap())
        .read_line(&mut address)
        .unwrap();
    (Running(bus), address.trim().to_owned())
}

/// Starts the keyring of this session and waits until it offers the Secret Service.
fn start_keyring(unlock: bool) -> Running {
    let owned = when_owned();
    let mut command = Command::new("gnome-keyring-daemon");
    command
        .args(["--foreground", "--components=secrets"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    if unlock {
        command.arg("--unlock");
    }
    let mut keyring = command.spawn().unwrap();
    keyring
        .stdin
        .take()
        .unwrap()
        .write_all(PASSWORD.as_bytes())
        .unwrap();
    let keyring = Running(keyring);
    owned.recv_timeout(START).expect("the keyring starts");
    keyring
}

/// Told once somebody offers the Secret Service from now on.
fn when_owned() -> mpsc::Receiver<()> {
    let connection = zbus::blocking::Connection::session().unwrap();
    let bus = zbus::blocking::fdo::DBusProxy::new(&connection).unwrap();
    let changes = bus.receive_name_owner_changed_with_args(&[(0, SECRETS)]).unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for change in changes {
            if change.args().unwrap().new_owner().is_some() {
                let _ = tell.send(());
                return;
            }
        }
    });
    told
}

/// Calls a method of the Secret Service.
fn call<T>(path: &str, interface: &str, method: &str, body: &(impl serde::Serialize + DynamicType)) -> T
where
    T: serde::de::DeserializeOwned + Type,
{
    let connection = zbus::blocking::Connection::session().unwrap();
    let answer = connection
        .call_method(Some(SECRETS), path, Some(interface), method, body)
        .unwrap();
    answer.body().deserialize().unwrap()
}

fn property<T: TryFrom<OwnedValue, Error: std::fmt::Debug>>(path: &str, interface: &str, name: &str) -> T {
    let value: OwnedValue = call(path, "org.freedesktop.DBus.Properties", "Get", &(interface, name));
    value.try_into().unwrap()
}

fn default_collection() -> OwnedObjectPath {
    call(SERVICE_PATH, SERVICE, "ReadAlias", &"default")
}

/// Locks a keyring, as the desktop does.
fn lock(collection: &OwnedObjectPath) {
    let _: (Vec<OwnedObjectPath>, OwnedObjectPath) = call(SERVICE_PATH, SERVICE, "Lock", &vec![collection]);
    assert!(property::<bool>(
        collection,
        "org.freedesktop.Secret.Collection",
        "Locked"
    ));
}

/// A connection with a session that sends secrets as they are, to play the part of the desktop and of other programs.
struct Desktop {
    connection: zbus::blocking::Connection,
    session: OwnedObjectPath,
}

impl Desktop {
    fn new() -> Self {
        let connection = zbus::blocking::Connection::session().unwrap();
        let opened = connection
            .call_method(
                Some(SECRETS),
                SERVICE_PATH,
                Some(SERVICE),
                "OpenSession",
                &("plain", Value::from("")),
            )
            .unwrap();
        let (_, session): (OwnedValue, OwnedObjectPath) = opened.body().deserialize().unwrap();
        Self { connection, session }
    }

    /// A secret in the form the Secret Service takes it.
    fn secret<'a>(&'a self, text: &'a str) -> (&'a OwnedObjectPath, Vec<u8>, &'a [u8], &'a str) {
        (&self.session, Vec::new(), text.as_bytes(), "text/plain")
    }

    /// Opens the keyring, as when the person typed the password into the desktop's window.
    fn unlock(&self) {
        let wanted = (default_collection(), self.secret(PASSWORD));
        self.connection
            .call_method(
                Some(SECRETS),
                SERVICE_PATH,
                Some(INTERNAL),
                "UnlockWithMasterPassword",
                &wanted,
            )
            .unwrap();
    }

    /// Makes a second keyring.
    fn make_collection(&self, label: &str) -> OwnedObjectPath {
        let properties = HashMap::from([("org.freedesktop.Secret.Collection.Label", Value::from(label))]);
        let wanted = (properties, self.secret(PASSWORD));
        let made = self
            .connection
            .call_method(
                Some(SECRETS),
                SERVICE_PATH,
                Some(INTERNAL),
                "CreateWithMasterPassword",
                &wanted,
            )
            .unwrap();
        made.body().deserialize().unwrap()
    }

    /// Puts an item that bears one of our names into a keyring.
    fn make_item(&self, collection: &OwnedObjectPath, item: &str, text: &str) {
        let attributes = HashMap::from([("service", "LabLink"), ("username", item)]);
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Value::from(item)),
            ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes)),
        ]);
        let interface = "org.freedesktop.Secret.Collection";
        let wanted = (properties, self.secret(text), true);
        self.connection
            .call_method(
                Some(SECRETS),
                collection.as_str(),
                Some(interface),
                "CreateItem",
                &wanted,
            )
            .unwrap();
    }
}

/// Takes the place of the desktop's prompt, counts how often the keyring asks, and fails each time.
fn stand_in_for_the_prompt() -> Arc<AtomicUsize> {
    let connection = zbus::blocking::Connection::session().unwrap();
    let messages = zbus::blocking::MessageIterator::from(&connection);
    connection
        .request_name("org.gnome.keyring.SystemPrompter")
        .unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for message in messages {
            let Ok(message) = message else { return };
            let header = message.header();
            if header
                .interface()
                .is_some_and(|name| name == "org.gnome.keyring.internal.Prompter")
            {
                count.fetch_add(1, Ordering::SeqCst);
                connection
                    .reply_error(&header, "org.freedesktop.DBus.Error.Failed", &"no prompt here")
                    .unwrap();
            }
        }
    });
    asked
}

/// The labels of our items, as a person sees them in their keychain's window.
fn labels(item: &str) -> Vec<String> {
    let attributes = HashMap::from([("service", "LabLink"), ("username", item)]);
    let (unlocked, _): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        call(SERVICE_PATH, SERVICE, "SearchItems", &attributes);
    unlocked
        .iter()
        .map(|path| property(path, "org.freedesktop.Secret.Item", "Label"))
        .collect()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn key() -> Key {
    Key::new("account-1").unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// What all four calls answer.
async fn answers(vault: &Vault) -> [Result<(), VaultError>; 4] {
    [
        vault.put(&key(), "GitLab ada", secret("new")).await,
        vault.get(&key()).await.map(drop),
        vault.delete(&key()).await,
        vault.probe().await,
    ]
}

#[test]
fn records_are_written_read_replaced_and_removed() {
    if !inside_session("records_are_written_read_replaced_and_removed") {
        return;
    }
    let _keyring = start_keyring(true);
    let vault = Vault::system().unwrap();
    assert_eq!(vault.place(), Place::GnomeKeyring);
    run(async {
        vault.probe().await.unwrap();
        assert_eq!(vault.get(&key()).await.err(), Some(VaultError::Missing));
        vault
            .put(&key(), "GitLab account ada", secret("glpat-one \"ü\""))
            .await
            .unwrap();
        assert_eq!(vault.get(&key()).await.unwrap().expose(), "glpat-one \"ü\"");
        assert_eq!(labels("account-1"), ["GitLab account ada"]);
        vault
            .put(&key(), "GitLab account ada, renamed", secret("glpat-two"))
            .await
            .unwrap();
        assert_eq!(labels("account-1"), ["GitLab account ada, renamed"]);
        // A second program sees the same.
        let other = Vault::system().unwrap();
        assert_eq!(other.get(&key()).await.unwrap().expose(), "glpat-two");
        other.put(&key(), "", secret("")).await.unwrap();
        assert_eq!(
            vault.get(&key()).await.unwrap().expose(),
            "",
            "an empty text and an empty label are kept"
        );
        vault.delete(&key()).await.unwrap();
        vault.delete(&key()).await.unwrap();
        assert_eq!(other.get(&key()).await.err(), Some(VaultError::Missing));
        assert!(labels("account-1").is_empty());
        vault.unlock().await.unwrap();
    });
}

#[test]
fn programs_writing_at_once_leave_one_record() {
    if !inside_session("programs_writing_at_once_leave_one_record") {
        return;
    }
    let _keyring = start_keyring(true);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                let vault = Vault::system().unwrap();
                for round in 0..5 {
                    let text = format!("{writer}-{round}");
                    run(vault.put(&key(), "l", secret(&text))).unwrap();
                }
            });
        }
    });
    assert_eq!(labels("account-1").len(), 1);
    assert!(
        run(Vault::system().unwrap().get(&key()))
            .unwrap()
            .expose()
            .ends_with("-4")
    );
}

#[test]
fn what_another_program_removes_meanwhile_is_missing_and_nobodys_failure() {
    if !inside_session("what_another_program_removes_meanwhile_is_missing_and_nobodys_failure") {
        return;
    }
    let _keyring = start_keyring(true);
    // One that writes and removes: GNOME Keyring does not survive two that do so with one item.
    let looking = || {
        let vault = Vault::system().unwrap();
        for _ in 0..60 {
            match run(vault.get(&key())) {
                Ok(found) => assert_eq!(found.expose(), "same"),
                Err(error) => assert_eq!(error, VaultError::Missing),
            }
            for listed in run(vault.list()).unwrap().unwrap() {
                assert_eq!((listed.item.as_str(), listed.label.as_str()), ("account-1", "l"));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let vault = Vault::system().unwrap();
            for _ in 0..60 {
                run(vault.put(&key(), "l", secret("same"))).unwrap();
                run(vault.delete(&key())).unwrap();
            }
        });
        scope.spawn(looking);
        scope.spawn(looking);
    });
    assert!(labels("account-1").is_empty());
}

#[test]
fn a_locked_keyring_is_locked_and_asks_nobody() {
    if !inside_session("a_locked_keyring_is_locked_and_asks_nobody") {
        return;
    }
    let _keyring = start_keyring(true);
    let asked = stand_in_for_the_prompt();
    let vault = Vault::system().unwrap();
    let locked = [const { Err(VaultError::Locked) }; 4];
    run(async {
        vault.put(&key(), "GitLab ada", secret("old")).await.unwrap();
        lock(&default_collection());
        assert_eq!(answers(&vault).await, locked);
        // A key it has never seen is no less locked: whether it is there cannot be told.
        let unseen = Key::new("account-2").unwrap();
        assert_eq!(vault.get(&unseen).await.err(), Some(VaultError::Locked));
        // A program that starts now is told the same, not that there is no keychain.
        assert_eq!(answers(&Vault::system().unwrap()).await, locked);
        // Nor is anybody asked by reaching for it, the first time or later, or by making ready for a secret.
        let other = Vault::system().unwrap();
        for reached in [&vault, &other, &other] {
            reached.get_ready().await;
            assert_eq!(reached.reach().await, Err(VaultError::Locked));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody was asked");
        // Asking is possible only on purpose; this session's prompt fails, which counts as a no.
        assert_eq!(vault.unlock().await, Err(VaultError::Denied));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(vault.get(&key()).await.err(), Some(VaultError::Locked));
        Desktop::new().unlock();
        assert_eq!(other.reach().await, Ok(()));
        let found = vault.get(&key()).await.unwrap();
        assert_eq!(found.expose(), "old", "nothing was changed while it was locked");
        assert_eq!(other.get(&key()).await.unwrap().expose(), "old");
    });
}

#[test]
fn an_item_in_another_keyring_that_is_locked_is_locked_and_asks_nobody() {
    if !inside_session("an_item_in_another_keyring_that_is_locked_is_locked_and_asks_nobody") {
        return;
    }
    let _keyring = start_keyring(true);
    let asked = stand_in_for_the_prompt();
    let desktop = Desktop::new();
    let other = desktop.make_collection("Other");
    desktop.make_item(&other, "account-1", "moved by the person");
    let vault = Vault::system().unwrap();
    run(async {
        assert_eq!(vault.get(&key()).await.unwrap().expose(), "moved by the person");
        lock(&other);
        assert_eq!(
            vault.put(&key(), "GitLab ada", secret("new")).await,
            Err(VaultError::Locked)
        );
        assert_eq!(vault.get(&key()).await.err(), Some(VaultError::Locked));
        assert_eq!(vault.delete(&key()).await, Err(VaultError::Locked));
        assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody was asked");
    });
}

#[test]
fn an_item_that_is_there_twice_is_read_where_both_say_the_same_and_one_after_the_next_write() {
    if !inside_session(
        "an_item_that_is_there_twice_is_read_where_both_say_the_same_and_one_after_the_next_write",
    ) {
        return;
    }
    let _keyring = start_keyring(true);
    let desktop = Desktop::new();
    let other = desktop.make_collection("Other");
    let vault = Vault::system().unwrap();
    run(async {
        vault.put(&key(), "GitLab ada", secret("one")).await.unwrap();
        desktop.make_item(&other, "account-1", "one");
        assert_eq!(vault.get(&key()).await.unwrap().expose(), "one");
        desktop.make_item(&other, "account-1", "another");
        assert_eq!(
            vault.get(&key()).await.err(),
            Some(VaultError::Corrupt),
            "nobody knows which"
        );
        vault.put(&key(), "GitLab ada", secret("new")).await.unwrap();
        assert_eq!(vault.get(&key()).await.unwrap().expose(), "new");
        assert_eq!(labels("account-1"), ["GitLab ada"]);
    });
}

#[test]
fn without_a_bus_or_a_service_the_keychain_is_absent() {
    if !inside_session("without_a_bus_or_a_service_the_keychain_is_absent") {
        return;
    }
    let absent = |what: &str| match Vault::system() {
        Err(VaultError::Absent { detail }) => assert!(detail.contains(what), "{detail}"),
        Err(other) => panic!("{what}: {other:?}"),
        Ok(_) => panic!("{what}: there is a keychain"),
    };
    // A bus, and nobody on it who keeps secrets.
    absent("no program offers the Secret Service");
    // A keyring that was never given a password: it has nowhere to put a record.
    let keyring = start_keyring(false);
    let vault = Vault::system().unwrap();
    for answer in run(answers(&vault)) {
        assert!(
            matches!(&answer, Err(VaultError::Absent { detail }) if detail.contains("default")),
            "{answer:?}"
        );
    }
    drop(keyring);
}

#[test]
fn without_a_session_bus_the_keychain_is_absent() {
    const GONE: &str = "unix:path=/nonexistent/lablink-test";
    if !inside_session("without_a_session_bus_the_keychain_is_absent") {
        return;
    }
    // Once more in a process whose bus address leads nowhere.
    if std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap() != GONE {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "without_a_session_bus_the_keychain_is_absent",
                "--nocapture",
            ])
            .env("DBUS_SESSION_BUS_ADDRESS", GONE)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    let answer = Vault::system().err();
    assert!(
        matches!(&answer, Some(VaultError::Absent { detail }) if detail.contains("no session bus")),
        "{answer:?}"
    );
}

#[test]
fn a_keyring_that_died_is_an_error_and_one_that_came_back_is_used_again() {
    if !inside_session("a_keyring_that_died_is_an_error_and_one_that_came_back_is_used_again") {
        return;
    }
    let keyring = start_keyring(true);
    let vault = Vault::system().unwrap();
    run(async {
        vault.put(&key(), "GitLab ada", secret("old")).await.unwrap();
        drop(keyring);
        for answer in answers(&vault).await {
            assert!(matches!(answer, Err(VaultError::Absent { .. })), "{answer:?}");
        }
        let _keyring = start_keyring(true);
        assert_eq!(
            vault.get(&key()).await.unwrap().expose(),
            "old",
            "by the same vault, without a restart of ours"
        );
        vault.put(&key(), "GitLab ada", secret("new")).await.unwrap();
        vault.probe().await.unwrap();
        vault.delete(&key()).await.unwrap();
    });
}

#[test]
fn a_keyring_that_hangs_is_hung_and_works_again_when_it_wakes() {
    if !inside_session("a_keyring_that_hangs_is_hung_and_works_again_when_it_wakes") {
        return;
    }
    let keyring = start_keyring(true);
    let vault = Vault::system().unwrap();
    run(async {
        vault.put(&key(), "GitLab ada", secret("old")).await.unwrap();
        keyring.signal(rustix::process::Signal::STOP);
        assert_eq!(vault.get(&key()).await.err(), Some(VaultError::Hung));
        assert_eq!(Vault::system().err(), Some(VaultError::Hung));
        keyring.signal(rustix::process::Signal::CONT);
        assert_eq!(vault.get(&key()).await.unwrap().expose(), "old");
        vault.probe().await.unwrap();
    });
}
