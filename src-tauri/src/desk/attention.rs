//! How loudly an account asks for the person: decided here, once, for the list's order and title and for the tray.

use crate::view::{AccountView, Attention, HealthView};

/// What an account asks for, by its health and by what the person can do about it.
pub(crate) fn attention(account: &AccountView) -> Attention {
    match &account.health {
        HealthView::Expired { .. } | HealthView::Revoked { .. } | HealthView::Refused { .. } => {
            Attention::Now
        }
        // The keychain does not give its secret.
        HealthView::Unknown { why: Some(_) } => Attention::Now,
        // Neither time nor the network brings it back.
        HealthView::Unreachable { .. } if account.can_trust || account.moved_to.is_some() => Attention::Now,
        HealthView::Unreachable { .. } => Attention::Offline,
        HealthView::Expiring { .. } => Attention::Soon,
        HealthView::TooNarrow { .. } => Attention::Limited,
        HealthView::Linked | HealthView::Unknown { why: None } => Attention::Well,
    }
}
