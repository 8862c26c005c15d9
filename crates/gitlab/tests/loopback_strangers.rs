//! Who is not the browser with GitLab's answer is answered, and changes nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod visitor;

use gitlab::{Callback, Ending, LoopbackListener};
use visitor::{CODE, ask, navigation, request, state, status};

/// Each visitor is answered with a refusal, and the right callback still gets through after them all.
async fn are_strangers(visitors: impl Fn(u16, &str) -> Vec<(u16, String)>) {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let (port, state) = (listener.port(), state(&request));
    let visitors = visitors(port, &state);
    let browser = tokio::spawn(async move {
        for (expected, visitor) in visitors {
            let answer = ask(port, &visitor).await;
            assert_eq!(status(&answer), expected, "{visitor}");
            assert!(
                !answer.contains(&state) && !answer.contains(CODE),
                "sent back: {visitor}"
            );
        }
        ask(port, &navigation(port, &format!("code={CODE}&state={state}"))).await
    });
    let Callback::Code(code, answering) = listener.receive(&request, None).await else {
        panic!("not the right one");
    };
    assert!(code.expose() == CODE);
    answering.finish(Ending::Linked).await;
    assert!(browser.await.unwrap().contains("the account is linked"));
}

#[tokio::test]
async fn a_state_that_is_missing_wrong_or_repeated_is_not_the_one() {
    are_strangers(|port, state| {
        let other = "A".repeat(state.len());
        let short = state.get(1..).unwrap();
        [
            format!("code={CODE}"),
            format!("code={CODE}&state="),
            format!("code={CODE}&state={other}"),
            format!("code={CODE}&state={short}"),
            format!("code={CODE}&state={state}A"),
            format!("code={CODE}&state={}", state.to_lowercase()),
            format!("code={CODE}&state={state}&state={state}"),
            format!("code={CODE}&state={state}&state={other}"),
            format!("code={CODE}&state={state}&st%61te={other}"),
            format!("code={CODE}&State={state}"),
            format!("code={CODE};state={state}"),
        ]
        .map(|query| (400, navigation(port, &query)))
        .to_vec()
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_missing_repeated_or_impossible_is_none() {
    are_strangers(|port, state| {
        [
            format!("state={state}"),
            format!("state={state}&code="),
            format!("state={state}&code={CODE}&code={CODE}"),
            format!("state={state}&code={CODE}&code=other"),
            format!("state={state}&code=a%0d%0ab"),
            format!("state={state}&code=a%00b"),
            format!("state={state}&code=a+b"),
            format!("state={state}&code=%ff"),
            format!("state={state}&code={}", "a".repeat(4097)),
        ]
        .map(|query| (400, navigation(port, &query)))
        .to_vec()
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_yes_and_no_is_neither() {
    are_strangers(|port, state| {
        [
            format!("state={state}&code={CODE}&error=access_denied"),
            format!("state={state}&error=access_denied&error=server_error"),
            "error=access_denied".to_owned(),
            "error=access_denied&state=wrong".to_owned(),
            format!("state={state}&code={CODE}&iss=a&iss=a"),
        ]
        .map(|query| (400, navigation(port, &query)))
        .to_vec()
    })
    .await;
}

#[tokio::test]
async fn only_get_and_only_callback() {
    are_strangers(|port, state| {
        let right = format!("code={CODE}&state={state}");
        let with_method = |method: &str| navigation(port, &right).replacen("GET ", &format!("{method} "), 1);
        let with_target = |target: &str| navigation(port, &right).replacen("/callback?", target, 1);
        let body = format!(
            "POST /callback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{right}",
            right.len()
        );
        vec![
            (405, with_method("POST")),
            (405, body),
            (405, with_method("HEAD")),
            (405, with_method("OPTIONS")),
            (405, with_method("PUT")),
            (405, with_method("get")),
            (404, with_target("/?")),
            (404, with_target("/favicon.ico?")),
            (404, with_target("/callback/?")),
            (404, with_target("//callback?")),
            (404, with_target("/Callback?")),
            (404, with_target("/x/../callback?")),
            (404, with_target("/%63allback?")),
            (404, with_target(&format!("http://127.0.0.1:{port}/callback?"))),
            (404, with_target("/callback#?")),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_host_that_is_not_this_very_listener_is_a_name_made_to_lead_here() {
    are_strangers(|port, state| {
        let right = navigation(port, &format!("code={CODE}&state={state}"));
        let own = format!("Host: 127.0.0.1:{port}\r\n");
        [
            String::new(),
            "Host: 127.0.0.1\r\n".to_owned(),
            format!("Host: localhost:{port}\r\n"),
            format!("Host: evil.example.test:{port}\r\n"),
            format!("Host: 127.0.0.1:{}\r\n", port ^ 1),
            format!("Host: [::1]:{port}\r\n"),
            format!("Host: 127.0.0.1:{port}.evil.example.test\r\n"),
            format!("Host: 127.1:{port}\r\n"),
            format!("Host: 127.0.0.1:0{port}\r\n"),
            format!("{own}{own}"),
            format!("{own}Host: evil.example.test\r\n"),
            format!("Host: user@127.0.0.1:{port}\r\n"),
        ]
        .map(|host| (421, right.replacen(&own, &host, 1)))
        .to_vec()
    })
    .await;
}

#[tokio::test]
async fn what_a_web_page_makes_is_not_what_a_person_goes_to() {
    are_strangers(|port, state| {
        let head = format!("GET /callback?code={CODE}&state={state} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
        [
            // fetch() in its modes, with and without Fetch Metadata
            "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nOrigin: https://evil.example.test\r\n",
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: empty\r\n",
            "Sec-Fetch-Mode: same-origin\r\nSec-Fetch-Dest: empty\r\n",
            "Origin: https://evil.example.test\r\n",
            "Origin: null\r\n",
            // images, scripts, styles, frames
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: object\r\n",
            "Sec-Fetch-Dest: image\r\n",
            "Sec-Fetch-Mode: websocket\r\n",
            // a form's origin, and headers that contradict each other
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nOrigin: https://evil.example.test\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: document\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nOrigin: null\r\nOrigin: null\r\n",
            // fetched ahead: nobody has gone there yet
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Purpose: prefetch;prerender\r\n",
        ]
        .map(|headers| (403, format!("{head}{headers}\r\n")))
        .to_vec()
    })
    .await;
    // A form is posted.
    are_strangers(|port, state| {
        let form = format!("code={CODE}&state={state}");
        vec![(
            405,
            format!(
                "POST /callback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://evil.example.test\r\n\
                 Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            ),
        )]
    })
    .await;
}

#[tokio::test]
async fn what_is_no_request_or_too_long_a_one_is_told_so() {
    are_strangers(|port, state| {
        let right = format!("code={CODE}&state={state}");
        let long = "x".repeat(20_000);
        let head = format!("GET /callback?{right} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
        vec![
            (400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}".to_owned()),
            (400, "SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
            (400, "\0\0\0\0".to_owned()),
            (
                400,
                format!("GET /callback?{right} HTTP/9.9\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
            ),
            (400, format!("{head}X: a\0b\r\n\r\n")),
            (400, format!("{head}no colon\r\n\r\n")),
            (431, format!("{head}X: {long}\r\n\r\n")),
            (
                431,
                format!("GET /callback?{right}&x={long} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
            ),
            (431, format!("{head}{}\r\n", "A: b\r\n".repeat(101))),
        ]
    })
    .await;
}
