//! The runtime the work is done on: one thread, and whatever it waits for. Touches nothing else.

use tokio::runtime::{Builder, Runtime};

use crate::exit::ExitStatus;
use crate::failure::Failure;

/// The runtime. What waits for the system (a keychain, a name) waits on threads that are made when they are needed.
pub(crate) fn begin() -> Result<Runtime, Failure> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| Failure::new("internal", ExitStatus::Refused))
}
