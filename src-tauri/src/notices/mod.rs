//! Notices on the desktop: what they say, and the service that shows them.
//!
//! Over D-Bus itself and not by Tauri's plugin, which has no buttons on Linux. What is due is the domain's to say; the
//! desk has it shown, and a press on a notice is a request to the desk like a click in the tray.

mod bubble;
#[cfg(target_os = "linux")]
mod follow;
#[cfg(target_os = "linux")]
mod service;
#[cfg(not(target_os = "linux"))]
#[path = "no_service.rs"]
mod service;

#[cfg(target_os = "linux")]
pub use self::follow::follow;
pub use self::{
    bubble::{Act, Bubble, bubbles},
    service::Service,
};

/// Why a notice was not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// Nobody saw it: there is no service, or it would not.
    #[error("the desktop shows no notices")]
    Refused,
    /// The service did not answer: somebody may have seen it.
    #[error("the desktop did not say whether it shows the notice")]
    Silent,
}
