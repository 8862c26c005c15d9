//! Linking an account again: by token, in the browser or with a code, also by another method than before. The account
//! stays what it is; the old secret goes only when the new one is proved and stored.

use std::sync::{Arc, Mutex};

use links::{
    Account, AppState, Asked, DeviceState, Event, FlowState, FlowStep, Health, LinkSession, Links,
    LoginMethod, LoginTold, Method, OtherUser, Problem, ProblemCode, ProblemKind, RecoveredWhat, ReplacedEnd,
    Setup, SignInAgain, Step, Token, TokenRelink, TokenState, Unlink, VaultError,
};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use zeroize::Zeroizing;

use crate::login::{given as application, log_in, login};
use crate::mirror::Mirror;
use crate::person::Answer;
use crate::room::{Before, Room, link, unlink, wanted};
use crate::sim::Sim;

pub(crate) fn with_token(token: &str) -> TokenRelink {
    TokenRelink {
        token: Token::read(token).unwrap(),
        scopes: None,
        accept_missing: false,
        other_user: OtherUser::Refused,
        revoke_old: false,
    }
}

pub(crate) fn by_app() -> SignInAgain {
    SignInAgain {
        scopes: None,
        application: None,
        accept_missing: false,
        open_browser: true,
        by_code: false,
        other_user: OtherUser::Refused,
        revoke_old: false,
    }
}

/// Another token, of ada unless something else is said.
pub(crate) fn another(sim: &Sim, more: Value) -> String {
    let mut token = json!({"username": "ada", "scopes": wanted(), "expires_at": "2099-01-01"});
    if let (Value::Object(token), Value::Object(more)) = (&mut token, more) {
        token.extend(more);
    }
    sim.token(token)
}

async fn given(links: &Links, account: &Account) -> String {
    let asked = Asked::by("a test").unwrap();
    let given = links.access_token(&account.id, &asked).await.unwrap();
    given.token.expose().to_owned()
}

/// What stays of an account that is linked again.
fn kept(account: &Account) -> (links::AccountId, String, Vec<String>, bool, links::AccountUser) {
    let account = account.clone();
    (
        account.id,
        account.name,
        account.wanted,
        account.default_on_instance,
        account.user,
    )
}

async fn linked(room: &Room, sim: &Sim) -> (Links, Account) {
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    (links, account)
}

#[tokio::test]
async fn a_dead_token_gives_way_to_another_and_the_account_stays() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let second = another(&sim, json!({"username": "grace"}));
    link(&links, &sim.address(), "Second", &second).await.unwrap();
    sim.change_token(&sim.ada(), "revoked");
    links.check(&account.id).await.unwrap();
    let dead = links.check(&account.id).await.unwrap();
    assert_eq!(dead.health.state(), "revoked");

    let new = another(&sim, json!({}));
    let again = links
        .relink_with_token(&account.id, with_token(&new))
        .await
        .unwrap();
    assert_eq!(kept(&again), kept(&account));
    assert_eq!((again.health.clone(), again.trouble), (Health::Linked, None));
    assert_eq!(again.expires_on, Some("2099-01-01".parse().unwrap()));
    assert_eq!(given(&links, &again).await, new);
    assert_eq!(links.accounts().unwrap().len(), 2, "no second account was made");
    let told: Vec<String> = links
        .ledger(Some(&account.id), 3)
        .unwrap()
        .into_iter()
        .map(|one| one.what)
        .collect();
    assert!(told.contains(&"relinked".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_living_token_a_person_pasted_is_theirs_unless_they_ask_for_its_end() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let second = another(&sim, json!({}));
    links
        .relink_with_token(&account.id, with_token(&second))
        .await
        .unwrap();
    assert!(sim.accepts(&sim.ada()), "left alone");
    let third = another(&sim, json!({}));
    let revoking = |token: &str| TokenRelink {
        revoke_old: true,
        ..with_token(token)
    };
    links
        .relink_with_token(&account.id, revoking(&third))
        .await
        .unwrap();
    assert!(!sim.accepts(&second) && sim.accepts(&third));
    // The same token once more is not revoked by itself, nor is one another account has.
    links
        .relink_with_token(&account.id, revoking(&third))
        .await
        .unwrap();
    assert!(sim.accepts(&third));
    link(&links, &sim.address(), "Same", &third).await.unwrap();
    links
        .relink_with_token(&account.id, revoking(&sim.ada()))
        .await
        .unwrap();
    assert!(sim.accepts(&third), "another account has it");
}

#[tokio::test]
async fn a_token_gives_way_to_a_login_and_back_and_logins_that_gave_way_are_taken_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, first) = linked(&room, &sim).await;
    log_in(&links, &sim, "App").await;
    let app = links.sign_in_again(&first.id, by_app(), &|_| {}).await.unwrap();
    assert_eq!((app.method, kept(&app)), (Method::App, kept(&first)));
    assert!(app.login.is_some() && app.token_id.is_none());
    assert!(sim.accepts_bearer(&given(&links, &app).await));
    assert_eq!(sim.living_logins(), 2);
    let token = links
        .relink_with_token(&first.id, with_token(&sim.ada()))
        .await
        .unwrap();
    assert_eq!((token.method, kept(&token)), (Method::Token, kept(&first)));
    assert!(token.login.is_none());
    assert_eq!(given(&links, &token).await, sim.ada());
    assert_eq!(
        sim.living_logins(),
        1,
        "it was given to LabLink alone, so it goes"
    );
    assert_eq!(links.check(&first.id).await.unwrap().health, Health::Linked);
    assert_eq!(room.keychain.dump().len(), 2);
}

