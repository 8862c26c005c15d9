//! Places outside the window. An address comes from what is kept here, never from the page, and must lie within a
//! GitLab that is linked or known: only then a program is started for it.

use std::{path::PathBuf, sync::Arc};

use links::{Account, BaseUrl, Links};

use super::{State, translate};
use crate::{
    shell::Shell,
    view::{ApplicationsOf, Destination, ProblemView},
};

/// What is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A page in the browser.
    Page(String),
    /// A folder in the file manager.
    Folder(PathBuf),
}

/// The place a destination stands for.
pub(super) fn place(state: &State, links: &Links, destination: &Destination) -> Result<Place, ProblemView> {
    let page = match destination {
        Destination::LogFolder => return Ok(Place::Folder(PathBuf::from(&state.log_folder))),
        Destination::TokenPage => {
            let flow = state.flow.as_ref();
            let base = flow.and_then(translate::flow_base);
            let base = base.ok_or_else(|| translate::code("instance_not_found"))?;
            let wanted: Vec<&str> = flow
                .iter()
                .flat_map(|flow| &flow.wanted)
                .map(String::as_str)
                .collect();
            links.token_page(base, &wanted)
        }
        Destination::AccountOnGitlab { id } => links.account_page(account(state, id)?),
        Destination::RegistrationPage { address, whose } => {
            let flow = state.flow.as_ref().and_then(translate::flow_base);
            let base = known(state, address).or(flow.filter(|base| base.as_str() == address));
            let base = base.ok_or_else(|| translate::code("instance_not_found"))?;
            let registering = links.registering(base, &[]);
            match whose {
                ApplicationsOf::User => registering.user_page,
                ApplicationsOf::Admin => registering.admin_page,
            }
        }
        // GitLab lists what a person has authorized below what they have registered (contract §4.3).
        Destination::AuthorizedApps { id } => links.registering(&account(state, id)?.instance, &[]).user_page,
        Destination::Instance { address } => {
            let base = known(state, address).ok_or_else(|| translate::code("instance_not_found"))?;
            base.as_str().to_owned()
        }
    };
    Ok(Place::Page(page))
}

fn account<'state>(state: &'state State, id: &str) -> Result<&'state Account, ProblemView> {
    let account = state.accounts.iter().find(|account| account.id.to_string() == id);
    account.ok_or_else(|| translate::code("account_not_found"))
}

/// The base address of a known instance.
fn known<'state>(state: &'state State, address: &str) -> Option<&'state BaseUrl> {
    let mut bases = state.instances.iter().map(|instance| &instance.address);
    bases.find(|base| base.as_str() == address)
}

/// Opens it, on a thread that may block.
pub(super) async fn open(shell: Arc<dyn Shell>, place: Place) -> Result<(), ProblemView> {
    let opened = tokio::task::spawn_blocking(move || match place {
        Place::Page(address) => shell.open_address(&address),
        Place::Folder(folder) => shell.open_folder(&folder),
    });
    match opened.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(kind = ?error.kind(), "nothing opened it");
            Err(translate::code("open_failed"))
        }
        Err(_) => Err(translate::ending()),
    }
}
