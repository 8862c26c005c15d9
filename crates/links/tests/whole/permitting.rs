//! Editing permissions and signing in again: the new login stands before the old one goes.

use std::sync::Arc;

use links::{Account, Health, Links, OtherUser, Problem, Scopes, Setup, SignInAgain, Step};
use serde_json::json;

use crate::login::log_in;
use crate::person::Answer;
use crate::room::{Before, Room};
use crate::sim::Sim;

fn narrower() -> Vec<String> {
    vec!["read_api".to_owned(), "read_repository".to_owned()]
}

fn again(scopes: Option<Vec<String>>) -> SignInAgain {
    SignInAgain {
        scopes,
        application: None,
        accept_missing: false,
        open_browser: true,
        by_code: false,
        other_user: OtherUser::Refused,
        revoke_old: false,
    }
}

async fn permit(links: &Links, account: &Account, scopes: Vec<String>) -> Result<Account, Problem> {
    links.permissions(&account.id, scopes, true, &|_| {}).await
}

/// The simulator, with an application that has more scopes than are wanted.
fn sim() -> Sim {
    let sim = Sim::start();
    let (application, _) = sim.application(false);
    let scopes = [
        "api",
        "read_api",
        "read_user",
        "read_repository",
        "write_repository",
    ];
    sim.change_application(json!({"application_id": application, "scopes": scopes}));
    sim
}

#[tokio::test]
async fn other_permissions_come_with_a_new_login_and_the_old_one_goes() {
    let (sim, room) = (sim(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    let edited = permit(&links, &account, narrower()).await.unwrap();
    assert_eq!(
        (&edited.wanted, &edited.scopes),
        (&narrower(), &Scopes::Known(narrower()))
    );
    assert_eq!((edited.id, edited.health), (account.id, Health::Linked));
    assert_eq!(sim.living_logins(), 1, "the old one was taken back");
    assert_eq!(room.keychain.dump().len(), 1);
    // And back to more.
    let wider = permit(&links, &account, account.wanted.clone()).await.unwrap();
    assert_eq!(wider.scopes, account.scopes);
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    assert_eq!(sim.living_logins(), 1);
}

#[tokio::test]
async fn another_person_or_a_denial_leaves_the_account_as_it_was() {
    let (sim, room) = (sim(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    for (who, answer, code) in [
        ("grace", Answer::Authorize, "other_user"),
        ("ada", Answer::Deny, "login_denied"),
    ] {
        let links = room.open_with(sim.person(who, answer)).await;
        let problem = permit(&links, &account, narrower()).await.unwrap_err();
        assert_eq!(problem.code(), code);
        assert_eq!(sim.living_logins(), 1, "{who}: no other login is left");
        let kept = links.check(&account.id).await.unwrap();
        assert_eq!(
            (kept.health, kept.wanted),
            (Health::Linked, account.wanted.clone())
        );
    }
}

#[tokio::test]
async fn a_keychain_that_refuses_the_new_login_leaves_the_old_one() {
    let (sim, room) = (sim(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    let keychain = Arc::clone(&room.keychain);
    let setup = Setup {
        opener: Arc::new(sim.person("ada", Answer::Authorize)),
        witness: Arc::new(Before(Step::PermitSecret, move || {
            keychain.refuse(Some(links::VaultError::Denied));
        })),
        ..room.setup()
    };
    let watched = Links::open(setup).await.unwrap().links;
    let problem = permit(&watched, &account, narrower()).await.unwrap_err();
    assert_eq!(problem.code(), "keychain_denied");
    room.keychain.refuse(None);
    assert_eq!(sim.living_logins(), 1);
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
}

#[tokio::test]
async fn an_account_with_a_token_is_told_so() {
    let (sim, room) = (sim(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = crate::room::link(&links, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap();
    let problem = permit(&links, &account, narrower()).await.unwrap_err();
    assert_eq!(problem.code(), "no_app_login");
}

#[tokio::test]
async fn a_login_whose_record_is_lost_is_made_anew() {
    let (sim, room) = (sim(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    let key = vault::Key::new(&format!("account-{}", account.id)).unwrap();
    let vault = links::Vault::with_backend(room.keychain.clone(), crate::room::GUARD);
    vault.delete(&key).await.unwrap();
    assert_eq!(links.check(&account.id).await.unwrap().health.state(), "unknown");
    let anew = links
        .sign_in_again(&account.id, again(None), &|_| {})
        .await
        .unwrap();
    assert_eq!((anew.health, anew.id), (Health::Linked, account.id));
}

#[tokio::test]
async fn a_gitlab_that_does_not_take_the_old_login_back_is_asked_again_at_the_next_check() {
    let (sim, room) = (sim(), Room::new());
    let links = room.open_with(sim.person("ada", Answer::Authorize)).await;
    let account = log_in(&links, &sim, "Work").await;
    sim.fault(json!({"fault": "bad-gateway", "times": 1, "path": "/oauth/revoke"}));
    let edited = permit(&links, &account, narrower()).await.unwrap();
    assert_eq!((edited.health, sim.living_logins()), (Health::Linked, 2));
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    assert_eq!(sim.living_logins(), 1);
}
