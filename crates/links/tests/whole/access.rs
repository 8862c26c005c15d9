//! Tokens handed out to programs: which, to whom, and what is written down about it.

use links::{Asked, Token, VaultError};
use serde_json::json;

use crate::room::{Room, link};
use crate::sim::Sim;

fn asked() -> Asked {
    Asked::by("git").unwrap()
}

#[tokio::test]
async fn a_token_is_handed_out_with_its_user_and_its_end_and_written_down() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.forget_requests();
    let given = links.access_token(&account.id, &asked()).await.unwrap();
    assert!(given.token.expose() == sim.ada());
    assert_eq!(given.username, "ada");
    let day = account.expires_on.unwrap();
    assert_eq!(given.expires.unwrap().to_string(), format!("{day}T00:00:00Z"));
    assert_eq!(sim.requests().len(), 0, "no server is asked");
    let entry = links.ledger(Some(&account.id), 1).unwrap().remove(0);
    assert_eq!(
        (entry.what.as_str(), entry.detail.as_deref()),
        ("token_given", Some("git"))
    );
}

#[tokio::test]
async fn a_token_known_to_be_dead_is_not_handed_out() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let refused = async |id| {
        links
            .access_token(id, &asked())
            .await
            .err()
            .map(|problem| problem.code())
    };
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    sim.change_token(&sim.ada(), "revoked");
    assert_eq!(refused(&account.id).await, None, "nobody has noticed yet");
    links.check(&account.id).await.unwrap();
    assert_eq!(refused(&account.id).await, Some("token_revoked"));

    let short = sim.token(json!({"username": "ada", "scopes": ["api"], "expires_at": "2090-01-01"}));
    let scoped = links::TokenLink {
        required: vec!["api".into()],
        ..crate::room::token_link(&sim.address(), "Short", &short)
    };
    let account = links.link_with_token(scoped).await.unwrap();
    assert_eq!(refused(&account.id).await, None);
    room.hands.advance(70 * 365 * 24 * 3600);
    assert_eq!(refused(&account.id).await, Some("token_expired"));
}

#[tokio::test]
async fn what_the_keychain_refuses_is_told_and_nothing_is_written_down() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let before = links.ledger(None, 100).unwrap();
    room.keychain.refuse(Some(VaultError::Locked));
    let problem = links.access_token(&account.id, &asked()).await.err().unwrap();
    assert_eq!(problem.code(), "keychain_locked");
    assert_eq!(links.ledger(None, 100).unwrap(), before);
}

#[tokio::test]
async fn a_refusal_is_noted_of_the_very_token_and_nothing_goes() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let read = |text: &str| Token::read(text).unwrap();
    let other = read("glpat-another");
    assert!(!links.token_refused(&account.id, &asked(), &other).await.unwrap());
    assert!(
        links
            .token_refused(&account.id, &asked(), &read(&sim.ada()))
            .await
            .unwrap()
    );
    let whats: Vec<_> = links
        .ledger(Some(&account.id), 9)
        .unwrap()
        .into_iter()
        .map(|entry| entry.what)
        .collect();
    assert_eq!(whats, ["token_refused", "linked"]);
    assert!(links.access_token(&account.id, &asked()).await.is_ok());
}

#[test]
fn names_of_programs_are_escaped_and_cut() {
    assert_eq!(Asked::by(" "), None);
    assert_eq!(Asked::by(" glab ").unwrap().program(), "glab");
    let hostile = Asked::by(&format!("\u{1b}[31m\n{}", "x".repeat(500))).unwrap();
    assert!(!hostile.program().chars().any(char::is_control), "{hostile:?}");
    assert!(hostile.program().len() < 200, "{hostile:?}");
}

#[tokio::test]
async fn a_damaged_database_is_no_reason_to_hand_a_token_out() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let given = links.access_token(&account.id, &asked()).await.unwrap();
    assert_eq!(given.unwritten, None);
    let other = rusqlite::Connection::open(room.home().join("lablink.db")).unwrap();
    other.execute_batch("DROP TABLE ledger").unwrap();
    let problem = links.access_token(&account.id, &asked()).await.err().unwrap();
    assert_eq!(problem.code(), "store_failed");
}
