//! How loudly an account asks for the person: one order for the list, the tray's lines and its icon.

use crate::view::HealthView;

/// From the loudest to the quietest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// It does not work and will not until the person acts.
    Now,
    /// It works and will stop.
    Soon,
    /// Nothing could be learned: offline is not dead.
    Offline,
    /// It works, or was not asked yet.
    Well,
}

impl Attention {
    /// What a health asks for.
    #[must_use]
    pub fn of(health: &HealthView) -> Self {
        match health {
            HealthView::Expired { .. }
            | HealthView::Revoked { .. }
            | HealthView::TooNarrow { .. }
            | HealthView::Refused { .. } => Self::Now,
            HealthView::Expiring { .. } => Self::Soon,
            HealthView::Unreachable { .. } | HealthView::Unknown { why: Some(_) } => Self::Offline,
            HealthView::Linked | HealthView::Unknown { why: None } => Self::Well,
        }
    }
}
