//! Profiles read to the letter.

use proptest::prelude::*;

use super::*;

const PEM: &str = include_str!("../../tests/authority.pem");

fn profile() -> LinkProfile {
    LinkProfile {
        address: "https://git.example.test/gitlab".parse().unwrap(),
        application_id: "0f".repeat(32),
        scopes: vec!["api".to_owned(), "read_repository".to_owned()],
        authorities: Authority::from_pem(PEM.as_bytes()).unwrap(),
    }
}

/// A profile's text with one line replaced, or left out.
fn with(field: &str, line: &str) -> String {
    let plain = LinkProfile {
        authorities: vec![],
        ..profile()
    };
    let mut text = String::new();
    for known in plain.to_file().lines() {
        let kept = if known.starts_with(&format!("{field} = ")) {
            line
        } else {
            known
        };
        text.push_str(kept);
        text.push('\n');
    }
    text
}

fn word(bytes: &[u8]) -> &'static str {
    match LinkProfile::read(bytes) {
        Ok(_) => "fine",
        Err(problem) => problem.word(),
    }
}

#[test]
fn file_and_link_give_the_profile_back() {
    for profile in [
        profile(),
        LinkProfile {
            authorities: vec![],
            ..profile()
        },
    ] {
        let (file, link) = (profile.to_file(), profile.to_link());
        assert_eq!(LinkProfile::read(file.as_bytes()).unwrap(), profile);
        assert_eq!(LinkProfile::read(link.as_bytes()).unwrap(), profile);
        assert_eq!(
            LinkProfile::read(format!("\u{feff} {link}\r\n").as_bytes()).unwrap(),
            profile
        );
        let slashed = link.replace("lablink://link?", "lablink://link/?");
        assert_eq!(LinkProfile::read(slashed.as_bytes()).unwrap(), profile);
        assert!(
            link.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b":/?=-_".contains(&byte)),
            "{link}"
        );
        assert_eq!(
            LinkProfile::read(file.replace('\n', "\r\n").as_bytes()).unwrap(),
            profile,
            "as a Windows editor saves it"
        );
    }
}

#[test]
fn a_profile_in_the_form_of_version_1_is_read_for_ever() {
    let text = r#"
        lablink_profile = 1
        address = "https://git.example.test"
        application_id = "abc"
        redirect = "http://127.0.0.1/callback"
        scopes = ["api", "read_user"]
    "#;
    let read = LinkProfile::read(text.as_bytes()).unwrap();
    assert_eq!(
        (read.address.as_str(), read.application_id.as_str()),
        ("https://git.example.test", "abc")
    );
    assert_eq!(read.scopes, ["api", "read_user"]);
    assert_eq!(read.authorities, []);
}

#[test]
fn each_field_is_checked() {
    for (field, line, expected) in [
        ("lablink_profile", "lablink_profile = 2", "version"),
        ("lablink_profile", "lablink_profile = 0", "version"),
        ("lablink_profile", "lablink_profile = -1", "version"),
        ("lablink_profile", "lablink_profile = '1'", "field_type"),
        ("lablink_profile", "", "field_missing"),
        ("address", "", "field_missing"),
        ("address", "address = 1", "field_type"),
        ("address", "address = ''", "address"),
        ("address", "address = 'git.example.test'", "address"),
        ("address", "address = 'ftp://git.example.test'", "address"),
        ("address", "address = 'javascript:alert(1)'", "address"),
        (
            "address",
            "address = 'https://ada:pw@git.example.test'",
            "address_user_info",
        ),
        (
            "address",
            "address = 'https://gitlab.com@evil.test'",
            "address_user_info",
        ),
        (
            "address",
            "address = 'https://gitlаb.com'",
            "address_mixed_script",
        ),
        (
            "address",
            "address = 'https://xn--gitlb-7ve.com'",
            "address_mixed_script",
        ),
        ("address", "address = 'https://git.example.test/'", "address_form"),
        ("address", "address = 'https://Git.example.test'", "address_form"),
        (
            "address",
            "address = 'https://git.example.test:443'",
            "address_form",
        ),
        ("address", "address = 'https://git.example.test.'", "address_form"),
        ("address", "address = ' https://git.example.test'", "address_form"),
        ("address", "address = 'https://münchen.test'", "address_form"),
        ("address", "address = 'https://git.example.test/a/..'", "address"),
        ("address", "address = 'https://git.example.test?x'", "address"),
        (
            "address",
            "address = \"https://git.example.test/\\u202Ea\"",
            "address",
        ),
        ("application_id", "", "field_missing"),
        ("application_id", "application_id = ''", "application_id"),
        ("application_id", "application_id = ' a'", "application_id"),
        ("application_id", "application_id = 'a b'", "application_id"),
        ("application_id", "application_id = 'gloas-abc'", "application_id"),
        ("redirect", "", "field_missing"),
        ("redirect", "redirect = 'http://localhost/callback'", "redirect"),
        (
            "redirect",
            "redirect = 'http://127.0.0.1:80/callback'",
            "redirect",
        ),
        ("redirect", "redirect = 'https://evil.test/callback'", "redirect"),
        ("scopes", "", "field_missing"),
        ("scopes", "scopes = 'api'", "field_type"),
        ("scopes", "scopes = []", "scopes"),
        ("scopes", "scopes = ['api', 'api']", "scopes"),
        ("scopes", "scopes = ['api sudo']", "scopes"),
        ("scopes", "scopes = ['api']\nauthority = 'x'", "authority"),
        ("scopes", "scopes = ['api']\nauthority = ''", "authority"),
        ("scopes", "scopes = ['api']\nauthority = []", "field_type"),
        ("scopes", "scopes = ['api']\nsecret = 'gloas-x'", "field_unknown"),
        ("scopes", "scopes = ['api']\nsource = 'managed'", "field_unknown"),
        ("scopes", "scopes = ['api']\nallow_http = true", "field_unknown"),
        ("scopes", "scopes = ['api']\nscopes = ['sudo']", "syntax"),
        ("scopes", "scopes = ['api'", "syntax"),
    ] {
        let text = with(field, line);
        assert_eq!(word(text.as_bytes()), expected, "{line}");
        let link = format!("{LINK}{}", URL_SAFE_NO_PAD.encode(&text));
        assert_eq!(word(link.as_bytes()), expected, "{line} as a link");
    }
    assert_eq!(word(with("x", "").as_bytes()), "fine");
}

