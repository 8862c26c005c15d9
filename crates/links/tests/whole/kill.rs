//! `kill -9` before every durable step of linking and unlinking: another process of this test program does the work on
//! an encrypted file and ends itself there; the next start finds the old state or the new, and says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use links::{Event, Health, Home, Links, Opened, Place, Secret, Setup, Step, Unlink, Waiting, Witness};
use tempfile::TempDir;

use crate::room::{intents, link, unlink};
use crate::sim::Sim;

const HOME: &str = "LINKS_TEST_HOME";
const ADDRESS: &str = "LINKS_TEST_ADDRESS";
const TOKEN: &str = "LINKS_TEST_TOKEN";
const STEP: &str = "LINKS_TEST_STEP";
const LATER: &str = "LINKS_TEST_LATER";
const PASSPHRASE: &str = "correct horse battery staple";

/// Ends this process as `kill -9` does, before one step.
pub(crate) struct Killer(pub(crate) Step);

impl Witness for Killer {
    fn before(&self, step: Step) {
        if step == self.0 {
            let pid = std::process::id().to_string();
            Command::new("kill").args(["-9", &pid]).status().unwrap();
            loop {
                std::thread::park();
            }
        }
    }
}

fn setup(home: &Path) -> Setup {
    Setup::new(Home::at(home.to_owned()))
}

async fn open(setup: Setup) -> Opened {
    let mut opened = Links::open(setup).await.unwrap();
    let mut events = opened.links.subscribe();
    // What waited for the passphrase is put right when it is given.
    opened
        .links
        .use_encrypted_file(Secret::new(PASSPHRASE.to_owned()))
        .await
        .unwrap();
    while let Ok(event) = events.try_recv() {
        if let Event::Recovered(recovered) = event {
            opened.recovered.push(recovered);
        }
    }
    opened
}

/// The process that is killed: links, or unlinks what is linked.
#[tokio::test]
#[ignore = "started by the tests of this file as their child"]
async fn child() {
    let told = |name: &str| std::env::var(name).unwrap();
    let step = Step::ALL
        .into_iter()
        .find(|step| format!("{step:?}") == told(STEP))
        .unwrap();
    let home = PathBuf::from(told(HOME));
    let witness = std::sync::Arc::new(Killer(step));
    let links = open(Setup {
        witness,
        ..setup(&home)
    })
    .await
    .links;
    match links.accounts().unwrap().pop() {
        Some(account) => {
            let how = Unlink {
                revoke_later: std::env::var_os(LATER).is_some(),
                ..Unlink::default()
            };
            drop(unlink(&links, &account, how).await.0.unwrap());
        }
        None => drop(link(&links, &told(ADDRESS), "Work", &told(TOKEN)).await.unwrap()),
    }
}

