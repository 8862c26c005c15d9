//! What the desk asks of the keychain, each in a task of its own: the keychain may wait for a person.

use links::{Keychain, Links, Problem, Secret};

use super::{
    news::{News, Teller},
    request::{KeychainRequest, Reply},
    translate,
};

/// Does what was asked, tells how the keychain is afterwards, and answers.
pub(super) async fn serve(links: Links, request: KeychainRequest, reply: Reply<()>, teller: Teller) {
    let done = act(&links, request).await;
    if let Err(problem) = &done {
        tracing::info!(code = problem.code(), "the keychain did not do it");
    }
    teller.tell(News::Keychain(links.keychain().await));
    reply.answer(done.map_err(|problem| translate::problem(&problem)));
}

/// Looks how the keychain is. Never asks the person anything.
pub(super) async fn look(links: Links, teller: Teller) {
    teller.tell(News::Keychain(links.keychain().await));
}

/// Looks for secrets that no account here knows.
pub(super) async fn look_for_orphans(links: Links, teller: Teller) {
    teller.tell(News::Orphans(links.orphans().await));
}

async fn act(links: &Links, request: KeychainRequest) -> Result<(), Problem> {
    match request {
        KeychainRequest::Unlock => links.unlock_keychain().await,
        KeychainRequest::Retry => Ok(()),
        KeychainRequest::UseFile(passphrase) => links.use_encrypted_file(secret(passphrase)).await,
        KeychainRequest::OpenFile(passphrase) => links.open_encrypted_file(secret(passphrase)).await,
    }
}

/// The buffer itself moves on; it is wiped when the secret goes.
fn secret(mut text: zeroize::Zeroizing<String>) -> Secret {
    Secret::new(std::mem::take(&mut *text))
}

/// Whether secrets can be read without asking the person anything.
pub(super) fn ready(keychain: Option<&Keychain>) -> bool {
    matches!(keychain, Some(Keychain::Ready { .. }))
}
