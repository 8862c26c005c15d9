//! A home, a keychain in memory and a clock of its own for one test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use links::{
    Account, Clock, Home, Links, Opened, Problem, Recovered, Setup, Step, StepState, Token, TokenLink,
    Unlink, UnlinkStep, Unlinked, Vault, VaultSource, WANTED, Witness, utc_day,
};
use tempfile::TempDir;
use vault::memory::MemoryBackend;

use crate::sim::Sim;

/// How long a call of the keychain may take here: none hangs but where a test has a guard of its own, and on a busy
/// computer it may be seconds before a call's thread runs.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// The computer's clock, moved by as much as a test says.
#[derive(Default)]
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct Room {
    dir: TempDir,
    pub(crate) keychain: Arc<MemoryBackend>,
    pub(crate) hands: Arc<Hands>,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self::with(MemoryBackend::new())
    }

    pub(crate) fn with(keychain: MemoryBackend) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            keychain: Arc::new(keychain),
            hands: Arc::default(),
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn setup(&self) -> Setup {
        let vault = Vault::with_backend(self.keychain.clone(), GUARD);
        Setup {
            vault: VaultSource::Given(vault),
            clock: self.hands.clone(),
            ..Setup::new(Home::at(self.home()))
        }
    }

    pub(crate) async fn open(&self) -> Links {
        let Opened { links, recovered } = Links::open(self.setup()).await.unwrap();
        assert_eq!(recovered, []);
        links
    }

    /// Opens it as the next process does, and says what that put right.
    pub(crate) async fn reopen(&self) -> (Links, Vec<Recovered>) {
        let Opened { links, recovered } = Links::open(self.setup()).await.unwrap();
        (links, recovered)
    }

    pub(crate) async fn open_watched(&self, witness: impl Witness + 'static) -> Links {
        Links::open(Setup {
            witness: Arc::new(witness),
            ..self.setup()
        })
        .await
        .unwrap()
        .links
    }

    /// Moves this computer's clock and a GitLab's on to noon in UTC, so that the day does not end while a test counts
    /// days, and says which day it is. Once a test.
    pub(crate) fn noon(&self, sim: &Sim) -> Date {
        let now = self.hands.now();
        let day = utc_day(now) + Span::new().days(1);
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let ahead = noon.duration_since(now).as_secs() + 1;
        self.hands.advance(ahead);
        sim.advance(ahead);
        day
    }

    /// Asserts that nothing of a refused link is left: no row, no secret, no lock file.
    pub(crate) fn assert_nothing_left(&self, links: &Links, what: &str) {
        assert_eq!(links.accounts().unwrap(), [], "{what}");
        let instances: Vec<_> = links
            .instances()
            .unwrap()
            .into_iter()
            .map(|one| one.address.to_string())
            .collect();
        assert_eq!(instances, ["https://gitlab.com"], "{what}");
        assert_eq!(self.kept(), Vec::<String>::new(), "{what}");
        assert_eq!(links.ledger(None, 100).unwrap(), [], "{what}");
        assert_eq!(intents(&self.home()), 0, "{what}");
        let locks = std::fs::read_dir(self.home().join("locks")).unwrap().count();
        assert_eq!(locks, 0, "{what}");
        let beside = std::fs::read_dir(self.dir.path()).unwrap().count();
        assert_eq!(beside, 1, "{what}: something outside home");
    }

    /// The names of all that is kept. A login that has ended may still be trying the keychain out, with an item that goes
    /// again: that is waited for.
    fn kept(&self) -> Vec<String> {
        let end = Instant::now() + GUARD;
        loop {
            let kept = self.keychain.dump();
            let trying = kept.iter().any(|item| item.starts_with("probe-"));
            if !trying || Instant::now() > end {
                return kept;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// How much work stands half done in the database.
pub(crate) fn intents(home: &std::path::Path) -> i64 {
    let db = rusqlite::Connection::open(home.join("lablink.db")).unwrap();
    db.query_row("SELECT count(*) FROM intents", [], |row| row.get(0))
        .unwrap()
}

pub(crate) fn wanted() -> Vec<String> {
    WANTED.map(str::to_owned).to_vec()
}

pub(crate) fn token_link(pasted: &str, name: &str, token: &str) -> TokenLink {
    TokenLink {
        pasted: pasted.to_owned(),
        name: Some(name.to_owned()),
        token: Token::read(token).unwrap(),
        required: wanted(),
        accept_missing: false,
        allow_http: false,
        authorities: Vec::new(),
    }
}

pub(crate) async fn link(links: &Links, pasted: &str, name: &str, token: &str) -> Result<Account, Problem> {
    links.link_with_token(token_link(pasted, name, token)).await
}

/// Unlinks and says which step was in which state, in order.
pub(crate) async fn unlink(
    links: &Links,
    account: &Account,
    how: Unlink,
) -> (Result<Unlinked, Problem>, Vec<(UnlinkStep, StepState)>) {
    let told = Mutex::new(Vec::new());
    let done = links
        .unlink(&account.id, how, &|step, state| {
            told.lock().unwrap().push((step, state));
        })
        .await;
    (done, told.into_inner().unwrap())
}

/// Does something right before a step.
pub(crate) struct Before<F: Fn() + Send + Sync>(pub(crate) Step, pub(crate) F);

impl<F: Fn() + Send + Sync> Witness for Before<F> {
    fn before(&self, step: Step) {
        if step == self.0 {
            (self.1)();
        }
    }
}
