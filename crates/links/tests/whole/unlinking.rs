//! Unlinking: revoked and proved dead first, forgotten last, whole when that cannot be.

use std::io::{BufRead as _, BufReader, Write as _};

use links::{Event, Health, ProblemKind, StepState, TokenEnd, Unlink, UnlinkStep, Unlinked, VaultError};
use serde_json::json;

use crate::port;
use crate::room::{Before, Room, intents, link, unlink, wanted};
use crate::sim::Sim;

const WHOLE: Unlink = Unlink {
    keep_token: false,
    here_only: false,
    revoke_later: false,
};

fn steps(states: [StepState; 4]) -> Vec<(UnlinkStep, StepState)> {
    let order = [
        UnlinkStep::Revoke,
        UnlinkStep::Prove,
        UnlinkStep::ForgetAccount,
        UnlinkStep::ForgetSecret,
    ];
    let mut told = Vec::new();
    for (step, state) in order.into_iter().zip(states) {
        if state != StepState::Skipped {
            told.push((step, StepState::Busy));
        }
        told.push((step, state));
    }
    told
}

fn assert_gone(room: &Room, links: &links::Links) {
    assert_eq!(links.accounts().unwrap(), []);
    assert_eq!(room.keychain.dump(), Vec::<String>::new());
    assert_eq!(intents(&room.home()), 0);
    assert_eq!(std::fs::read_dir(room.home().join("locks")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_token_is_revoked_and_proved_dead_before_it_is_forgotten() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.forget_requests();
    let mut events = links.subscribe();
    let (done, told) = unlink(&links, &account, WHOLE).await;
    let whole = Unlinked {
        name: "Work".into(),
        token: TokenEnd::Revoked,
        secret_removed: true,
    };
    assert_eq!(done.unwrap(), whole);
    assert_eq!(told, steps([StepState::Done; 4]));
    assert!(!sim.accepts(&sim.ada()));
    let asked: Vec<_> = sim
        .requests()
        .iter()
        .map(|asked| (asked["method"].clone(), asked["status"].clone()))
        .take(2)
        .collect();
    assert_eq!(
        asked,
        [(json!("DELETE"), json!(204)), (json!("GET"), json!(401))],
        "revoked, then proved"
    );
    assert_gone(&room, &links);
    assert_eq!(events.recv().await.unwrap(), Event::AccountsChanged);
    assert_eq!(links.ledger(None, 1).unwrap()[0].what, "unlinked");
    assert_eq!(links.instances().unwrap().len(), 2, "the instance is still known");
    let (again, _) = unlink(&links, &account, WHOLE).await;
    assert_eq!(again.unwrap_err().code(), "account_not_found");
}

#[tokio::test]
async fn every_version_unlinks() {
    for version in ["15.0.0", "15.2.0", "15.5.0", "16.10.0", "19.4.0"] {
        let (sim, room) = (
            Sim::with(&["--gitlab-version", version, "--subpath", "/gitlab"]),
            Room::new(),
        );
        let links = room.open().await;
        let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
        let (done, told) = unlink(&links, &account, WHOLE).await;
        assert_eq!(done.unwrap().token, TokenEnd::Revoked, "{version}");
        assert_eq!(told, steps([StepState::Done; 4]), "{version}");
        assert!(!sim.accepts(&sim.ada()), "{version}");
        assert_gone(&room, &links);
    }
}

#[tokio::test]
async fn a_token_may_be_left_alive() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.forget_requests();
    let (done, told) = unlink(
        &links,
        &account,
        Unlink {
            keep_token: true,
            ..WHOLE
        },
    )
    .await;
    assert_eq!(done.unwrap().token, TokenEnd::Kept);
    assert_eq!(
        told,
        steps([
            StepState::Skipped,
            StepState::Skipped,
            StepState::Done,
            StepState::Done
        ])
    );
    assert_eq!(sim.requests().len(), 0);
    assert!(sim.accepts(&sim.ada()));
    assert_gone(&room, &links);
}

#[tokio::test]
async fn a_dead_token_counts_as_revoked_and_is_proved() {
    for state in ["revoked", "expired", "deleted"] {
        let (sim, room) = (Sim::start(), Room::new());
        let links = room.open().await;
        let token = sim.token(json!({"username": "ada", "scopes": wanted()}));
        let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
        sim.change_token(&token, state);
        let (done, told) = unlink(&links, &account, WHOLE).await;
        assert_eq!(done.unwrap().token, TokenEnd::WasDead, "{state}");
        assert_eq!(told, steps([StepState::Done; 4]), "{state}");
        assert_gone(&room, &links);
    }
}

#[tokio::test]
async fn without_gitlab_the_account_stays_whole_until_told_here_only() {
    let (mut sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.stop();
    let (done, told) = unlink(&links, &account, WHOLE).await;
    let problem = done.unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("connection_refused", ProblemKind::NoAnswer)
    );
    assert_eq!(
        told,
        [
            (UnlinkStep::Revoke, StepState::Busy),
            (UnlinkStep::Revoke, StepState::Failed)
        ]
    );
    assert_eq!(links.accounts().unwrap(), std::slice::from_ref(&account));
    assert_eq!((room.keychain.dump().len(), intents(&room.home())), (1, 0));
    let (done, _) = unlink(
        &links,
        &account,
        Unlink {
            here_only: true,
            ..WHOLE
        },
    )
    .await;
    assert_eq!(done.unwrap().token, TokenEnd::Kept);
    assert_gone(&room, &links);
}

#[tokio::test]
async fn a_token_another_account_uses_is_not_revoked() {
    for version in ["19.4.0", "15.2.0"] {
        let (sim, room) = (Sim::with(&["--gitlab-version", version]), Room::new());
        let links = room.open().await;
        let one = link(&links, &sim.address(), "One", &sim.ada()).await.unwrap();
        let two = link(&links, &sim.address(), "Two", &sim.ada()).await.unwrap();
        let (done, told) = unlink(&links, &one, WHOLE).await;
        assert_eq!(done.unwrap().token, TokenEnd::Shared, "{version}");
        assert_eq!(
            told,
            steps([
                StepState::Skipped,
                StepState::Skipped,
                StepState::Done,
                StepState::Done
            ])
        );
        assert_eq!(links.check(&two.id).await.unwrap().health, Health::Linked);
        assert!(
            links.account("Two").unwrap().default_on_instance,
            "the one that is left answers by default"
        );
        let (done, _) = unlink(&links, &two, WHOLE).await;
        assert_eq!(done.unwrap().token, TokenEnd::Revoked, "{version}");
        assert_gone(&room, &links);
    }
}

#[tokio::test]
async fn another_token_of_the_same_user_is_revoked() {
    for version in ["19.4.0", "15.2.0"] {
        let (sim, room) = (Sim::with(&["--gitlab-version", version]), Room::new());
        let links = room.open().await;
        let one = link(&links, &sim.address(), "One", &sim.ada()).await.unwrap();
        let other = sim.token(json!({"username": "ada", "scopes": wanted()}));
        link(&links, &sim.address(), "Two", &other).await.unwrap();
        let (done, _) = unlink(&links, &one, WHOLE).await;
        assert_eq!(done.unwrap().token, TokenEnd::Revoked, "{version}");
        assert!(!sim.accepts(&sim.ada()) && sim.accepts(&other), "{version}");
    }
}

#[tokio::test]
async fn a_keychain_that_does_not_give_the_token_leaves_the_account_whole() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    room.keychain.refuse(Some(VaultError::Locked));
    let (done, _) = unlink(&links, &account, WHOLE).await;
    assert_eq!(done.unwrap_err().code(), "keychain_locked");
    room.keychain.refuse(None);
    assert_eq!(links.accounts().unwrap(), [account]);
    assert!(sim.accepts(&sim.ada()));
    assert_eq!((room.keychain.dump().len(), intents(&room.home())), (1, 0));
}

