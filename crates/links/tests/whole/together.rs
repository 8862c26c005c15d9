//! Two processes at the same time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use links::{Home, Links, Opened, Secret, Setup, Step};

use crate::room::{Before, intents, link};
use crate::sim::Sim;

const HOME: &str = "LINKS_TEST_HOME";
const ADDRESS: &str = "LINKS_TEST_ADDRESS";
const TOKEN: &str = "LINKS_TEST_TOKEN";
const PASSPHRASE: &str = "two of a kind";

async fn open(setup: Setup) -> Opened {
    let opened = Links::open(setup).await.unwrap();
    opened
        .links
        .use_encrypted_file(Secret::new(PASSPHRASE.to_owned()))
        .await
        .unwrap();
    opened
}

/// Links “Work”, and waits before its row until it is told to go on.
#[tokio::test]
#[ignore = "started by the test of this file as its child"]
async fn child() {
    let told = |name: &str| std::env::var(name).unwrap();
    let witness = Before(Step::LinkRow, || {
        say("ready");
        std::io::stdin().lock().read_line(&mut String::new()).unwrap();
    });
    let setup = Setup::new(Home::at(PathBuf::from(told(HOME))));
    let links = open(Setup {
        witness: Arc::new(witness),
        ..setup
    })
    .await
    .links;
    match link(&links, &told(ADDRESS), "Work", &told(TOKEN)).await {
        Ok(_) => say("linked"),
        Err(problem) => say(problem.code()),
    }
}

/// A line past the test harness's own output.
fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nsaid: {word}").unwrap();
    out.flush().unwrap();
}

fn start(home: &Path, sim: &Sim) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "together::child", "--ignored", "--nocapture"])
        .env(HOME, home)
        .env(ADDRESS, sim.address())
        .env(TOKEN, sim.ada())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn hear(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    while out.read_line(&mut line).unwrap() > 0 {
        if let Some(word) = line.trim_end().strip_prefix("said: ") {
            return word.to_owned();
        }
        line.clear();
    }
    panic!("the child ended without a word");
}

#[tokio::test]
async fn of_two_processes_that_link_one_name_one_wins() {
    let (sim, home) = (Sim::start(), tempfile::tempdir().unwrap());
    drop(open(Setup::new(Home::at(home.path().to_owned()))).await);
    let mut children = [start(home.path(), &sim), start(home.path(), &sim)];
    for (_, out) in &mut children {
        assert_eq!(hear(out), "ready", "both have their secret stored");
    }
    for (child, _) in &mut children {
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }
    let mut ends: Vec<_> = children.iter_mut().map(|(_, out)| hear(out)).collect();
    ends.sort();
    assert_eq!(ends, ["linked", "name_taken"]);
    for (child, _) in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let Opened { links, recovered } = open(Setup::new(Home::at(home.path().to_owned()))).await;
    assert_eq!(recovered, [], "the loser tidied up itself");
    assert_eq!(links.accounts().unwrap().len(), 1);
    assert_eq!(intents(home.path()), 0);
    // Every link that was begun had a lock file; the loser's went with its secret.
    assert_eq!(std::fs::read_dir(home.path().join("locks")).unwrap().count(), 1);
}
