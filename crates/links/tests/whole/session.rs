//! The window's link flow over real HTTP.

use links::{AddressState, FlowState, FlowStep, LinkSession, Links, Step, TokenState, Way};
use serde_json::json;
use zeroize::Zeroizing;

use crate::room::{Before, Room, intents, wanted};
use crate::sim::Sim;

/// Waits until the flow is as wanted; a flow that never is, is ended by the test harness.
async fn until(session: &LinkSession, wanted: impl FnMut(&FlowState) -> bool) -> FlowState {
    session.watch().wait_for(wanted).await.unwrap().clone()
}

fn give(session: &LinkSession, token: &str) {
    session.set_token(Some(Zeroizing::new(token.to_owned())));
}

async fn at_sign_in(links: &Links, sim: &Sim) -> LinkSession {
    let session = links.link_session(wanted());
    session.set_way(Way::Company);
    session.set_address(sim.address());
    until(&session, |state| state.can_next).await;
    session.next();
    until(&session, |state| state.step == FlowStep::SignIn).await;
    session
}

#[tokio::test]
async fn address_token_link() {
    let (sim, room) = (Sim::with(&["--subpath", "/gitlab"]), Room::new());
    let links = room.open().await;
    let session = links.link_session(wanted());
    session.set_address(format!("{}/ada/notes/-/issues", sim.address()));
    let state = until(&session, |state| state.can_next).await;
    assert_eq!(state.name, "127.0.0.1");
    assert!(
        matches!(&state.address, AddressState::Found { base, upgraded: false } if base.as_str() == sim.address())
    );
    session.next();
    until(&session, |state| state.step == FlowStep::SignIn).await;
    sim.forget_requests();
    // All three questions of the one round trip are there before any is answered.
    sim.fault(json!({"fault": "together", "times": 3, "seconds": 30}));
    give(&session, &sim.ada());
    let state = until(&session, |state| {
        matches!(state.token, TokenState::Checked { .. })
    })
    .await;
    assert!(state.can_link);
    session.link(false);
    let state = until(&session, |state| state.step == FlowStep::Done).await;
    let account = links.account_by_id(&state.account.unwrap()).unwrap();
    assert_eq!((account.name.as_str(), account.missing.len()), ("127.0.0.1", 0));
    assert_eq!(sim.requests().len(), 3, "linking does not ask again");
}

#[tokio::test]
async fn pressing_link_at_once_waits_for_the_token() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let session = at_sign_in(&links, &sim).await;
    give(&session, &sim.ada());
    session.link(false);
    until(&session, |state| state.step == FlowStep::Done).await;
    assert_eq!(links.accounts().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_token_says_why_and_another_may_follow() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let session = at_sign_in(&links, &sim).await;
    for (state, code) in [
        ("revoked", "token_revoked"),
        ("expired", "token_expired"),
        ("deleted", "token_unknown"),
    ] {
        give(
            &session,
            &sim.token(json!({"username": "ada", "scopes": wanted(), "state": state})),
        );
        let told = until(&session, |state| matches!(state.token, TokenState::Bad { .. })).await;
        assert!(
            matches!(&told.token, TokenState::Bad { problem } if problem.code() == code),
            "{:?}",
            told.token
        );
        session.set_token(None);
        until(&session, |state| state.token == TokenState::Empty).await;
    }
    room.assert_nothing_left(&links, "refused");
    give(&session, &sim.ada());
    session.link(false);
    until(&session, |state| state.step == FlowStep::Done).await;
}

