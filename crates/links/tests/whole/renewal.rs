//! Renewing app logins against the simulator: one at a time for everybody, and every way a refresh can go wrong.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use links::{
    Account, Asked, Clock, Home, Links, Opened, Problem, ProblemKind, Secret, Setup, SystemClock, Token,
};
use serde_json::{Value, json};

use crate::login::{given, log_in, login};
use crate::mirror::Mirror;
use crate::person::Answer;
use crate::room::Room;
use crate::sim::Sim;

/// How long an access token lives, and a little.
const LIFE: i64 = 7_201;

struct Renewing {
    sim: Sim,
    room: Room,
    links: Links,
    account: Account,
}

impl Renewing {
    /// Ada, linked by the public application.
    async fn new() -> Self {
        let (sim, room) = (Sim::start(), Room::new());
        let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
        let account = log_in(&links, &sim, "Work").await;
        sim.forget_requests();
        Self {
            sim,
            room,
            links,
            account,
        }
    }

    /// With the same, and a server that is not waited for as long: still long enough for what has to come.
    async fn impatient() -> Self {
        let new = Self::new().await;
        let mut setup = new.room.setup();
        setup.connection.timeouts.whole = Duration::from_secs(8);
        let links = Links::open(setup).await.unwrap().links;
        Self { links, ..new }
    }

    /// Ada, whose renewals are answered so, after the simulator's answer to her sign-in.
    async fn answered(bend: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        let (sim, room) = (Sim::start(), Room::new());
        let answers = AtomicUsize::new(0);
        let mirror = Mirror::of(&sim.address(), move |tokens| {
            if answers.fetch_add(1, Ordering::SeqCst) > 0 {
                bend(tokens);
            }
        });
        let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
        let login = login(&mirror.address(), "Work", given(&sim.application(false)));
        let account = links.app_login(login, &|_| {}).await.unwrap();
        sim.forget_requests();
        Self {
            sim,
            room,
            links,
            account,
        }
    }

    fn pass(&self, seconds: i64) {
        self.room.hands.advance(seconds);
        self.sim.advance(seconds);
    }

    async fn token(&self) -> Result<Token, Problem> {
        let asked = Asked::by("a test").unwrap();
        let given = self.links.access_token(&self.account.id, &asked).await;
        given.map(|given| given.token)
    }

    /// Asserts that GitLab accepts what is handed out, and says what it is.
    async fn works(&self) -> String {
        let token = self.token().await.unwrap();
        assert!(
            self.sim.accepts_bearer(token.expose()),
            "what is handed out works"
        );
        token.expose().to_owned()
    }

    async fn fails(&self) -> &'static str {
        match self.token().await {
            Ok(_) => panic!("a token was handed out"),
            Err(problem) => problem.code(),
        }
    }

    async fn health(&self) -> (&'static str, Option<&'static str>) {
        let account = self.links.check(&self.account.id).await.unwrap();
        (
            account.health.state(),
            account.trouble.map(links::ProblemCode::as_str),
        )
    }

    fn renewals(&self) -> usize {
        self.sim.token_requests(200)
    }
}

#[tokio::test]
async fn an_old_login_is_renewed_when_somebody_asks_and_a_fresh_one_is_not() {
    let it = Renewing::new().await;
    let first = it.works().await;
    assert_eq!(it.works().await, first);
    assert_eq!(it.renewals(), 0);
    // Five minutes before its end it counts as used up.
    it.pass(LIFE - 400);
    assert_eq!(it.works().await, first);
    it.pass(120);
    let second = it.works().await;
    assert_ne!(second, first);
    assert_eq!(it.renewals(), 1);
    assert!(
        !it.sim.accepts_bearer(&first),
        "quirk 11: the old one is dead at once"
    );
    for _ in 0..3 {
        it.pass(LIFE);
        it.works().await;
    }
    assert_eq!((it.renewals(), it.sim.living_logins()), (4, 1));
    let login = it.links.account("Work").unwrap().login.unwrap();
    let end = login.access_until.unwrap();
    assert!(end > it.room.hands.now(), "the account knows when: {end}");
    assert_eq!(it.health().await, ("linked", None));
}

