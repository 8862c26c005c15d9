//! Opening the person's browser: the one place that starts another program, and it never waits for it for long.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

/// How long the desktop's program may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it may take to say that it cannot. Longer than anybody waits: one that says nothing is told as unsure.
const REFUSAL: Duration = Duration::from_secs(30);

/// Opens an address in the person's browser. Handed in, so that tests are the browser themselves.
pub trait Opener: Send + Sync {
    /// Opens the address. May block: it is called on a thread of its own.
    fn open(&self, url: &str) -> io::Result<()>;

    /// How long it may take before the person is told that nothing is known of it.
    fn patience(&self) -> Duration {
        PATIENCE
    }
}

/// The browser the desktop would open.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemOpener;

impl Opener for SystemOpener {
    fn open(&self, url: &str) -> io::Result<()> {
        // A browser that is not a child of ours lives on when we end. On Windows there is nothing to wait for.
        if cfg!(windows) {
            open::that_detached(url)
        } else {
            open::that_detached_with_timeout(url, REFUSAL)
        }
    }
}

/// How opening the browser went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrowserState {
    /// Under way.
    Opening,
    /// Somebody took the address.
    Opened,
    /// Nothing is known: the program that opens addresses has not come back.
    Unsure,
    /// It could not be opened: the person opens the address, or takes a code.
    Failed {
        /// What happened, escaped.
        detail: String,
    },
}

impl BrowserState {
    /// The word: `opening`, `opened`, `unsure`, `failed`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Opened => "opened",
            Self::Unsure => "unsure",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Opens the address and tells how that went, no later than the opener's patience allows.
pub(crate) async fn open(opener: Arc<dyn Opener>, url: String) -> BrowserState {
    let ((done, ended), patience) = (oneshot::channel(), opener.patience());
    // Not a thread of the runtime, whose end would wait for a program that never comes back.
    let thread = std::thread::Builder::new()
        .name("opener".to_owned())
        .spawn(move || {
            // Whoever asked may have gone.
            let _ = done.send(opener.open(&url));
        });
    if let Err(error) = thread {
        return failed(&error);
    }
    match tokio::time::timeout(patience, ended).await {
        Ok(Ok(Ok(()))) => BrowserState::Opened,
        Ok(Ok(Err(error))) => failed(&error),
        Ok(Err(_)) => failed(&io::Error::other("the opener ended without a word")),
        Err(_) => BrowserState::Unsure,
    }
}

/// The system's own words never hold the address: it carries `state`.
fn failed(error: &io::Error) -> BrowserState {
    let told = error.to_string();
    let detail = if told.contains("://") {
        error.kind().to_string()
    } else {
        gitlab::shown(&told)
    };
    BrowserState::Failed { detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(fn() -> io::Result<()>);

    impl Opener for Says {
        fn open(&self, _: &str) -> io::Result<()> {
            (self.0)()
        }
    }

    async fn state(says: fn() -> io::Result<()>) -> &'static str {
        open(Arc::new(Says(says)), "http://127.0.0.1/".to_owned())
            .await
            .as_str()
    }

    #[tokio::test]
    async fn an_opener_that_fails_or_panics_is_told() {
        assert_eq!(state(|| Ok(())).await, "opened");
        assert_eq!(state(|| Err(io::Error::other("no browser"))).await, "failed");
        assert_eq!(state(|| panic!("a broken opener")).await, "failed");
    }

    /// The clock stands still until nothing else is left to wait for.
    #[tokio::test(start_paused = true)]
    async fn an_opener_that_never_returns_is_waited_for_five_seconds() {
        let begin = tokio::time::Instant::now();
        let never = || {
            loop {
                std::thread::park();
            }
        };
        assert_eq!(state(never).await, "unsure");
        assert_eq!(begin.elapsed().as_secs(), 5);
    }

    #[test]
    fn an_address_in_a_failure_is_not_shown() {
        let state = failed(&io::Error::other("cannot open http://x/?state=secret"));
        assert!(!format!("{state:?}").contains("secret"));
    }
}
