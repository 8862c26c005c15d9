//! Has the desktop show what is due, beside the desk: the service may take its time.

use std::sync::Arc;

use links::{Links, Notice, Problem, utc_day};

use crate::{
    notices::{NotShown, bubbles},
    shell::Shell,
};

/// Shows what is due and takes back what no longer holds; may block for seconds. `begins` is told when there is something
/// to show.
pub(super) fn notice(links: &Links, shell: &Arc<dyn Shell>, begins: impl FnOnce()) -> Result<(), Problem> {
    for account in shell.noticed() {
        if let Ok(id) = account.parse()
            && !links.notice_holds(&id)?
        {
            shell.take_back(&account);
        }
    }
    let today = utc_day(jiff::Timestamp::now());
    let due = links.due_notices()?;
    if due.is_empty() {
        return Ok(());
    }
    begins();
    for bubble in bubbles(due, today) {
        match shell.notify(&bubble) {
            Ok(()) => tell(&bubble.notices, |notice| links.notice_shown(notice)),
            Err(NotShown::Refused) => tell(&bubble.notices, |notice| links.notice_not_shown(notice)),
            // Somebody may have seen it. It stays on its way, and is due again in a while.
            Err(NotShown::Silent) => tracing::info!("the desktop did not say whether it shows a notice"),
        }
    }
    Ok(())
}

fn tell(notices: &[Notice], became: impl Fn(&Notice) -> Result<(), Problem>) {
    for notice in notices {
        match became(notice) {
            // An account may go while its notice comes.
            Ok(()) | Err(Problem::AccountNotFound { .. }) => {}
            Err(problem) => {
                tracing::warn!(code = problem.code(), "what became of a notice could not be kept");
            }
        }
    }
}