#[tokio::test]
async fn a_code_on_another_device_does_it_too() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, first) = linked(&room, &sim).await;
    log_in(&links, &sim, "App").await;
    let person = sim.person("ada", Answer::Authorize);
    let told = move |told| {
        if let LoginTold::Code { complete, .. } = told {
            let person = person.clone();
            std::thread::spawn(move || person.type_code(&complete));
        }
    };
    let code = SignInAgain {
        by_code: true,
        ..by_app()
    };
    let again = links.sign_in_again(&first.id, code, &told).await.unwrap();
    assert_eq!((again.method, kept(&again)), (Method::App, kept(&first)));
}

#[tokio::test]
async fn somebody_else_takes_its_place_only_when_named() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let theirs = another(&sim, json!({"username": "grace"}));
    let named = |name: &str| TokenRelink {
        other_user: OtherUser::Named(name.to_owned()),
        ..with_token(&theirs)
    };
    for request in [with_token(&theirs), named("ada"), named("someone")] {
        let problem = links.relink_with_token(&account.id, request).await.unwrap_err();
        assert_eq!(
            (problem.code(), problem.kind()),
            ("other_user", ProblemKind::Refused)
        );
        let values = problem.values();
        assert_eq!(
            (
                values["name"].as_str(),
                values["found"].as_str(),
                values["was"].as_str()
            ),
            ("Work", "grace", "ada")
        );
        assert_eq!(given(&links, &account).await, sim.ada(), "nothing changed");
    }
    let now = links
        .relink_with_token(&account.id, named("@Grace"))
        .await
        .unwrap();
    assert_eq!((now.id, now.name.as_str()), (account.id, "Work"));
    assert_eq!(now.user.username.as_deref(), Some("grace"));
    assert_ne!(now.user.id, account.user.id);
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    let entry = links
        .ledger(Some(&account.id), 10)
        .unwrap()
        .into_iter()
        .find(|one| one.what == "relinked");
    assert_eq!(entry.unwrap().detail.as_deref(), Some("@grace"));
}

