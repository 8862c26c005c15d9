//! Who answers, in tables and for anything at all.

use gitlab::{Scopes, TokenKind};
use proptest::prelude::*;
use vault::Place;

use super::*;
use crate::account::{AccountId, AccountUser, Method};
use crate::health::Health;

fn account(at: &str, username: &str, default: bool) -> Account {
    let instance: BaseUrl = at.parse().unwrap();
    Account {
        id: AccountId::new(),
        name: format!("{username} at {at}"),
        plain_http: instance.is_plain_http(),
        instance,
        user: AccountUser {
            id: 1,
            username: Some(username.to_owned()),
            name: None,
            bot: false,
            web_url: None,
        },
        method: Method::Token,
        kind: TokenKind::Personal,
        scopes: Scopes::Unknown,
        wanted: vec![],
        missing: vec![],
        health: Health::Linked,
        expires_on: None,
        token_name: None,
        token_id: None,
        token_created_at: None,
        last_used_at: None,
        checked_at: None,
        linked_at: "2026-11-20T00:00:00Z".parse().unwrap(),
        secret_in: Place::Memory,
        clock_ahead: None,
        default_on_instance: default,
        trouble: None,
        moved_to: None,
        login: None,
        rotation: None,
    }
}

/// The name of the account that answers, with the user name it answers with.
fn answers(
    accounts: &[Account],
    (protocol, host): (&str, &str),
    path: Option<&str>,
    username: Option<&str>,
) -> String {
    let Some(question) = Question::read(protocol, host, path, username) else {
        return "nobody".to_owned();
    };
    match who(&question, accounts) {
        Who::Nobody => "nobody".to_owned(),
        Who::Account { account, username } => match username {
            Some(echoed) => format!("{} as {echoed}", account.name),
            None => account.name.clone(),
        },
        Who::NoSuchUser { asked, among } => format!("no {asked} among {}", among.len()),
        Who::PathUntold { among } => format!("path untold to {}", among.len()),
    }
}

/// Fails unless exactly this is answered to each of these origins; an account of `https://git.example.test` could.
fn answered(rows: &[(&str, &str)], expected: &str) {
    let accounts = [account("https://git.example.test", "ada", true)];
    assert!(!rows.is_empty());
    for (protocol, host) in rows {
        let who = answers(&accounts, (protocol, host), None, None);
        assert_eq!(who, expected, "{protocol}://{host:?}");
    }
}

#[test]
fn the_same_origin_in_other_letters() {
    let same = [
        ("https", "git.example.test"),
        ("https", "git.example.test:443"),
        ("https", "GIT.Example.TEST"),
        // RFC 3986 §3.2.3: an empty port is the scheme's own.
        ("https", "git.example.test:"),
    ];
    answered(&same, "ada at https://git.example.test");
}

#[test]
fn another_scheme_or_port() {
    let other = [
        ("http", "git.example.test"),
        ("http", "git.example.test:443"),
        ("https", "git.example.test:80"),
        ("https", "git.example.test:8443"),
        ("https", "git.example.test:0"),
        ("https", "git.example.test:99999"),
        ("https", "git.example.test:443:443"),
        ("https", "git.example.test:+443"),
        ("HTTPS", "git.example.test"),
        ("ssh", "git.example.test"),
        ("ftp", "git.example.test"),
        ("cert", "git.example.test"),
        ("https:", "git.example.test"),
        ("", "git.example.test"),
    ];
    answered(&other, "nobody");
}

#[test]
fn blank_host() {
    let blank = [
        ("https", ""),
        ("https", " "),
        ("https", ":443"),
        ("https", "."),
        ("https", "/"),
        ("https", "[]"),
        ("https", "\0"),
    ];
    answered(&blank, "nobody");
}

#[test]
fn numbers_that_are_read_in_two_ways() {
    let accounts = [account("http://127.0.0.1:8080", "ada", true)];
    let asked = |host: &str| answers(&accounts, ("http", host), None, None);
    assert_eq!(asked("127.0.0.1:8080"), "ada at http://127.0.0.1:8080");
    for host in [
        "0177.0.0.1",
        "127.000.000.001",
        "127.1",
        "0x7f.1",
        "2130706433",
        "１２７.0.0.1",
    ] {
        assert_eq!(asked(&format!("{host}:8080")), "nobody", "{host}");
    }
}

#[test]
fn host_by_substring() {
    let similar = [
        ("https", "example.test"),
        ("https", "it.example.test"),
        ("https", "git.example.tes"),
        ("https", "agit.example.test"),
        ("https", "a.git.example.test"),
        ("https", "git.example.test.evil.test"),
        ("https", "git.example.testevil.test"),
        ("https", "git-example.test"),
        ("https", "*.example.test"),
        ("https", "*"),
    ];
    answered(&similar, "nobody");
}

