//! `lablink unlink NAME`: revoke at GitLab, prove it dead, forget; each step is told as it happens.

use links::{Links, ProblemKind, StepState, TokenEnd, Unlink as How, UnlinkStep};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::args::Unlink;
use crate::commands::{place, quoted};
use crate::console::{Answer, Console};
use crate::exit::ExitStatus;
use crate::failure::Failure;

/// A step, and how it is.
type Step = (UnlinkStep, StepState);

/// Unlinks the account.
pub(crate) async fn run(links: &Links, args: &Unlink, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let account = links.account(args.name.as_deref().unwrap_or_default())?;
    let how = How {
        keep_token: args.keep_token,
        here_only: args.here_only,
        revoke_later: args.revoke_later,
    };
    let (tell, mut told) = mpsc::unbounded_channel::<Step>();
    let telling = move |step, state| {
        // This function listens until the work is done.
        let _ = tell.send((step, state));
    };
    let mut ended: Vec<Step> = Vec::new();
    let outcome = {
        let mut work = Box::pin(links.unlink(&account.id, how, &telling));
        loop {
            tokio::select! {
                biased;
                Some(step) = told.recv() => hear(step, &mut ended, console),
                outcome = &mut work => break outcome,
            }
        }
    };
    while let Ok(step) = told.try_recv() {
        hear(step, &mut ended, console);
    }
    let unlinked = outcome.map_err(|problem| {
        if problem.kind() == ProblemKind::NoAnswer {
            console.note("The account stays. To have it gone now and its token revoked as soon as GitLab answers, add --revoke-later.");
        }
        Failure::at(&problem, &place(&account))
    })?;
    let dead = matches!(unlinked.token, TokenEnd::Revoked | TokenEnd::WasDead);
    let value = json!({
        "name": unlinked.name,
        "revoked": unlinked.token == TokenEnd::Revoked,
        "proved": dead,
        "pending": unlinked.token == TokenEnd::Later,
        "steps": ended.into_iter().map(value).collect::<Vec<Value>>(),
    });
    let mut text = format!("{} is unlinked.\n", quoted(&unlinked.name));
    text.push_str(match unlinked.token {
        TokenEnd::Revoked => "",
        TokenEnd::WasDead => "  Its token was dead already.\n",
        TokenEnd::Kept => "  Its token is still alive at GitLab.\n",
        TokenEnd::Shared => "  Its token is still alive: another account here uses it.\n",
        TokenEnd::Later => "  Its token is still alive, and is revoked as soon as GitLab answers. See: lablink unlink --pending\n",
    });
    let answer = Answer::done("unlinked", value, text);
    Ok(if unlinked.secret_removed || unlinked.token == TokenEnd::Later {
        answer
    } else {
        let left = Failure::about(
            "secret_left",
            ExitStatus::Keychain,
            ("name", unlinked.name.clone()),
        );
        answer.ending(left.status(), Some(left))
    })
}

fn hear(step: Step, ended: &mut Vec<Step>, console: &mut Console<'_>) {
    if step.1 == StepState::Busy {
        return;
    }
    if let Some(line) = line(step) {
        console.progress(line);
    }
    ended.push(step);
}

fn line(step: Step) -> Option<&'static str> {
    Some(match step {
        (UnlinkStep::Revoke, StepState::Done) => "✓ The token is revoked at GitLab.",
        (UnlinkStep::Revoke, StepState::Failed) => "✕ The token could not be revoked at GitLab.",
        (UnlinkStep::Revoke, StepState::Later) => "◐ GitLab does not revoke the token now: later.",
        (UnlinkStep::ForgetSecret, StepState::Later) => "◐ Until then the secret stays in the keychain.",
        (UnlinkStep::Prove, StepState::Done) => "✓ GitLab no longer accepts the token: proved.",
        (UnlinkStep::Prove, StepState::Failed) => {
            "✕ It could not be proved that GitLab no longer accepts the token."
        }
        (UnlinkStep::ForgetAccount, StepState::Done) => "✓ The account is forgotten.",
        (UnlinkStep::ForgetAccount, StepState::Failed) => "✕ The account could not be forgotten.",
        (UnlinkStep::ForgetSecret, StepState::Done) => "✓ The secret is gone from the keychain.",
        (UnlinkStep::ForgetSecret, StepState::Failed) => {
            "✕ The keychain did not let the secret go; the next start of LabLink tries again."
        }
        (_, StepState::Busy | StepState::Skipped | StepState::Later) => return None,
    })
}

fn value((step, state): Step) -> Value {
    let step = match step {
        UnlinkStep::Revoke => "revoke",
        UnlinkStep::Prove => "prove",
        UnlinkStep::ForgetAccount => "forget_account",
        UnlinkStep::ForgetSecret => "forget_secret",
    };
    let state = match state {
        StepState::Busy => "busy",
        StepState::Done => "done",
        StepState::Skipped => "skipped",
        StepState::Failed => "failed",
        StepState::Later => "later",
    };
    json!({ "step": step, "state": state })
}