#[test]
fn an_authority_is_a_certificate_and_for_https_alone() {
    let plain = profile()
        .to_file()
        .replace("https://git.example.test/gitlab", "http://git.example.test");
    assert_eq!(word(plain.as_bytes()), "authority");
    let private = profile()
        .to_file()
        .replace("CERTIFICATE-----", "PRIVATE KEY-----");
    assert_eq!(word(private.as_bytes()), "authority");
}

#[test]
fn links_are_whole_or_refused() {
    let link = profile().to_link();
    for (text, expected) in [
        (format!("{link}="), "bad_link"),
        (format!("{link}&x=1"), "bad_link"),
        (format!("{link}#x"), "bad_link"),
        (link.replace("?p=", "?q="), "bad_link"),
        (link.replace("//link", "//links"), "bad_link"),
        (link.replace("lablink://", "LABLINK://"), "bad_link"),
        ("lablink://link?p=%%".to_owned(), "bad_link"),
        ("lablink:".to_owned(), "bad_link"),
        ("lablink://link?p=_w".to_owned(), "bad_link"),
        ("lablink://link?p=".to_owned(), "field_missing"),
        (String::new(), "not_text"),
        (" \n".to_owned(), "not_text"),
        ("-----BEGIN CERTIFICATE-----".to_owned(), "syntax"),
    ] {
        assert_eq!(word(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(word(&[0xff, 0xfe]), "not_text");
    // A link in a link is none: what is packed is a file's text.
    let twice = format!("{LINK}{}", URL_SAFE_NO_PAD.encode(&link));
    assert_eq!(word(twice.as_bytes()), "syntax");
}

#[test]
fn every_truncation_is_noticed() {
    for text in [profile().to_file().trim_end().to_owned(), profile().to_link()] {
        for cut in 0..text.len() {
            assert_ne!(word(&text.as_bytes()[..cut]), "fine", "cut at {cut}");
        }
    }
}

#[test]
fn what_is_huge_is_not_looked_into() {
    let mut text = profile().to_file();
    text.push_str(&"#".repeat(PROFILE_LIMIT - text.len()));
    assert_eq!(word(text.as_bytes()), "fine");
    text.push('#');
    assert_eq!(word(text.as_bytes()), "too_large");
    assert_eq!(word(&vec![b'['; PROFILE_LIMIT + 1]), "too_large");
    assert_eq!(word(&vec![b'['; PROFILE_LIMIT]), "syntax");
}

#[test]
fn no_problem_says_back_a_secret() {
    for line in [
        "secret = 'gloas-hush'",
        "application_id = 'gloas-hush'",
        "redirect = 'gloas-hush'",
        "scopes = ['gloas-hush']",
        "scopes = 'gloas-hush",
        "authority = 'gloas-hush'",
        "address = 'https://x:gloas-hush@h.test'",
    ] {
        let field = line.split(' ').next().unwrap();
        let text = if ["secret", "authority"].contains(&field) {
            with("scopes", &format!("scopes = ['api']\n{line}"))
        } else {
            with(field, line)
        };
        let problem = LinkProfile::read(text.as_bytes()).unwrap_err();
        assert!(!format!("{problem} {problem:?}").contains("hush"), "{problem:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_profile_or_a_problem(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = LinkProfile::read(&bytes);
    }

    #[test]
    fn any_text_in_a_link_is_a_profile_or_a_problem(text in "\\PC{0,200}", at in 0_usize..400, change in any::<u8>()) {
        let _ = LinkProfile::read(format!("{LINK}{text}").as_bytes());
        let mut link = profile().to_link().into_bytes();
        if let Some(byte) = link.get_mut(at) {
            *byte = change;
        }
        if let Ok(read) = LinkProfile::read(&link) {
            // Whatever got through is a profile that says the same again.
            prop_assert_eq!(LinkProfile::read(read.to_file().as_bytes()).unwrap(), read);
        }
    }
}
