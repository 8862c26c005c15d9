//! Everybody at once: dozens of gits ask for one app login whose two hours are over.

use anyhow::Result;
use stage::{ASKERS, Logins};

#[test]
fn quirk_11_sixty_four_gits_at_once_are_answered_after_one_renewal_and_no_window() -> Result<()> {
    let logins = Logins::begin()?;
    logins.lablink()?;
    logins.peer()?;
    let crowd = logins.crowd()?;
    assert_eq!(
        (crowd.answered, crowd.renewals, crowd.windows),
        (ASKERS, 1, 0),
        "{crowd:?}"
    );
    Ok(())
}