#[test]
fn a_host_that_can_be_read_in_two_ways() {
    let odd = [
        ("https", "git.example.test."),
        ("https", "git.example.test.:443"),
        ("https", "git.example.test。"),
        ("https", "evil.test/git.example.test"),
        ("https", "git.example.test/evil"),
        ("https", "git.example.test@evil.test"),
        ("https", "evil.test@git.example.test"),
        ("https", "evil.test#git.example.test"),
        ("https", "git.example.test#@evil.test"),
        ("https", "evil.test?git.example.test"),
        ("https", "evil.test\\git.example.test"),
        ("https", "git.example.test\\@evil.test"),
        ("https", "git%2eexample.test"),
        ("https", "git.example.test%00.evil.test"),
        ("https", " git.example.test"),
        ("https", "git.example.test\t"),
        ("https", "git.exa\tmple.test"),
        ("https", "git.example\u{200b}.test"),
        ("https", "gіt.example.test"),
        ("https", "[::1]"),
        ("https", "[git.example.test]"),
    ];
    answered(&odd, "nobody");
}

#[test]
fn line_injection_by_cr_lf_nul() {
    let injected = [
        ("https", "git.example.test\r\nhost=evil.test"),
        ("https", "git.example.test\n"),
        ("https", "git.example.test\r"),
        ("https", "git.example.test\0"),
        ("https\n", "git.example.test"),
    ];
    answered(&injected, "nobody");
}

#[test]
fn a_default_port_is_no_other_port() {
    let accounts = [
        account("http://127.0.0.1", "ada", true),
        account("http://127.0.0.1:8080", "eve", true),
        account("https://[::1]:8443", "bob", true),
    ];
    for (protocol, host, who) in [
        ("http", "127.0.0.1", "ada at http://127.0.0.1"),
        ("http", "127.0.0.1:80", "ada at http://127.0.0.1"),
        ("http", "127.0.0.1:8080", "eve at http://127.0.0.1:8080"),
        ("http", "127.0.0.1:8081", "nobody"),
        ("https", "127.0.0.1", "nobody"),
        ("https", "[::1]:8443", "bob at https://[::1]:8443"),
        ("https", "[0:0::1]:8443", "bob at https://[::1]:8443"),
        ("https", "[::1]", "nobody"),
        ("http", "[::1]:8443", "nobody"),
        ("https", "::1", "nobody"),
    ] {
        assert_eq!(
            answers(&accounts, (protocol, host), None, None),
            who,
            "{protocol}://{host}"
        );
    }
}

#[test]
fn international_names_are_one_host_in_both_spellings() {
    let accounts = [account("https://git.xn--mnchen-3ya.test", "ada", true)];
    for (host, answered) in [
        ("git.xn--mnchen-3ya.test", true),
        ("git.XN--MNCHEN-3YA.test", true),
        ("git.münchen.test", true),
        ("git.MÜNCHEN.test", true),
        ("git.mu\u{308}nchen.test", true),
        ("git.munchen.test", false),
        ("git.muenchen.test", false),
        ("git.xn--mnchen-3yb.test", false),
    ] {
        let who = answers(&accounts, ("https", host), None, None);
        assert_eq!(who != "nobody", answered, "{host}: {who}");
    }
}

#[test]
fn a_path_prefix_ends_at_a_segments_border() {
    let accounts = [account("https://git.example.test/gitlab", "ada", true)];
    let ada = "ada at https://git.example.test/gitlab";
    for (path, who) in [
        (Some("gitlab"), ada),
        (Some("gitlab/"), ada),
        (Some("/gitlab/ada/notes.git"), ada),
        (Some("gitlab/ada/notes.git/info/lfs"), ada),
        (Some("gitlab/grüße/notes.git"), ada),
        (Some("gitlab/./ada"), ada),
        (Some("gitlab/ada/../notes"), ada),
        (None, "path untold to 1"),
        (Some(""), "nobody"),
        (Some("/"), "nobody"),
        (Some("//gitlab/x"), "nobody"),
        (Some("GITLAB/x"), "nobody"),
        (Some("gitlabs/x"), "nobody"),
        (Some("gitla"), "nobody"),
        (Some("gitlab-evil/x"), "nobody"),
        (Some("gitlab;x"), "nobody"),
        (Some("gitlab?x"), "nobody"),
        (Some("gitlab#x"), "nobody"),
        (Some("evil/gitlab/x"), "nobody"),
        (Some("gitlab/../evil"), "nobody"),
        (Some("gitlab/%2e%2e/evil"), "nobody"),
        (Some("gitlab/..%2fevil"), "nobody"),
        (Some("gitlab%2f..%2fevil"), "nobody"),
        (Some("gitlab/%252e%252e/evil"), "nobody"),
        (Some("gitlab\\..\\evil"), "nobody"),
        (Some("gitlab/..\\evil"), "nobody"),
        (Some("gitlab%2fx"), "nobody"),
        // Within it only for a server that resolves what git has decoded.
        (Some("evil/../gitlab/x"), "nobody"),
        (Some("gitlab//../evil"), "nobody"),
        (Some("gitlab//%2E%2e/evil"), "nobody"),
        (Some("gitlab/x//../../evil"), "nobody"),
        (Some("evil/%2e%2e/gitlab/x"), "nobody"),
        (Some("evil\\..\\gitlab/x"), "nobody"),
        (Some("./gitlab/x"), "nobody"),
        (Some("../gitlab/x"), "nobody"),
        (Some("gitlab\\x"), "nobody"),
        (Some("git\tlab/x"), "nobody"),
        (Some("gitlab/\r\nx"), "nobody"),
        (Some("gitlab/\0"), "nobody"),
    ] {
        assert_eq!(
            answers(&accounts, ("https", "git.example.test"), path, None),
            who,
            "{path:?}"
        );
    }
    assert_eq!(
        answers(&accounts, ("https", "other.example.test"), None, None),
        "nobody"
    );
    assert_eq!(
        answers(&accounts, ("http", "git.example.test"), None, None),
        "nobody"
    );
}