#[tokio::test]
async fn what_will_not_do_changes_nothing() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let narrow = another(&sim, json!({"scopes": ["api"]}));
    let dead = another(&sim, json!({}));
    sim.change_token(&dead, "revoked");
    for (token, code) in [
        (narrow.as_str(), "token_too_narrow"),
        (dead.as_str(), "token_revoked"),
        ("glpat-of-nobody-0123456", "token_unknown"),
        ("gldt-0123456789abcdefghij", "token_wrong_kind"),
    ] {
        let problem = links
            .relink_with_token(&account.id, with_token(token))
            .await
            .unwrap_err();
        assert_eq!(problem.code(), code);
    }
    sim.fault(json!({"fault": "bad-gateway", "times": 20}));
    let silent = links
        .relink_with_token(&account.id, with_token(&sim.ada()))
        .await
        .unwrap_err();
    assert_eq!(silent.kind(), ProblemKind::NoAnswer, "{silent}");
    sim.no_faults();
    assert_eq!(links.accounts().unwrap(), std::slice::from_ref(&account));
    // With scopes of its own it is another wish.
    let request = TokenRelink {
        scopes: Some(vec!["api".to_owned()]),
        ..with_token(&narrow)
    };
    let again = links.relink_with_token(&account.id, request).await.unwrap();
    assert_eq!(
        (again.wanted, again.health),
        (vec!["api".to_owned()], Health::Linked)
    );
}

#[tokio::test]
async fn a_secret_that_is_gone_from_the_keychain_is_replaced() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let key = vault::Key::new(&format!("account-{}", account.id)).unwrap();
    links::Vault::with_backend(room.keychain.clone(), crate::room::GUARD)
        .delete(&key)
        .await
        .unwrap();
    assert_eq!(links.check(&account.id).await.unwrap().health.state(), "unknown");
    let again = links
        .relink_with_token(&account.id, with_token(&sim.ada()))
        .await
        .unwrap();
    assert_eq!(kept(&again), kept(&account));
    assert_eq!(given(&links, &again).await, sim.ada());
}

#[tokio::test]
async fn a_keychain_that_refuses_leaves_the_old_secret_and_gives_the_new_login_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    log_in(&links, &sim, "App").await;
    let keychain = Arc::clone(&room.keychain);
    let setup = Setup {
        opener: Arc::new(sim.person("ada", Answer::Authorize)),
        witness: Arc::new(Before(Step::PermitSecret, move || {
            keychain.refuse(Some(VaultError::Denied));
        })),
        ..room.setup()
    };
    let watched = Links::open(setup).await.unwrap().links;
    let problem = watched
        .sign_in_again(&account.id, by_app(), &|_| {})
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "keychain_denied");
    room.keychain.refuse(None);
    assert_eq!(sim.living_logins(), 1);
    assert_eq!(given(&links, &account).await, sim.ada());
    assert_eq!(
        links
            .accounts()
            .unwrap()
            .iter()
            .find(|one| one.id == account.id)
            .unwrap()
            .method,
        Method::Token
    );
    let (_, recovered) = room.reopen().await;
    assert_eq!(recovered, []);
}

#[tokio::test]
async fn a_login_gitlab_did_not_take_back_is_taken_back_at_the_next_check_and_by_unlinking() {
    for by_unlinking in [false, true] {
        let (sim, room) = (Sim::start(), Room::new());
        let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
        let account = log_in(&links, &sim, "Work").await;
        sim.fault(json!({"fault": "bad-gateway", "times": 1, "path": "/oauth/revoke"}));
        let again = links
            .relink_with_token(&account.id, with_token(&sim.ada()))
            .await
            .unwrap();
        assert_eq!((again.method, sim.living_logins()), (Method::Token, 1));
        if by_unlinking {
            unlink(
                &links,
                &again,
                Unlink {
                    keep_token: true,
                    here_only: false,
                    revoke_later: false,
                },
            )
            .await
            .0
            .unwrap();
        } else {
            assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
        }
        assert_eq!(sim.living_logins(), 0, "by unlinking: {by_unlinking}");
        assert!(sim.accepts(&sim.ada()));
    }
}