#[tokio::test]
async fn a_secret_that_cannot_be_removed_goes_at_the_next_start() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let keychain = room.keychain.clone();
    let locking = Before(links::Step::UnlinkSecret, move || {
        keychain.refuse(Some(VaultError::Locked));
    });
    let links = room.open_watched(locking).await;
    let (done, told) = unlink(&links, &account, WHOLE).await;
    assert!(!done.unwrap().secret_removed);
    assert_eq!(told.last(), Some(&(UnlinkStep::ForgetSecret, StepState::Failed)));
    assert_eq!(links.accounts().unwrap(), []);
    room.keychain.refuse(None);
    let (links, recovered) = room.reopen().await;
    assert_eq!(recovered[0].what.as_str(), "unlink_finished");
    assert_gone(&room, &links);
}

#[tokio::test]
async fn a_server_that_only_says_it_revoked_is_caught() {
    let (mut sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.stop();
    let port: u16 = sim.address().rsplit(':').next().unwrap().parse().unwrap();
    let listener = port::take(port);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut first = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut first).unwrap();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let answer = if first.starts_with("DELETE") {
                "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".to_owned()
            } else {
                let body =
                    r#"{"id":1,"name":"x","revoked":false,"active":true,"scopes":["api"],"user_id":2}"#;
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                )
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let (done, told) = unlink(&links, &account, WHOLE).await;
    let problem = done.unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("still_alive", ProblemKind::Refused)
    );
    assert_eq!(told.last(), Some(&(UnlinkStep::Prove, StepState::Failed)));
    assert_eq!(
        (
            links.accounts().unwrap().len(),
            room.keychain.dump().len(),
            intents(&room.home())
        ),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn two_at_once_unlink_once() {
    let (sim, room) = (Sim::start(), Room::new());
    let (one, other) = (room.open().await, room.open().await);
    let account = link(&one, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let ((first, _), (second, _)) =
        tokio::join!(unlink(&one, &account, WHOLE), unlink(&other, &account, WHOLE));
    let mut ends: Vec<_> = [first, second]
        .into_iter()
        .map(|end| {
            end.map_or_else(
                |problem| problem.code().to_owned(),
                |done| format!("{:?}", done.token),
            )
        })
        .collect();
    ends.sort();
    assert_eq!(ends, ["Revoked", "account_not_found"]);
    assert_gone(&room, &one);
}

#[tokio::test]
async fn unlinking_goes_on_when_nobody_waits_for_it_any_more() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let mut events = links.subscribe();
    let ignore = |_, _| ();
    let mut work = Box::pin(links.unlink(&account.id, WHOLE, &ignore));
    let begun = futures_util::poll!(&mut work);
    assert!(begun.is_pending());
    drop(work);
    assert_eq!(events.recv().await.unwrap(), Event::AccountsChanged);
    assert_eq!(links.accounts().unwrap(), []);
    assert!(!sim.accepts(&sim.ada()));
}
