//! The dialog that trusts another authority for the GitLab of an account. The window says yes or no; whom is meant by it
//! Rust alone knows, from what it has shown.

use links::AccountId;
use tauri::State;

use super::Answer;
use crate::{
    argument::Given,
    desk::{Desk, Request, TrustRequest},
};

async fn ask(desk: State<'_, Desk>, request: TrustRequest) -> Answer {
    desk.ask(|reply| Request::Trust(request, reply)).await
}

#[tauri::command]
pub(crate) async fn ask_trust(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    ask(desk, TrustRequest::Ask(id.0)).await
}

#[tauri::command]
pub(crate) async fn cancel_trust(desk: State<'_, Desk>) -> Answer {
    ask(desk, TrustRequest::Cancel).await
}

#[tauri::command]
pub(crate) async fn trust_presented(desk: State<'_, Desk>) -> Answer {
    ask(desk, TrustRequest::Go).await
}
