//! App login over real HTTP, with a person at a browser: public and confidential applications, everything that can go
//! wrong, and that nothing is left behind.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use links::{
    Account, AddInstance, AppLogin, BrowserState, Event, GivenApplication, Health, Links, LoginTold, Method,
    Opener, OtherUser, ProblemKind, Scopes, SetInstance, Setup, Step, Token, TokenRelink, Unlink, VaultError,
};
use serde_json::json;

use crate::mirror::Mirror;
use crate::person::Answer;
use crate::port::{goes_on_listening, take};
use crate::room::{Before, Room, intents, link, unlink, wanted};
use crate::sim::Sim;

pub(crate) fn given(application: &(String, Option<String>)) -> GivenApplication {
    GivenApplication::read(&application.0, application.1.as_deref()).unwrap()
}

pub(crate) fn login(address: &str, name: &str, application: impl Into<Option<GivenApplication>>) -> AppLogin {
    AppLogin {
        pasted: address.to_owned(),
        name: Some(name.to_owned()),
        application: application.into(),
        scopes: None,
        accept_missing: false,
        open_browser: true,
        allow_http: false,
        authorities: Vec::new(),
    }
}

/// A person who authorizes by the public application.
pub(crate) async fn log_in(links: &Links, sim: &Sim, name: &str) -> Account {
    let login = login(&sim.address(), name, given(&sim.application(false)));
    links.app_login(login, &|_| {}).await.unwrap()
}

impl Room {
    /// Opens it with this browser.
    pub(crate) async fn open_with(&self, browser: impl Opener + 'static) -> Links {
        Links::open(Setup {
            opener: Arc::new(browser),
            ..self.setup()
        })
        .await
        .unwrap()
        .links
    }

    /// Nothing of a login is left, here or at GitLab.
    fn assert_no_login(&self, links: &Links, sim: &Sim, what: &str) {
        self.assert_nothing_left(links, what);
        assert_eq!(sim.living_logins(), 0, "{what}: GitLab still has tokens of it");
    }
}

fn open_address(told: &[LoginTold]) -> String {
    let open = told.iter().find_map(|told| match told {
        LoginTold::Open { url, .. } => Some(url.clone()),
        _ => None,
    });
    open.expect("the address was told")
}

/// A parameter of an address.
fn parameter(address: &str, wanted: &str) -> String {
    let address = url::Url::parse(address).unwrap();
    let mut pairs = address.query_pairs();
    let (_, value) = pairs.find(|(name, _)| name == wanted).unwrap();
    value.into_owned()
}

/// The port the answer to this address comes back to.
fn port(address: &str) -> u16 {
    let redirect = url::Url::parse(&parameter(address, "redirect_uri")).unwrap();
    redirect.port().unwrap()
}

/// Whether the answer to this address is still listened for.
fn listens(address: &str) -> bool {
    goes_on_listening(port(address))
}

#[tokio::test]
async fn a_public_application_links_in_one_go_and_is_known_from_then_on() {
    let (sim, room) = (Sim::with(&["--subpath", "/gitlab"]), Room::new());
    let ada = sim.person("ada", Answer::Authorize);
    let links = room.open_with(ada.clone()).await;
    let mut events = links.subscribe();
    let told = Mutex::new(Vec::new());
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let account = links
        .app_login(login, &|one| told.lock().unwrap().push(one))
        .await
        .unwrap();

    assert_eq!((account.method, account.name.as_str()), (Method::App, "Work"));
    assert_eq!(account.user.username.as_deref(), Some("ada"));
    assert_eq!((&account.health, account.missing.len()), (&Health::Linked, 0));
    assert_eq!(account.scopes, Scopes::Known(wanted()));
    let facts = account.login.clone().unwrap();
    assert_eq!(facts.application_id, sim.application(false).0);
    assert!(facts.renews_by_itself && facts.renews_at < facts.access_until);
    assert_eq!(sim.living_logins(), 1);
    assert_eq!(sim.token_requests(200), 1);

    let told = told.into_inner().unwrap();
    let names: Vec<_> = told
        .iter()
        .map(|one| match one {
            LoginTold::Open { .. } => "open",
            LoginTold::Browser(state) => state.as_str(),
            LoginTold::Finishing => "finishing",
            LoginTold::Code { .. } | LoginTold::Wider { .. } => "other",
        })
        .collect();
    assert_eq!(names, ["open", "opened", "finishing"]);
    let address = open_address(&told);
    assert!(address.starts_with(&format!("{}/oauth/authorize?", sim.address())));
    assert!(address.contains("code_challenge_method=S256"));
    assert!(!listens(&address), "the port is closed");
    // The page was told the truth, and holds nothing of the request.
    let last = ada.last_page().await;
    assert!(
        last.contains("the account is linked") && !last.contains("code="),
        "{last}"
    );
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        seen.push(event);
    }
    assert!(seen.contains(&Event::AccountsChanged) && seen.contains(&Event::InstancesChanged));

    // The registration is kept: the next one needs no ID.
    let instance = &links.instances().unwrap()[1];
    assert_eq!(instance.client_id, Some(sim.application(false).0));
    assert!(!instance.confidential);
    let second = links
        .app_login(self::login(&sim.address(), "Again", None), &|_| {})
        .await
        .unwrap();
    assert_eq!(second.method, Method::App);
    assert_eq!((sim.living_logins(), intents(&room.home())), (2, 0));
}

