//! A desktop and a GitLab whose calendars go on together, from noon (UTC) to noon: whoever looks at a clock on either
//! sees the same day.

use anyhow::Result;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;
use stage::{Desktop, Plan, Simulator, until};

use super::{token, wanted};

pub(crate) struct Days {
    pub(crate) simulator: Simulator,
    pub(crate) desktop: Desktop,
    /// Today, in days since the first.
    pub(crate) day: i64,
    /// Noon of the first day.
    begin: Timestamp,
    /// How far the calendars are ahead, in seconds.
    ahead: i64,
}

impl Days {
    pub(crate) fn begin(plan: &Plan) -> Result<Self> {
        let tomorrow = Timestamp::now().to_zoned(TimeZone::UTC).date().tomorrow()?;
        let mut days = Self {
            simulator: Simulator::start()?,
            desktop: Desktop::planned(plan)?,
            day: 0,
            begin: tomorrow.at(12, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp(),
            ahead: 0,
        };
        days.it_is_day(0)?;
        Ok(days)
    }

    /// Moves both calendars to noon of that day.
    pub(crate) fn it_is_day(&mut self, day: i64) -> Result<()> {
        let noon = self.begin + SignedDuration::from_hours(24 * day);
        let ahead = noon.duration_since(Timestamp::now()).as_secs() + 1;
        self.simulator.advance_clock(ahead - self.ahead)?;
        self.desktop.live_ahead(SignedDuration::from_secs(ahead))?;
        (self.day, self.ahead) = (day, ahead);
        Ok(())
    }

    /// The date of a day.
    pub(crate) fn date(&self, day: i64) -> Date {
        self.begin.to_zoned(TimeZone::UTC).date() + day.days()
    }

    /// A user's new token that dies on that day.
    pub(crate) fn token(&self, username: &str, end: i64) -> Result<String> {
        let end = self.date(end).to_string();
        let wish = json!({ "username": username, "scopes": wanted(), "expires_at": end });
        token(&self.simulator, wish)
    }

    /// Links an account with such a token.
    pub(crate) fn link(&self, name: &str, username: &str, end: i64) -> Result<()> {
        let secret = self.token(username, end)?;
        self.desktop.link(self.simulator.address(), name, &secret)
    }

    /// Waits until the app has kept what it has shown. Ended before, it would rather tell twice than never.
    pub(crate) fn notices_are_kept(&self) -> Result<()> {
        until("it to be kept that it was shown", || {
            Ok((self.notices("showing IS NOT NULL")? == 0).then_some(()))
        })
    }

    /// How many notices the database has of which `what` is so.
    pub(crate) fn notices(&self, what: &str) -> Result<i64> {
        let database = self.desktop.room().lablink_home().join("lablink.db");
        let database =
            rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let count = format!("SELECT count(*) FROM notices WHERE {what}");
        Ok(database.query_row(&count, [], |row| row.get(0))?)
    }
}
