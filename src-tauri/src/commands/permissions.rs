//! The dialog that edits permissions. It names the account before a browser opens.

use links::AccountId;
use tauri::State;

use super::Answer;
use crate::{
    argument::{Given, ScopeNames},
    desk::{Desk, PermitRequest, Request},
};

async fn ask(desk: State<'_, Desk>, request: PermitRequest) -> Answer {
    desk.ask(|reply| Request::Permit(request, reply)).await
}

#[tauri::command]
pub(crate) async fn edit_permissions(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    ask(desk, PermitRequest::Edit(id.0)).await
}

#[tauri::command]
pub(crate) async fn ask_permissions(desk: State<'_, Desk>, scopes: Given<ScopeNames>) -> Answer {
    ask(desk, PermitRequest::Ask(scopes.0.0)).await
}

#[tauri::command]
pub(crate) async fn cancel_permissions(desk: State<'_, Desk>) -> Answer {
    ask(desk, PermitRequest::Cancel).await
}
