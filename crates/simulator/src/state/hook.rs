//! Webhooks of projects and groups, and what became of their deliveries (contract §6).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// Whom a webhook belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookOwner {
    Project(u64),
    Group(u64),
}

/// One webhook. What is write-only stays in here (quirk 47).
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) owner: HookOwner,
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    /// Whether each kind of event is sent, by the name of its field.
    pub(crate) events: BTreeMap<&'static str, bool>,
    pub(crate) branch_filter: Option<String>,
    pub(crate) branch_filter_strategy: String,
    pub(crate) verifies_tls: bool,
    pub(crate) template: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) signing_key: Option<Vec<u8>>,
    pub(crate) custom_headers: BTreeMap<String, String>,
    pub(crate) url_variables: BTreeMap<String, String>,
    pub(crate) created_at: Timestamp,
    pub(crate) uuid: String,
    /// Deliveries that failed one after another.
    pub(crate) failures: u32,
    pub(crate) disabled_until: Option<Timestamp>,
    pub(crate) deliveries: Vec<Delivery>,
}

/// One attempt to deliver.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) id: u64,
    pub(crate) trigger: &'static str,
    pub(crate) idempotency_key: String,
    pub(crate) request: Value,
    /// The receiver's status; nothing where it was not reached.
    pub(crate) status: Option<u16>,
    pub(crate) at: Timestamp,
}

/// Failures one after another that pause a webhook, and that end it (contract §6.3).
const PAUSED_AFTER: u32 = 4;
const ENDED_AFTER: u32 = 40;
/// The longest pause in seconds.
const LONGEST_PAUSE: i64 = 86_400;

impl Hook {
    /// `alert_status` of quirk 48.
    pub(crate) fn alert_status(&self, now: Timestamp) -> &'static str {
        if self.failures >= ENDED_AFTER {
            "disabled"
        } else if self.disabled_until.is_some_and(|until| until > now) {
            "temporarily_disabled"
        } else {
            "executable"
        }
    }

    /// Counts an attempt: pauses begin with a minute and double.
    pub(crate) fn attempted(&mut self, arrived: bool, now: Timestamp) {
        if arrived {
            self.recovered();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= PAUSED_AFTER {
            let doublings = (self.failures - PAUSED_AFTER).min(12);
            let pause = (60_i64 << doublings).min(LONGEST_PAUSE);
            self.disabled_until = Timestamp::from_second(now.as_second().saturating_add(pause)).ok();
        }
    }

    /// A delivery that arrived, or an edit, makes a webhook executable again.
    pub(crate) fn recovered(&mut self) {
        self.failures = 0;
        self.disabled_until = None;
    }
}
