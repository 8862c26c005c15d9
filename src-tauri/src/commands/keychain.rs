//! The place secrets are kept in. These answer when the keychain has.

use tauri::State;

use super::Answer;
use crate::{
    argument::{Given, SecretText},
    desk::{Desk, KeychainRequest, Request},
};

async fn ask(desk: State<'_, Desk>, request: KeychainRequest) -> Answer {
    desk.ask(|reply| Request::Keychain(request, reply)).await
}

#[tauri::command]
pub(crate) async fn unlock_keychain(desk: State<'_, Desk>) -> Answer {
    ask(desk, KeychainRequest::Unlock).await
}

#[tauri::command]
pub(crate) async fn retry_keychain(desk: State<'_, Desk>) -> Answer {
    ask(desk, KeychainRequest::Retry).await
}

#[tauri::command]
pub(crate) async fn use_encrypted_file(desk: State<'_, Desk>, passphrase: Given<SecretText>) -> Answer {
    ask(desk, KeychainRequest::UseFile(passphrase.0.into_inner())).await
}

#[tauri::command]
pub(crate) async fn open_encrypted_file(desk: State<'_, Desk>, passphrase: Given<SecretText>) -> Answer {
    ask(desk, KeychainRequest::OpenFile(passphrase.0.into_inner())).await
}
