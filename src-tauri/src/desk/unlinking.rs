//! The unlink dialog: asked, at work, stopped or done. Pure; the desk does the work.

use links::{Account, Problem, StepState, UnlinkStep};

use super::translate;
use crate::view::{ProblemView, UnlinkStage, UnlinkStepView, UnlinkView};

/// The steps in the order they are shown and done.
const STEPS: [UnlinkStep; 4] = [
    UnlinkStep::Revoke,
    UnlinkStep::Prove,
    UnlinkStep::ForgetAccount,
    UnlinkStep::ForgetSecret,
];

/// One open unlink dialog.
#[derive(Debug, Clone)]
pub struct Unlinking {
    view: UnlinkView,
}

impl Unlinking {
    /// The dialog as it opens, naming the account.
    #[must_use]
    pub fn ask(account: &Account) -> Self {
        let view = UnlinkView {
            id: account.id.to_string(),
            name: account.name.clone(),
            username: account.user.username.clone(),
            host: translate::host(&account.instance),
            method: translate::method(account.method),
            secret_in: translate::place(account.secret_in),
            stage: UnlinkStage::Confirm,
            steps: fresh_steps(),
            problem: None,
        };
        Self { view }
    }

    /// What the window draws.
    #[must_use]
    pub fn view(&self) -> &UnlinkView {
        &self.view
    }

    /// Whether work is under way, so that the dialog cannot go.
    #[must_use]
    pub fn running(&self) -> bool {
        self.view.stage == UnlinkStage::Running
    }

    /// The person said yes, for the first time or again after it stopped; `false` where there is nothing to begin.
    pub fn begin(&mut self) -> bool {
        let ready = matches!(self.view.stage, UnlinkStage::Confirm | UnlinkStage::Stopped);
        if ready {
            self.view.stage = UnlinkStage::Running;
            self.view.steps = fresh_steps();
            self.view.problem = None;
        }
        ready
    }

    /// The work tells how a step stands.
    pub fn step(&mut self, step: UnlinkStep, state: StepState) {
        let word = translate::step(step);
        if let Some(shown) = self.view.steps.iter_mut().find(|shown| shown.step == word) {
            translate::step_state(state).clone_into(&mut shown.state);
        }
    }

    /// The work is over.
    pub fn end(&mut self, problem: Option<&Problem>) {
        match problem {
            Some(problem) => self.stop(translate::problem(problem)),
            None => self.view.stage = UnlinkStage::Done,
        }
    }

    /// The work ended without telling how: it panicked.
    pub fn lost(&mut self) {
        self.stop(translate::ending());
    }

    fn stop(&mut self, problem: ProblemView) {
        self.view.problem = Some(problem);
        self.view.stage = UnlinkStage::Stopped;
        for step in self.view.steps.iter_mut().filter(|step| step.state == "busy") {
            "failed".clone_into(&mut step.state);
        }
    }
}

fn fresh_steps() -> Vec<UnlinkStepView> {
    STEPS
        .iter()
        .map(|step| UnlinkStepView {
            step: translate::step(*step).to_owned(),
            state: "todo".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use links::Health;

    use super::{super::snapshot::tests::account, *};

    fn steps(unlinking: &Unlinking) -> Vec<(&str, &str)> {
        unlinking
            .view()
            .steps
            .iter()
            .map(|step| (step.step.as_str(), step.state.as_str()))
            .collect()
    }

    #[test]
    fn it_opens_asking_with_nothing_done() {
        let dialog = Unlinking::ask(&account(1, "Work", Health::Linked));
        assert_eq!(dialog.view().stage, UnlinkStage::Confirm);
        assert!(steps(&dialog).iter().all(|(_, state)| *state == "todo"));
        assert!(!dialog.running());
    }

    #[test]
    fn steps_are_shown_as_they_are_told() {
        let mut dialog = Unlinking::ask(&account(1, "Work", Health::Linked));
        assert!(dialog.begin());
        dialog.step(UnlinkStep::Revoke, StepState::Done);
        dialog.step(UnlinkStep::Prove, StepState::Busy);
        assert_eq!(
            steps(&dialog),
            [
                ("revoke", "done"),
                ("prove", "busy"),
                ("forget_account", "todo"),
                ("forget_secret", "todo")
            ]
        );
        assert!(dialog.running());
    }

    #[test]
    fn what_was_under_way_when_it_stopped_has_failed_and_it_can_be_tried_again() {
        let mut dialog = Unlinking::ask(&account(1, "Work", Health::Linked));
        assert!(dialog.begin());
        assert!(!dialog.begin(), "it runs already");
        dialog.step(UnlinkStep::Revoke, StepState::Busy);
        dialog.lost();
        assert_eq!(dialog.view().stage, UnlinkStage::Stopped);
        assert!(steps(&dialog).contains(&("revoke", "failed")));
        assert_eq!(
            dialog
                .view()
                .problem
                .as_ref()
                .map(|problem| problem.code.as_str()),
            Some("interrupted")
        );
        assert!(dialog.begin());
        assert_eq!(dialog.view().problem, None);
        assert!(steps(&dialog).iter().all(|(_, state)| *state == "todo"));
    }

    #[test]
    fn when_it_is_done_there_is_nothing_to_begin() {
        let mut dialog = Unlinking::ask(&account(1, "Work", Health::Linked));
        assert!(dialog.begin());
        dialog.end(None);
        assert_eq!(dialog.view().stage, UnlinkStage::Done);
        assert!(!dialog.begin());
    }
}
