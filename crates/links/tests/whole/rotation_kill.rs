//! Rotation, killed at every step and with its answers lost, hundreds of times by fixed seeds. Whatever dies when: no
//! token is shown to a rotation after it was rotated, so no family is revoked; and a token that is lost is said to be.
//!
//! A kill within this process unwinds the task before the step and opens the installation anew, which leaves exactly
//! what a killed process leaves: the database, the keychain, and no lock. `kill -9` for real is below, once a step.

use std::io::Write as _;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use links::{Account, Links, ProblemCode, Setup, Step, Witness};
use serde_json::{Value, json};

use crate::kill::{Killer, signal};
use crate::renewal::open_file;
use crate::room::{Room, link, wanted};
use crate::rotation::given;
use crate::sim::Sim;

const STEPS: [Step; 6] = [
    Step::RotateNote,
    Step::RotateRequest,
    Step::RotateSecret,
    Step::RotateProve,
    Step::RotateRow,
    Step::RotateForget,
];

/// Lives of an account that are played, by seeds 1, 2, 3 …
const LIVES: u64 = 210;

/// What is done in a life, each by a process of its own; the first is a rotation.
const DEEDS: u64 = 2;

/// `SplitMix64`: the same numbers for the same seed everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Ends the work before one step, as if the process had died there.
struct Death {
    step: Option<Step>,
    came: Arc<AtomicBool>,
}

impl Witness for Death {
    fn before(&self, step: Step) {
        if self.step == Some(step) {
            self.came.store(true, Ordering::SeqCst);
            // Without the panic hook's words.
            resume_unwind(Box::new(()));
        }
    }
}

/// What goes wrong on the way in the course of one deed.
fn spoil(sim: &Sim, dice: &mut Dice) {
    let rotate = "/api/v4/personal_access_tokens/self/rotate";
    let about = "/api/v4/user";
    match dice.below(6) {
        0 => sim.fault(json!({"fault": "lost_response", "path": rotate})),
        1 => sim.fault(json!({"fault": "close", "path": rotate})),
        2 => sim.fault(json!({"fault": "unavailable", "path": rotate, "seconds": 60})),
        3 => sim.fault(json!({"fault": "bad_gateway", "path": rotate})),
        _ => sim.fault(json!({"fault": "close", "path": about, "times": 1 + dice.below(4)})),
    }
}

async fn deed(links: &Links, account: &Account, side: u64) {
    // Whatever comes of it, what stands afterwards is looked at.
    match side {
        1 => drop(links.check(&account.id).await),
        2 => drop(given(links, account).await),
        _ => drop(links.rotate(&account.id, None).await),
    }
}

/// The newest of a token's family, by GitLab's number of the first.
fn newest(state: &Value, first: u64) -> Value {
    let tokens = state["tokens"].as_array().unwrap();
    let mut newest = tokens.iter().find(|token| token["id"] == first).unwrap();
    while let Some(next) = tokens.iter().find(|token| token["previous"] == newest["id"]) {
        newest = next;
    }
    newest.clone()
}

/// A line for whoever looks at the test's output.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
}

