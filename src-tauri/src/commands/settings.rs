//! The settings screen.

use links::{CheckEvery, Preference};
use tauri::State;

use super::Answer;
use crate::{
    argument::Given,
    desk::{Desk, Request},
    view::{Choice, ProblemView},
};

#[tauri::command]
pub(crate) async fn choose(desk: State<'_, Desk>, choice: Given<Choice>) -> Answer {
    let preference = match choice.0 {
        Choice::StartAtLogin { on } => return desk.ask(|reply| Request::StartAtLogin(on, reply)).await,
        Choice::Notices { on } => Preference::Notices(on),
        Choice::KeepInTray { on } => Preference::KeepInTray(on),
        Choice::CheckEvery { minutes } => Preference::CheckEvery(every(minutes)?),
    };
    desk.ask(|reply| Request::Prefer(preference, reply)).await
}

/// Only what is offered: the page cannot have every second one asked for.
fn every(minutes: u32) -> Result<CheckEvery, ProblemView> {
    CheckEvery::from_minutes(minutes).ok_or_else(|| crate::desk::refusal("internal"))
}
