//! The accounts screen.

use links::AccountId;
use tauri::State;

use super::Answer;
use crate::{
    argument::{Given, NameText},
    desk::{Desk, Request},
    view::Snapshot,
};

#[tauri::command]
pub(crate) async fn snapshot(desk: State<'_, Desk>) -> Answer<Snapshot> {
    desk.ask(Request::Snapshot).await
}

#[tauri::command]
pub(crate) async fn check_accounts(desk: State<'_, Desk>, id: Given<Option<AccountId>>) -> Answer {
    desk.ask(|reply| Request::Check(id.0, reply)).await
}

#[tauri::command]
pub(crate) async fn rename_account(
    desk: State<'_, Desk>,
    id: Given<AccountId>,
    name: Given<NameText>,
) -> Answer {
    desk.ask(|reply| Request::Rename(id.0, name.0.0, reply)).await
}

#[tauri::command]
pub(crate) async fn rotate_token(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    desk.ask(|reply| Request::Rotate(id.0, reply)).await
}

#[tauri::command]
pub(crate) async fn rotate_by_itself(desk: State<'_, Desk>, id: Given<AccountId>, on: Given<bool>) -> Answer {
    desk.ask(|reply| Request::RotateByItself(id.0, on.0, reply)).await
}

#[tauri::command]
pub(crate) async fn dismiss_recovered(desk: State<'_, Desk>) -> Answer {
    desk.ask(Request::DismissRecovered).await
}
