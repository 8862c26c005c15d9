//! The screen that stands where nothing works.

use tauri::State;

use super::Answer;
use crate::desk::{Desk, Request};

#[tauri::command]
pub(crate) async fn put_aside(desk: State<'_, Desk>) -> Answer {
    desk.ask(Request::PutAside).await
}
