//! Login with a code on another device, over real HTTP and GitLab's own pace of polling.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use links::{Account, AppLogin, Links, LoginTold, Method, Person as Who, Problem};
use serde_json::json;

use crate::login::{given, login};
use crate::person::{Answer, Person};
use crate::room::Room;
use crate::sim::Sim;

fn is_me(_: &Who) -> bool {
    true
}

/// Logs in with a code that this person types.
async fn by_code(
    links: &Links,
    login: AppLogin,
    person: Person,
    is_me: impl FnOnce(&Who) -> bool + Send + 'static,
) -> (Result<Account, Problem>, Vec<LoginTold>) {
    let told = Mutex::new(Vec::new());
    let done = links
        .device_login(
            login,
            &|one| {
                if let LoginTold::Code { complete, .. } = &one {
                    let (person, complete) = (person.clone(), complete.clone());
                    std::thread::spawn(move || person.type_code(&complete));
                }
                told.lock().unwrap().push(one);
            },
            Box::new(is_me),
        )
        .await;
    (done, told.into_inner().unwrap())
}

#[tokio::test]
async fn quirk_25_a_code_links_also_where_the_address_lacks_the_subpath() {
    let (sim, room) = (
        Sim::with(&["--subpath", "/gitlab", "--gitlab-version", "18.4.0"]),
        Room::new(),
    );
    let links = room.open().await;
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let (done, told) = by_code(&links, login, sim.person("ada", Answer::Authorize), |who| {
        assert_eq!((who.username.as_deref(), who.bot), (Some("ada"), false));
        assert!(who.scopes.contains(&"api".to_owned()));
        true
    })
    .await;
    let account = done.unwrap();
    assert_eq!((account.method, account.missing.len()), (Method::App, 0));
    assert!(account.login.unwrap().renews_by_itself, "quirk 27");
    let Some(LoginTold::Code {
        user_code,
        at,
        complete,
        ..
    }) = told.first()
    else {
        panic!("no code was told: {told:?}")
    };
    assert_eq!(at, &format!("{}/oauth/device", sim.address()));
    assert_eq!(complete, &format!("{at}?user_code={user_code}"));
    assert_eq!(
        links.instances().unwrap()[1].client_id,
        Some(sim.application(false).0)
    );
}

#[tokio::test]
async fn who_is_not_the_person_is_not_stored_and_gitlab_takes_the_tokens_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let (done, _) = by_code(&links, login, sim.person("grace", Answer::Authorize), |who| {
        who.username.as_deref() != Some("grace")
    })
    .await;
    assert_eq!(done.unwrap_err().code(), "cancelled");
    room.assert_nothing_left(&links, "not me");
    assert_eq!(sim.living_logins(), 0);
}

#[tokio::test]
async fn a_gitlab_without_codes_and_an_unknown_application_say_so_at_once() {
    for (version, id, code) in [
        ("16.11.0", None, "device_unsupported"),
        ("18.4.0", Some("0".repeat(64)), "app_unknown"),
    ] {
        let (sim, room) = (Sim::with(&["--gitlab-version", version]), Room::new());
        let links = room.open().await;
        let id = id.unwrap_or_else(|| sim.application(false).0);
        let login = login(&sim.address(), "Work", given(&(id, None)));
        let (done, _) = by_code(&links, login, sim.person("ada", Answer::Nothing), is_me).await;
        assert_eq!(done.unwrap_err().code(), code);
        room.assert_nothing_left(&links, code);
    }
}

#[tokio::test]
async fn quirk_26_a_denial_that_is_told_is_told_and_one_that_is_not_ends_with_the_codes_time() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    sim.settings(json!({"device_denial_is_told": true}));
    let login = login(&sim.address(), "Work", given(&sim.application(false)));
    let (done, _) = by_code(&links, login, sim.person("ada", Answer::Deny), is_me).await;
    assert_eq!(done.unwrap_err().code(), "device_denied");

    sim.settings(json!({"device_denial_is_told": false}));
    let login = self::login(&sim.address(), "Work", given(&sim.application(false)));
    // The laptop sleeps past the code's end, by the clock on the wall.
    let hands = room.hands.clone();
    let slept = AtomicBool::new(false);
    let problem = links
        .device_login(
            login,
            &|_| {
                if !slept.swap(true, Ordering::SeqCst) {
                    hands.advance(301);
                }
            },
            Box::new(is_me),
        )
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "device_expired");
    // And by the server's word alone.
    let login = self::login(&sim.address(), "Work", given(&sim.application(false)));
    let slept = AtomicBool::new(false);
    let problem = links
        .device_login(
            login,
            &|_| {
                if !slept.swap(true, Ordering::SeqCst) {
                    sim.advance(301);
                }
            },
            Box::new(is_me),
        )
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "device_expired");
    room.assert_nothing_left(&links, "no code");
}
