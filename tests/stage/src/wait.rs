//! Waiting for a condition of the outside world: asked again and again until it holds, never slept through.

use std::future::Future;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long anything may take before it counts as never. Generous: it only bounds failure, never success.
pub const PATIENCE: Duration = Duration::from_secs(40);

const BREATH: Duration = Duration::from_millis(15);

/// Asks until there is an answer; `what` says in the error what was waited for.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() > end {
            bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
        }
        thread::sleep(BREATH);
    }
}

/// The same for questions that are futures.
pub async fn until_async<T, F>(what: &str, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() > end {
            bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(BREATH).await;
    }
}