#[tokio::test]
async fn quirk_17_a_confidential_application_keeps_its_secret_in_the_vault_and_is_not_asked_again() {
    let (sim, room) = (Sim::start(), Room::new());
    let ada = sim.person("ada", Answer::Authorize);
    let links = room.open_with(ada.clone()).await;
    let application = sim.application(true);
    let secret = application.1.clone().unwrap();
    let first = login(&sim.address(), "Work", given(&application));
    links.app_login(first, &|_| {}).await.unwrap();
    let instance = &links.instances().unwrap()[1];
    assert!(instance.confidential);
    assert!(room.keychain.contains(&secret));
    assert_eq!(room.keychain.dump().len(), 2, "{:?}", room.keychain.dump());
    // The second time GitLab's page goes on by itself.
    links
        .app_login(login(&sim.address(), "Again", None), &|_| {})
        .await
        .unwrap();
    for _ in 0..2 {
        ada.last_page().await;
    }
    assert_eq!(room.keychain.dump().len(), 3);
    // Renewing goes with it, and unlinking; the registration stays.
    for account in links.accounts().unwrap() {
        links.renew(&account.id).await.unwrap();
        let (done, _) = unlink(&links, &account, Unlink::default()).await;
        done.unwrap();
    }
    assert_eq!(sim.living_logins(), 0);
    assert!(links.instances().unwrap()[1].confidential);
    assert_eq!(room.keychain.dump().len(), 1, "the application's secret stays");
    // It goes with its GitLab, or neither does.
    room.keychain.refuse(Some(VaultError::Locked));
    let problem = links.remove_instance(&sim.address()).await.unwrap_err();
    assert_eq!(
        (problem.code(), links.instances().unwrap().len()),
        ("keychain_locked", 2)
    );
    room.keychain.refuse(None);
    links.remove_instance(&sim.address()).await.unwrap();
    assert_eq!(links.instances().unwrap().len(), 1);
    assert!(room.keychain.dump().is_empty(), "{:?}", room.keychain.dump());
}

fn set(sim: &Sim, client_id: &str) -> SetInstance {
    SetInstance {
        pasted: sim.address(),
        client_id: Some(client_id.to_owned()),
        ..SetInstance::default()
    }
}

#[tokio::test]
async fn the_secret_of_an_application_that_gives_way_goes_when_no_account_needs_it() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let (confidential, public) = (sim.application(true), sim.application(false));
    let secret = confidential.1.clone().unwrap();
    let first = login(&sim.address(), "Work", given(&confidential));
    let work = links.app_login(first, &|_| {}).await.unwrap();
    // The same again changes nothing.
    links.set_instance(&set(&sim, &confidential.0)).await.unwrap();
    assert!(links.instances().unwrap()[1].confidential && room.keychain.contains(&secret));
    links.set_instance(&set(&sim, &public.0)).await.unwrap();
    assert!(!links.instances().unwrap()[1].confidential);
    // The account was linked by it, and goes on being renewed by it.
    assert!(room.keychain.contains(&secret));
    links.renew(&work.id).await.unwrap();
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    links.renew(&work.id).await.unwrap();
    let (done, _) = unlink(&links, &work, Unlink::default()).await;
    done.unwrap();
    assert!(room.keychain.dump().is_empty(), "{:?}", room.keychain.dump());
    assert_eq!(sim.living_logins(), 0);
}

