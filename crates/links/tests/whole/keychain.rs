//! Which keychain is used, and how it is.

use links::{Home, Keychain, Links, Place, Secret, Setup, VaultError};

use crate::room::{Room, link};
use crate::sim::Sim;

fn passphrase(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn how_the_keychain_is_told_apart() {
    let room = Room::new();
    let links = room.open().await;
    assert_eq!(links.keychain().await, Keychain::Ready { place: Place::Memory });
    room.keychain.refuse(Some(VaultError::Locked));
    assert_eq!(links.keychain().await, Keychain::Locked { place: Place::Memory });
    room.keychain.refuse(Some(VaultError::Absent {
        detail: "no bus".into(),
    }));
    assert_eq!(links.keychain().await, Keychain::Absent);
    room.keychain.refuse(Some(VaultError::Denied));
    let Keychain::Broken { problem } = links.keychain().await else {
        panic!("denied is broken")
    };
    assert_eq!(problem.code(), "keychain_denied");
    room.keychain.refuse(None);
    assert_eq!(
        room.keychain.dump(),
        Vec::<String>::new(),
        "asking leaves nothing behind"
    );
}

#[tokio::test]
async fn the_encrypted_file_is_a_choice_that_is_kept_and_needs_its_passphrase() {
    let (sim, dir) = (Sim::start(), tempfile::tempdir().unwrap());
    let open = || Links::open(Setup::new(Home::at(dir.path().to_owned())));
    let links = open().await.unwrap().links;
    links.use_encrypted_file(passphrase("right")).await.unwrap();
    assert_eq!(
        links.keychain().await,
        Keychain::Ready {
            place: Place::EncryptedFile
        }
    );
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    assert_eq!(account.secret_in, Place::EncryptedFile);
    drop(links);

    let links = open().await.unwrap().links;
    assert_eq!(links.keychain().await, Keychain::NeedsPassphrase { wrong: false });
    let health = links.check(&account.id).await.unwrap().health;
    assert_eq!(health.state(), "unknown", "{health:?}");
    let problem = link(&links, &sim.address(), "Other", &sim.ada())
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "keychain_needs_passphrase");
    let wrong = links.open_encrypted_file(passphrase("wrong")).await.unwrap_err();
    assert_eq!(wrong.code(), "keychain_wrong_passphrase");
    assert_eq!(links.keychain().await, Keychain::NeedsPassphrase { wrong: true });
    links.open_encrypted_file(passphrase("right")).await.unwrap();
    assert_eq!(links.check(&account.id).await.unwrap().health.state(), "linked");
}

#[tokio::test]
async fn no_encrypted_file_is_made_by_opening_one() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().to_owned());
    let links = Links::open(Setup::new(home.clone())).await.unwrap().links;
    let problem = links.open_encrypted_file(passphrase("x")).await.unwrap_err();
    assert_eq!(problem.code(), "keychain_missing");
    assert!(!home.vault_file().exists());
}
