//! What the desk makes of news: from work it has spawned, and from the domain.

use jiff::Timestamp;
use links::{Event, ReplacedEnd};
use tokio::{sync::broadcast::error::RecvError, time::Instant};

use super::Task;
use crate::desk::{keychain, news::News, pace};

impl Task {
    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::Checked(id) => {
                self.state.checking.remove(&id);
                self.stale = true;
            }
            News::Rotated(id) => {
                self.state.rotating.remove(&id);
                self.stale = true;
            }
            News::CheckedAll => {
                self.state.checking_all = false;
                self.second_look = Some(Instant::now() + pace::SECOND_LOOK);
                self.stale = true;
            }
            News::Orphans(labels) => self.state.orphans = Some(labels),
            News::UnlinkStep(step, state) => {
                if let Some(unlinking) = &mut self.state.unlinking {
                    unlinking.step(step, state);
                }
            }
            News::Unlinked(problem) => {
                if let Some(unlinking) = &mut self.state.unlinking {
                    unlinking.end(problem.as_ref());
                }
                self.stale = true;
            }
            News::UnlinkLost => {
                if let Some(unlinking) = &mut self.state.unlinking {
                    unlinking.lost();
                }
                self.stale = true;
            }
            News::Presented(number, told) => self.presented(number, told),
            News::Trusted(number, done) => self.trusted(number, done),
            News::Permitting(number, told) => {
                if let Some(dialog) = &mut self.state.permitting
                    && self.permits.is(number)
                {
                    self.permits.hear(told, dialog);
                }
            }
            News::Permitted(number, ended) => {
                if self.permits.is(number) {
                    self.permits.over();
                    if let Some(dialog) = &mut self.state.permitting {
                        dialog.end(ended.as_ref());
                    }
                }
                self.stale = true;
            }
            News::Reviewed(reviewing) => self.state.reviewing = Some(*reviewing),
            News::ProfileTaken(None) => {
                self.state.reviewing = None;
                self.stale = true;
            }
            News::ProfileTaken(problem) => {
                if let Some(reviewing) = &mut self.state.reviewing {
                    reviewing.problem = problem;
                }
                self.stale = true;
            }
            News::Renewed(next) => {
                self.state.unasked.renewing = false;
                self.renewing.end(next, Timestamp::now(), Instant::now());
                self.stale = true;
            }
            News::RevokedWaiting(next) => {
                self.revoking.end(next, Timestamp::now(), Instant::now());
                self.stale = true;
            }
            News::Noticing => self.state.unasked.noticing = true,
            News::Noticed => {
                self.state.unasked.noticing = false;
                self.noticing.running = false;
                if std::mem::take(&mut self.noticing.again) {
                    self.notice_dying();
                }
            }
            News::Preferred => self.stale = true,
            News::Keychain(keychain) => {
                let was_ready = keychain::ready(self.state.keychain.as_ref());
                self.state.keychain = Some(keychain);
                let ready = keychain::ready(self.state.keychain.as_ref());
                if ready && self.state.accounts.is_empty() && self.state.orphans.is_none() {
                    // Once is enough: what the person has read is not told again.
                    self.state.orphans = Some(Vec::new());
                    tokio::spawn(keychain::look_for_orphans(
                        self.links.clone(),
                        self.teller.clone(),
                    ));
                }
                // Nobody asked for the checks of start and clock, so they wait until the keychain can be read without
                // asking the person for a password.
                if ready && (self.first_check || !was_ready) {
                    self.first_check = false;
                    self.check_at = Some(Instant::now() + pace::rest(self.state.accounts.len()));
                }
            }
        }
    }

    pub(super) fn notice(&mut self, event: Result<Event, RecvError>) {
        match event {
            Ok(Event::KeychainChanged) => self.look_at_keychain(),
            Ok(Event::Recovered(recovered)) => {
                self.state.recovered.push(recovered);
                self.stale = true;
            }
            Ok(Event::Replaced {
                name, method, end, ..
            }) => {
                if let ReplacedEnd::LeftAlive(_) = end {
                    self.state.left_alive.push((method, name));
                }
                self.stale = true;
            }
            Ok(Event::AccountsChanged | Event::InstancesChanged | Event::HealthChanged { .. })
            | Err(RecvError::Lagged(_)) => self.stale = true,
            // The domain outlives the desk; were it gone, the clock would still read again.
            Err(RecvError::Closed) => {}
        }
    }
}