#[tokio::test]
async fn the_app_renews_ahead_of_the_end_by_schedule() {
    let it = Renewing::new().await;
    let due = it.links.next_renewal().unwrap().unwrap();
    assert_eq!(it.links.renew_due().await.unwrap(), Some(due));
    assert_eq!(it.renewals(), 0);
    it.pass(due.as_second() - it.room.hands.now().as_second() + 1);
    let next = it.links.renew_due().await.unwrap().unwrap();
    assert_eq!(it.renewals(), 1);
    assert!(next > due);
}

#[tokio::test]
async fn sixty_four_tasks_renew_once() {
    let it = Renewing::new().await;
    it.pass(LIFE);
    let asked = Asked::by("a test").unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (links, id, asked) = (it.links.clone(), it.account.id, asked.clone());
            tokio::spawn(async move { links.access_token(&id, &asked).await.map(|given| given.token) })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap().unwrap().expose().to_owned());
    }
    tokens.dedup();
    assert_eq!((tokens.len(), it.renewals()), (1, 1));
    assert!(it.sim.accepts_bearer(&tokens[0]));
}

#[tokio::test]
async fn quirk_13_a_transient_refusal_costs_nothing_and_is_asked_again_after_a_minute() {
    let it = Renewing::new().await;
    let first = it.works().await;
    // Ahead of time: what there is still works.
    it.sim
        .fault(json!({"fault": "transient_invalid_grant", "times": 1, "path": "/oauth/token"}));
    it.pass(LIFE - 200);
    assert_eq!(it.works().await, first);
    assert_eq!(it.sim.token_requests(400), 1);
    // Within the minute GitLab is left alone.
    it.pass(30);
    assert_eq!(it.works().await, first);
    assert_eq!(it.sim.token_requests(400), 1);
    it.pass(31);
    assert_ne!(it.works().await, first);
    assert_eq!(it.health().await, ("linked", None));

    // And when it is too late for that.
    it.sim
        .fault(json!({"fault": "transient_invalid_grant", "times": 1, "path": "/oauth/token"}));
    it.pass(LIFE);
    assert_eq!(it.fails().await, "renewal_delayed");
    assert_eq!(it.fails().await, "renewal_delayed");
    assert_eq!(it.sim.token_requests(400), 2, "asked once");
    assert_eq!(it.health().await, ("unreachable", Some("renewal_delayed")));
    it.pass(61);
    it.works().await;
    assert_eq!(it.health().await, ("linked", None));
}

#[tokio::test]
async fn quirk_13_two_refusals_a_minute_apart_are_believed() {
    let it = Renewing::new().await;
    it.sim
        .fault(json!({"fault": "transient_invalid_grant", "times": 4, "path": "/oauth/token"}));
    it.pass(LIFE);
    assert_eq!(it.fails().await, "renewal_delayed");
    it.pass(61);
    let problem = it.token().await.err().unwrap();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("grant_refused", ProblemKind::PersonNeeded)
    );
    assert_eq!(it.links.account("Work").unwrap().health.state(), "revoked");
    // The refresh token was never thrown away: a check a minute later finds GitLab in a better mood.
    it.pass(61);
    assert_eq!(it.health().await, ("linked", None));
    it.works().await;
}

#[tokio::test]
async fn quirk_12_a_lost_answer_is_asked_for_once_more_and_then_told_truthfully() {
    // GitLab renewed, and nobody heard: while the old token would still live, it says at once that it is revoked.
    let it = Renewing::new().await;
    it.sim
        .fault(json!({"fault": "lost_response", "times": 1, "path": "/oauth/token"}));
    let problem = it.links.renew(&it.account.id).await.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::NoAnswer, "{problem:?}");
    assert_eq!(it.health().await, ("revoked", Some("lost_renewal")));
    assert_eq!(it.fails().await, "lost_renewal");
    // The person signs in again, and all is well.
    sign_in_again(&it).await;
    assert_eq!(it.health().await, ("linked", None));
    it.works().await;

    // After its end only a second refusal makes it certain.
    let it = Renewing::new().await;
    it.pass(LIFE);
    it.sim
        .fault(json!({"fault": "lost_response", "times": 1, "path": "/oauth/token"}));
    it.token().await.err().unwrap();
    it.pass(61);
    assert_eq!(it.fails().await, "renewal_delayed");
    it.pass(61);
    assert_eq!(it.fails().await, "lost_renewal");

    // An answer that was lost before GitLab acted costs nothing.
    let it = Renewing::impatient().await;
    it.pass(LIFE);
    it.sim
        .fault(json!({"fault": "close", "times": 1, "path": "/oauth/token"}));
    it.token().await.err().unwrap();
    it.works().await;
    assert_eq!((it.health().await, it.sim.living_logins()), (("linked", None), 1));
}

