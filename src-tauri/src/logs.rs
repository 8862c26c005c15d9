//! The log: JSON lines, a file a day, seven days, in the home's log folder.
//!
//! Identifiers and codes only. Programs LabLink is made of can log whole D-Bus messages or header frames when asked
//! to, so nobody can ask them to: `LABLINK_LOG` is one level, and it counts for LabLink's own crates alone.

use std::{
    any::Any,
    fs,
    io::{self, IsTerminal as _},
    panic,
    path::Path,
};

use tracing::Level;
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// LabLink's own crates, as `tracing` names them.
const OURS: [&str; 4] = ["lablink_app", "links", "gitlab", "vault"];
/// How many days are kept.
const DAYS: usize = 7;

/// The log folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// It could not be made.
    #[error("the log folder cannot be made: {0}")]
    Folder(#[from] io::Error),
    /// No file could be made in it.
    #[error("no log file can be made: {0}")]
    File(#[from] InitError),
}

/// What is written: everything of others from `warn`, everything of ours from `wanted` (`info` where it is no level).
#[must_use]
pub fn filter(wanted: Option<&str>) -> String {
    let level = wanted
        .and_then(|word| word.parse::<Level>().ok())
        .unwrap_or(Level::INFO);
    let level = level.as_str().to_lowercase();
    OURS.iter()
        .fold("warn".to_owned(), |all, name| format!("{all},{name}={level}"))
}

/// Starts logging into `folder` and, from `warn`, to standard error; panics are logged from now on.
///
/// # Errors
/// Where the folder cannot be written.
pub fn start(folder: &Path) -> Result<(), Unwritable> {
    private(folder)?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("lablink-desktop")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)?;
    let wanted = std::env::var("LABLINK_LOG").ok();
    let to_file = fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(file)
        .with_filter(EnvFilter::new(filter(wanted.as_deref())));
    let to_terminal = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_filter(EnvFilter::new("warn"));
    if tracing_subscriber::registry()
        .with(to_file)
        .with(to_terminal)
        .try_init()
        .is_err()
    {
        tracing::warn!("a log was already running in this process");
    }
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, message = plain(panic.payload()), "panicked");
        // Aborting would leave a core dump, and secrets in it.
        #[cfg(panic = "abort")]
        std::process::exit(101);
    }));
    Ok(())
}

/// Makes the folder, for this user alone: the files in it are then, too.
fn private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A panic's message where it is a literal of the program; a formatted one may hold anything, a secret too.
fn plain(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(not written: it is not a literal)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_turn_on_the_logs_of_the_libraries_that_carry_secrets() {
        for wanted in ["trace", "h2=trace", "zbus=trace,trace", "", "lablink_app=trace"] {
            let filter = filter(Some(wanted));
            assert!(filter.starts_with("warn,"), "{filter}");
            assert!(!filter.contains("h2") && !filter.contains("zbus"), "{filter}");
        }
    }

    #[test]
    fn one_word_sets_the_level_of_our_own_crates() {
        assert_eq!(
            filter(Some("debug")),
            "warn,lablink_app=debug,links=debug,gitlab=debug,vault=debug"
        );
        assert_eq!(filter(None), filter(Some("info")));
    }

    #[test]
    fn a_formatted_panic_message_is_not_written() {
        assert_eq!(plain(&"a literal"), "a literal");
        let formatted: Box<dyn Any + Send> = Box::new(format!("token {}", "hush"));
        assert!(!plain(formatted.as_ref()).contains("hush"));
    }
}
