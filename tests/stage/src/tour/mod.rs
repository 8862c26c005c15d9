//! A walk of the real window through every screen and state that can be reached, for whoever wants to look: the
//! pictures take one of each stop, the tests let axe look at each.

mod addresses;
mod homes;
mod keychains;
mod logins;
mod pages;
mod relinks;
mod tokens;
mod troubles;
mod trusts;

use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

pub use addresses::addresses;
pub use homes::{homes, many_accounts};
pub use keychains::keychains;
pub use logins::{known, logins};
pub use pages::{dialogs, pages, recovery};
pub use relinks::relinks;
pub use tokens::tokens;
pub use troubles::troubles;
pub use trusts::trusts;

use crate::desktop::Scheme;
use crate::window::Window;

/// Whoever looks at the window at each stop; told the stop's name, which is the same in every walk.
pub trait Look {
    /// Looks at what the window shows now.
    fn at(&self, window: &Window, stop: &str) -> impl Future<Output = Result<()>>;
}

/// The whole walk.
pub async fn everything(scheme: Scheme, look: &impl Look) -> Result<()> {
    addresses(scheme, look).await?;
    tokens(scheme, look).await?;
    homes(scheme, look).await?;
    many_accounts(scheme, look).await?;
    pages(scheme, look).await?;
    dialogs(scheme, look).await?;
    recovery(scheme, look).await?;
    relinks(scheme, look).await?;
    keychains(scheme, look).await?;
    trusts(scheme, look).await?;
    troubles(scheme, look).await?;
    logins(scheme, look).await?;
    known(scheme, look).await
}

/// The date so many days from today in UTC, as GitLab writes it.
#[must_use]
pub fn in_days(days: i64) -> String {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.saturating_add(days.days()).to_string()
}
