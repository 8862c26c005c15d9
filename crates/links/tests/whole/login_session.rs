//! The window's link flow by app login and by code, over real HTTP.

use std::net::TcpStream;

use links::{
    AppState, BrowserState, DeviceState, FlowState, FlowStep, LinkSession, Links, LoginMethod, Method, Opener,
};
use zeroize::Zeroizing;

use crate::login::log_in;
use crate::person::{Answer, Person};
use crate::port::goes_on_listening;
use crate::room::{Room, unlink, wanted};
use crate::sim::Sim;

async fn until(session: &LinkSession, wanted: impl FnMut(&FlowState) -> bool) -> FlowState {
    session.watch().wait_for(wanted).await.unwrap().clone()
}

async fn at_sign_in(links: &Links, sim: &Sim) -> LinkSession {
    let session = links.link_session(wanted());
    session.set_address(sim.address());
    until(&session, |state| state.can_next).await;
    session.next();
    until(&session, |state| state.step == FlowStep::SignIn).await;
    session
}

/// An instance whose application is known, and nobody linked there.
async fn known(room: &Room, sim: &Sim, browser: impl Opener + 'static) -> Links {
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, sim, "First").await;
    unlink(&links, &account, links::Unlink::default())
        .await
        .0
        .unwrap();
    drop(links);
    room.open_with(browser).await
}

fn port(state: &FlowState) -> u16 {
    let AppState::Waiting { url, .. } = &state.app else {
        panic!("not waiting: {:?}", state.app)
    };
    let url = url::Url::parse(url).unwrap();
    let redirect = url
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .unwrap()
        .1;
    url::Url::parse(&redirect).unwrap().port().unwrap()
}

fn waits(state: &FlowState) -> bool {
    matches!(
        &state.app,
        AppState::Waiting {
            browser: BrowserState::Opened,
            ..
        }
    )
}

#[tokio::test]
async fn on_a_known_gitlab_two_inputs_lead_to_a_linked_account() {
    let (sim, room) = (Sim::with(&["--subpath", "/gitlab"]), Room::new());
    let links = known(&room, &sim, sim.person("ada", Answer::Authorize)).await;
    let session = links.link_session(wanted());
    // One: which GitLab. Two: Link. The rest is the person's in the browser.
    session.set_address(sim.address());
    let state = until(&session, |state| state.can_link).await;
    assert_eq!((state.step, state.method), (FlowStep::Address, LoginMethod::App));
    session.link(false);
    let state = until(&session, |state| state.step == FlowStep::Done).await;
    let account = links.account_by_id(&state.account.unwrap()).unwrap();
    assert_eq!(
        (account.method, account.name.as_str()),
        (Method::App, "127.0.0.1")
    );
}

#[tokio::test]
async fn an_application_is_typed_tried_and_kept_only_then() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let session = at_sign_in(&links, &sim).await;
    let state = session.state();
    assert_eq!(state.method, LoginMethod::Token, "what works at once");
    assert_eq!(
        state.methods.map(|one| one.why.map(links::ProblemCode::as_str)),
        [Some("app_not_set_up"), None, Some("app_not_set_up")]
    );
    session.choose_method(LoginMethod::App);
    let state = until(&session, |state| state.method == LoginMethod::App).await;
    let AppState::NotSetUp {
        registering,
        problem: None,
    } = state.app
    else {
        panic!("{:?}", state.app)
    };
    assert_eq!(registering.redirect, "http://127.0.0.1/callback");
    assert!(!state.can_link);
    // A secret in the ID's field is told and shown to nobody.
    session.set_application("gloas-CANARY", None);
    let state = until(&session, |state| {
        matches!(&state.app, AppState::NotSetUp { problem: Some(_), .. })
    })
    .await;
    assert!(!format!("{state:?}").contains("CANARY"));

    let (id, secret) = sim.application(true);
    session.set_application(&id, Some(Zeroizing::new("gloas-wrong".to_owned())));
    let state = until(&session, |state| state.can_link).await;
    assert!(matches!(
        state.app,
        AppState::Ready {
            confidential: true,
            typed: true,
            ..
        }
    ));
    session.link(false);
    let state = until(&session, |state| state.problem.is_some()).await;
    assert_eq!(state.problem.unwrap().code(), "app_secret_wrong");
    room.assert_nothing_left(&links, "a wrong secret");
    session.set_application(&id, Some(Zeroizing::new(secret.unwrap())));
    let state = until(&session, |state| state.can_link && state.problem.is_none()).await;
    assert!(!format!("{state:?}").contains("gloas-"));
    session.link(false);
    until(&session, |state| state.step == FlowStep::Done).await;
    assert!(links.instances().unwrap()[1].confidential);
}

#[tokio::test]
async fn cancel_and_back_free_the_port_at_once_and_leave_nothing_behind() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = known(&room, &sim, sim.person("ada", Answer::Nothing)).await;
    for cancel in [true, false] {
        let session = at_sign_in(&links, &sim).await;
        session.link(false);
        let state = until(&session, waits).await;
        let port = port(&state);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        if cancel {
            session.cancel();
        } else {
            session.back();
        }
        until(&session, |state| state.step == FlowStep::Address).await;
        assert!(!goes_on_listening(port), "the port still listens");
        assert_eq!((links.accounts().unwrap().len(), sim.living_logins()), (0, 0));
    }
}