#[tokio::test]
async fn what_gave_way_while_somebody_else_answered_for_gitlab_is_taken_back_later() {
    for fault in ["bad-gateway", "sso", "nginx", "redirect-host"] {
        let (sim, room) = (Sim::start(), Room::new());
        let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
        let account = log_in(&links, &sim, "Work").await;
        sim.fault(json!({"fault": fault, "times": 1, "path": "/oauth/revoke"}));
        links
            .relink_with_token(&account.id, with_token(&sim.ada()))
            .await
            .unwrap();
        assert_eq!(sim.living_logins(), 1, "{fault}");
        assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
        assert_eq!(sim.living_logins(), 0, "{fault}");
    }
}

#[tokio::test]
async fn a_token_whose_end_was_asked_for_while_somebody_else_answered_is_revoked_later() {
    for fault in ["bad-gateway", "sso", "html-200", "nginx", "redirect-host"] {
        let (sim, room) = (Arc::new(Sim::start()), Room::new());
        let server = Arc::clone(&sim);
        let setup = Setup {
            witness: Arc::new(Before(Step::PermitRevoke, move || {
                server.fault(json!({"fault": fault, "times": 1}));
            })),
            ..room.setup()
        };
        let watched = Links::open(setup).await.unwrap().links;
        let account = link(&watched, &sim.address(), "Work", &sim.ada()).await.unwrap();
        let new = another(&sim, json!({}));
        let request = TokenRelink {
            revoke_old: true,
            ..with_token(&new)
        };
        watched.relink_with_token(&account.id, request).await.unwrap();
        sim.no_faults();
        assert!(sim.accepts(&sim.ada()) && sim.accepts(&new), "{fault}");
        let links = room.open().await;
        assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
        assert!(!sim.accepts(&sim.ada()) && sim.accepts(&new), "{fault}");
    }
}

/// What was told of what an account signed in with before.
fn replaced(events: &mut broadcast::Receiver<Event>) -> Vec<(Method, ReplacedEnd)> {
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Replaced { method, end, .. } = event {
            told.push((method, end));
        }
    }
    told
}

#[tokio::test]
async fn a_login_whose_revocation_was_falsely_confirmed_is_not_called_dead() {
    let (sim, room) = (Sim::start(), Room::new());
    let mirror = Mirror::of(&sim.address(), |_| {});
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let login = login(&mirror.address(), "Work", application(&sim.application(false)));
    let account = links.app_login(login, &|_| {}).await.unwrap();
    let mut events = links.subscribe();
    mirror.swallow_revocations(true);
    links
        .relink_with_token(&account.id, with_token(&sim.ada()))
        .await
        .unwrap();
    assert_eq!(sim.living_logins(), 1);
    let later = (Method::App, ReplacedEnd::Later(ProblemCode::StillAlive));
    assert_eq!(replaced(&mut events), [later]);
    mirror.swallow_revocations(false);
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    assert_eq!(sim.living_logins(), 0);
    assert_eq!(replaced(&mut events), [(Method::App, ReplacedEnd::Revoked)]);
}

#[tokio::test]
async fn what_gitlab_refuses_to_revoke_is_told_and_written_down() {
    let (sim, room) = (Arc::new(Sim::start()), Room::new());
    // The application's secret was renewed: GitLab does not know LabLink by the old one.
    let confidential = sim.application(true);
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let login = login(&sim.address(), "Lab", application(&confidential));
    let lab = links.app_login(login, &|_| {}).await.unwrap();
    let mut events = links.subscribe();
    sim.change_application(json!({"application_id": confidential.0, "renew_secret": true}));
    links
        .relink_with_token(&lab.id, with_token(&sim.ada()))
        .await
        .unwrap();
    assert_eq!(sim.living_logins(), 1);
    let alive = (Method::App, ReplacedEnd::LeftAlive(ProblemCode::AppSecretWrong));
    assert_eq!(replaced(&mut events), [alive]);
    let told = links.ledger(Some(&lab.id), 1).unwrap().remove(0);
    assert_eq!(
        (told.what.as_str(), told.detail.as_deref()),
        ("old_left_alive", Some("app"))
    );
    // Nobody asks again.
    links.check(&lab.id).await.unwrap();
    assert_eq!(replaced(&mut events), []);

    // The user was blocked between the proof of the new token and the end of the old one.
    let server = Arc::clone(&sim);
    let watched = room
        .open_watched(Before(Step::PermitRevoke, move || {
            server.user(json!({"username": "ada", "state": "blocked"}));
        }))
        .await;
    let mut events = watched.subscribe();
    let again = TokenRelink {
        revoke_old: true,
        ..with_token(&another(&sim, json!({})))
    };
    watched.relink_with_token(&lab.id, again).await.unwrap();
    let alive = (Method::Token, ReplacedEnd::LeftAlive(ProblemCode::AccountBlocked));
    assert_eq!(replaced(&mut events), [alive]);
    let told = watched.ledger(Some(&lab.id), 1).unwrap().remove(0);
    assert_eq!(
        (told.what.as_str(), told.detail.as_deref()),
        ("old_left_alive", Some("token"))
    );
}