#[tokio::test]
async fn the_secret_of_an_application_nobody_signs_in_by_goes_at_once_or_once_the_keychain_lets_it() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let (confidential, public) = (sim.application(true), sim.application(false));
    let register = async || {
        let login = login(&sim.address(), "Work", given(&confidential));
        let work = links.app_login(login, &|_| {}).await.unwrap();
        let (done, _) = unlink(&links, &work, Unlink::default()).await;
        done.unwrap();
        assert_eq!(room.keychain.dump().len(), 1, "the application's secret");
    };
    register().await;
    links.set_instance(&set(&sim, &public.0)).await.unwrap();
    assert!(room.keychain.dump().is_empty(), "{:?}", room.keychain.dump());
    // Adding it anew with another application is the same.
    register().await;
    let added = AddInstance {
        pasted: sim.address(),
        authorities: vec![],
        allow_http: false,
        offline: true,
        client_id: Some(public.0.clone()),
    };
    assert!(!links.add_instance(added).await.unwrap().confidential);
    assert!(room.keychain.dump().is_empty(), "{:?}", room.keychain.dump());
    register().await;
    room.keychain.refuse(Some(VaultError::Locked));
    links.set_instance(&set(&sim, &public.0)).await.unwrap();
    room.keychain.refuse(None);
    assert_eq!(room.keychain.dump().len(), 1);
    room.open().await;
    assert!(room.keychain.dump().is_empty(), "{:?}", room.keychain.dump());
    // What came back before that stays.
    register().await;
    room.keychain.refuse(Some(VaultError::Locked));
    links.set_instance(&set(&sim, &public.0)).await.unwrap();
    room.keychain.refuse(None);
    let again = login(&sim.address(), "Work", given(&confidential));
    let work = links.app_login(again, &|_| {}).await.unwrap();
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    links.renew(&work.id).await.unwrap();
    assert_eq!(room.keychain.dump().len(), 2);
}

#[tokio::test]
async fn a_login_that_gave_way_and_lives_keeps_its_applications_secret() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let confidential = sim.application(true);
    let secret = confidential.1.clone().unwrap();
    let first = login(&sim.address(), "Work", given(&confidential));
    let work = links.app_login(first, &|_| {}).await.unwrap();
    // GitLab does not take the old login back now.
    sim.fault(json!({"fault": "bad-gateway", "times": 50, "path": "/oauth/revoke"}));
    let again = TokenRelink {
        token: Token::read(&sim.ada()).unwrap(),
        scopes: None,
        accept_missing: false,
        other_user: OtherUser::Refused,
        revoke_old: false,
    };
    links.relink_with_token(&work.id, again).await.unwrap();
    links
        .set_instance(&set(&sim, &sim.application(false).0))
        .await
        .unwrap();
    assert!(
        room.keychain.contains(&secret),
        "the old login cannot be taken back without"
    );
    let links = room.open().await;
    assert!(room.keychain.contains(&secret));
    sim.no_faults();
    links.check(&work.id).await.unwrap();
    assert_eq!(sim.living_logins(), 0);
    assert!(!room.keychain.contains(&secret));
}

#[tokio::test]
async fn without_an_application_it_is_said_how_to_register_one() {
    let (sim, room) = (Sim::with(&["--subpath", "/gitlab"]), Room::new());
    let ada = sim.person("ada", Answer::Authorize);
    let links = room.open_with(ada.clone()).await;
    let problem = links
        .app_login(login(&sim.address(), "Work", None), &|_| {})
        .await
        .unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("app_not_set_up", ProblemKind::PersonNeeded)
    );
    let values = problem.values();
    assert_eq!(values["redirect"], "http://127.0.0.1/callback");
    assert_eq!(values["scopes"], "api read_repository write_repository");
    assert_eq!(values["confidential"], "false");
    let base = sim.address();
    assert_eq!(
        values["user_page"],
        format!("{base}/-/user_settings/applications")
    );
    assert_eq!(values["admin_page"], format!("{base}/admin/applications"));
    assert_eq!(
        values["group_page"],
        format!("{base}/groups/GROUP/-/settings/applications")
    );
    assert!(ada.seen().opened.is_empty(), "nobody was sent anywhere");
    room.assert_no_login(&links, &sim, "not set up");
}

