//! Any bytes sent to the listener of an app login get a verdict, the same in pieces as whole; only one who knows
//! `state`, says `Host` right and goes there as a browser does is heard.
#![no_main]

use gitlab::loopback::{HEAD_LIMIT, Rules, Verdict, judge};
use libfuzzer_sys::fuzz_target;

const STATE: &str = "s3cret-state";

fn rules<'a>(state_matches: &'a dyn Fn(&str) -> bool, issuer: Option<&'a str>) -> Rules<'a> {
    Rules {
        port: 4711,
        state_matches,
        issuer,
    }
}

fn heard(head: &[u8], issuer: Option<&str>) -> bool {
    let knows = |state: &str| state == STATE;
    let verdict = match judge(head, &rules(&knows, issuer)) {
        Verdict::Named { iss, answer } => {
            assert!(issuer.is_none() && iss.len() <= HEAD_LIMIT);
            *answer
        }
        verdict => verdict,
    };
    if let Verdict::Denied { error } = &verdict {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        assert!(error.len() <= 64 && error.bytes().all(fine), "{error:?}");
    }
    matches!(
        verdict,
        Verdict::Code(_) | Verdict::Denied { .. } | Verdict::WrongIssuer
    )
}

fuzz_target!(|sent: &[u8]| {
    // As it came; and with a request line, so that more of it is reached.
    let request = |line: &str| {
        let mut whole = line.as_bytes().to_vec();
        whole.extend_from_slice(sent);
        whole
    };
    for whole in [
        sent.to_vec(),
        request("GET /callback?"),
        request("GET /callback?state=s3cret-state&code="),
        request("GET /callback?state=s3cret-state&code=c HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n"),
    ] {
        let known = heard(&whole, Some("https://git.example.test"));
        assert_eq!(
            known,
            heard(&whole, None),
            "an issuer that is known makes no stranger of anybody"
        );
        if known {
            let text = String::from_utf8_lossy(&whole);
            assert!(text.starts_with("GET /callback?") || text.starts_with("\r\n") || text.starts_with('\n'));
            assert!(text.contains("127.0.0.1:4711"));
            assert!(whole.len() <= HEAD_LIMIT || text.contains("\n\r\n") || text.contains("\n\n"));
        }
        // Nobody is heard where nobody's state is waited for.
        let nobody = |_: &str| false;
        assert!(matches!(
            judge(&whole, &rules(&nobody, None)),
            Verdict::Incomplete | Verdict::Stranger(_)
        ));
    }
});