#[tokio::test]
async fn a_failed_browser_is_opened_again_and_the_answer_still_counts() {
    struct Second(Person, std::sync::atomic::AtomicBool);
    impl Opener for Second {
        fn open(&self, url: &str) -> std::io::Result<()> {
            if self.1.swap(true, std::sync::atomic::Ordering::SeqCst) {
                self.0.open(url)
            } else {
                Err(std::io::Error::other("no browser"))
            }
        }
    }
    let (sim, room) = (Sim::start(), Room::new());
    let browser = Second(sim.person("ada", Answer::Authorize), false.into());
    let links = known(&room, &sim, browser).await;
    let session = at_sign_in(&links, &sim).await;
    session.link(false);
    until(&session, |state| {
        matches!(
            &state.app,
            AppState::Waiting {
                browser: BrowserState::Failed { .. },
                ..
            }
        )
    })
    .await;
    session.open_again();
    until(&session, |state| state.step == FlowStep::Done).await;
}

#[tokio::test]
async fn from_the_browser_to_a_code_and_is_this_you() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = known(&room, &sim, sim.person("ada", Answer::Nothing)).await;
    let session = at_sign_in(&links, &sim).await;
    session.link(false);
    let port = port(&until(&session, waits).await);
    session.use_code();
    let state = until(&session, |state| {
        matches!(state.device, DeviceState::Waiting { .. })
    })
    .await;
    assert_eq!(state.method, LoginMethod::Device);
    assert!(!goes_on_listening(port), "the browser is not waited for any more");
    // Somebody else types it first: that is not me.
    let code = |state: &FlowState| match &state.device {
        DeviceState::Waiting {
            verification_uri_complete,
            ..
        } => verification_uri_complete.clone(),
        other => panic!("{other:?}"),
    };
    let (grace, complete) = (sim.person("grace", Answer::Authorize), code(&state));
    std::thread::spawn(move || grace.type_code(&complete))
        .join()
        .unwrap();
    let state = until(&session, |state| {
        matches!(state.device, DeviceState::Confirm { .. })
    })
    .await;
    assert!(
        matches!(&state.device, DeviceState::Confirm { person } if person.username.as_deref() == Some("grace"))
    );
    assert_eq!(
        (links.accounts().unwrap().len(), sim.living_logins()),
        (0, 1),
        "nothing is stored yet"
    );
    session.confirm_identity(false);
    until(&session, |state| state.device == DeviceState::Idle).await;
    while sim.living_logins() > 0 {
        tokio::task::yield_now().await;
    }
    // Once more, by the right person.
    session.link(false);
    let state = until(&session, |state| {
        matches!(state.device, DeviceState::Waiting { .. })
    })
    .await;
    let (ada, complete) = (sim.person("ada", Answer::Authorize), code(&state));
    std::thread::spawn(move || ada.type_code(&complete))
        .join()
        .unwrap();
    until(&session, |state| {
        matches!(state.device, DeviceState::Confirm { .. })
    })
    .await;
    session.confirm_identity(true);
    let state = until(&session, |state| state.step == FlowStep::Done).await;
    let account = links.account_by_id(&state.account.unwrap()).unwrap();
    assert_eq!(account.user.username.as_deref(), Some("ada"));
    assert_eq!(sim.living_logins(), 1);
}

#[tokio::test]
async fn a_session_that_goes_away_while_somebody_is_to_be_confirmed_gives_the_tokens_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = known(&room, &sim, sim.person("ada", Answer::Nothing)).await;
    let session = at_sign_in(&links, &sim).await;
    session.choose_method(LoginMethod::Device);
    session.link(false);
    let state = until(&session, |state| {
        matches!(state.device, DeviceState::Waiting { .. })
    })
    .await;
    let DeviceState::Waiting {
        verification_uri_complete,
        ..
    } = state.device
    else {
        panic!("waiting")
    };
    let ada = sim.person("ada", Answer::Authorize);
    std::thread::spawn(move || ada.type_code(&verification_uri_complete))
        .join()
        .unwrap();
    until(&session, |state| {
        matches!(state.device, DeviceState::Confirm { .. })
    })
    .await;
    drop(session);
    while sim.living_logins() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(links.accounts().unwrap(), []);
}

#[tokio::test]
async fn a_gitlab_too_old_for_codes_says_so_at_the_method() {
    let (sim, room) = (Sim::with(&["--gitlab-version", "16.11.0"]), Room::new());
    let links = known(&room, &sim, sim.person("ada", Answer::Authorize)).await;
    let session = at_sign_in(&links, &sim).await;
    session.choose_method(LoginMethod::Device);
    session.link(false);
    let state = until(&session, |state| state.problem.is_some()).await;
    assert_eq!(state.problem.unwrap().code(), "device_unsupported");
    assert_eq!(
        state.methods[2].why.map(links::ProblemCode::as_str),
        Some("device_unsupported")
    );
    session.choose_method(LoginMethod::App);
    session.link(false);
    until(&session, |state| state.step == FlowStep::Done).await;
}