#[tokio::test]
async fn what_waits_to_be_revoked_and_gives_way_once_more_is_told() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    let mut events = links.subscribe();
    sim.fault(json!({"fault": "bad-gateway", "times": 50, "path": "/oauth/revoke"}));
    let ends = [
        vec![(Method::App, ReplacedEnd::Later(ProblemCode::ServerError))],
        vec![
            (Method::App, ReplacedEnd::Later(ProblemCode::ServerError)),
            (Method::App, ReplacedEnd::LeftAlive(ProblemCode::ServerError)),
        ],
    ];
    for told in ends {
        let new = another(&sim, json!({}));
        links
            .relink_with_token(&account.id, with_token(&new))
            .await
            .unwrap();
        assert_eq!(replaced(&mut events), told);
    }
    let told = links.ledger(Some(&account.id), 1).unwrap().remove(0);
    assert_eq!(
        (told.what.as_str(), told.detail.as_deref()),
        ("old_left_alive", Some("app"))
    );
}

#[tokio::test]
async fn two_at_once_take_turns_and_leave_one_account_with_one_secret() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let other = room.open().await;
    let (one, two) = (another(&sim, json!({})), another(&sim, json!({})));
    let (first, second) = tokio::join!(
        links.relink_with_token(&account.id, with_token(&one)),
        other.relink_with_token(&account.id, with_token(&two)),
    );
    first.unwrap();
    second.unwrap();
    let token = given(&links, &account).await;
    let stands = links.account_by_id(&account.id).unwrap();
    assert_eq!(links.accounts().unwrap().len(), 1);
    assert_eq!(room.keychain.dump().len(), 1);
    // The row tells of the token that is in the vault.
    let again = links.check(&account.id).await.unwrap();
    assert_eq!((again.token_id, again.health), (stands.token_id, Health::Linked));
    assert!(token == one || token == two);
}

#[tokio::test]
async fn an_account_that_is_gone_cannot_be_linked_again() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    unlink(&links, &account, Unlink::default()).await.0.unwrap();
    let new = another(&sim, json!({}));
    let problem = links
        .relink_with_token(&account.id, with_token(&new))
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "account_not_found");
    assert_eq!(room.keychain.dump(), Vec::<String>::new());
}

#[tokio::test]
async fn words_of_what_a_kill_left_lead_back() {
    for what in [RecoveredWhat::RelinkFinished, RecoveredWhat::RelinkUndone] {
        assert!(what.as_str().starts_with("relink_"));
    }
    let refused: Problem = Problem::RelinkLink;
    assert_eq!(refused.kind(), ProblemKind::Usage);
}

async fn until(session: &LinkSession, wanted: impl FnMut(&FlowState) -> bool) -> FlowState {
    session.watch().wait_for(wanted).await.unwrap().clone()
}

