//! The runtime the work is done on. Touches the clock and threads, nothing else.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::exit::ExitStatus;
use crate::failure::Failure;

/// How often an idle thread is woken to look at the clock.
const PULSE: Duration = Duration::from_millis(250);

/// A runtime whose clock goes on whatever a server sends. One that sends without end, as `100 Continue` a million times
/// over, keeps the thread busy that would have looked at the clock, and tokio does not hand that duty on by itself: so
/// there is a second thread, and it is woken now and then.
pub(crate) struct Work {
    pub(crate) runtime: Runtime,
    _pulse: Sender<()>,
}

impl Work {
    pub(crate) fn begin() -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|_| Failure::new("internal", ExitStatus::Refused))?;
        let (pulse, ended) = channel();
        let handle = runtime.handle().clone();
        let beat = move || {
            while ended.recv_timeout(PULSE) == Err(RecvTimeoutError::Timeout) {
                drop(handle.spawn(async {}));
            }
        };
        // Where there is no thread left for it, all but the worst still works.
        let _ = thread::Builder::new().name("pulse".to_owned()).spawn(beat);
        Ok(Self {
            runtime,
            _pulse: pulse,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::Work;

    #[test]
    fn an_endless_answer_does_not_stop_the_clock() {
        let Ok(work) = Work::begin() else {
            panic!("no runtime");
        };
        let over = Arc::new(AtomicBool::new(false));
        let (seen, begun) = (over.clone(), Instant::now());
        let busy = work.runtime.spawn(async move {
            // Where the clock stands still, it gives up some day.
            while !seen.load(Ordering::Relaxed) && begun.elapsed() < Duration::from_secs(60) {
                std::hint::spin_loop();
            }
            seen.load(Ordering::Relaxed)
        });
        let ended = work.runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            over.store(true, Ordering::Relaxed);
            busy.await
        });
        assert!(ended.is_ok_and(|in_time| in_time));
    }
}
