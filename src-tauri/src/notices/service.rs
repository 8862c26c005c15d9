//! The desktop's notification service, `org.freedesktop.Notifications`: shows, takes back, and remembers what of
//! ours is on the screen.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use zbus::{
    blocking::Connection,
    zvariant::{DynamicType, Value},
};

use super::{Bubble, NotShown};

/// Its name on the bus and of its interface.
pub(super) const NAME: &str = "org.freedesktop.Notifications";
/// Where it is.
pub(super) const PLACE: &str = "/org/freedesktop/Notifications";
/// What a press on the notice itself is called.
pub(super) const DEFAULT: &str = "default";

/// Who shows it; the icon and the desktop file are those of the packages.
const APP: &str = "LabLink";
const ICON: &str = "lablink-desktop";

/// The service as the app reaches it.
#[derive(Default)]
pub struct Service {
    bus: Mutex<Option<Connection>>,
    on_screen: Mutex<HashMap<u32, Vec<String>>>,
}

impl Service {
    /// Shows it; returns when the service has taken it. May block for seconds.
    ///
    /// # Errors
    /// Where nobody has seen it, and where nobody knows.
    pub fn show(&self, bubble: &Bubble) -> Result<(), NotShown> {
        let bus = self.bus().ok_or(NotShown::Refused)?;
        let can: Vec<String> = ask(&bus, "GetCapabilities", &())?;
        let can = |what: &str| can.iter().any(|one| one == what);
        let body = if can("body-markup") {
            escaped(&bubble.body)
        } else {
            bubble.body.clone()
        };
        let acts = if can("actions") {
            actions(bubble)
        } else {
            Vec::new()
        };
        let hints: BTreeMap<&str, Value<'_>> = BTreeMap::from([
            ("urgency", Value::U8(if bubble.urgent { 2 } else { 1 })),
            ("desktop-entry", Value::from(APP)),
        ]);
        // Held until it is noted: a press must not be heard before.
        let mut on_screen = self.screen();
        let number: u32 = ask(
            &bus,
            "Notify",
            &(APP, 0_u32, ICON, &bubble.title, body, acts, hints, -1_i32),
        )?;
        on_screen.insert(number, bubble.accounts());
        Ok(())
    }

    /// The accounts told of on the screen.
    #[must_use]
    pub fn on_screen(&self) -> Vec<String> {
        self.screen().values().flatten().cloned().collect()
    }

    /// Takes back what is on the screen about an account alone: it is no longer true.
    pub fn take_back(&self, account: &str) {
        let Some(bus) = self.bus() else { return };
        let about = |accounts: &Vec<String>| matches!(accounts.as_slice(), [one] if one == account);
        let numbers: Vec<u32> = self
            .screen()
            .extract_if(|_, accounts| about(accounts))
            .map(|(number, _)| number)
            .collect();
        for number in numbers {
            close(&bus, number);
        }
    }

    /// Takes one off the screen that was pressed: not every service does so by itself.
    pub(super) fn done_with(&self, number: u32) {
        self.closed(number);
        if let Some(bus) = self.bus() {
            close(&bus, number);
        }
    }

    /// The bus it is on, from now on.
    pub(super) fn reach(&self, bus: &Connection) {
        *self.bus.lock().unwrap_or_else(PoisonError::into_inner) = Some(bus.clone());
    }

    /// What a notice on the screen tells of.
    pub(super) fn accounts(&self, number: u32) -> Option<Vec<String>> {
        self.screen().get(&number).cloned()
    }

    /// It is off the screen.
    pub(super) fn closed(&self, number: u32) {
        self.screen().remove(&number);
    }

    /// All are: another service has none of ours.
    pub(super) fn all_closed(&self) {
        self.screen().clear();
    }

    fn bus(&self) -> Option<Connection> {
        self.bus.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn screen(&self) -> MutexGuard<'_, HashMap<u32, Vec<String>>> {
        self.on_screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn close(bus: &Connection, number: u32) {
    // Gone already is as good.
    let _: Result<(), NotShown> = ask(bus, "CloseNotification", &number);
}

/// The first is also what a press on the notice itself does.
fn actions(bubble: &Bubble) -> Vec<&'static str> {
    let first = bubble.acts.first().map(|act| [DEFAULT, act.words()]);
    let buttons = bubble.acts.iter().map(|act| [act.key(), act.words()]);
    first.into_iter().chain(buttons).flatten().collect()
}

fn ask<A, T>(bus: &Connection, method: &str, arguments: &A) -> Result<T, NotShown>
where
    A: serde::Serialize + DynamicType,
    T: for<'de> serde::Deserialize<'de> + zbus::zvariant::Type,
{
    let answer = bus
        .call_method(Some(NAME), PLACE, Some(NAME), method, arguments)
        .map_err(|error| match error {
            zbus::Error::InputOutput(error) if error.kind() == io::ErrorKind::TimedOut => NotShown::Silent,
            _ => NotShown::Refused,
        })?;
    answer.body().deserialize().map_err(|_| NotShown::Silent)
}

/// Text where markup is read.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_where_markup_is_read() {
        assert_eq!(
            escaped("R&D <b>bold</b> &lt;"),
            "R&amp;D &lt;b&gt;bold&lt;/b&gt; &amp;lt;"
        );
    }
}
