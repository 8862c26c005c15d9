//! What the desk asks the domain about instances: to add, forget one, or hand out its profile. Each in a task of
//! its own; adding asks the server.

use std::sync::Arc;

use links::{AddInstance, Links};

use super::{clipboard, profile, request::Reply, translate};
use crate::{
    shell::Shell,
    view::{ExportHow, ProblemView, ProfileExportView},
};

/// Adds one and answers its address in the normal form.
pub(super) async fn add(links: Links, pasted: String, allow_http: bool, reply: Reply<String>) {
    let add = AddInstance {
        pasted,
        authorities: Vec::new(),
        allow_http,
        offline: false,
        client_id: None,
    };
    let added = Box::pin(links.add_instance(add)).await;
    reply.answer(match added {
        Ok(instance) => Ok(instance.address.as_str().to_owned()),
        Err(problem) => Err(translate::problem(&problem)),
    });
}

/// Forgets one on which no account is linked.
pub(super) async fn remove(links: Links, address: String, reply: Reply<()>) {
    let removed = Box::pin(links.remove_instance(&address)).await;
    reply.answer(removed.map_err(|problem| translate::problem(&problem)));
}

/// Hands out the link profile of one, and copies it where that was asked.
pub(super) async fn export(
    links: Links,
    shell: Arc<dyn Shell>,
    address: String,
    how: ExportHow,
    reply: Reply<ProfileExportView>,
) {
    let exported = blocking(move || profile::export(&links, &address)).await;
    reply.answer(match exported {
        Ok(view) => copied(shell, how, view).await,
        Err(problem) => Err(problem),
    });
}

async fn copied(
    shell: Arc<dyn Shell>,
    how: ExportHow,
    view: ProfileExportView,
) -> Result<ProfileExportView, ProblemView> {
    match how {
        ExportHow::Show => {}
        ExportHow::CopyLink => clipboard::copy(shell, view.link.clone()).await?,
        ExportHow::CopyFile => clipboard::copy(shell, view.file.clone()).await?,
    }
    Ok(view)
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, links::Problem> + Send + 'static,
) -> Result<T, ProblemView> {
    match tokio::task::spawn_blocking(act).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(problem)) => Err(translate::problem(&problem)),
        Err(_) => Err(translate::ending()),
    }
}
