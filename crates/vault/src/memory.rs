//! A keychain in memory that fails when it is told to: for tests of callers.
//!
//! It never touches the disk and forgets everything when dropped. Several vaults may share one
//! (`Arc<MemoryBackend>`): that is what several processes look like to a keychain.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::{Backend, Listed, Place, Secret, VaultError};

/// The keychain in memory. Calls to it are numbered from 1, in the order they come.
#[derive(Default)]
pub struct MemoryBackend {
    limit: Option<usize>,
    state: Mutex<State>,
    /// Woken when something that hangs is let go.
    released: Condvar,
    /// Held by the one writer of [`Backend::exclusively`].
    writer: Mutex<()>,
}

#[derive(Default)]
struct State {
    items: BTreeMap<String, Item>,
    calls: usize,
    /// Call numbers that fail, with what.
    fail_on: BTreeMap<usize, VaultError>,
    /// From this call on nothing is done any more.
    dead_from: Option<usize>,
    /// Every call fails so.
    refusing: Option<VaultError>,
    hanging: bool,
    /// Nothing more can be written.
    full: bool,
}

struct Item {
    label: String,
    text: Zeroizing<String>,
}

impl MemoryBackend {
    /// An empty one that holds items of any length and never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses items longer than so many bytes, as Windows does above 2560.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Fails the call with this number, once; the call has no effect.
    #[must_use]
    pub fn fail_on(self, call_no: usize, error: VaultError) -> Self {
        self.state().fail_on.insert(call_no, error);
        self
    }

    /// From now on every call fails with this error, until told otherwise by `None`.
    pub fn refuse(&self, error: Option<VaultError>) {
        self.state().refusing = error;
    }

    /// The next so many calls fail with this error; they have no effect.
    pub fn refuse_next(&self, calls: usize, error: &VaultError) {
        let mut state = self.state();
        let next = state.calls + 1;
        state
            .fail_on
            .extend((next..next + calls).map(|call| (call, error.clone())));
    }

    /// From now on nothing can be written (`true`); the rest works as ever.
    pub fn fill(&self, full: bool) {
        self.state().full = full;
    }

    /// From now on every call hangs (`true`); those that hang go on after `false`.
    pub fn hang(&self, hanging: bool) {
        self.state().hanging = hanging;
        self.released.notify_all();
    }

    /// Ends the process, as far as the keychain can tell: so many further calls still happen,
    /// after that none has any effect, until [`restart`](Self::restart).
    pub fn crash_after(&self, calls: usize) {
        let mut state = self.state();
        state.dead_from = Some(state.calls + calls + 1);
    }

    /// The process lives again; what the keychain held it still holds.
    pub fn restart(&self) {
        self.state().dead_from = None;
    }

    /// How many calls came so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// The names of all items (no secrets), sorted.
    #[must_use]
    pub fn dump(&self) -> Vec<String> {
        self.state().items.keys().cloned().collect()
    }

    /// The label an item was written with.
    #[must_use]
    pub fn label(&self, item: &str) -> Option<String> {
        self.state().items.get(item).map(|item| item.label.clone())
    }

    /// Whether any item's text contains this text.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.state().items.values().any(|item| item.text.contains(text))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and lets it go on, or not.
    fn enter(&self) -> Result<MutexGuard<'_, State>, VaultError> {
        let mut state = self.state();
        state.calls += 1;
        let number = state.calls;
        if state.dead_from.is_some_and(|dead_from| number >= dead_from) {
            return Err(VaultError::Failed {
                detail: "the process is dead".to_owned(),
            });
        }
        while state.hanging {
            state = self.released.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(error) = state.fail_on.remove(&number) {
            return Err(error);
        }
        match &state.refusing {
            Some(error) => Err(error.clone()),
            None => Ok(state),
        }
    }
}

impl Backend for MemoryBackend {
    fn place(&self) -> Place {
        Place::Memory
    }

    fn max_record(&self) -> Option<usize> {
        self.limit
    }

    fn put(&self, item: &str, label: &str, secret: &Secret) -> Result<(), VaultError> {
        let mut state = self.enter()?;
        if state.full {
            return Err(VaultError::Full);
        }
        let length = secret.expose().len();
        if self.limit.is_some_and(|limit| length > limit) {
            return Err(VaultError::Failed {
                detail: format!("{length} bytes are too long for one item"),
            });
        }
        let text = Zeroizing::new(secret.expose().to_owned());
        state.items.insert(
            item.to_owned(),
            Item {
                label: label.to_owned(),
                text,
            },
        );
        Ok(())
    }

    fn get(&self, item: &str) -> Result<Secret, VaultError> {
        let state = self.enter()?;
        let found = state.items.get(item).ok_or(VaultError::Missing)?;
        Ok(Secret::new(found.text.to_string()))
    }

    fn delete(&self, item: &str) -> Result<(), VaultError> {
        self.enter()?
            .items
            .remove(item)
            .map(drop)
            .ok_or(VaultError::Missing)
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, VaultError> {
        let state = self.enter()?;
        let listed = |(item, kept): (&String, &Item)| Listed {
            item: item.clone(),
            label: kept.label.clone(),
        };
        Ok(Some(state.items.iter().map(listed).collect()))
    }

    fn exclusively(&self, work: &mut dyn FnMut() -> Result<(), VaultError>) -> Result<(), VaultError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        work()
    }
}
