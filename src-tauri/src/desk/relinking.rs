//! `lablink://relink?account=…`: which account a link from outside means. Pure: it opens nothing and changes nothing.

use links::{Account, AccountId, Name, Problem};
use tauri::Url;

/// Longest link that is looked at, in bytes; a name of sixty characters fits in it many times over.
const LIMIT: usize = 4 * 1024;

/// Whether a link of LabLink's own scheme wants an account to be linked again.
#[must_use]
pub fn wants_relink(link: &Url) -> bool {
    link.host_str() == Some("relink")
}

/// The account a link means, by its identifier or else by its display name.
pub(super) fn meant(link: &str, accounts: &[Account]) -> Result<AccountId, Problem> {
    let wanted = wanted(link).ok_or(Problem::RelinkLink)?;
    let by_id = wanted
        .parse::<AccountId>()
        .ok()
        .and_then(|id| accounts.iter().find(|account| account.id == id));
    let name = Name::read(&wanted).map_err(|_| Problem::RelinkLink)?;
    let called = |account: &&Account| links::folded(&account.name) == name.folded();
    by_id
        .or_else(|| accounts.iter().find(called))
        .map(|account| account.id)
        .ok_or(Problem::AccountNotFound { name: Some(wanted) })
}

/// What stands behind `account=`, once and alone.
fn wanted(link: &str) -> Option<String> {
    if link.len() > LIMIT {
        return None;
    }
    let link = Url::parse(link).ok()?;
    if link.scheme() != "lablink" || !wants_relink(&link) || !matches!(link.path(), "" | "/") {
        return None;
    }
    let mut pairs = link.query_pairs();
    let (key, value) = pairs.next()?;
    (key == "account" && pairs.next().is_none()).then(|| value.into_owned())
}

#[cfg(test)]
mod tests {
    use links::Health;

    use super::*;
    use crate::desk::account_for_tests as account;

    #[test]
    fn an_account_is_meant_by_its_identifier_or_its_name() {
        let accounts = [
            account(1, "Work", Health::Linked),
            account(2, "Ärger & Co", Health::Linked),
        ];
        let by_id = format!("lablink://relink?account={}", accounts[0].id);
        assert_eq!(meant(&by_id, &accounts), Ok(accounts[0].id));
        for (link, which) in [
            ("lablink://relink?account=Work", 0),
            ("lablink://relink/?account=work", 0),
            ("lablink://relink?account=%C3%84rger%20%26%20Co", 1),
            ("lablink://relink?account=%C3%A4rger+%26+co", 1),
        ] {
            assert_eq!(meant(link, &accounts), Ok(accounts[which].id), "{link}");
        }
    }

    #[test]
    fn a_link_that_means_none_says_why() {
        let accounts = [account(1, "Work", Health::Linked)];
        for link in [
            "lablink://relink",
            "lablink://relink?account=",
            "lablink://relink?name=Work",
            "lablink://relink?account=Work&account=Home",
            "lablink://relink?account=Work&token=x",
            "lablink://relink/Work?account=Work",
            "lablink://relink?account=a%00b",
            "lablink://link?account=Work",
            "https://relink?account=Work",
            "not a link",
            &format!("lablink://relink?account={}", "x".repeat(5000)),
        ] {
            assert_eq!(meant(link, &accounts), Err(Problem::RelinkLink), "{link}");
        }
        let unknown = meant("lablink://relink?account=Home", &accounts);
        assert_eq!(
            unknown,
            Err(Problem::AccountNotFound {
                name: Some("Home".to_owned())
            })
        );
    }
}