#[tokio::test]
async fn a_renewed_login_is_kept_whatever_is_odd_about_the_answer() {
    for (field, odd) in [
        ("expires_in", json!("7200")),
        ("expires_in", json!(7200.0)),
        ("expires_in", json!(-1)),
        ("expires_in", json!("soon")),
        ("scope", json!(["api", "read_repository", "write_repository"])),
        ("scope", json!(7)),
        ("token_type", json!("mac")),
        ("token_type", json!(null)),
    ] {
        let told = odd.clone();
        let it = Renewing::answered(move |tokens| tokens[field] = told.clone()).await;
        let first = it.works().await;
        it.pass(LIFE);
        let second = it.works().await;
        assert_ne!(second, first, "{field}: {odd}");
        assert_eq!(it.health().await, ("linked", None), "{field}: {odd}");
        // What came with it renews, too: nobody has to sign in again.
        it.links.renew(&it.account.id).await.unwrap();
        assert_ne!(it.works().await, second, "{field}: {odd}");
        assert_eq!((it.renewals(), it.sim.living_logins()), (2, 1), "{field}: {odd}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_told_as_one_and_asks_for_a_new_sign_in() {
    // The new tokens are there and cannot be read: the old ones are gone.
    for (field, odd) in [
        ("refresh_token", json!(5)),
        ("access_token", json!(["a"])),
        ("access_token", json!("a b")),
    ] {
        let told = odd.clone();
        let it = Renewing::answered(move |tokens| tokens[field] = told.clone()).await;
        it.pass(LIFE);
        let problem = it.token().await.err().unwrap();
        assert_eq!(
            (problem.code(), problem.kind()),
            ("lost_renewal", ProblemKind::PersonNeeded),
            "{field}: {odd}"
        );
        assert_eq!(it.fails().await, "lost_renewal", "{field}: {odd}");
        assert_eq!(it.health().await, ("revoked", Some("lost_renewal")));
        assert_eq!(it.renewals(), 1, "the new tokens were asked for once");
    }
    // An answer without any: GitLab is asked once more, and its no is believed at once.
    let it = Renewing::answered(|tokens| *tokens = json!({"new": true})).await;
    it.pass(LIFE);
    assert_eq!(it.fails().await, "unusable_answer");
    assert_eq!(it.fails().await, "lost_renewal");
    assert_eq!(it.health().await, ("revoked", Some("lost_renewal")));
}

async fn sign_in_again(it: &Renewing) {
    let links = it.room.open_with(it.sim.person("ada", Answer::Authorize)).await;
    let again = links::SignInAgain {
        scopes: None,
        application: None,
        accept_missing: false,
        open_browser: true,
        by_code: false,
        other_user: links::OtherUser::Refused,
        revoke_old: false,
    };
    links.sign_in_again(&it.account.id, again, &|_| {}).await.unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_useful_changes_nothing() {
    let it = Renewing::impatient().await;
    for fault in [
        "bad-gateway",
        "html",
        "hang",
        "close",
        "rate-plain",
        "unavailable",
        "maintenance",
    ] {
        it.pass(LIFE);
        let gone = it.works().await;
        it.pass(LIFE);
        it.sim
            .fault(json!({"fault": fault, "times": 1, "path": "/oauth/token"}));
        let problem = it.token().await.err().unwrap();
        assert!(problem.problem_code().tells_nothing(), "{fault}: {problem:?}");
        let state = it.links.account("Work").unwrap().health;
        assert_eq!(state.state(), "linked", "{fault}: offline is not dead");
        assert_ne!(it.works().await, gone, "{fault}");
    }
}

#[tokio::test]
async fn nothing_is_lost_while_there_is_no_server() {
    let it = Renewing::new().await;
    it.room.hands.advance(LIFE);
    let (room, mut sim, id) = (it.room, it.sim, it.account.id);
    drop(it.links);
    sim.stop();
    let links = room.open().await;
    let before = room.keychain.dump();
    let asked = Asked::by("a test").unwrap();
    let problem = links.access_token(&id, &asked).await.err().unwrap();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("connection_refused", ProblemKind::NoAnswer)
    );
    assert_eq!(links.check(&id).await.unwrap().health.state(), "unreachable");
    assert_eq!(room.keychain.dump(), before);
}

#[tokio::test]
async fn quirk_29_revoked_by_the_user_and_application_deleted_are_told_apart() {
    let it = Renewing::new().await;
    let token = it.works().await;
    it.sim.change_token(&token, "revoked");
    assert_eq!(it.health().await, ("revoked", Some("token_revoked")));
    assert_eq!(it.fails().await, "token_revoked");

    for expired in [false, true] {
        let it = Renewing::new().await;
        if expired {
            it.pass(LIFE);
        }
        let (application, _) = it.sim.application(false);
        it.sim
            .change_application(json!({"application_id": application, "deleted": true}));
        assert_eq!(
            it.health().await,
            ("revoked", Some("app_unknown")),
            "expired: {expired}"
        );
        let told = it.token().await.err().unwrap();
        assert_eq!(
            (told.code(), told.kind()),
            ("app_unknown", ProblemKind::PersonNeeded)
        );
    }

    // The user is gone, the application is not.
    let it = Renewing::new().await;
    it.sim.user(json!({"username": "ada", "state": "deleted"}));
    assert_eq!(it.health().await, ("revoked", Some("token_unknown")));
}

#[tokio::test]
async fn quirk_60_a_renewed_secret_wants_the_new_secret_and_no_new_sign_in() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let application = sim.application(true);
    let account = links
        .app_login(login(&sim.address(), "Work", given(&application)), &|_| {})
        .await
        .unwrap();
    let renewed = sim.change_application(json!({"application_id": application.0, "renew_secret": true}));
    let secret = renewed["secret"].as_str().unwrap();
    room.hands.advance(LIFE);
    sim.advance(LIFE);
    let told = links.check(&account.id).await.unwrap();
    assert_eq!(
        told.health,
        links::Health::Refused {
            why: links::ProblemCode::AppSecretWrong
        }
    );
    let base = &account.instance;
    let wrong = links
        .new_application_secret(base, "gloas-wrong")
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), "app_secret_wrong");
    assert!(!room.keychain.contains("gloas-wrong"));
    links.new_application_secret(base, secret).await.unwrap();
    assert!(room.keychain.contains(secret));
    assert_eq!(
        links.check(&account.id).await.unwrap().health,
        links::Health::Linked
    );
    assert_eq!(sim.living_logins(), 1);
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_a_day_does_no_harm() {
    for day in [86_400, -86_400] {
        let it = Renewing::new().await;
        it.room.hands.advance(day);
        it.works().await;
        assert_eq!(it.health().await, ("linked", None), "{day}");
        it.room.hands.advance(-day);
        it.works().await;
        assert_eq!(it.health().await, ("linked", None), "{day}");
        assert_eq!(it.sim.living_logins(), 1);
    }
    // The server's clock runs ahead and calls expired what looks fresh here: a check finds out and renews.
    let it = Renewing::new().await;
    it.sim.advance(LIFE);
    assert_eq!(it.health().await, ("linked", None));
    assert_eq!(it.renewals(), 1);
}

