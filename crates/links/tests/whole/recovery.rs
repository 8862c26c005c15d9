//! Recovery when something is in its way: opening never fails for it, and nothing is lost.

use links::{Health, Recovered, RecoveredWhat, Step, Unlink, VaultError};

use crate::room::{Before, Room, intents, link, unlink};
use crate::sim::Sim;

/// Work that ends in the middle, as a process does that is killed: the lock goes, nothing is tidied.
fn dying(step: Step) -> Before<impl Fn() + Send + Sync> {
    Before(step, || panic!("dies here, as the test wants"))
}

fn told(recovered: &[Recovered]) -> Vec<RecoveredWhat> {
    recovered.iter().map(|one| one.what).collect()
}

#[tokio::test]
async fn a_link_waits_for_its_keychain_and_is_finished_then() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open_watched(dying(Step::LinkRow)).await;
    assert_eq!(
        link(&links, &sim.address(), "Work", &sim.ada())
            .await
            .unwrap_err()
            .code(),
        "internal"
    );
    drop(links);
    for error in [
        VaultError::Locked,
        VaultError::Absent {
            detail: "no bus".into(),
        },
        VaultError::Hung,
    ] {
        room.keychain.refuse(Some(error));
        let (links, recovered) = room.reopen().await;
        assert_eq!((told(&recovered), links.accounts().unwrap().len()), (vec![], 0));
        assert_eq!((room.keychain.dump().len(), intents(&room.home())), (1, 1));
    }
    room.keychain.refuse(None);
    let (links, recovered) = room.reopen().await;
    assert_eq!(
        recovered,
        [Recovered {
            what: RecoveredWhat::LinkFinished,
            name: "Work".into()
        }]
    );
    let account = links.account("work").unwrap();
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    assert_eq!(intents(&room.home()), 0);
    assert_eq!(told(&room.reopen().await.1), [], "told once");
}

#[tokio::test]
async fn a_link_whose_name_was_taken_meanwhile_is_taken_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let dying = room.open_watched(dying(Step::LinkRow)).await;
    let other = room.open().await;
    link(&dying, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap_err();
    link(&other, &sim.address(), "work", &sim.ada()).await.unwrap();
    let (links, recovered) = room.reopen().await;
    assert_eq!(told(&recovered), [RecoveredWhat::LinkUndone]);
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
async fn work_of_the_living_is_left_alone() {
    let (sim, room) = (Sim::start(), Room::new());
    let (reached, told_reached) = std::sync::mpsc::channel();
    let (go_on, told_to_go_on) = std::sync::mpsc::channel::<()>();
    let told_to_go_on = std::sync::Mutex::new(told_to_go_on);
    let links = room
        .open_watched(Before(Step::LinkRow, move || {
            reached.send(()).unwrap();
            told_to_go_on.lock().unwrap().recv().unwrap();
        }))
        .await;
    let (address, token) = (sim.address(), sim.ada());
    // On threads of its own: the witness blocks.
    let linking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(link(&links, &address, "Work", &token)).map(drop)
    });
    told_reached.recv().unwrap();
    let (other, recovered) = room.reopen().await;
    assert_eq!(told(&recovered), []);
    assert_eq!(other.accounts().unwrap(), []);
    assert_eq!(
        room.keychain.dump().len(),
        1,
        "the secret of the living was not touched"
    );
    go_on.send(()).unwrap();
    linking.join().unwrap().unwrap();
    assert_eq!(other.accounts().unwrap().len(), 1);
    assert!(other.changed_outside().unwrap());
}

#[tokio::test]
async fn an_unlink_that_died_after_gitlab_said_yes_is_finished_even_without_gitlab() {
    let (mut sim, room) = (Sim::start(), Room::new());
    let account = link(&room.open().await, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap();
    let links = room.open_watched(dying(Step::UnlinkProve)).await;
    unlink(&links, &account, Unlink::default()).await.0.unwrap_err();
    assert!(!sim.accepts(&sim.ada()));
    sim.stop();
    // The keychain is locked first: it waits, the account is still shown.
    room.keychain.refuse(Some(VaultError::Locked));
    let (links, recovered) = room.reopen().await;
    assert_eq!((told(&recovered), links.accounts().unwrap().len()), (vec![], 1));
    room.keychain.refuse(None);
    let (links, recovered) = room.reopen().await;
    assert_eq!(told(&recovered), [RecoveredWhat::UnlinkFinished]);
    assert_eq!(
        (
            links.accounts().unwrap().len(),
            room.keychain.dump().len(),
            intents(&room.home())
        ),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn an_unlink_that_died_before_gitlab_said_yes_is_taken_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let account = link(&room.open().await, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap();
    let links = room.open_watched(dying(Step::UnlinkRevoke)).await;
    unlink(&links, &account, Unlink::default()).await.0.unwrap_err();
    let (links, recovered) = room.reopen().await;
    assert_eq!(told(&recovered), [RecoveredWhat::UnlinkUndone]);
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    assert_eq!(intents(&room.home()), 0);
}

#[tokio::test]
async fn an_unlink_whose_answer_was_lost_is_finished_by_asking() {
    let (sim, room) = (Sim::start(), Room::new());
    let account = link(&room.open().await, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap();
    let links = room.open_watched(dying(Step::UnlinkRevoke)).await;
    unlink(&links, &account, Unlink::default()).await.0.unwrap_err();
    // What the dead process's request did at GitLab, without its knowing.
    sim.change_token(&sim.ada(), "revoked");
    let (links, recovered) = room.reopen().await;
    assert_eq!(told(&recovered), [RecoveredWhat::UnlinkFinished]);
    assert_eq!(
        (
            links.accounts().unwrap().len(),
            room.keychain.dump().len(),
            intents(&room.home())
        ),
        (0, 0, 0)
    );
}
