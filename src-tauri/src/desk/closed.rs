//! The desk when what is kept could not be opened: it says why, opens the log folder, copies a report, and puts a damaged
//! database aside when the person says so.

use std::sync::Arc;

use jiff::Timestamp;
use links::{Home, PutAside};
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
    view::{Destination, ProblemView, Snapshot},
};

/// How it ended.
pub(super) enum Left {
    /// No damaged database stands in the way any more; what was put aside, unless somebody else did.
    Aside(Option<PutAside>),
    /// Nobody asks any more.
    Alone,
}

/// Serves until what is kept may be opened once more, or nobody asks.
pub(super) async fn serve(
    state: &mut State,
    home: &Home,
    shell: &Arc<dyn Shell>,
    asked: &mut mpsc::Receiver<Request>,
    published: &watch::Sender<Snapshot>,
) -> Left {
    publish(published, state);
    while let Some(request) = asked.recv().await {
        let why = state.trouble.clone().unwrap_or_else(translate::ending);
        match request {
            Request::Open(Destination::LogFolder, reply) => {
                let folder = outside::Place::Folder(state.log_folder.clone().into());
                reply.answer(outside::open(Arc::clone(shell), folder).await);
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
            | Request::Trust(_, reply)
            | Request::Waiting(_, _, reply)
            | Request::Keychain(_, reply)
            | Request::Copy(_, reply)
            | Request::Prefer(_, reply)
            | Request::StartAtLogin(_, reply)
            | Request::Open(_, reply) => reply.answer(Err(why)),
            Request::PutAside(reply) => match aside(home.clone()).await {
                Ok(done) => {
                    reply.answer(Ok(()));
                    return Left::Aside(done);
                }
                Err(problem) => reply.answer(Err(problem)),
            },
            Request::Report(reply) => reply.answer(Ok(told(state))),
            Request::CopyReport(reply) => {
                reply.answer(clipboard::copy(Arc::clone(shell), told(state)).await);
            }
            Request::Tray(shown) => {
                state.tray = shown;
                publish(published, state);
            }
            Request::NoticesCanBeShown(shown) => {
                state.notices_shown = shown;
                publish(published, state);
            }
            Request::Snooze(..)
            | Request::CheckAll
            | Request::CheckOne(_)
            | Request::CallTo(_)
            | Request::CallToLink
            | Request::CallToRelink(_)
            | Request::RelinkLink(_)
            | Request::ProfileLink(_)
            | Request::WindowClosed => {}
        }
    }
    Left::Alone
}

async fn aside(home: Home) -> Result<Option<PutAside>, ProblemView> {
    let work = tokio::task::spawn_blocking(move || links::put_aside(&home, Timestamp::now()));
    match work.await {
        Ok(Ok(done)) => {
            tracing::info!(put_aside = done.is_some(), "the database was looked at once more");
            Ok(done)
        }
        Ok(Err(problem)) => {
            tracing::warn!(
                code = problem.code(),
                "the damaged database could not be put aside"
            );
            Err(translate::problem(&problem))
        }
        Err(_) => Err(translate::code("internal")),
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
