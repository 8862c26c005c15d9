//! What the vault promises about any backend: failures by kind, the guard against a keychain that
//! hangs, the order of writes, the probe.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use vault::memory::MemoryBackend;
use vault::{Backend, Key, Place, Secret, Vault, VaultError};

const LONG: Duration = Duration::from_secs(600);
/// The guard of a vault whose keychain hangs: it is always reached, but a call has to come as far as the keychain before,
/// also on a busy computer.
const SHORT: Duration = Duration::from_millis(500);

fn key() -> Key {
    Key::new("account-1").unwrap()
}

fn over(backend: &Arc<MemoryBackend>, guard: Duration) -> Vault {
    Vault::with_backend(Arc::clone(backend) as Arc<dyn Backend>, guard)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// Until every thread that worked for a vault has ended; all vaults over the backend must be dropped.
fn settle(backend: &Arc<MemoryBackend>) {
    while Arc::strong_count(backend) > 1 {
        thread::yield_now();
    }
}

#[tokio::test]
async fn a_record_is_written_read_replaced_and_removed() {
    let backend = Arc::new(MemoryBackend::new());
    let vault = over(&backend, LONG);
    assert_eq!(vault.place(), Place::Memory);
    assert_eq!(vault.get(&key()).await.err(), Some(VaultError::Missing));
    vault.put(&key(), "GitLab ada", secret("one")).await.unwrap();
    vault.put(&key(), "GitLab ada", secret("two")).await.unwrap();
    assert!(vault.get(&key()).await.unwrap().same_as(&secret("two")));
    assert!(!backend.contains("one"));
    vault.delete(&key()).await.unwrap();
    vault.delete(&key()).await.unwrap();
    assert_eq!(vault.get(&key()).await.err(), Some(VaultError::Missing));
    assert!(backend.dump().is_empty());
}

#[tokio::test]
async fn failures_keep_their_kind() {
    let backend = Arc::new(MemoryBackend::new());
    let vault = over(&backend, LONG);
    let kinds = [
        VaultError::Locked,
        VaultError::Denied,
        VaultError::Absent {
            detail: "none here".into(),
        },
        VaultError::Full,
        VaultError::Corrupt,
        VaultError::Failed { detail: "odd".into() },
    ];
    for kind in kinds {
        backend.refuse(Some(kind.clone()));
        assert_eq!(vault.put(&key(), "l", secret("s")).await, Err(kind.clone()));
        assert_eq!(vault.get(&key()).await.err(), Some(kind.clone()));
        assert_eq!(vault.delete(&key()).await, Err(kind.clone()));
        assert_eq!(vault.probe().await, Err(kind));
    }
    backend.refuse(None);
    vault.probe().await.unwrap();
}

#[test]
fn a_keychain_that_hangs_holds_up_neither_the_caller_nor_the_runtime() {
    let backend = Arc::new(MemoryBackend::new());
    backend.hang(true);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    // A vault for each call, so that each gets as far as the keychain.
    runtime.block_on(async {
        assert_eq!(
            over(&backend, SHORT).put(&key(), "l", secret("s")).await,
            Err(VaultError::Hung)
        );
        assert_eq!(
            over(&backend, SHORT).get(&key()).await.err(),
            Some(VaultError::Hung)
        );
        assert_eq!(over(&backend, SHORT).delete(&key()).await, Err(VaultError::Hung));
        assert_eq!(over(&backend, SHORT).probe().await, Err(VaultError::Hung));
    });
    assert_eq!(backend.calls(), 4);
    // Would wait for ever if the hung calls stood on the runtime's threads.
    drop(runtime);
    backend.hang(false);
    settle(&backend);
    assert!(
        !backend.dump().iter().any(|name| name.starts_with("probe")),
        "{:?}",
        backend.dump()
    );
}

#[tokio::test]
async fn a_write_that_was_called_hung_while_it_waited_for_its_turn_never_lands() {
    let backend = Arc::new(MemoryBackend::new());
    let vault = over(&backend, SHORT);
    backend.hang(true);
    // The first is stuck in the keychain, the others wait behind it; were they to land, it could be after a later one.
    for text in ["first", "second", "third"] {
        assert_eq!(vault.put(&key(), "l", secret(text)).await, Err(VaultError::Hung));
    }
    drop(vault);
    backend.hang(false);
    settle(&backend);
    assert_eq!(backend.calls(), 1);
    assert_eq!(over(&backend, LONG).get(&key()).await.unwrap().expose(), "first");
}

#[tokio::test]
async fn a_split_write_that_hangs_leaves_a_whole_record() {
    let (old, new) = ("o".repeat(9000), "n".repeat(9000));
    let backend = Arc::new(MemoryBackend::new().limit(2560));
    over(&backend, LONG).put(&key(), "l", secret(&old)).await.unwrap();
    let vault = over(&backend, SHORT);
    backend.hang(true);
    assert_eq!(vault.put(&key(), "l", secret(&new)).await, Err(VaultError::Hung));
    drop(vault);
    backend.hang(false);
    settle(&backend);
    // It was stuck at its first step, and begins no further one once called hung.
    assert_eq!(over(&backend, LONG).get(&key()).await.unwrap().expose(), old);
    over(&backend, LONG).delete(&key()).await.unwrap();
    assert!(backend.dump().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_paused_test_clock_does_not_make_a_call_look_hung() {
    let backend = Arc::new(MemoryBackend::new());
    over(&backend, LONG).probe().await.unwrap();
}

#[tokio::test]
async fn a_probe_is_of_full_size_and_leaves_nothing_whichever_step_fails() {
    for limit in [None, Some(2560)] {
        let new = || limit.map_or_else(MemoryBackend::new, |limit| MemoryBackend::new().limit(limit));
        let backend = Arc::new(new());
        over(&backend, LONG).probe().await.unwrap();
        assert!(backend.dump().is_empty());
        let calls = backend.calls();
        for call in 1..=calls {
            let backend = Arc::new(new().fail_on(call, VaultError::Full));
            let answer = over(&backend, LONG).probe().await;
            // A removal that fails is tried by nobody again: only it may leave something, and says so.
            if !backend.dump().is_empty() {
                assert_eq!(answer, Err(VaultError::Full), "call {call} of {calls}");
            }
        }
    }
}

#[tokio::test]
async fn reaching_writes_nothing_and_says_what_stands_in_the_way() {
    let backend = Arc::new(MemoryBackend::new());
    let vault = over(&backend, LONG);
    backend.fill(true);
    vault.reach().await.unwrap();
    assert_eq!(vault.probe().await, Err(VaultError::Full));
    backend.fill(false);
    for error in [VaultError::Locked, VaultError::Denied] {
        backend.refuse(Some(error.clone()));
        assert_eq!(vault.reach().await, Err(error));
    }
    assert!(backend.dump().is_empty());
}

#[tokio::test]
async fn a_keychain_that_forgets_or_garbles_fails_the_probe() {
    struct Garbling(MemoryBackend);
    impl Backend for Garbling {
        fn place(&self) -> Place {
            Place::SecretService
        }
        fn max_record(&self) -> Option<usize> {
            None
        }
        fn put(&self, item: &str, label: &str, given: &Secret) -> Result<(), VaultError> {
            self.0.put(item, label, &secret(&given.expose()[1..]))
        }
        fn get(&self, item: &str) -> Result<Secret, VaultError> {
            self.0.get(item)
        }
        fn delete(&self, item: &str) -> Result<(), VaultError> {
            self.0.delete(item)
        }
    }
    let backend = Arc::new(Garbling(MemoryBackend::new()));
    let vault = Vault::with_backend(Arc::clone(&backend) as Arc<dyn Backend>, LONG);
    assert_eq!(vault.probe().await, Err(VaultError::Corrupt));
    assert!(backend.0.dump().is_empty());
}
