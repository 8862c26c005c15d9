//! The unlink dialog, which names the account before anything can happen to it; and tokens that wait to be revoked.

use links::AccountId;
use tauri::State;

use super::Answer;
use crate::{
    argument::Given,
    desk::{Desk, Request, UnlinkRequest, WaitingRequest},
};

async fn ask(desk: State<'_, Desk>, request: UnlinkRequest) -> Answer {
    desk.ask(|reply| Request::Unlink(request, reply)).await
}

#[tauri::command]
pub(crate) async fn ask_unlink(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    ask(desk, UnlinkRequest::Ask(id.0)).await
}

#[tauri::command]
pub(crate) async fn cancel_unlink(desk: State<'_, Desk>) -> Answer {
    ask(desk, UnlinkRequest::Cancel).await
}

#[tauri::command]
pub(crate) async fn unlink(
    desk: State<'_, Desk>,
    keep_token: Given<bool>,
    here_only: Given<bool>,
    revoke_later: Given<bool>,
) -> Answer {
    ask(
        desk,
        UnlinkRequest::Go {
            keep_token: keep_token.0,
            here_only: here_only.0,
            revoke_later: revoke_later.0,
        },
    )
    .await
}

#[tauri::command]
pub(crate) async fn close_unlink(desk: State<'_, Desk>) -> Answer {
    ask(desk, UnlinkRequest::Close).await
}

#[tauri::command]
pub(crate) async fn try_waiting(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    desk.ask(|reply| Request::Waiting(id.0, WaitingRequest::Try, reply))
        .await
}

#[tauri::command]
pub(crate) async fn give_up_waiting(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    desk.ask(|reply| Request::Waiting(id.0, WaitingRequest::GiveUp, reply))
        .await
}