/// A login that has to fail in front of the browser, or behind it.
async fn refused(sim: &Sim, room: &Room, links: &Links, login: AppLogin, code: &str) -> Vec<LoginTold> {
    let told = Mutex::new(Vec::new());
    let problem = links
        .app_login(login, &|one| told.lock().unwrap().push(one))
        .await
        .unwrap_err();
    assert_eq!(problem.code(), code, "{problem:?}");
    room.assert_no_login(links, sim, code);
    told.into_inner().unwrap()
}

#[tokio::test]
async fn quirk_20_and_21_a_secret_too_many_too_few_or_wrong_is_told_and_not_kept() {
    let (sim, room) = (Sim::start(), Room::new());
    let ada = sim.person("ada", Answer::Authorize);
    let links = room.open_with(ada.clone()).await;
    let (public, _) = sim.application(false);
    let (confidential, _) = sim.application(true);
    for (id, secret) in [
        (&public, Some("gloas-not-needed")),
        (&confidential, None),
        (&confidential, Some("gloas-wrong")),
    ] {
        let login = login(
            &sim.address(),
            "Work",
            given(&(id.clone(), secret.map(str::to_owned))),
        );
        refused(&sim, &room, &links, login, "app_secret_wrong").await;
        let last = ada.last_page().await;
        assert!(last.contains("could not be linked"), "{last}");
    }
}

#[tokio::test]
async fn a_denial_is_told_in_both_places() {
    let (sim, room) = (Sim::start(), Room::new());
    let ada = sim.person("ada", Answer::Deny);
    let links = room.open_with(ada.clone()).await;
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let told = refused(&sim, &room, &links, login, "login_denied").await;
    assert!(!listens(&open_address(&told)));
    let last = ada.last_page().await;
    assert!(last.contains("access was not granted"), "{last}");
}

#[tokio::test]
async fn quirk_16_an_error_page_never_comes_back_and_the_deadline_goes_by_the_clock_on_the_wall() {
    let (sim, room) = (Sim::start(), Room::new());
    let ada = sim.person("ada", Answer::Authorize);
    let links = room.open_with(ada.clone()).await;
    // An application GitLab does not know: an HTML page, and nothing more.
    let login = login(&sim.address(), "Work", given(&("0".repeat(64), None)));
    let hands = Arc::clone(&room.hands);
    let told = Mutex::new(Vec::new());
    let problem = links
        .app_login(login, &|one| {
            if one == LoginTold::Browser(BrowserState::Opened) {
                // The laptop sleeps.
                hands.advance(601);
            }
            told.lock().unwrap().push(one);
        })
        .await
        .unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("login_timed_out", ProblemKind::PersonNeeded)
    );
    assert!(!listens(&open_address(&told.into_inner().unwrap())));
    room.assert_no_login(&links, &sim, "timed out");
}

/// An opener that fails, or never returns.
struct Broken {
    hangs: bool,
}

impl Opener for Broken {
    fn open(&self, _: &str) -> std::io::Result<()> {
        if self.hangs {
            loop {
                std::thread::park();
            }
        }
        Err(std::io::Error::other("no browser here"))
    }

    fn patience(&self) -> Duration {
        // How long it is waited for is asserted where the clock can be turned.
        if self.hangs { Duration::ZERO } else { Duration::MAX }
    }
}

#[tokio::test]
async fn an_opener_that_fails_or_never_returns_is_told_and_the_login_goes_on() {
    for (hangs, state) in [(false, "failed"), (true, "unsure")] {
        let (sim, room) = (Sim::start(), Room::new());
        let links = room.open_with(Broken { hangs }).await;
        let ada = sim.person("ada", Answer::Authorize);
        let login = login(&sim.address(), "Work", given(&sim.application(false)));
        let address = Mutex::new(String::new());
        let account = links
            .app_login(login, &|told| match told {
                LoginTold::Open { url, .. } => *address.lock().unwrap() = url,
                LoginTold::Browser(browser) => {
                    assert_eq!(browser.as_str(), state);
                    // The person copies the link.
                    ada.open(&address.lock().unwrap()).unwrap();
                }
                _ => {}
            })
            .await
            .unwrap();
        assert_eq!(account.method, Method::App);
    }
}

