//! A marked token goes through everything and is found nowhere but in the vault.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use links::{DeviceState, FlowState, Home, Links, LoginMethod, Secret, Setup, Unlink};
use serde_json::json;
use tracing_subscriber::util::SubscriberInitExt as _;
use zeroize::Zeroizing;

use crate::login::{given, login};
use crate::mirror::Mirror;
use crate::person::Answer;
use crate::renewal::open_file;
use crate::room::{link, unlink, wanted};
use crate::sim::Sim;

const CANARY: &str = "glpat-CANARY-0b5e1f7c-DO-NOT-LEAK";

/// Everything any part of this program logs, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of this whole program, captured from the first call on.
fn log() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let capture = || {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish()
            .init();
        log
    };
    LOG.get_or_init(capture).clone()
}

/// Everything public types say of themselves.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn add(&mut self, what: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;
        write!(self.0, "{what:?}").unwrap();
    }
}

#[tokio::test]
async fn a_marked_token_is_found_in_the_vault_alone() {
    let log = log();
    let (sim, dir) = (Sim::start(), tempfile::tempdir().unwrap());
    sim.token(json!({"username": "ada", "scopes": wanted(), "token": CANARY}));
    let links = Links::open(Setup::new(Home::at(dir.path().to_owned())))
        .await
        .unwrap()
        .links;
    links
        .use_encrypted_file(Secret::new("a passphrase".to_owned()))
        .await
        .unwrap();
    let mut shown = Shown::default();

    // Linked by call, checked, renamed, refused in every way, looked at by the doctor.
    let mut events = links.subscribe();
    let account = link(&links, &sim.address(), "Work", CANARY).await.unwrap();
    shown.add(&account);
    shown.add(&links.check(&account.id).await.unwrap());
    shown.add(&links.rename(&account.id, "Renamed").unwrap());
    shown.add(&link(&links, &sim.address(), "renamed", CANARY).await.unwrap_err());
    for state in ["blocked", "active"] {
        sim.user(json!({"username": "ada", "state": state}));
        shown.add(&links.check(&account.id).await.unwrap());
    }
    for fault in ["broken-json", "bad-gateway", "close", "redirect-host"] {
        sim.fault(json!({"fault": fault, "times": 6}));
        shown.add(&links.check(&account.id).await.unwrap());
        shown.add(&link(&links, &sim.address(), "Other", CANARY).await.err());
    }
    sim.no_faults();
    shown.add(&links.doctor(None).await);

    // And by the window's flow.
    let session = links.link_session(wanted());
    let mut watch = session.watch();
    session.set_address(sim.address());
    shown.add(&watch.wait_for(|state| state.can_next).await.unwrap());
    session.next();
    session.set_name("By window".into());
    session.set_token(Some(Zeroizing::new(CANARY.to_owned())));
    session.link(false);
    shown.add(&watch.wait_for(|state| state.account.is_some()).await.unwrap());
    assert_eq!(links.accounts().unwrap().len(), 2);

    // Not in a file but the vault's own, which is encrypted.
    assert_eq!(leaks(dir.path(), CANARY), Vec::<String>::new());
    for account in links.accounts().unwrap() {
        shown.add(&unlink(&links, &account, Unlink::default()).await);
    }
    assert_eq!(leaks(dir.path(), CANARY), Vec::<String>::new());
    assert!(!sim.accepts(CANARY));

    while let Ok(event) = events.try_recv() {
        shown.add(&event);
    }
    shown.add(&links.ledger(None, 100).unwrap());
    shown.add(&links.instances().unwrap());
    assert!(!shown.0.contains(CANARY), "a public type shows the token");
    let log = log.0.lock().unwrap();
    let log = String::from_utf8_lossy(&log);
    assert!(
        log.contains("linked") && log.contains("TRACE"),
        "the log was not captured"
    );
    assert!(!log.contains(CANARY), "the log shows the token");
}

#[tokio::test]
async fn a_rotated_token_and_the_one_before_are_found_in_the_vault_alone() {
    const BEFORE: &str = "glpat-CANARY-rotated-away-DO-NOT-LEAK";
    let log = log();
    let (sim, dir) = (Sim::start(), tempfile::tempdir().unwrap());
    sim.token(json!({"username": "ada", "scopes": wanted(), "token": BEFORE}));
    let links = open_file(dir.path(), 0, |setup| setup).await;
    let mut shown = Shown::default();
    let mut events = links.subscribe();
    let account = link(&links, &sim.address(), "Work", BEFORE).await.unwrap();
    shown.add(&links.rotate_by_itself(&account.id, true));
    shown.add(&links.rotate(&account.id, None).await.unwrap());
    let after = crate::rotation::given(&links, &account).await.unwrap();
    shown.add(&links.check(&account.id).await.unwrap());
    let path = "/api/v4/personal_access_tokens/self/rotate";
    for fault in ["unavailable", "lost_response"] {
        sim.fault(json!({"fault": fault, "path": path, "seconds": 60}));
        shown.add(&links.rotate(&account.id, None).await.unwrap_err());
    }
    while let Ok(event) = events.try_recv() {
        shown.add(&event);
    }
    shown.add(&links.ledger(None, 100).unwrap());
    let log = log.0.lock().unwrap();
    let log = String::from_utf8_lossy(&log);
    for secret in [BEFORE, &after] {
        assert_eq!(leaks(dir.path(), secret), Vec::<String>::new());
        assert!(!shown.0.contains(secret), "a public type shows the token");
        assert!(!log.contains(secret), "the log shows the token");
    }
    assert!(log.contains("rotated"), "the log was not captured");
}

