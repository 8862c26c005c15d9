//! The judge over any bytes: it never panics, never takes a stranger for the one that is waited for, and decides the
//! same however the request is cut. What a fuzzer runs is this same function.

use std::fmt::Write as _;

use gitlab::loopback::{HEAD_LIMIT, Rules, Stranger, Verdict, judge};
use proptest::prelude::*;

const PORT: u16 = 40123;
const STATE: &str = "c3RhdGUtb2YtMjU2LWJpdHMtbm9ib2R5LWNhbi1ndWVzcw";

fn is_state(text: &str) -> bool {
    text == STATE
}

fn rules(state_matches: &dyn Fn(&str) -> bool) -> Rules<'_> {
    Rules {
        port: PORT,
        state_matches,
        issuer: Some("https://git.example.test"),
    }
}

/// A verdict by its name: it carries a code, so it cannot be printed.
fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Incomplete => "incomplete",
        Verdict::Code(_) => "code",
        Verdict::Denied { .. } => "denied",
        Verdict::WrongIssuer => "wrong issuer",
        Verdict::Named { .. } => "named",
        Verdict::Stranger(_) => "stranger",
    }
}

fn right() -> String {
    format!(
        "GET /callback?code=c0de&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\
         Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n"
    )
}

fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(choices)
}

#[test]
fn a_null_origin_is_a_redirect_after_a_form_only_where_the_browser_says_navigation() {
    let with = right().replace("\r\n\r\n", "\r\nOrigin: null\r\n\r\n");
    assert_eq!(name(&judge(with.as_bytes(), &rules(&is_state))), "code");
    let without = format!(
        "GET /callback?code=c0de&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nOrigin: null\r\n\r\n"
    );
    assert_eq!(name(&judge(without.as_bytes(), &rules(&is_state))), "stranger");
}

#[test]
fn an_issuer_nothing_is_known_about_is_passed_on_with_what_it_came_with() {
    let unknown = Rules {
        issuer: None,
        ..rules(&is_state)
    };
    for (answer, expected) in [("code=c0de", "code"), ("error=access_denied", "denied")] {
        let with = right().replace(
            "code=c0de",
            &format!("{answer}&iss=https%3A%2F%2Fany.example.test"),
        );
        match judge(with.as_bytes(), &unknown) {
            Verdict::Named { iss, answer } => {
                assert_eq!(
                    (iss.as_str(), name(&answer)),
                    ("https://any.example.test", expected)
                );
            }
            other => panic!("{}", name(&other)),
        }
    }
    assert_eq!(name(&judge(right().as_bytes(), &unknown)), "code");
}

#[test]
fn a_browser_without_fetch_metadata_is_let_in() {
    let old = format!("GET /callback?code=c0de&state={STATE} HTTP/1.1\r\nHOST: 127.0.0.1:{PORT}\r\n\r\n");
    assert_eq!(name(&judge(old.as_bytes(), &rules(&is_state))), "code");
}

#[test]
fn every_beginning_of_the_right_request_is_incomplete() {
    let right = right();
    for cut in 0..right.len() {
        assert_eq!(
            name(&judge(&right.as_bytes()[..cut], &rules(&is_state))),
            "incomplete",
            "{cut}"
        );
    }
    assert_eq!(name(&judge(right.as_bytes(), &rules(&is_state))), "code");
}

#[test]
fn a_head_is_never_asked_to_grow_beyond_the_limit() {
    let mut head = b"GET /callback?code=".to_vec();
    head.resize(HEAD_LIMIT, b'x');
    assert!(matches!(
        judge(&head, &rules(&is_state)),
        Verdict::Stranger(Stranger::TooLarge)
    ));
    head.pop();
    assert_eq!(name(&judge(&head, &rules(&is_state))), "incomplete");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes_get_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let verdict = name(&judge(&bytes, &rules(&|_| false)));
        prop_assert!(verdict == "incomplete" || verdict == "stranger");
    }

    #[test]
    fn a_damaged_request_is_never_taken_for_an_answer_without_the_state(
        at in 0..200_usize, byte in any::<u8>(), more in prop::collection::vec(any::<u8>(), 0..64)
    ) {
        let mut bytes = right().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.splice(at..at, more);
        let verdict = name(&judge(&bytes, &rules(&|_| false)));
        prop_assert!(verdict == "incomplete" || verdict == "stranger");
        // With the state it may be any verdict, but there is one.
        let _ = judge(&bytes, &rules(&is_state));
    }

    /// The rules told a second time, in another way.
    #[test]
    fn requests_put_together_from_right_and_wrong_pieces_get_the_verdict_they_deserve(
        method in one_of(&["GET", "POST", "HEAD", "PUT", "GETT"]),
        path in one_of(&["/callback", "/callback/", "/", "/callbac", "/callback%20"]),
        host in one_of(&["127.0.0.1:40123", "127.0.0.1", "localhost:40123", "127.0.0.1:40124"]),
        mode in one_of(&["", "navigate", "cors", "no-cors"]),
        dest in one_of(&["", "document", "image", "empty", "iframe"]),
        origin in one_of(&["", "https://evil.example.test"]),
        parameters in prop::collection::vec(
            (one_of(&["code", "state", "error", "iss", "x"]), one_of(&["", "c0de", STATE, "https://git.example.test"])),
            0..5,
        ),
    ) {
        let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {path}?{} HTTP/1.1\r\nHost: {host}\r\n", query.join("&"));
        for (name, value) in [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest), ("Origin", origin)] {
            if !value.is_empty() {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        head.push_str("\r\n");
        let all = |name: &str| -> Vec<&str> {
            parameters.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value).collect()
        };
        let (codes, states, errors, issuers) = (all("code"), all("state"), all("error"), all("iss"));
        let door = method == "GET" && path == "/callback" && host == "127.0.0.1:40123";
        let person = (mode.is_empty() || mode == "navigate")
            && (dest.is_empty() || dest == "document")
            && origin.is_empty();
        let once = [&codes, &states, &errors, &issuers].iter().all(|values| values.len() <= 1);
        let ours = states == [STATE];
        let expected = match (codes.as_slice(), errors.as_slice()) {
            _ if !(door && person && once && ours) => "stranger",
            ([""], []) => "stranger",
            ([_], []) | ([], [_]) if issuers.iter().any(|issuer| *issuer != "https://git.example.test") => {
                "wrong issuer"
            }
            ([_], []) => "code",
            ([], [_]) => "denied",
            _ => "stranger",
        };
        prop_assert_eq!(name(&judge(head.as_bytes(), &rules(&is_state))), expected, "{}", head);
    }
}
