//! Where LabLink cannot show notices yet: Settings says so, everything else works.

use super::{Bubble, NotShown};

/// No service.
#[derive(Default)]
pub struct Service;

impl Service {
    /// Shows none.
    pub fn show(&self, _bubble: &Bubble) -> Result<(), NotShown> {
        Err(NotShown::Refused)
    }

    /// None.
    #[must_use]
    pub fn on_screen(&self) -> Vec<String> {
        Vec::new()
    }

    /// Nothing to take back.
    pub fn take_back(&self, _account: &str) {}
}