/// Every secret an app login has, as it went over the wire: none of them is anywhere but in the vault.
#[tokio::test]
async fn the_secrets_of_app_logins_are_found_in_the_vault_alone() {
    let log = log();
    let (sim, dir) = (Sim::start(), tempfile::tempdir().unwrap());
    let mirror = Mirror::of(&sim.address(), |_| {});
    let links = Links::open(Setup {
        opener: Arc::new(sim.person("ada", Answer::Authorize)),
        ..Setup::new(Home::at(dir.path().to_owned()))
    })
    .await
    .unwrap()
    .links;
    links
        .use_encrypted_file(Secret::new("a passphrase".to_owned()))
        .await
        .unwrap();
    let mut shown = Shown::default();
    let mut events = links.subscribe();
    let told = Mutex::new(Vec::new());
    let tell = |one| told.lock().unwrap().push(one);

    // In the browser by a confidential application, and refused there in every way.
    let application = sim.application(true);
    let account = links
        .app_login(login(&mirror.address(), "Browser", given(&application)), &tell)
        .await
        .unwrap();
    shown.add(
        &links
            .app_login(login(&mirror.address(), "browser", None), &tell)
            .await,
    );
    for fault in ["html", "bad-gateway", "close", "broken-json"] {
        for path in ["/oauth/token", "/api/v4/user"] {
            sim.fault(json!({"fault": fault, "times": 6, "path": path}));
            shown.add(
                &links
                    .app_login(login(&mirror.address(), "Other", None), &tell)
                    .await,
            );
            shown.add(&links.renew(&account.id).await);
            sim.no_faults();
        }
    }
    sim.advance(61);
    shown.add(&links.check(&account.id).await.unwrap());
    shown.add(&links.renew(&account.id).await);

    // With a code, by the window.
    by_code(&links, &sim, &mirror.address(), &mut shown).await;

    let secrets = [
        "access_token",
        "refresh_token",
        "code",
        "code_verifier",
        "client_secret",
        "device_code",
    ];
    let secrets: Vec<(&str, Vec<String>)> = secrets
        .into_iter()
        .map(|name| (name, mirror.values(name)))
        .collect();
    for (name, values) in &secrets {
        assert!(!values.is_empty(), "no {name} went over the wire");
    }
    let no_leaks = |when: &str| {
        for (name, values) in &secrets {
            for value in values {
                assert_eq!(leaks(dir.path(), value), Vec::<String>::new(), "{name} {when}");
            }
        }
    };
    no_leaks("while the accounts stand");
    for account in links.accounts().unwrap() {
        shown.add(&unlink(&links, &account, Unlink::default()).await);
    }
    no_leaks("after unlinking");
    while let Ok(event) = events.try_recv() {
        shown.add(&event);
    }
    shown.add(&told.into_inner().unwrap());
    shown.add(&links.ledger(None, 100).unwrap());
    shown.add(&links.instances().unwrap());
    let log = log.0.lock().unwrap();
    let log = String::from_utf8_lossy(&log);
    for (name, values) in &secrets {
        for value in values {
            assert!(!shown.0.contains(value), "a public type shows the {name}");
            assert!(!log.contains(value), "the log shows the {name}");
        }
    }
}

/// Links by a code, in the window's flow.
async fn by_code(links: &Links, sim: &Sim, address: &str, shown: &mut Shown) {
    let application = sim.application(true);
    let session = links.link_session(wanted());
    let mut watch = session.watch();
    session.set_address(address.to_owned());
    shown.add(&watch.wait_for(|state| state.can_next).await.unwrap());
    session.next();
    session.choose_method(LoginMethod::Device);
    session.set_application(&application.0, application.1.clone().map(Zeroizing::new));
    shown.add(&watch.wait_for(|state| state.can_link).await.unwrap());
    session.link(false);
    let waiting = |state: &FlowState| matches!(state.device, DeviceState::Waiting { .. });
    let state = watch.wait_for(waiting).await.unwrap().clone();
    shown.add(&state);
    if let DeviceState::Waiting {
        verification_uri_complete,
        ..
    } = state.device
    {
        let ada = sim.person("ada", Answer::Authorize);
        std::thread::spawn(move || ada.type_code(&verification_uri_complete));
    }
    let confirm = |state: &FlowState| matches!(state.device, DeviceState::Confirm { .. });
    shown.add(&watch.wait_for(confirm).await.unwrap());
    session.confirm_identity(true);
    shown.add(&watch.wait_for(|state| state.account.is_some()).await.unwrap());
}

/// The files that hold a secret as it is, or in the encodings it might be carried in.
fn leaks(dir: &Path, secret: &str) -> Vec<String> {
    let reversed: String = secret.chars().rev().collect();
    let mut hex = Vec::new();
    for byte in secret.bytes() {
        write!(hex, "{byte:02x}").unwrap();
    }
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let needles = [secret.as_bytes().to_vec(), reversed.into_bytes(), hex, wide];
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    let mut files = 0;
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            if needles
                .iter()
                .any(|needle| bytes.windows(needle.len()).any(|window| window == needle))
            {
                found.push(path.display().to_string());
            }
        }
    }
    assert!(files > 2, "nothing was searched");
    found
}