#[test]
fn the_longest_path_answers() {
    let host = ("https", "git.example.test");
    let accounts = [
        account("https://git.example.test", "root", true),
        account("https://git.example.test/a", "ann", true),
        account("https://git.example.test/a/b", "bob", true),
    ];
    for (path, who) in [
        (Some("a/b/c"), "bob at https://git.example.test/a/b"),
        (Some("a/bc"), "ann at https://git.example.test/a"),
        (Some("a"), "ann at https://git.example.test/a"),
        (Some("b/a"), "root at https://git.example.test"),
        (None, "root at https://git.example.test"),
    ] {
        assert_eq!(answers(&accounts, host, path, None), who, "{path:?}");
    }
    // An asked name does not reach over to a shorter path.
    assert_eq!(
        answers(&accounts, host, Some("a/x"), Some("root")),
        "ann at https://git.example.test/a as root"
    );
}

#[test]
fn the_asked_name_then_the_only_account_then_the_default() {
    let at = "https://git.example.test";
    let host = ("https", "git.example.test");
    let one = [account(at, "ada", true)];
    let two = [account(at, "ada", false), account(at, "eve", true)];
    let same = [
        account(at, "ada", false),
        account(at, "Ada", false),
        account(at, "eve", true),
    ];
    let (ada, eve) = (format!("ada at {at}"), format!("eve at {at}"));
    for (accounts, asked, who) in [
        (&one[..], None, ada.clone()),
        (&one, Some(""), ada.clone()),
        (&one, Some("ada"), format!("{ada} as ada")),
        (&one, Some("someone"), format!("{ada} as someone")),
        (&two, None, eve.clone()),
        (&two, Some("ada"), format!("{ada} as ada")),
        (&two, Some("ADA"), format!("{ada} as ADA")),
        (&two, Some("eve"), format!("{eve} as eve")),
        (&two, Some("someone"), "no someone among 2".to_owned()),
        (&two, Some("oauth2"), "no oauth2 among 2".to_owned()),
        (&same, Some("ada"), format!("{ada} as ada")),
        (&[], Some("ada"), "nobody".to_owned()),
    ] {
        assert_eq!(answers(accounts, host, None, asked), who, "{asked:?}");
    }
}

/// What may be in an address, and what is often tried.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("git.example.test".to_owned()),
        Just("gitlab".to_owned()),
        Just("evil.test".to_owned()),
        "[/\\\\.:@%#?\\[\\]]{1,3}",
        "%2[eEfF]|%5c|%00|%0a|\\.\\.|:443|:8443|xn--",
        "\\PC{0,3}",
        "[\\x00-\\x1f\\u{200b}-\\u{202e}]",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Whatever is asked, an answer is of the very origin a web browser would go to, and within the path it would ask
    /// for there.
    #[test]
    fn no_account_answers_for_another_origin(protocol in "https|http|", host in text(), path in proptest::option::of(text()), username in proptest::option::of(text())) {
        let accounts = [
            account("https://git.example.test/gitlab", "ada", true),
            account("https://git.example.test:8443", "eve", true),
        ];
        let Some(question) = Question::read(&protocol, &host, path.as_deref(), username.as_deref()) else {
            return Ok(());
        };
        if let Who::Account { account, .. } = who(&question, &accounts) {
            let whole = format!("{protocol}://{host}/{}", path.unwrap_or_default());
            let url = Url::parse(&whole).unwrap();
            prop_assert_eq!(url.scheme(), "https");
            prop_assert_eq!(url.host_str(), Some("git.example.test"));
            prop_assert_eq!(url.port_or_known_default(), Some(account.instance.effective_port()));
            let prefix = account.instance.path();
            prop_assert!(url.path() == prefix || url.path().starts_with(&format!("{prefix}/")), "{}", url);
        }
    }

    /// Of an address within it, whatever its path, an account answers.
    #[test]
    fn an_account_answers_for_all_that_is_within(segments in proptest::collection::vec("[a-zA-Z0-9_.-]{0,6}[a-zA-Z0-9_]", 0..5), upper in any::<bool>()) {
        let accounts = [account("https://git.example.test/gitlab", "ada", true)];
        let host = if upper { "GIT.EXAMPLE.TEST:443" } else { "git.example.test" };
        let path = format!("gitlab/{}", segments.join("/"));
        prop_assert_ne!(answers(&accounts, ("https", host), Some(&path), None), "nobody");
    }
}