#[tokio::test]
async fn a_keychain_that_cannot_take_the_journal_keeps_the_refresh_token_unspent() {
    let it = Renewing::new().await;
    it.pass(LIFE);
    let keychain = Arc::clone(&it.room.keychain);
    let setup = Setup {
        witness: Arc::new(crate::room::Before(links::Step::RenewJournal, move || {
            keychain.refuse(Some(links::VaultError::Locked));
        })),
        ..it.room.setup()
    };
    let links = Links::open(setup).await.unwrap().links;
    let problem = links.renew(&it.account.id).await.unwrap_err();
    assert_eq!(problem.code(), "keychain_locked");
    assert_eq!(it.renewals(), 0, "GitLab was not asked");
    it.room.keychain.refuse(None);
    it.works().await;
}

#[tokio::test]
async fn a_keychain_that_stumbles_after_the_answer_is_tried_until_it_takes_it() {
    let it = Renewing::new().await;
    it.pass(LIFE);
    let keychain = Arc::clone(&it.room.keychain);
    let setup = Setup {
        witness: Arc::new(crate::room::Before(links::Step::RenewSecret, move || {
            keychain.refuse_next(2, &links::VaultError::Hung);
        })),
        ..it.room.setup()
    };
    let links = Links::open(setup).await.unwrap().links;
    links.renew(&it.account.id).await.unwrap();
    // What is kept is the new login: the next one who asks finds it fresh.
    it.works().await;
    assert_eq!(it.renewals(), 1);
}

