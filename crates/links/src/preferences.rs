//! How the person wants the app to behave, for every process of theirs. What a later version has written and this one
//! does not know counts as not chosen.

use crate::links::Links;
use crate::problem::Problem;
use crate::store::settings;

/// How often all accounts are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckEvery {
    /// Every fifteen minutes.
    #[default]
    Quarter,
    /// Every hour.
    Hour,
    /// Every four hours.
    FourHours,
    /// Once a day.
    Day,
}

impl CheckEvery {
    /// All, the most frequent first.
    pub const ALL: [Self; 4] = [Self::Quarter, Self::Hour, Self::FourHours, Self::Day];

    /// The same in minutes.
    #[must_use]
    pub fn minutes(self) -> u32 {
        match self {
            Self::Quarter => 15,
            Self::Hour => 60,
            Self::FourHours => 240,
            Self::Day => 1440,
        }
    }

    /// The choice of so many minutes.
    #[must_use]
    pub fn from_minutes(minutes: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.minutes() == minutes)
    }
}

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// Tell of a token before it dies.
    pub notices: bool,
    /// Live on in the tray when the window closes.
    pub keep_in_tray: bool,
    /// How often all accounts are checked.
    pub check_every: CheckEvery,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            notices: true,
            keep_in_tray: true,
            check_every: CheckEvery::default(),
        }
    }
}

/// One choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// See [`Preferences::notices`].
    Notices(bool),
    /// See [`Preferences::keep_in_tray`].
    KeepInTray(bool),
    /// See [`Preferences::check_every`].
    CheckEvery(CheckEvery),
}

impl Links {
    /// What the person has chosen.
    pub fn preferences(&self) -> Result<Preferences, Problem> {
        let usual = Preferences::default();
        self.store().read(|db| {
            let yes = |key, usual| -> Result<bool, Problem> {
                Ok(match settings::get(db, key)?.as_deref() {
                    Some(settings::ON) => true,
                    Some(settings::OFF) => false,
                    _ => usual,
                })
            };
            let every = settings::get(db, settings::CHECK_MINUTES)?
                .and_then(|minutes| minutes.parse().ok())
                .and_then(CheckEvery::from_minutes);
            Ok(Preferences {
                notices: yes(settings::NOTICES, usual.notices)?,
                keep_in_tray: yes(settings::KEEP_IN_TRAY, usual.keep_in_tray)?,
                check_every: every.unwrap_or(usual.check_every),
            })
        })
    }

    /// Keeps a choice.
    pub fn prefer(&self, preference: Preference) -> Result<(), Problem> {
        let word = |on| if on { settings::ON } else { settings::OFF }.to_owned();
        let (key, value) = match preference {
            Preference::Notices(on) => (settings::NOTICES, word(on)),
            Preference::KeepInTray(on) => (settings::KEEP_IN_TRAY, word(on)),
            Preference::CheckEvery(every) => (settings::CHECK_MINUTES, every.minutes().to_string()),
        };
        self.store()
            .write(|db| settings::set(db, key, &value).map_err(Problem::from))
    }
}