#[tokio::test]
async fn in_the_window_it_begins_at_signing_in_and_a_paste_and_link_end_it() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    sim.change_token(&sim.ada(), "revoked");
    let session = links.relink_session(&account);
    let first = session.state();
    assert_eq!(
        (first.step, first.method, first.name.as_str()),
        (FlowStep::SignIn, LoginMethod::Token, "Work")
    );
    assert_eq!(first.relinking.as_ref().unwrap().account, account.id);
    session.back();
    session.set_name("Other".to_owned());
    // The two inputs.
    session.set_token(Some(Zeroizing::new(another(&sim, json!({})))));
    session.link(false);
    let done = until(&session, |state| state.step == FlowStep::Done).await;
    assert_eq!((done.account, done.name.as_str()), (Some(account.id), "Work"));
    assert_eq!(links.accounts().unwrap().len(), 1);
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
}

#[tokio::test]
async fn in_the_window_app_login_is_one_press_and_somebody_else_is_asked_about() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    let links = room.open_with(sim.person("grace", Answer::Authorize)).await;
    for yes in [false, true] {
        let session = links.relink_session(&account);
        until(&session, |state| state.can_link).await;
        session.link(false);
        let asked = until(&session, |state| state.somebody_else.is_some()).await;
        assert_eq!(asked.somebody_else.unwrap().username.as_deref(), Some("grace"));
        assert!(!asked.linking);
        session.confirm_identity(yes);
        if yes {
            until(&session, |state| state.step == FlowStep::Done).await;
        } else {
            let back = until(&session, |state| state.somebody_else.is_none()).await;
            assert!(matches!(back.app, AppState::Ready { .. }));
            assert_eq!(
                links.account_by_id(&account.id).unwrap(),
                account,
                "nothing changed"
            );
            // Theirs is taken back, which nobody is kept waiting for.
            while sim.living_logins() > 1 {
                tokio::task::yield_now().await;
            }
            session.cancel();
        }
    }
    let now = links.account_by_id(&account.id).unwrap();
    assert_eq!(
        (now.user.username.as_deref(), now.name.as_str()),
        (Some("grace"), "Work")
    );
    assert_eq!(sim.living_logins(), 1);
}

#[tokio::test]
async fn in_the_window_a_token_of_somebody_else_is_asked_about_too() {
    let (sim, room) = (Sim::start(), Room::new());
    let (links, account) = linked(&room, &sim).await;
    let theirs = another(&sim, json!({"username": "grace"}));
    let session = links.relink_session(&account);
    session.set_token(Some(Zeroizing::new(theirs.clone())));
    session.link(false);
    until(&session, |state| state.somebody_else.is_some()).await;
    session.confirm_identity(false);
    let back = until(&session, |state| state.somebody_else.is_none()).await;
    assert_eq!((back.step, back.token), (FlowStep::SignIn, TokenState::Empty));
    assert_eq!(given(&links, &account).await, sim.ada());
    session.set_token(Some(Zeroizing::new(theirs.clone())));
    session.link(false);
    until(&session, |state| state.somebody_else.is_some()).await;
    session.confirm_identity(true);
    until(&session, |state| state.step == FlowStep::Done).await;
    assert_eq!(given(&links, &account).await, theirs);
}

#[tokio::test]
async fn in_the_window_a_code_asks_nothing_more_of_the_same_user() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Nothing)).await;
    let person = sim.person("ada", Answer::Authorize);
    let account = log_in(&room.open_with(person.clone()).await, &sim, "Work").await;
    let session = links.relink_session(&account);
    session.choose_method(LoginMethod::Device);
    until(&session, |state| {
        state.can_link && state.method == LoginMethod::Device
    })
    .await;
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
        panic!("not waiting")
    };
    tokio::task::spawn_blocking(move || person.type_code(&verification_uri_complete))
        .await
        .unwrap();
    let asked = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&asked);
    until(&session, move |state| {
        *seen.lock().unwrap() |= matches!(state.device, DeviceState::Confirm { .. });
        state.step == FlowStep::Done
    })
    .await;
    assert!(!*asked.lock().unwrap());
    assert_eq!(sim.living_logins(), 1);
}
