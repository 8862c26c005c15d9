//! Link profiles: handed out, or reviewed and then taken. Reviewing changes nothing.

use tauri::State;

use super::Answer;
use crate::{
    argument::{AddressText, Given, ProfileText},
    desk::{Desk, ProfileRequest, Request},
    view::{ExportHow, ProfileExportView},
};

async fn ask(desk: State<'_, Desk>, request: ProfileRequest) -> Answer {
    desk.ask(|reply| Request::Profile(request, reply)).await
}

#[tauri::command]
pub(crate) async fn export_profile(
    desk: State<'_, Desk>,
    address: Given<AddressText>,
    how: Given<ExportHow>,
) -> Answer<ProfileExportView> {
    desk.ask(|reply| Request::ExportProfile(address.0.0, how.0, reply))
        .await
}

#[tauri::command]
pub(crate) async fn review_profile(desk: State<'_, Desk>, text: Given<ProfileText>) -> Answer {
    ask(desk, ProfileRequest::Review(text.0.0)).await
}

#[tauri::command]
pub(crate) async fn take_profile(desk: State<'_, Desk>, replace: Given<bool>) -> Answer {
    ask(desk, ProfileRequest::Take { replace: replace.0 }).await
}

#[tauri::command]
pub(crate) async fn dismiss_profile(desk: State<'_, Desk>) -> Answer {
    ask(desk, ProfileRequest::Dismiss).await
}