/// Plays one life; answers how often it died, and what the account says of itself in the end.
async fn live(sim: &Sim, seed: u64) -> (usize, &'static str) {
    let (room, mut dice) = (Room::new(), Dice(seed));
    sim.no_faults();
    let token = sim.token(json!({"username": "ada", "scopes": wanted(), "name": format!("seed {seed}")}));
    let first = link(&room.open().await, &sim.address(), "Work", &token)
        .await
        .unwrap();
    let mut deaths = 0;
    for deeds in 0..DEEDS {
        let at = usize::try_from(dice.below(STEPS.len() as u64)).unwrap();
        let (dies, spoils) = (dice.below(8) > 0, dice.below(4) == 0);
        let step = STEPS.get(at).copied().filter(|_| dies);
        if spoils {
            spoil(sim, &mut dice);
        }
        let came = Arc::new(AtomicBool::new(false));
        let links = room
            .open_watched(Death {
                step,
                came: Arc::clone(&came),
            })
            .await;
        let (account, side) = (first.clone(), if deeds == 0 { 0 } else { dice.below(4) });
        let work = tokio::spawn(async move { deed(&links, &account, side).await });
        let ended = work.await.is_err() || came.load(Ordering::SeqCst);
        deaths += usize::from(ended);
        sim.no_faults();
    }
    let links = room.open().await;
    let account = links.check(&first.id).await.unwrap();
    let newest = newest(&sim.state(), first.token_id.unwrap());
    assert_eq!(newest["revoked"], false, "seed {seed}: the family was revoked");
    let said = match (account.health.state(), account.trouble) {
        ("linked", None) => {
            let given = given(&links, &account).await.unwrap();
            assert!(sim.accepts(&given), "seed {seed}: what it gives out is dead");
            assert_eq!(
                account.token_id,
                newest["id"].as_u64(),
                "seed {seed}: not the newest"
            );
            "linked"
        }
        ("revoked", Some(ProblemCode::LostRenewal)) => {
            assert_ne!(
                account.token_id,
                newest["id"].as_u64(),
                "seed {seed}: nothing was lost"
            );
            "lost"
        }
        other => panic!("seed {seed}: {other:?}"),
    };
    (deaths, said)
}

#[tokio::test]
async fn quirk_9_hundreds_of_deaths_never_revoke_a_family_nor_lose_a_token_in_silence() {
    let sim = Sim::start();
    let (mut deaths, mut linked, mut lost) = (0, 0, 0);
    for seed in 1..=LIVES {
        let (dead, said) = live(&sim, seed).await;
        deaths += dead;
        linked += usize::from(said == "linked");
        lost += usize::from(said == "lost");
    }
    say(&format!(
        "seeds 1 to {LIVES}: {deaths} deaths, {linked} accounts work, {lost} say that a token was lost"
    ));
    assert!(
        deaths > 180 && linked > 40 && lost > 20,
        "{deaths} {linked} {lost}"
    );
    let refused =
        |request: &&Value| request["path"].as_str().unwrap().ends_with("/rotate") && request["status"] == 401;
    assert_eq!(
        sim.requests().iter().filter(refused).count(),
        0,
        "a rotated token was shown to a rotation"
    );
}

const HOME: &str = "LINKS_TEST_HOME";
const STEP: &str = "LINKS_TEST_STEP";

#[tokio::test]
#[ignore = "started by the test of this file as its child"]
async fn child() {
    let told = |name: &str| std::env::var(name).unwrap();
    let step = STEPS
        .into_iter()
        .find(|step| format!("{step:?}") == told(STEP))
        .unwrap();
    let links = open_file(&PathBuf::from(told(HOME)), 0, |setup| Setup {
        witness: Arc::new(Killer(step)),
        ..setup
    })
    .await;
    let account = links.accounts().unwrap().pop().unwrap();
    links.rotate(&account.id, None).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn quirk_9_kill_dash_nine_before_every_step() {
    let sim = Sim::start();
    for step in STEPS {
        let home = tempfile::tempdir().unwrap();
        let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
        let links = open_file(home.path(), 0, |setup| setup).await;
        let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
        drop(links);
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "rotation_kill::child", "--ignored"])
            .env(HOME, home.path())
            .env(STEP, format!("{step:?}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(signal(status), Some(9), "{step:?}: {status}");
        let links = open_file(home.path(), 0, |setup| setup).await;
        let after = links.check(&account.id).await.unwrap();
        let newest = newest(&sim.state(), account.token_id.unwrap());
        assert_eq!(newest["revoked"], false, "{step:?}");
        if step == Step::RotateSecret {
            assert_eq!(after.trouble, Some(ProblemCode::LostRenewal), "{step:?}");
        } else {
            assert_eq!(
                (after.health.state(), after.trouble),
                ("linked", None),
                "{step:?}"
            );
            assert!(sim.accepts(&given(&links, &after).await.unwrap()), "{step:?}");
            assert_eq!(after.token_id, newest["id"].as_u64(), "{step:?}");
        }
    }
}