#[tokio::test]
async fn a_keychain_that_refuses_is_told_before_anybody_is_sent_to_the_browser() {
    let (sim, room) = (Sim::start(), Room::new());
    let ada = sim.person("ada", Answer::Authorize);
    let links = room.open_with(ada.clone()).await;
    room.keychain.refuse(Some(VaultError::Locked));
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let problem = links.app_login(login, &|_| {}).await.unwrap_err();
    assert_eq!(problem.code(), "keychain_locked");
    assert!(ada.seen().opened.is_empty());
    room.keychain.refuse(None);
    room.assert_no_login(&links, &sim, "locked");
}

#[tokio::test]
async fn a_full_keychain_ends_the_login_while_the_person_is_in_the_browser_or_takes_it_back() {
    for answer in [Answer::Nothing, Answer::Authorize] {
        let (sim, room) = (Sim::start(), Room::new());
        let ada = sim.person("ada", answer);
        let links = room.open_with(ada.clone()).await;
        room.keychain.fill(true);
        let login = login(&sim.address(), "Work", given(&sim.application(false)));
        let problem = links.app_login(login, &|_| {}).await.unwrap_err();
        assert_eq!(problem.code(), "keychain_full");
        room.keychain.fill(false);
        assert_eq!(sim.living_logins(), 0);
        room.assert_no_login(&links, &sim, "full");
    }
}

#[tokio::test]
async fn a_full_keychain_is_told_before_a_code_is_asked_for() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    room.keychain.fill(true);
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let nobody = Box::new(|_: &links::Person| unreachable!("nobody signed in"));
    let codes = std::sync::atomic::AtomicUsize::new(0);
    let told = |told: LoginTold| {
        if matches!(told, LoginTold::Code { .. }) {
            codes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    };
    let problem = links.device_login(login, &told, nobody).await.unwrap_err();
    assert_eq!(problem.code(), "keychain_full");
    assert_eq!(codes.into_inner(), 0);
    room.keychain.fill(false);
    room.assert_no_login(&links, &sim, "full");
}

#[tokio::test]
async fn whatever_fails_once_the_tokens_came_gitlab_takes_them_back() {
    // The keychain refuses when it matters.
    for step in [Step::LinkApplication, Step::LinkSecret] {
        let (sim, room) = (Sim::start(), Room::new());
        let keychain = Arc::clone(&room.keychain);
        let ada = sim.person("ada", Answer::Authorize);
        let setup = Setup {
            opener: Arc::new(ada.clone()),
            witness: Arc::new(Before(step, move || keychain.refuse(Some(VaultError::Denied)))),
            ..room.setup()
        };
        let links = Links::open(setup).await.unwrap().links;
        let login = login(&sim.address(), "Work", given(&sim.application(true)));
        let problem = links.app_login(login, &|_| {}).await.unwrap_err();
        assert_eq!(problem.code(), "keychain_denied", "{step:?}");
        room.keychain.refuse(None);
        assert_eq!(sim.living_logins(), 0, "{step:?}");
        let last = ada.last_page().await;
        assert!(last.contains("could not be linked"), "{last}");
        links.recover().await.unwrap();
        room.assert_no_login(&links, &sim, "refused late");
    }

    // Somebody takes the name meanwhile.
    let (sim, room) = (Sim::start(), Room::new());
    let other = room.open().await;
    let (address, token) = (sim.address(), sim.ada());
    let setup = Setup {
        opener: Arc::new(sim.person("ada", Answer::Authorize)),
        witness: Arc::new(Before(Step::LinkRow, move || {
            let (other, address, token) = (other.clone(), address.clone(), token.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(link(&other, &address, "work", &token)).unwrap();
            })
            .join()
            .unwrap();
        })),
        ..room.setup()
    };
    let links = Links::open(setup).await.unwrap().links;
    let login = self::login(&sim.address(), "Work", given(&sim.application(false)));
    assert_eq!(
        links.app_login(login, &|_| {}).await.unwrap_err().code(),
        "name_taken"
    );
    assert_eq!((sim.living_logins(), links.accounts().unwrap().len()), (0, 1));
    assert_eq!(
        links.instances().unwrap()[1].client_id,
        None,
        "no registration without a sign-in"
    );
}

#[tokio::test]
async fn an_identity_that_cannot_be_had_is_told_and_the_tokens_go_back() {
    for (fault, code) in [("bad-gateway", "server_error"), ("html", "unusable_answer")] {
        let (sim, room) = (Sim::start(), Room::new());
        let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
        sim.fault(json!({"fault": fault, "times": 50, "path": "/api/v4/user"}));
        let login = login(&sim.address(), "Work", given(&sim.application(false)));
        let problem = links.app_login(login, &|_| {}).await.unwrap_err();
        assert_ne!(problem.code(), "internal", "{code}: {problem:?}");
        room.assert_no_login(&links, &sim, code);
    }
}

