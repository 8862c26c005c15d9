//! When another process may have written: the system says so, and nobody has to ask every second.
//!
//! What the system tells of is a write to the database's files; the change counts a little later, when it was brought to
//! disk. So it is looked for several times after each write, further and further apart. Should the system tell nothing
//! (a network folder, no watches left), the desk's tick finds it within the minute.

use std::{path::Path, time::Duration};

use tokio::time::Instant;

/// When it is looked after a write: the first within two seconds by far, the last for slow disks.
const LOOKS: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(300),
    Duration::from_millis(800),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// The looks that are still to come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Looks {
    next: Option<(usize, Instant)>,
}

impl Looks {
    /// Something was written.
    pub(super) fn written(&mut self, now: Instant) {
        let soon = LOOKS.first().map(|pause| now + *pause);
        // Whoever writes all the time must not put the next look off for ever.
        let pending = self.next.map(|(_, at)| at);
        self.next = soon.map(|soon| (0, pending.map_or(soon, |at| at.min(soon))));
    }

    /// When to look next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next.map(|(_, at)| at)
    }

    /// It was looked.
    pub(super) fn looked(&mut self, now: Instant) {
        self.next = self
            .next
            .map(|(done, _)| done + 1)
            .and_then(|next| Some((next, now + *LOOKS.get(next)?)));
    }
}

/// Tells of writes to the database's files.
pub(super) struct Writes(watch::Watch);

impl Writes {
    /// Begins to listen.
    pub(super) fn to(database: &Path) -> Self {
        Self(watch::Watch::to(database))
    }

    /// Returns when something was written; never where the system does not tell.
    pub(super) async fn next(&self) {
        self.0.next().await;
    }
}

#[cfg(target_os = "linux")]
mod watch {
    use std::{
        io,
        mem::MaybeUninit,
        os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
        path::Path,
        sync::{Arc, Weak},
        thread,
    };

    use rustix::{
        fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init},
        io::Errno,
    };
    use tokio::sync::Notify;

    /// Hears from a thread that sleeps in the kernel until something happens in the folder.
    pub(super) struct Watch(Arc<Notify>);

    impl Watch {
        pub(super) fn to(database: &Path) -> Self {
            let told = Arc::new(Notify::new());
            if let Err(error) = begin(database, Arc::downgrade(&told)) {
                tracing::warn!(kind = ?error.kind(), "writes of others are not told");
            }
            Self(told)
        }

        pub(super) async fn next(&self) {
            self.0.notified().await;
        }
    }

    fn begin(database: &Path, told: Weak<Notify>) -> io::Result<()> {
        let folder = database.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let name = database
            .file_name()
            .ok_or(io::ErrorKind::InvalidInput)?
            .as_bytes()
            .to_vec();
        let list = init(CreateFlags::CLOEXEC)?;
        add_watch(
            &list,
            folder,
            WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO,
        )?;
        thread::Builder::new()
            .name("writes".to_owned())
            .spawn(move || listen(&list, &name, &told))?;
        Ok(())
    }

    /// Until nobody wants to hear or the folder is gone.
    fn listen(list: &OwnedFd, name: &[u8], told: &Weak<Notify>) {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(list, &mut room);
        loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(Errno::INTR) => continue,
                Err(error) => {
                    tracing::warn!(%error, "writes of others are told no longer");
                    return;
                }
            };
            let Some(told) = told.upgrade() else { return };
            // Without a name the list ran over or the folder went, and anything may have happened.
            if event
                .file_name()
                .is_none_or(|file| file.to_bytes().starts_with(name))
            {
                told.notify_one();
            }
            if event.events().contains(ReadFlags::IGNORED) {
                return;
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod watch {
    use std::{path::Path, time::Duration};

    /// Nobody tells here, so it is asked.
    pub(super) struct Watch;

    impl Watch {
        pub(super) fn to(_database: &Path) -> Self {
            Self
        }

        pub(super) async fn next(&self) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_write_it_is_looked_a_few_times_and_then_no_more() {
        let (mut looks, start) = (Looks::default(), Instant::now());
        assert_eq!(looks.next(), None);
        looks.written(start);
        let mut times = Vec::new();
        while let Some(at) = looks.next() {
            times.push((at - start).as_millis());
            looks.looked(at);
        }
        assert_eq!(times, [50, 200, 500, 1300, 4300, 14300]);
    }

    #[test]
    fn writes_without_end_put_no_look_off() {
        let (mut looks, start) = (Looks::default(), Instant::now());
        for millis in 0..50 {
            looks.written(start + Duration::from_millis(millis));
        }
        assert_eq!(looks.next(), Some(start + Duration::from_millis(50)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_write_to_the_databases_files_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let writes = Writes::to(&dir.path().join("lablink.db"));
        std::fs::write(dir.path().join("lablink.db-wal"), "x").unwrap();
        writes.next().await;
    }
}
