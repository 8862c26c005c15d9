//! The login that waits in the browser or for a code. An application's secret goes in here, and nowhere does one come
//! out; the address of a login never crosses at all.

use tauri::State;

use super::Answer;
use crate::{
    argument::{ApplicationIdText, Given, MessageText, SecretText},
    desk::{Copied, Desk, LinkRequest, LoginRequest, Request},
    view::LoginMethodView,
};

async fn ask(desk: State<'_, Desk>, request: LinkRequest) -> Answer {
    desk.ask(|reply| Request::Link(request, reply)).await
}

#[tauri::command]
pub(crate) async fn choose_method(desk: State<'_, Desk>, method: Given<LoginMethodView>) -> Answer {
    ask(desk, LinkRequest::Method(method.0)).await
}

#[tauri::command]
pub(crate) async fn stop_login(desk: State<'_, Desk>) -> Answer {
    ask(desk, LinkRequest::StopLogin).await
}

#[tauri::command]
pub(crate) async fn set_application(
    desk: State<'_, Desk>,
    application_id: Given<ApplicationIdText>,
    secret: Given<SecretText>,
) -> Answer {
    let request = LinkRequest::Application {
        application_id: application_id.0.0,
        secret: secret.0.into_inner(),
    };
    ask(desk, request).await
}

#[tauri::command]
pub(crate) async fn confirm_person(desk: State<'_, Desk>, yes: Given<bool>) -> Answer {
    ask(desk, LinkRequest::Confirm(yes.0)).await
}

#[tauri::command]
pub(crate) async fn open_again(desk: State<'_, Desk>) -> Answer {
    desk.ask(|reply| Request::Login(LoginRequest::OpenAgain, reply))
        .await
}

#[tauri::command]
pub(crate) async fn copy_login_link(desk: State<'_, Desk>) -> Answer {
    desk.ask(|reply| Request::Login(LoginRequest::CopyLink, reply))
        .await
}

#[tauri::command]
pub(crate) async fn copy_admin_message(desk: State<'_, Desk>, text: Given<MessageText>) -> Answer {
    desk.ask(|reply| Request::Copy(Copied::AdminMessage(text.0.0), reply))
        .await
}