#[tokio::test]
async fn quirk_14_a_young_token_that_is_not_known_yet_is_lived_through() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    sim.fault(json!({"fault": "transient_401", "times": 1, "path": "/api/v4/user"}));
    log_in(&links, &sim, "Work").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_dropped_leaves_nothing_behind_wherever_it_was() {
    // While the browser is waited for.
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Nothing)).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let teller = move |one| tell.send(one).unwrap();
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let address = {
        let running = links.app_login(login, &teller);
        tokio::pin!(running);
        tokio::select! {
            _ = &mut running => panic!("nobody answers"),
            Some(LoginTold::Open { url, .. }) = told.recv() => url,
        }
    };
    assert!(!listens(&address), "the port is free at once");
    room.assert_no_login(&links, &sim, "dropped while waiting");

    // While the code is exchanged: the tokens come when nobody wants them any more.
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    sim.fault(json!({"fault": "slow", "times": 1, "path": "/oauth/token", "seconds": 1}));
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let teller = move |one| tell.send(one).unwrap();
    let login = self::login(&sim.address(), "Work", given(&sim.application(false)));
    {
        let running = links.app_login(login, &teller);
        tokio::pin!(running);
        loop {
            tokio::select! {
                _ = &mut running => panic!("the exchange is slow"),
                Some(one) = told.recv() => if one == LoginTold::Finishing && sim_has_code(&sim) { break },
            }
        }
    }
    // Taken back as soon as they came.
    loop {
        let revoked = sim
            .requests()
            .iter()
            .any(|request| request["path"] == "/oauth/revoke" && request["status"] == 200);
        if revoked {
            break;
        }
        tokio::task::yield_now().await;
    }
    room.assert_no_login(&links, &sim, "dropped while exchanging");
}

/// Another program takes the port after the login has ended, and the browser comes back to it.
#[tokio::test]
async fn a_stolen_port_gets_a_code_that_is_worth_nothing() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Nothing)).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let teller = move |one| tell.send(one).unwrap();
    let application = sim.application(false);
    let login = login(&sim.address(), "Work", given(&application));
    let address = {
        let running = links.app_login(login, &teller);
        tokio::pin!(running);
        tokio::select! {
            _ = &mut running => panic!("nobody answers"),
            Some(LoginTold::Open { url, .. }) = told.recv() => url,
        }
    };
    let thief = take(port(&address));
    let robbed = std::thread::spawn(move || {
        let (mut stream, _) = thief.accept().unwrap();
        let (mut request, mut byte) = (Vec::new(), [0]);
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nThank you").unwrap();
        String::from_utf8(request).unwrap()
    });
    let ada = sim.person("ada", Answer::Authorize);
    ada.visit(&address);
    let robbed = robbed.join().unwrap();
    let path = robbed.split(' ').nth(1).unwrap();
    let code = parameter(&format!("http://127.0.0.1{path}"), "code");
    let challenge = parameter(&address, "code_challenge");
    for verifier in [None, Some("a".repeat(43)), Some(challenge)] {
        let redirect = parameter(&address, "redirect_uri");
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &application.0),
            ("code", &code),
            ("redirect_uri", &redirect),
        ];
        form.extend(verifier.as_deref().map(|verifier| ("code_verifier", verifier)));
        let page = ada.post(&format!("{}/oauth/token", sim.address()), &form);
        assert!(page.text.contains("invalid_"), "{}", page.text);
    }
    room.assert_no_login(&links, &sim, "stolen");
}

