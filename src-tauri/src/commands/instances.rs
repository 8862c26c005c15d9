//! The instances screen and the page of one.

use tauri::State;

use super::Answer;
use crate::{
    argument::{AddressText, Given},
    desk::{AddedInstance, Copied, Desk, Request},
};

#[tauri::command]
pub(crate) async fn add_instance(
    desk: State<'_, Desk>,
    text: Given<AddressText>,
    allow_http: Given<bool>,
) -> Answer<String> {
    let add = AddedInstance {
        text: text.0.0,
        allow_http: allow_http.0,
    };
    desk.ask(|reply| Request::AddInstance(add, reply)).await
}

#[tauri::command]
pub(crate) async fn remove_instance(desk: State<'_, Desk>, address: Given<AddressText>) -> Answer {
    desk.ask(|reply| Request::RemoveInstance(address.0.0, reply))
        .await
}

#[tauri::command]
pub(crate) async fn copy_text_redirect(desk: State<'_, Desk>, address: Given<AddressText>) -> Answer {
    // The same for every GitLab; the address is the border's agreement and decides nothing.
    drop(address);
    desk.ask(|reply| Request::Copy(Copied::Redirect, reply)).await
}
