//! What the person wants about a token that waits to be revoked: try now, or give it up.

use links::{AccountId, Links, Waiting};

use super::{Reply, request::WaitingRequest, translate};

/// Does it, and answers when it is done. One that has its end already needs nothing more.
pub(super) async fn serve(links: Links, id: AccountId, request: WaitingRequest, reply: Reply<()>) {
    let outcome = match request {
        WaitingRequest::Try => match Box::pin(links.revoke_waiting(Waiting::One(id))).await {
            Ok(tried) => tried.into_iter().try_for_each(|tried| tried.outcome.map(drop)),
            Err(problem) => Err(problem),
        },
        WaitingRequest::GiveUp => match Box::pin(links.forget_revocation(&id)).await {
            Err(links::Problem::AccountNotFound { .. }) => Ok(()),
            other => other,
        },
    };
    reply.answer(outcome.map_err(|problem| translate::problem(&problem)));
}