#[tokio::test]
async fn a_code_from_another_flow_is_refused_and_its_own_flow_goes_on() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Nothing)).await;
    let start = async |name: &str| {
        let (links, login) = (
            links.clone(),
            login(&sim.address(), name, given(&sim.application(false))),
        );
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        // Whoever stops listening knows enough.
        let teller = move |one| drop(tell.send(one));
        let running = tokio::spawn(async move { Box::pin(links.app_login(login, &teller)).await });
        loop {
            if let LoginTold::Open { url, .. } = told.recv().await.unwrap() {
                return (running, url);
            }
        }
    };
    let ((first, one), (second, two)) = (start("First").await, start("Second").await);
    let ada = sim.person("ada", Answer::Authorize);
    let browse = tokio::task::spawn_blocking(move || {
        let (_, onward) = ada.answered(&one).unwrap();
        let onward = onward.unwrap();
        let (code, state) = (parameter(&onward, "code"), parameter(&two, "state"));
        let mixed = format!(
            "http://127.0.0.1:{}/callback?code={code}&state={state}",
            port(&two)
        );
        let told = ada.get(&mixed).text;
        (ada, onward, told)
    });
    let problem = second.await.unwrap().unwrap_err();
    assert_eq!(problem.code(), "grant_refused");
    let (ada, onward, told) = browse.await.unwrap();
    assert!(told.contains("could not be linked"), "{told}");
    room.assert_no_login(&links, &sim, "another flow's");
    // Its own flow takes it.
    let browse = tokio::task::spawn_blocking(move || ada.get(&onward).text);
    assert_eq!(first.await.unwrap().unwrap().name, "First");
    assert!(browse.await.unwrap().contains("the account is linked"));
}

#[tokio::test]
async fn the_answer_of_another_server_is_refused_though_nobody_says_who_gitlab_is() {
    for (iss, linked) in [("https://evil.example", false), ("", true)] {
        let (sim, room) = (Sim::start(), Room::new());
        sim.fault(json!({"fault": "bad-gateway", "times": 50, "path": "/.well-known/openid-configuration"}));
        let links = room.open_with(sim.person("ada", Answer::Nothing)).await;
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        // Whoever stops listening knows enough.
        let teller = move |one| drop(tell.send(one));
        let login = login(&sim.address(), "Work", given(&sim.application(false)));
        let running = {
            let links = links.clone();
            tokio::spawn(async move { Box::pin(links.app_login(login, &teller)).await })
        };
        let address = loop {
            if let LoginTold::Open { url, .. } = told.recv().await.unwrap() {
                break url;
            }
        };
        let iss = if linked { sim.address() } else { iss.to_owned() };
        let ada = sim.person("ada", Answer::Authorize);
        let browse = tokio::task::spawn_blocking(move || {
            let (_, onward) = ada.answered(&address).unwrap();
            ada.get(&format!("{}&iss={iss}", onward.unwrap())).text
        });
        let done = running.await.unwrap();
        let page = browse.await.unwrap();
        if linked {
            assert_eq!(done.unwrap().name, "Work");
            assert!(page.contains("the account is linked"), "{page}");
        } else {
            assert_eq!(done.unwrap_err().code(), "login_mixed_up");
            assert!(page.contains("could not be linked"), "{page}");
            room.assert_no_login(&links, &sim, "another server's");
        }
    }
}

