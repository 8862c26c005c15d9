//! Leaving the window: a closed list of destinations, never an address the page made up.

use tauri::State;

use super::Answer;
use crate::{
    argument::Given,
    desk::{Desk, Request},
    view::Destination,
};

#[tauri::command]
pub(crate) async fn open_destination(desk: State<'_, Desk>, destination: Given<Destination>) -> Answer {
    desk.ask(|reply| Request::Open(destination.0, reply)).await
}
