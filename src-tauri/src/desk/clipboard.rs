//! Text onto the person's clipboard, by Rust: what is copied never has to be in the page.

use std::sync::Arc;

use super::translate;
use crate::{
    shell::{ClipboardTrouble, Shell},
    view::ProblemView,
};

/// Copies it, on a thread that may block.
pub(super) async fn copy(shell: Arc<dyn Shell>, text: String) -> Result<(), ProblemView> {
    match tokio::task::spawn_blocking(move || shell.copy(text)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(ClipboardTrouble::Empty | ClipboardTrouble::Failed)) => {
            Err(translate::code("clipboard_failed"))
        }
        Err(_) => Err(translate::ending()),
    }
}