/// Whether the exchange has reached the simulator.
fn sim_has_code(sim: &Sim) -> bool {
    loop {
        if sim
            .requests()
            .iter()
            .any(|request| request["path"] == "/oauth/token")
        {
            return true;
        }
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn fewer_scopes_than_asked_for_are_refused_unless_accepted_and_more_are_told() {
    let sim = Sim::start();
    let narrow = Mirror::of(&sim.address(), |tokens| {
        tokens["scope"] = "read_repository".into();
    });
    let room = Room::new();
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let problem = links
        .app_login(
            login(&narrow.address(), "Work", given(&sim.application(false))),
            &|_| {},
        )
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "scopes_differ");
    assert_eq!(problem.values()["missing"], "api write_repository");
    room.assert_no_login(&links, &sim, "narrow");
    let accepted = AppLogin {
        accept_missing: true,
        ..login(&narrow.address(), "Work", given(&sim.application(false)))
    };
    let account = links.app_login(accepted, &|_| {}).await.unwrap();
    assert_eq!(account.missing, ["api", "write_repository"]);
    assert_eq!(account.health.state(), "too_narrow");

    let wide = Mirror::of(&sim.address(), |tokens| {
        tokens["scope"] = "api read_repository write_repository sudo".into();
    });
    let told = Mutex::new(Vec::new());
    let account = links
        .app_login(
            login(&wide.address(), "Wide", given(&sim.application(false))),
            &|one| {
                told.lock().unwrap().push(one);
            },
        )
        .await
        .unwrap();
    assert!(account.scopes.names("sudo") && account.health == Health::Linked);
    assert!(told.into_inner().unwrap().contains(&LoginTold::Wider {
        scopes: vec!["sudo".into()]
    }));
}

#[tokio::test]
async fn a_token_answer_without_refresh_or_without_end_is_taken_as_what_it_is() {
    let sim = Sim::start();
    let bare = Mirror::of(&sim.address(), |tokens| {
        let tokens = tokens.as_object_mut().unwrap();
        tokens.remove("refresh_token");
        tokens.remove("scope");
    });
    let room = Room::new();
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = links
        .app_login(
            login(&bare.address(), "Bare", given(&sim.application(false))),
            &|_| {},
        )
        .await
        .unwrap();
    let facts = account.login.unwrap();
    assert!(!facts.renews_by_itself && facts.renews_at.is_none() && facts.access_until.is_some());
    assert_eq!(
        account.scopes,
        Scopes::Known(wanted()),
        "not told is what was asked for"
    );
    room.hands.advance(7_200);
    sim.advance(7_200);
    let checked = links.check(&account.id).await.unwrap();
    assert_eq!(checked.health.state(), "expired");

    let endless = Mirror::of(&sim.address(), |tokens| {
        tokens.as_object_mut().unwrap().remove("expires_in");
    });
    let room = Room::new();
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = links
        .app_login(
            login(&endless.address(), "Endless", given(&sim.application(false))),
            &|_| {},
        )
        .await
        .unwrap();
    let facts = account.login.unwrap();
    assert!(facts.access_until.is_none() && facts.renews_at.is_none());
    assert_eq!(links.next_renewal().unwrap(), None);
}

#[tokio::test]
async fn two_accounts_on_one_host_by_app_and_by_token_leave_one_another_alone() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let token = link(&links, &sim.address(), "By token", &sim.ada())
        .await
        .unwrap();
    let app = log_in(&links, &sim, "By app").await;
    let other = log_in(&links, &sim, "By app too").await;
    assert!(token.default_on_instance && !app.default_on_instance);
    let (done, _) = unlink(&links, &app, Unlink::default()).await;
    assert_eq!(done.unwrap().token, links::TokenEnd::Revoked);
    for account in [&token, &other] {
        assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    }
    let (done, _) = unlink(&links, &token, Unlink::default()).await;
    done.unwrap();
    assert!(!sim.accepts(&sim.ada()));
    assert_eq!(links.check(&other.id).await.unwrap().health, Health::Linked);
    assert_eq!(sim.living_logins(), 1);
}

#[tokio::test]
async fn unlinking_an_app_login_whose_access_has_ended_still_ends_it() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    room.hands.advance(90_000);
    sim.advance(90_000);
    let (done, _) = unlink(&links, &account, Unlink::default()).await;
    assert_eq!(done.unwrap().token, links::TokenEnd::Revoked);
    assert_eq!(sim.living_logins(), 0);
    assert_eq!(links.accounts().unwrap(), []);
}

#[tokio::test]
async fn unlinking_says_when_the_application_may_not_revoke_any_more_and_keeps_the_account() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let application = sim.application(true);
    let account = links
        .app_login(login(&sim.address(), "Work", given(&application)), &|_| {})
        .await
        .unwrap();
    sim.change_application(json!({"application_id": application.0, "renew_secret": true}));
    let (done, _) = unlink(&links, &account, Unlink::default()).await;
    assert_eq!(done.unwrap_err().code(), "app_secret_wrong");
    assert_eq!(links.accounts().unwrap().len(), 1);
    let (done, _) = unlink(
        &links,
        &account,
        Unlink {
            keep_token: true,
            ..Unlink::default()
        },
    )
    .await;
    assert_eq!(done.unwrap().token, links::TokenEnd::Kept);
    assert_eq!(sim.living_logins(), 1);
}

#[tokio::test]
async fn bad_applications_are_told_before_anything_is_asked() {
    for (id, secret, code) in [
        ("", None, "application_id_invalid"),
        ("a b", None, "application_id_invalid"),
        ("gloas-0123", None, "application_id_invalid"),
        ("abc", Some("a b"), "application_secret_invalid"),
    ] {
        let Err(problem) = GivenApplication::read(id, secret) else {
            panic!("{id} was taken")
        };
        assert_eq!((problem.code(), problem.kind()), (code, ProblemKind::Usage));
        assert!(!format!("{problem:?}{problem}").contains("gloas"));
    }
    assert!(!GivenApplication::read("abc", Some("  ")).unwrap().confidential());
}