#[tokio::test]
async fn cancel_while_it_is_stored_leaves_nothing_behind() {
    let (sim, room) = (Sim::start(), Room::new());
    let (reached, mut told_reached) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, told_to_go_on) = std::sync::mpsc::channel::<()>();
    let told_to_go_on = std::sync::Mutex::new(told_to_go_on);
    let witness = Before(Step::LinkSecret, move || {
        reached.send(()).unwrap();
        tokio::task::block_in_place(|| told_to_go_on.lock().unwrap().recv().unwrap());
    });
    let (address, ada) = (sim.address(), sim.ada());
    let setup = links::Setup {
        witness: std::sync::Arc::new(witness),
        ..room.setup()
    };
    // On a runtime of its own: the witness blocks one of its threads.
    let run = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let links = Links::open(setup).await.unwrap().links;
            let session = links.link_session(wanted());
            session.set_address(address);
            until(&session, |state| state.can_next).await;
            session.next();
            give(&session, &ada);
            session.link(false);
            told_reached.recv().await.unwrap();
            session.cancel();
            let fresh = links.link_session(wanted()).state();
            assert_eq!(
                until(&session, |state| state.step == FlowStep::Address).await,
                fresh
            );
            go_on.send(()).unwrap();
            links
        })
        // Dropping the runtime waits for the blocked thread and drops what is left of the task.
    });
    drop(run.join().unwrap());
    // Whether the end of its runtime cut the link off before it tidied up or not: it was called off for good.
    let (links, recovered) = room.reopen().await;
    assert!(
        recovered
            .iter()
            .all(|one| one.what == links::RecoveredWhat::LinkUndone),
        "{recovered:?}"
    );
    assert_eq!(links.accounts().unwrap(), []);
    assert_eq!((room.keychain.dump().len(), intents(&room.home())), (0, 0));
}

#[tokio::test]
async fn back_forgets_the_token_and_keeps_the_rest() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let session = at_sign_in(&links, &sim).await;
    session.set_name("Mine".into());
    give(&session, &sim.ada());
    until(&session, |state| {
        matches!(state.token, TokenState::Checked { .. })
    })
    .await;
    session.back();
    let state = until(&session, |state| state.step == FlowStep::Address).await;
    assert_eq!((state.name.as_str(), state.address_text), ("Mine", sim.address()));
    assert_eq!(state.token, TokenState::Empty);
    session.next();
    let state = until(&session, |state| state.step == FlowStep::SignIn).await;
    assert_eq!((state.token, state.can_link), (TokenState::Empty, false));
}

#[tokio::test]
async fn what_answers_instead_is_said_while_typing() {
    let (sim, room) = (Sim::with(&["--persona", "gitea"]), Room::new());
    let links = room.open().await;
    let session = links.link_session(wanted());
    session.set_address(sim.address());
    let state = until(&session, |state| {
        matches!(state.address, AddressState::Bad { .. })
    })
    .await;
    let AddressState::Bad { problem } = state.address else {
        panic!("bad")
    };
    assert_eq!(
        (problem.code(), problem.values()["software"].as_str()),
        ("not_gitlab", "Gitea")
    );
    session.set_address("https://ada:secret@git.example.test".into());
    let bad = |state: &FlowState| matches!(&state.address, AddressState::Bad { problem } if problem.code() == "address_user_info");
    until(&session, bad).await;
}

#[tokio::test]
async fn an_untrusted_certificate_can_be_trusted_for_this_gitlab() {
    let (sim, room) = (Sim::with(&["--tls"]), Room::new());
    let links = room.open().await;
    let session = links.link_session(wanted());
    session.set_address(sim.address());
    let state = until(&session, |state| {
        matches!(state.address, AddressState::Certificate { .. })
    })
    .await;
    let AddressState::Certificate { problem, can_trust } = state.address else {
        panic!("certificate")
    };
    assert!(
        can_trust && problem.values().contains_key("issuer"),
        "{problem:?}"
    );
    session.trust_authority();
    until(&session, |state| state.can_next).await;
    session.next();
    give(&session, &sim.ada());
    session.link(false);
    until(&session, |state| state.step == FlowStep::Done).await;
    assert_eq!(links.instances().unwrap()[1].authorities.len(), 1);
}

#[tokio::test]
async fn a_keychain_that_opens_meanwhile_is_noticed() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    room.keychain.refuse(Some(links::VaultError::Locked));
    let session = at_sign_in(&links, &sim).await;
    let locked = until(&session, |state| state.problem.is_some()).await;
    assert_eq!(locked.problem.unwrap().code(), "keychain_locked");
    room.keychain.refuse(None);
    links.unlock_keychain().await.unwrap();
    until(&session, |state| state.problem.is_none()).await;
}