#[tokio::test]
async fn a_server_that_gives_no_new_refresh_token_goes_on_with_the_old_one() {
    let sim = Sim::start();
    let mirror = Mirror::of(&sim.address(), |_| {});
    let room = Room::new();
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = links
        .app_login(
            login(&mirror.address(), "Work", given(&sim.application(false))),
            &|_| {},
        )
        .await
        .unwrap();
    links.renew(&account.id).await.unwrap();
    // Each refresh token was sent once, and a client named itself each time.
    let refresh = mirror.values("refresh_token");
    assert!(refresh.len() >= 2, "{}", refresh.len());
    let sent: Vec<_> = mirror
        .seen()
        .into_iter()
        .filter(|text| text.contains("grant_type=refresh_token"))
        .collect();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains(&format!("client_id={}", sim.application(false).0)));
}

const HOME: &str = "LINKS_TEST_HOME";
const LATER: &str = "LINKS_TEST_LATER";
pub(crate) const PASSPHRASE: &str = "sixteen at once";

/// A clock that is ahead of the computer's.
pub(crate) struct Ahead(pub(crate) i64);

impl Clock for Ahead {
    fn now(&self) -> jiff::Timestamp {
        SystemClock.now() + jiff::SignedDuration::from_secs(self.0)
    }
}

pub(crate) async fn open_file(home: &Path, ahead: i64, change: impl FnOnce(Setup) -> Setup) -> Links {
    let setup = Setup {
        clock: Arc::new(Ahead(ahead)),
        ..Setup::new(Home::at(home.to_owned()))
    };
    let Opened { links, .. } = Links::open(change(setup)).await.unwrap();
    links
        .use_encrypted_file(Secret::new(PASSPHRASE.to_owned()))
        .await
        .unwrap();
    links
}

/// Waits for the word, asks for the token of the only account, and says whether it got one.
#[tokio::test]
#[ignore = "started by the test of this file as its child"]
async fn child() {
    let told = |name: &str| std::env::var(name).unwrap();
    let links = open_file(
        &PathBuf::from(told(HOME)),
        told(LATER).parse().unwrap(),
        |setup| setup,
    )
    .await;
    say("ready");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
    let account = links.accounts().unwrap().pop().unwrap();
    match links
        .access_token(&account.id, &Asked::by("a test").unwrap())
        .await
    {
        Ok(_) => say("got"),
        Err(problem) => say(problem.code()),
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nsaid: {word}").unwrap();
    out.flush().unwrap();
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

fn start(home: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "renewal::child", "--ignored", "--nocapture"])
        .env(HOME, home)
        .env(LATER, LIFE.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

#[tokio::test]
async fn sixteen_processes_renew_once() {
    let (sim, home) = (Sim::start(), tempfile::tempdir().unwrap());
    let opener = sim.person("ada", Answer::Authorize);
    let links = open_file(home.path(), 0, |setup| Setup {
        opener: Arc::new(opener),
        ..setup
    })
    .await;
    log_in(&links, &sim, "Work").await;
    drop(links);
    sim.advance(LIFE);
    sim.forget_requests();
    let mut children: Vec<_> = (0..16).map(|_| start(home.path())).collect();
    for (_, out) in &mut children {
        assert_eq!(hear(out), "ready");
    }
    for (child, _) in &mut children {
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }
    for (child, out) in &mut children {
        assert_eq!(hear(out), "got");
        child.wait().unwrap();
    }
    assert_eq!((sim.token_requests(200), sim.token_requests(400)), (1, 0));
}