/// Runs the child until it is killed before the step.
fn kill_before(step: Step, home: &Path, sim: &Sim) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    if format!("{step:?}").starts_with("Later") {
        command.env(LATER, "");
    }
    let status = command
        .args(["--exact", "kill::child", "--ignored"])
        .env(HOME, home)
        .env(ADDRESS, sim.address())
        .env(TOKEN, sim.ada())
        .env(STEP, format!("{step:?}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(signal(status), Some(9), "{step:?}: {status}");
}

#[cfg(unix)]
pub(crate) fn signal(status: std::process::ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal()
}

struct Killed {
    sim: Sim,
    home: TempDir,
}

impl Killed {
    /// Killed before a step of linking, or of unlinking what was linked before.
    async fn before(step: Step, linked: bool) -> Self {
        let killed = Self {
            sim: Sim::start(),
            home: tempfile::tempdir().unwrap(),
        };
        if linked {
            let links = open(setup(killed.home.path())).await.links;
            let (address, token) = (killed.sim.address(), killed.sim.ada());
            let account = link(&links, &address, "Work", &token).await.unwrap();
            assert_eq!(account.secret_in, Place::EncryptedFile);
        }
        kill_before(step, killed.home.path(), &killed.sim);
        killed
    }

    /// What the next start says, and whether the account stands and works; secrets without an account, and accounts
    /// without a secret, there are none.
    async fn next_start(&self) -> (Vec<(&'static str, String)>, bool) {
        let Opened { links, recovered } = open(setup(self.home.path())).await;
        let stands = match links.accounts().unwrap().pop() {
            Some(account) => {
                assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
                true
            }
            None => false,
        };
        assert_eq!(intents(self.home.path()), 0);
        let tried = links.revoke_waiting(Waiting::All).await.unwrap();
        assert!(tried.iter().all(|tried| tried.outcome.is_ok()), "{tried:?}");
        assert_eq!(links.revocations().unwrap(), []);
        let secrets = secrets(self.home.path()).await;
        assert_eq!(secrets, usize::from(stands), "secrets and accounts");
        let again = open(setup(self.home.path())).await;
        assert_eq!(again.recovered, [], "told once");
        (
            recovered
                .into_iter()
                .map(|one| (one.what.as_str(), one.name))
                .collect(),
            stands,
        )
    }
}

/// How many account secrets the encrypted file holds, by the identifiers the ledger and the lock files know.
async fn secrets(home: &Path) -> usize {
    let file = Home::at(home.to_owned()).vault_file();
    let vault = links::Vault::encrypted_file(file, Secret::new(PASSPHRASE.to_owned())).unwrap();
    let links = Links::open(setup(home)).await.unwrap().links;
    let mut ids: Vec<String> = links
        .ledger(None, 100)
        .unwrap()
        .iter()
        .filter_map(|entry| entry.account)
        .map(|id| id.to_string())
        .collect();
    for lock in std::fs::read_dir(home.join("locks")).unwrap() {
        let name = lock.unwrap().file_name().into_string().unwrap();
        ids.push(name.trim_end_matches(".lock").to_owned());
    }
    ids.sort();
    ids.dedup();
    let mut found = 0;
    for id in ids {
        let key = vault::Key::new(&format!("account-{id}")).unwrap();
        found += usize::from(vault.get(&key).await.is_ok());
    }
    found
}

macro_rules! killed {
    ($($name:ident: $step:ident, linked: $linked:expr => $told:expr, stands: $stands:expr, accepted: $accepted:expr;)+) => { $(
        #[cfg(unix)]
        #[tokio::test]
        async fn $name() {
            let killed = Killed::before(Step::$step, $linked).await;
            let told: Option<&str> = $told;
            let (said, stands) = killed.next_start().await;
            let expected: Vec<_> = told.map(|what| (what, "Work".to_owned())).into_iter().collect();
            assert_eq!((said, stands), (expected, $stands));
            assert_eq!(killed.sim.accepts(&killed.sim.ada()), $accepted);
        }
    )+ };
}

killed! {
    before_the_intent_of_linking: LinkIntent, linked: false => None, stands: false, accepted: true;
    before_the_secret_of_linking: LinkSecret, linked: false => Some("link_undone"), stands: false, accepted: true;
    before_the_row_of_linking: LinkRow, linked: false => Some("link_finished"), stands: true, accepted: true;
    before_the_end_of_linking: LinkIntentCleared, linked: false => Some("link_finished"), stands: true, accepted: true;
    before_the_intent_of_unlinking: UnlinkIntent, linked: true => None, stands: true, accepted: true;
    before_the_revoking: UnlinkRevoke, linked: true => Some("unlink_undone"), stands: true, accepted: true;
    before_the_proof: UnlinkProve, linked: true => Some("unlink_finished"), stands: false, accepted: false;
    before_the_row_of_unlinking: UnlinkRow, linked: true => Some("unlink_finished"), stands: false, accepted: false;
    before_the_secret_of_unlinking: UnlinkSecret, linked: true => Some("unlink_finished"), stands: false, accepted: false;
    before_the_account_goes_unrevoked: LaterRow, linked: true => None, stands: true, accepted: true;
    before_a_waiting_token_is_revoked: LaterRevoke, linked: true => None, stands: false, accepted: false;
    before_a_waiting_token_is_proved_dead: LaterProve, linked: true => None, stands: false, accepted: false;
    before_the_end_of_a_waiting_token_is_known: LaterEnd, linked: true => None, stands: false, accepted: false;
    before_the_secret_of_a_waiting_token_goes: LaterSecret, linked: true => None, stands: false, accepted: false;
    before_a_waiting_token_is_forgotten: LaterGone, linked: true => None, stands: false, accepted: false;
    before_the_end_of_unlinking: UnlinkIntentCleared, linked: true => Some("unlink_finished"), stands: false, accepted: false;
}
