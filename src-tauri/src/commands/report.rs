//! The redacted report, to read or to copy.

use tauri::State;

use super::Answer;
use crate::desk::{Desk, Request};

#[tauri::command]
pub(crate) async fn report(desk: State<'_, Desk>) -> Answer<String> {
    desk.ask(Request::Report).await
}

#[tauri::command]
pub(crate) async fn copy_report(desk: State<'_, Desk>) -> Answer {
    desk.ask(Request::CopyReport).await
}
