//! `kill -9` before every durable step of an app login's life: linking, renewing, editing permissions, unlinking. The
//! account still works afterwards, or says truthfully that the person is needed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use links::{Asked, Home, Links, Secret, SetInstance, Setup, Step, Unlink, Vault, VaultError};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use vault::Key;

use crate::kill::{Killer, signal};
use crate::login::{given, login};
use crate::person::{Answer, Person};
use crate::renewal::{PASSPHRASE, open_file};
use crate::room::{intents, unlink};
use crate::sim::Sim;

const HOME: &str = "LINKS_TEST_HOME";
const DO: &str = "LINKS_TEST_DO";
const STEP: &str = "LINKS_TEST_STEP";
const ADDRESS: &str = "LINKS_TEST_ADDRESS";
const PASSWORD: &str = "LINKS_TEST_PASSWORD";
const APPLICATION: &str = "LINKS_TEST_APPLICATION";

const NARROWER: [&str; 1] = ["read_api"];

#[tokio::test]
#[ignore = "started by the tests of this file as their child"]
async fn child() {
    let told = |name: &str| std::env::var(name).unwrap();
    let step = Step::ALL
        .into_iter()
        .find(|step| format!("{step:?}") == told(STEP))
        .unwrap();
    let links = open_file(&PathBuf::from(told(HOME)), 0, |setup| Setup {
        witness: Arc::new(Killer(step)),
        opener: Arc::new(Person::new("ada", &told(PASSWORD), Answer::Authorize)),
        ..setup
    })
    .await;
    let account = links.accounts().unwrap().pop();
    match (told(DO).as_str(), account) {
        ("link", None) => {
            let application: (String, Option<String>) = serde_json::from_str(&told(APPLICATION)).unwrap();
            let login = login(&told(ADDRESS), "Work", given(&application));
            links.app_login(login, &|_| {}).await.unwrap();
        }
        ("renew", Some(account)) => links.renew(&account.id).await.unwrap(),
        ("permit", Some(account)) => {
            let scopes = NARROWER.map(str::to_owned).to_vec();
            links
                .permissions(&account.id, scopes, true, &|_| {})
                .await
                .unwrap();
        }
        ("register anew", Some(account)) => {
            unlink(&links, &account, Unlink::default()).await.0.unwrap();
            let set = SetInstance {
                pasted: told(ADDRESS),
                client_id: Some("another".to_owned()),
                ..SetInstance::default()
            };
            links.set_instance(&set).await.unwrap();
        }
        ("unlink", Some(account)) => drop(unlink(&links, &account, Unlink::default()).await.0.unwrap()),
        _ => panic!("nothing to do"),
    }
}

struct Killed {
    sim: Sim,
    home: TempDir,
}

impl Killed {
    /// Links by the confidential application unless that is what is killed, and kills the work before the step.
    async fn while_it(does: &str, step: Step) -> Self {
        let killed = Self {
            sim: Sim::start(),
            home: tempfile::tempdir().unwrap(),
        };
        let sim = &killed.sim;
        let application = sim.application(true);
        let scopes = [
            "api",
            "read_api",
            "read_user",
            "read_repository",
            "write_repository",
        ];
        sim.change_application(json!({"application_id": application.0, "scopes": scopes}));
        if does != "link" {
            let links = killed.open().await;
            let login = login(&sim.address(), "Work", given(&application));
            links.app_login(login, &|_| {}).await.unwrap();
        }
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "login_kill::child", "--ignored"])
            .env(HOME, killed.home.path())
            .env(DO, does)
            .env(STEP, format!("{step:?}"))
            .env(ADDRESS, sim.address())
            .env(PASSWORD, sim.password("ada"))
            .env(APPLICATION, serde_json::to_string(&application).unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(signal(status), Some(9), "{step:?}: {status}");
        killed
    }

    async fn open(&self) -> Links {
        let browser = self.sim.person("ada", Answer::Authorize);
        open_file(self.home(), 0, |setup| Setup {
            opener: Arc::new(browser),
            ..setup
        })
        .await
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// What the next start finds: the account's health and trouble, and that it hands out what works.
    async fn next_start(&self) -> Option<(&'static str, Option<&'static str>)> {
        let links = self.open().await;
        let account = links.accounts().unwrap().pop();
        assert_eq!(intents(self.home()), 0);
        let account = links.check(&account?.id).await.unwrap();
        if account.health.state() == "linked" {
            let given = links
                .access_token(&account.id, &Asked::by("a test").unwrap())
                .await
                .unwrap();
            assert!(self.sim.accepts_bearer(given.token.expose()));
        }
        Some((
            account.health.state(),
            account.trouble.map(links::ProblemCode::as_str),
        ))
    }
}

