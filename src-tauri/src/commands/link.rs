//! The link flow's steps. A token goes in here, and nowhere does one come out.

use links::AccountId;
use tauri::State;

use super::Answer;
use crate::{
    argument::{AddressText, Given, NameText, ScopeNames, SecretText},
    desk::{Desk, LinkRequest, Request},
    view::{LinkGoal, Way},
};

async fn ask(desk: State<'_, Desk>, request: LinkRequest) -> Answer {
    desk.ask(|reply| Request::Link(request, reply)).await
}

#[tauri::command]
pub(crate) async fn start_link(desk: State<'_, Desk>, way: Given<Way>) -> Answer {
    ask(desk, LinkRequest::Start(way.0)).await
}

#[tauri::command]
pub(crate) async fn link_at(
    desk: State<'_, Desk>,
    address: Given<AddressText>,
    goal: Given<LinkGoal>,
) -> Answer {
    let request = LinkRequest::Known {
        address: address.0.0,
        goal: goal.0,
    };
    ask(desk, request).await
}

#[tauri::command]
pub(crate) async fn set_scopes(desk: State<'_, Desk>, scopes: Given<ScopeNames>) -> Answer {
    ask(desk, LinkRequest::Scopes(scopes.0.0)).await
}

#[tauri::command]
pub(crate) async fn relink(desk: State<'_, Desk>, id: Given<AccountId>) -> Answer {
    ask(desk, LinkRequest::Relink(id.0)).await
}

#[tauri::command]
pub(crate) async fn set_way(desk: State<'_, Desk>, way: Given<Way>) -> Answer {
    ask(desk, LinkRequest::Way(way.0)).await
}

#[tauri::command]
pub(crate) async fn set_address(desk: State<'_, Desk>, text: Given<AddressText>) -> Answer {
    ask(desk, LinkRequest::Address(text.0.0)).await
}

#[tauri::command]
pub(crate) async fn consent_plain_http(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::ConsentPlainHttp).await
}

#[tauri::command]
pub(crate) async fn trust_authority(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::TrustAuthority).await
}

#[tauri::command]
pub(crate) async fn look_again(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::LookAgain).await
}

#[tauri::command]
pub(crate) async fn set_name(desk: State<'_, Desk>, text: Given<NameText>) -> Answer {
    ask(desk, LinkRequest::Name(text.0.0)).await
}

#[tauri::command]
pub(crate) async fn next_step(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::Next).await
}

#[tauri::command]
pub(crate) async fn back(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::Back).await
}

#[tauri::command]
pub(crate) async fn cancel_link(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::Cancel).await
}

#[tauri::command]
pub(crate) async fn finish_link(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::Finish).await
}

#[tauri::command]
pub(crate) async fn set_token(desk: State<'_, Desk>, text: Given<SecretText>) -> Answer {
    ask(desk, LinkRequest::Token(text.0.into_inner())).await
}

#[tauri::command]
pub(crate) async fn paste_token(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::Paste).await
}

#[tauri::command]
pub(crate) async fn link_account(desk: State<'_, Desk>, as_it_is: Given<bool>) -> Answer {
    ask(desk, LinkRequest::Link { as_it_is: as_it_is.0 }).await
}
