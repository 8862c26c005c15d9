//! Properties over every answer a server could give: nothing panics, nothing proves a GitLab by chance, nothing hidden
//! comes through.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use url::Url;

use crate::base_url::BaseUrl;
use crate::evidence::{Evidence, gitea, github, judge};
use crate::refusal::refusal;
use crate::reply::{Reply, reply, self_facts, user, version};
use crate::shown::is_hidden;
use crate::wire::Answer;

const SECRET: &str = "glpat-CANARY-0123456789";

/// JSON that is near to what GitLab says, and JSON that is far from it.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        ".*",
        Just("401 Unauthorized".to_owned()),
        Just("403 Forbidden - Your account has been blocked.".to_owned()),
        Just("404 Not Found".to_owned()),
        Just("invalid_token".to_owned()),
        Just("insufficient_scope".to_owned()),
        Just(format!("Bearer {SECRET}")),
        Just("2027-03-01".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (1..100_u64).prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        text.prop_map(Into::into),
    ];
    let field = prop_oneof![
        4 => prop::sample::select(vec![
            "id", "user_id", "username", "name", "scopes", "expires_at", "active", "revoked", "message", "error",
            "error_description", "scope", "version", "avatar_url", "web_url", "documentation_url",
        ]).prop_map(str::to_owned),
        1 => ".*",
        1 => Just(SECRET.to_owned()),
    ];
    let json = leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((field.clone(), inner), 0..8)
                .prop_map(|fields| { serde_json::Value::Object(fields.into_iter().collect()) }),
        ]
    });
    prop_oneof![3 => json.prop_map(|json| json.to_string().into_bytes()), 1 => any::<Vec<u8>>()]
}

type Made = (u16, Vec<(&'static str, Vec<u8>)>, Vec<u8>);

fn made() -> impl Strategy<Value = Made> {
    let status = prop_oneof![
        prop::sample::select(vec![200, 204, 301, 302, 400, 401, 403, 404, 405, 429, 500, 503]),
        100..600_u16
    ];
    let header = (
        prop::sample::select(vec![
            "content-type",
            "location",
            "retry-after",
            "www-authenticate",
            "set-cookie",
            "date",
            "server",
        ]),
        prop_oneof![
            Just(b"application/json".to_vec()),
            Just(b"text/html".to_vec()),
            Just(SECRET.as_bytes().to_vec()),
            Just(b"http://x.test/login".to_vec()),
            prop::collection::vec(0x20..0x7f_u8, 0..40),
            prop::collection::vec(0x80..0xff_u8, 0..10),
        ],
    );
    (status, prop::collection::vec(header, 0..5), body())
}

fn answer((status, headers, body): Made) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            map.append(HeaderName::from_static(name), value);
        }
    }
    Answer::with_secret(status, map, body, SECRET)
}

fn base() -> BaseUrl {
    BaseUrl::parse("https://git.example.test/gitlab").unwrap()
}

/// Whether a text may go anywhere: nothing hidden, no secret, not long.
fn is_clean(text: &str) -> bool {
    !text.chars().any(is_hidden) && !text.contains(SECRET) && text.chars().count() <= 2048
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_judged(made in made()) {
        let answer = answer(made);
        let asked = base().join("api/v4/metadata");
        let evidence = judge(&answer, &asked);
        if evidence == Evidence::Proof {
            prop_assert_eq!(answer.status, 401);
            prop_assert_eq!(answer.json(), Some(serde_json::json!({"message": "401 Unauthorized"})));
            prop_assert!(!answer.headers.contains_key("www-authenticate"));
        }
        if let Evidence::Redirect(to) = &evidence {
            prop_assert!(matches!(to.scheme(), "http" | "https"));
            prop_assert!(!to.as_str().contains(SECRET));
        }
        let _ = (gitea(&answer), github(&answer));
    }

    #[test]
    fn any_answer_to_a_token_is_read(made in made(), deep in any::<bool>()) {
        let answer = answer(made);
        let asked: Url = base().join(if deep { "api/v4/personal_access_tokens/self" } else { "api/v4/user" });
        if let Some(refusal) = refusal(&answer, &base()) {
            let text = refusal.to_string();
            prop_assert!(is_clean(&text), "{:?}", text);
        }
        if let Ok(user) = user(&answer, &base()) {
            prop_assert!(user.id > 0 && answer.json().is_some());
            for text in [user.username, user.name, user.web_url, user.avatar_url, user.state].into_iter().flatten() {
                prop_assert!(is_clean(&text), "{:?}", text);
            }
        }
        if let Ok(facts) = self_facts(&answer) {
            prop_assert!(facts.id > 0 && facts.user_id > 0);
            prop_assert!(facts.expires_on.is_none_or(|day| day.len() == 10));
            for text in [facts.name, facts.created_at, facts.last_used_at].into_iter().flatten() {
                prop_assert!(is_clean(&text), "{:?}", text);
            }
        }
        if let (Some(version), _) = version(&answer) {
            prop_assert!(is_clean(&version.text));
        }
        let status = answer.status;
        match reply(Ok(answer), &asked, &base()) {
            Reply::Good(_) => prop_assert!((200..300).contains(&status)),
            Reply::Refused(_) => prop_assert!(matches!(status, 400 | 401 | 403)),
            Reply::Missing => prop_assert!(matches!(status, 404 | 405)),
            Reply::Problem(problem) => prop_assert!(is_clean(&problem.to_string())),
        }
    }
}
