//! The pages the browser ends on: static, without scripts, without anything of the request.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// What a page says. Given by the caller, who knows the person's language; escaped here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalPage {
    /// The title and heading.
    pub title: String,
    /// One line below.
    pub line: String,
    /// The language, as HTML wants it (BCP 47): `en`, `de`.
    pub lang: String,
}

/// The pages of one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// The account is linked.
    pub linked: FinalPage,
    /// It is not, though access was granted.
    pub failed: FinalPage,
    /// It is not, since access was not granted.
    pub denied: FinalPage,
    /// The right answer came a second time.
    pub used: FinalPage,
    /// Not what is waited for.
    pub stranger: FinalPage,
}

impl Pages {
    /// The pages in English.
    #[must_use]
    pub fn english() -> Self {
        let page = |title: &str, line: &str| FinalPage {
            title: format!("LabLink: {title}"),
            line: format!("{line} You can close this window."),
            lang: "en".to_owned(),
        };
        Self {
            linked: page("the account is linked", "Everything else goes on in LabLink."),
            failed: page("the account could not be linked", "LabLink says why."),
            denied: page("access was not granted", "Nothing was linked."),
            used: page(
                "this answer has been received before",
                "It is used only once; LabLink says how it ended.",
            ),
            stranger: page(
                "nothing to see here",
                "This request is not what LabLink waits for.",
            ),
        }
    }
}

/// The status of an answer and what comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    BadRequest,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Gone,
    Misdirected,
    TooLarge,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::Gone => "410 Gone",
            Self::Misdirected => "421 Misdirected Request",
            Self::TooLarge => "431 Request Header Fields Too Large",
        }
    }
}

const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;\
color:#1f1e24;background:#fff}h1{font-size:1.5rem;margin:0 0 .5rem}\
@media(prefers-color-scheme:dark){body{color:#ececef;background:#1f1e24}}";

/// Nothing but that one style: no script, no picture, no form, no frame around it.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// The whole answer, as it is written to the connection.
pub(crate) fn answer(status: Status, page: &FinalPage) -> Vec<u8> {
    // An answer to HEAD must have no body, and no other method is owed one.
    let body = if status == Status::MethodNotAllowed {
        String::new()
    } else {
        html(page)
    };
    let mut text = format!(
        "HTTP/1.1 {}\r\n\
         Content-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\n\
         Content-Security-Policy: {}\r\n\
         Cache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\
         Connection: close\r\n",
        status.line(),
        body.len(),
        *POLICY,
    );
    if status == Status::MethodNotAllowed {
        text.push_str("Allow: GET\r\n");
    }
    text.push_str("\r\n");
    text.push_str(&body);
    text.into_bytes()
}

fn html(page: &FinalPage) -> String {
    let title = escaped(&page.title);
    let line = escaped(&page.line);
    let lang = escaped(&page.lang);
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{line}</p></main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_cannot_become_markup() {
        let hostile = FinalPage {
            title: "</title><script>alert(1)</script>".to_owned(),
            line: "<img src=x onerror='alert(1)'>&amp;\u{0}\r\n".to_owned(),
            lang: "en\" onload=\"alert(1)".to_owned(),
        };
        let page = String::from_utf8(answer(Status::Ok, &hostile)).unwrap();
        let body = page.split_once("\r\n\r\n").unwrap().1;
        assert!(!body.contains("<script") && !body.contains("<img") && !body.contains("onload=\""));
        assert!(body.contains("&#60;script&#62;") && body.contains("&#38;amp;"));
    }

    #[test]
    fn the_policy_allows_the_style_that_is_there_and_nothing_else() {
        let page = String::from_utf8(answer(Status::Ok, &Pages::english().linked)).unwrap();
        let style = page
            .split("<style>")
            .nth(1)
            .unwrap()
            .split("</style>")
            .next()
            .unwrap();
        let digest = BASE64_STANDARD.encode(Sha256::digest(style));
        assert!(page.contains(&format!(
            "Content-Security-Policy: default-src 'none'; style-src 'sha256-{digest}';"
        )));
        for gone in ["<script", "<img", "<link", "<form", "<iframe", "http:", "https:"] {
            assert!(!page.contains(gone), "{gone}");
        }
    }

    #[test]
    fn every_english_page_says_whose_it_is_and_that_it_can_be_closed() {
        let pages = Pages::english();
        for page in [
            pages.linked,
            pages.failed,
            pages.denied,
            pages.used,
            pages.stranger,
        ] {
            assert!(page.title.starts_with("LabLink: "), "{page:?}");
            assert!(page.line.ends_with("You can close this window."), "{page:?}");
        }
    }

    #[test]
    fn an_answer_without_a_body_says_so() {
        let answer = String::from_utf8(answer(Status::MethodNotAllowed, &Pages::english().stranger)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("\r\nAllow: GET\r\n"));
        assert!(answer.contains("\r\nContent-Length: 0\r\n") && answer.ends_with("\r\n\r\n"));
    }
}
