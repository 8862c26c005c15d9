//! `kill -9` before every durable step of linking an account again, by every change of method: the old secret stands or
//! the new one, whole, and never two accounts nor none; and two processes at once take turns.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use links::{Asked, Links, Method, OtherUser, Setup, Step, TokenRelink};
use serde_json::json;
use tempfile::TempDir;

use crate::kill::{Killer, signal};
use crate::login::log_in;
use crate::person::{Answer, Person};
use crate::relinking::{another, by_app, with_token};
use crate::renewal::open_file;
use crate::room::link;
use crate::sim::Sim;

const HOME: &str = "LINKS_TEST_HOME";
const STEP: &str = "LINKS_TEST_STEP";
const PASSWORD: &str = "LINKS_TEST_PASSWORD";
/// The new token; without one somebody signs in.
const TOKEN: &str = "LINKS_TEST_TOKEN";

/// Links “Work” again, until it is killed before the step; without one it comes to its end.
#[tokio::test]
#[ignore = "started by the tests of this file as their child"]
async fn child() {
    let told = |name: &str| std::env::var(name).unwrap();
    let step = Step::ALL
        .into_iter()
        .find(|step| format!("{step:?}") == told(STEP));
    let links = open_file(&PathBuf::from(told(HOME)), 0, |setup| {
        let opener = Arc::new(Person::new("ada", &told(PASSWORD), Answer::Authorize));
        let setup = Setup { opener, ..setup };
        match step {
            Some(step) => Setup {
                witness: Arc::new(Killer(step)),
                ..setup
            },
            None => setup,
        }
    })
    .await;
    let account = links.account("Work").unwrap();
    if let Ok(token) = std::env::var(TOKEN) {
        let request = TokenRelink {
            other_user: OtherUser::Named("grace".to_owned()),
            ..with_token(&token)
        };
        links.relink_with_token(&account.id, request).await.unwrap();
    } else {
        links.sign_in_again(&account.id, by_app(), &|_| {}).await.unwrap();
    }
}

/// How an account signs in before and after.
#[derive(Clone, Copy)]
struct Change(Method, Method);

struct Killed {
    sim: Sim,
    home: TempDir,
    /// What the account is to have: a token of somebody else, whom the person named.
    new: String,
}

impl Killed {
    async fn prepare(from: Method) -> Self {
        let sim = Sim::start();
        let new = another(&sim, json!({"username": "grace"}));
        let killed = Self {
            sim,
            home: tempfile::tempdir().unwrap(),
            new,
        };
        let links = killed.open().await;
        // Where app login is set up, and another account that nobody touches.
        let other = log_in(&links, &killed.sim, "Other").await;
        match from {
            Method::App => drop(links.rename(&other.id, "Work").unwrap()),
            Method::Token => {
                let (address, token) = (killed.sim.address(), killed.sim.ada());
                link(&links, &address, "Work", &token).await.unwrap();
            }
        }
        killed
    }

    fn child(&self, step: &str, to: Method) -> Command {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "relink_kill::child", "--ignored"])
            .env(HOME, self.home.path())
            .env(STEP, step)
            .env(PASSWORD, self.sim.password("ada"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if to == Method::Token {
            child.env(TOKEN, &self.new);
        }
        child
    }

    async fn open(&self) -> Links {
        let browser = self.sim.person("ada", Answer::Authorize);
        open_file(self.home.path(), 0, |setup| Setup {
            opener: Arc::new(browser),
            ..setup
        })
        .await
    }

    /// The next start: the account works, and is as it was or as it was to be; answers which.
    async fn next_start(&self, Change(from, to): Change, accounts: usize) -> bool {
        let links = self.open().await;
        assert_eq!(
            links.accounts().unwrap().len(),
            accounts,
            "no account came or went"
        );
        let account = links.account("Work").unwrap();
        let checked = links.check(&account.id).await.unwrap();
        assert_eq!(checked.health.state(), "linked", "{:?}", checked.trouble);
        let asked = Asked::by("a test").unwrap();
        let given = links.access_token(&account.id, &asked).await.unwrap();
        let given = given.token.expose();
        let new = if from == Method::Token {
            given != self.sim.ada()
        } else {
            to == Method::Token && given == self.new
        };
        assert_eq!(checked.method, if new { to } else { from });
        if from == Method::App || (new && to == Method::App) {
            assert_eq!(
                account.user.username.as_deref(),
                Some(if new && to == Method::Token {
                    "grace"
                } else {
                    "ada"
                })
            );
        }
        match checked.method {
            Method::App => assert!(self.sim.accepts_bearer(given)),
            Method::Token => assert!(self.sim.accepts(given)),
        }
        assert!(self.sim.accepts(&self.sim.ada()), "a pasted token is left alone");
        new
    }
}

/// The steps, in their order, and whether the new secret stands when the kill comes before one.
const STEPS: [(Step, bool); 5] = [
    (Step::RelinkIntent, false),
    (Step::PermitSecret, false),
    (Step::PermitRow, true),
    (Step::PermitRevoke, true),
    (Step::PermitForget, true),
];

async fn killed_everywhere(change: Change) {
    let Change(from, to) = change;
    for (step, stands) in STEPS {
        // A token that gives way is not taken back.
        if from == Method::Token && matches!(step, Step::PermitRevoke | Step::PermitForget) {
            continue;
        }
        let killed = Killed::prepare(from).await;
        let accounts = if from == Method::Token { 2 } else { 1 };
        let status = killed.child(&format!("{step:?}"), to).status().unwrap();
        assert_eq!(signal(status), Some(9), "{step:?}: {status}");
        let new = killed.next_start(change, accounts).await;
        assert_eq!(new, stands, "{step:?}");
        if from == Method::App && stands {
            assert_eq!(
                killed.sim.living_logins(),
                0,
                "{step:?}: the old login was taken back"
            );
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_token_that_takes_a_tokens_place() {
    killed_everywhere(Change(Method::Token, Method::Token)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_login_that_takes_a_tokens_place() {
    killed_everywhere(Change(Method::Token, Method::App)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_token_that_takes_a_logins_place() {
    killed_everywhere(Change(Method::App, Method::Token)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn two_processes_at_once_take_turns() {
    let killed = Killed::prepare(Method::Token).await;
    let mut children = [Method::Token, Method::Token].map(|to| killed.child("", to).spawn().unwrap());
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert!(killed.next_start(Change(Method::Token, Method::Token), 2).await);
}
