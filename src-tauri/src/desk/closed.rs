//! The desk when what is kept could not be opened: it says why, opens the log folder and copies a report.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::{
    Request, State, clipboard, outside,
    report::{self, Computer},
    snapshot,
    task::publish,
    translate,
};
use crate::{
    shell::Shell,
    view::{Destination, Snapshot},
};

/// Serves until nobody asks any more.
pub(super) async fn serve(
    mut state: State,
    shell: Arc<dyn Shell>,
    mut asked: mpsc::Receiver<Request>,
    published: watch::Sender<Snapshot>,
) {
    publish(&published, &state);
    while let Some(request) = asked.recv().await {
        let why = state.trouble.clone().unwrap_or_else(translate::ending);
        match request {
            Request::Open(Destination::LogFolder, reply) => {
                let folder = outside::Place::Folder(state.log_folder.clone().into());
                reply.answer(outside::open(Arc::clone(&shell), folder).await);
            }
            Request::Snapshot(reply) => reply.answer(Err(why)),
            Request::AddInstance(_, reply) => reply.answer(Err(why)),
            Request::ExportProfile(_, _, reply) => reply.answer(Err(why)),
            Request::Check(_, reply)
            | Request::Rename(_, _, reply)
            | Request::Rotate(_, reply)
            | Request::RotateByItself(_, _, reply)
            | Request::DismissRecovered(reply)
            | Request::Link(_, reply)
            | Request::Login(_, reply)
            | Request::Permit(_, reply)
            | Request::Profile(_, reply)
            | Request::RemoveInstance(_, reply)
            | Request::Unlink(_, reply)
            | Request::Waiting(_, _, reply)
            | Request::Keychain(_, reply)
            | Request::Copy(_, reply)
            | Request::Open(_, reply) => reply.answer(Err(why)),
            Request::Report(reply) => reply.answer(Ok(told(&state))),
            Request::CopyReport(reply) => {
                reply.answer(clipboard::copy(Arc::clone(&shell), told(&state)).await);
            }
            Request::Tray(shown) => {
                state.tray = shown;
                publish(&published, &state);
            }
            Request::CheckAll
            | Request::CheckOne(_)
            | Request::CallTo(_)
            | Request::CallToLink
            | Request::CallToRelink(_)
            | Request::RelinkLink(_)
            | Request::ProfileLink(_)
            | Request::WindowClosed => {}
        }
    }
}

fn told(state: &State) -> String {
    let why = state
        .trouble
        .as_ref()
        .map_or("unknown", |trouble| trouble.code.as_str());
    format!(
        "{}Could not start: {why}\n",
        report::report(&snapshot(state), None, &Computer::this())
    )
}