macro_rules! killed {
    ($($name:ident: $does:literal $step:ident => $told:expr, logins: $logins:expr;)+) => { $(
        #[cfg(unix)]
        #[tokio::test]
        async fn $name() {
            let killed = Killed::while_it($does, Step::$step).await;
            assert_eq!(killed.next_start().await, $told);
            assert_eq!(killed.sim.living_logins(), $logins);
        }
    )+ };
}

const FINE: Option<(&str, Option<&str>)> = Some(("linked", None));
/// GitLab renewed it and the answer died with its process: nobody can have the new tokens, and that is what is said.
const LOST: Option<(&str, Option<&str>)> = Some(("revoked", Some("lost_renewal")));

killed! {
    // Tokens that were in the memory of a killed process alone, nobody can take back; they end by themselves.
    before_the_intent_of_a_login: "link" LinkIntent => None, logins: 1;
    before_the_secret_of_its_application: "link" LinkApplication => None, logins: 1;
    before_the_secret_of_a_login: "link" LinkSecret => None, logins: 1;
    before_the_row_of_a_login: "link" LinkRow => FINE, logins: 1;
    before_the_end_of_a_login: "link" LinkIntentCleared => FINE, logins: 1;
    before_the_journal_of_a_renewal: "renew" RenewJournal => FINE, logins: 1;
    before_the_request_of_a_renewal: "renew" RenewRequest => FINE, logins: 1;
    before_the_secret_of_a_renewal: "renew" RenewSecret => LOST, logins: 1;
    before_the_row_of_a_renewal: "renew" RenewRow => FINE, logins: 1;
    before_the_new_secret_of_other_permissions: "permit" PermitSecret => FINE, logins: 2;
    before_the_row_of_other_permissions: "permit" PermitRow => FINE, logins: 1;
    before_the_old_permissions_are_revoked: "permit" PermitRevoke => FINE, logins: 1;
    before_the_old_permissions_are_forgotten: "permit" PermitForget => FINE, logins: 1;
    before_an_app_login_is_revoked: "unlink" UnlinkRevoke => FINE, logins: 1;
    before_an_app_login_is_proved_dead: "unlink" UnlinkProve => None, logins: 0;
    before_the_row_of_an_unlinked_login: "unlink" UnlinkRow => None, logins: 0;
    before_the_secret_of_an_unlinked_login: "unlink" UnlinkSecret => None, logins: 0;
}

#[cfg(unix)]
#[tokio::test]
async fn the_secret_of_an_application_that_gave_way_goes_with_the_next_start() {
    for step in [Step::FormerSecret, Step::FormerGone] {
        let killed = Killed::while_it("register anew", step).await;
        let kept = async || {
            let file = Home::at(killed.home().to_owned()).vault_file();
            let vault = Vault::encrypted_file(file, Secret::new(PASSPHRASE.to_owned())).unwrap();
            let named = format!("{}\0{}", killed.sim.address(), killed.sim.application(true).0);
            let name = Sha256::digest(named)[..24]
                .iter()
                .fold("registration-".to_owned(), |name, byte| {
                    format!("{name}{byte:02x}")
                });
            vault.get(&Key::new(&name).unwrap()).await
        };
        let before = kept().await;
        assert_eq!(before.is_ok(), step == Step::FormerSecret, "{step:?}");
        assert_eq!(killed.next_start().await, None);
        assert_eq!(kept().await.err(), Some(VaultError::Missing), "{step:?}");
        let db = rusqlite::Connection::open(killed.home().join("lablink.db")).unwrap();
        let left: i64 = db
            .query_row("SELECT count(*) FROM former_applications", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "{step:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn permissions_that_were_stored_are_the_accounts_after_a_kill() {
    for step in [Step::PermitRow, Step::PermitRevoke] {
        let killed = Killed::while_it("permit", step).await;
        killed.next_start().await;
        let account = killed.open().await.accounts().unwrap().pop().unwrap();
        assert_eq!(account.wanted, NARROWER, "{step:?}");
        assert_eq!(account.missing, Vec::<String>::new());
    }
}
