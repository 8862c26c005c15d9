//! The right callback: taken once, kept waiting for the truth, whatever the port, the clock and the network do.

#![expect(clippy::unwrap_used, reason = "tests")]

mod peer;
mod visitor;

use std::time::Duration;

use gitlab::{Answering, Callback, Ending, FinalPage, LoopbackListener, Pages};
use peer::stop_clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use visitor::{CODE, ask, connect, navigation, request, rest, state, status};

/// Binds, sends this and gives what is received, and the browser that waits.
async fn received(
    query: impl Fn(&str) -> String,
    issuer: Option<&str>,
) -> (LoopbackListener, Callback, tokio::task::JoinHandle<String>) {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let query = query(&state(&request));
    let browser = tokio::spawn(async move { ask(port, &navigation(port, &query)).await });
    let callback = listener.receive(&request, issuer).await;
    (listener, callback, browser)
}

fn answering(callback: Callback) -> Answering {
    match callback {
        Callback::Code(_, answering)
        | Callback::Denied { answering, .. }
        | Callback::WrongIssuer { answering } => answering,
    }
}

#[tokio::test]
async fn the_redirect_address_names_the_loopback_address_and_the_port() {
    let listener = LoopbackListener::bind().await.unwrap();
    assert_eq!(
        listener.redirect_uri().as_str(),
        format!("http://127.0.0.1:{}/callback", listener.port())
    );
    assert!(listener.port() > 0);
}

#[tokio::test]
async fn the_browser_waits_until_the_truth_is_known_and_is_told_it() {
    for (ending, words) in [
        (Ending::Linked, "LabLink: the account is linked"),
        (Ending::Failed, "LabLink: the account could not be linked"),
        (Ending::Denied, "LabLink: access was not granted"),
    ] {
        let (_listener, callback, browser) =
            received(|state| format!("code={CODE}&state={state}"), None).await;
        assert!(!browser.is_finished(), "told before the exchange");
        answering(callback).finish(ending).await;
        let page = browser.await.unwrap();
        assert_eq!(status(&page), 200);
        assert!(
            page.contains(words) && page.contains("You can close this window."),
            "{page}"
        );
        assert!(!page.contains(CODE), "the code is sent back");
    }
}

#[tokio::test]
async fn the_page_has_no_script_and_forbids_everything() {
    let (_listener, callback, browser) = received(
        |state| format!("state={state}&code={CODE}&x=<script>alert(1)</script>"),
        None,
    )
    .await;
    answering(callback).finish(Ending::Linked).await;
    let page = browser.await.unwrap();
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    for line in [
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "connection: close",
        "content-type: text/html; charset=utf-8",
    ] {
        assert!(head.contains(line), "{line}");
    }
    assert!(!body.contains("script") && !body.contains("alert"), "{body}");
}

#[tokio::test]
async fn the_pages_speak_the_language_they_are_given() {
    let mut pages = Pages::english();
    pages.linked = FinalPage {
        title: "LabLink: verbunden".to_owned(),
        line: "Dieses Fenster kann geschlossen werden. <b>".to_owned(),
        lang: "de".to_owned(),
    };
    let mut listener = LoopbackListener::bind_speaking(pages).await.unwrap();
    let request = request(&listener);
    let (port, query) = (listener.port(), format!("code={CODE}&state={}", state(&request)));
    let browser = tokio::spawn(async move { ask(port, &navigation(port, &query)).await });
    answering(listener.receive(&request, None).await)
        .finish(Ending::Linked)
        .await;
    let page = browser.await.unwrap();
    assert!(page.contains("<html lang=\"de\">") && page.contains("<h1>LabLink: verbunden</h1>"));
    assert!(page.contains("geschlossen werden. &#60;b&#62;"));
}

#[tokio::test]
async fn a_browser_that_is_back_before_the_issuer_is_known_is_not_turned_away() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let (port, query) = (listener.port(), format!("code={CODE}&state={}", state(&request)));
    let browser = tokio::spawn(async move { ask(port, &navigation(port, &query)).await });
    let callback = listener.receive_asking(&request, std::future::pending()).await;
    answering(callback).finish(Ending::Linked).await;
    assert_eq!(status(&browser.await.unwrap()), 200);
}

#[tokio::test]
async fn an_issuer_that_is_learned_while_waiting_counts_from_then_on() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let query = format!("code={CODE}&state={}&iss=https://evil.test", state(&request));
    let (learned, browser) = tokio::sync::oneshot::channel();
    let issuer = async {
        learned.send(()).unwrap();
        Some("https://gitlab.test".to_owned())
    };
    let browser = tokio::spawn(async move {
        browser.await.unwrap();
        ask(port, &navigation(port, &query)).await
    });
    let callback = listener.receive_asking(&request, issuer).await;
    assert!(matches!(callback, Callback::WrongIssuer { .. }));
    answering(callback).finish(Ending::Failed).await;
    assert_eq!(status(&browser.await.unwrap()), 200);
}

#[tokio::test]
async fn a_flow_that_dies_tells_the_browser_that_it_failed() {
    let (_listener, callback, browser) = received(|state| format!("code={CODE}&state={state}"), None).await;
    drop(callback);
    assert!(browser.await.unwrap().contains("could not be linked"));
    let (_listener, callback, browser) =
        received(|state| format!("error=access_denied&state={state}"), None).await;
    drop(callback);
    assert!(browser.await.unwrap().contains("access was not granted"));
}

#[tokio::test]
async fn a_denial_is_passed_on_by_its_code_alone() {
    for (sent, told) in [
        (
            "access_denied&error_description=The+%3Cb%3Eowner%3C%2Fb%3E+denied",
            "access_denied",
        ),
        ("unauthorized_client", "unauthorized_client"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("%1b%5b31mred", "unknown"),
        ("%3Cscript%3E", "unknown"),
        ("", "unknown"),
    ] {
        let (_listener, callback, browser) =
            received(|state| format!("error={sent}&state={state}"), None).await;
        let Callback::Denied { error, answering } = callback else {
            panic!("{sent} is no denial");
        };
        assert_eq!(error, told);
        answering.finish(Ending::Denied).await;
        assert!(browser.await.unwrap().contains("Nothing was linked."));
    }
}

#[tokio::test]
async fn an_issuer_has_to_be_the_right_one_if_it_is_named() {
    let ours = "https://git.example.test/gitlab";
    for (iss, right) in [
        ("", true),
        ("&iss=https%3A%2F%2Fgit.example.test%2Fgitlab", true),
        ("&iss=https%3A%2F%2Fgit.example.test%2Fgitlab%2F", false),
        ("&iss=https%3A%2F%2Fevil.example.test", false),
        ("&iss=", false),
    ] {
        for kind in [format!("code={CODE}"), "error=access_denied".to_owned()] {
            let (_listener, callback, browser) =
                received(|state| format!("{kind}&state={state}{iss}"), Some(ours)).await;
            assert_eq!(
                !matches!(callback, Callback::WrongIssuer { .. }),
                right,
                "{kind}{iss}"
            );
            answering(callback).finish(Ending::Failed).await;
            assert!(browser.await.unwrap().contains("LabLink"));
        }
    }
}

#[tokio::test]
async fn where_the_gitlab_names_no_issuer_it_is_the_address_it_is_reached_by() {
    for (iss, right) in [
        ("https://git.example.test/gitlab", true),
        ("https://git.example.test/gitlab/", true),
        ("https://GIT.example.test:443/gitlab", true),
        ("http://git.example.test/gitlab", true),
        ("https://git.example.test", false),
        ("https://git.example.test/gitlab/other", false),
        ("https://git.example.test:8443/gitlab", false),
        ("https://git.example.test.evil.example/gitlab", false),
        ("https://git.example.test@evil.example/gitlab", false),
        ("https://evil.example", false),
        ("gitlab", false),
        ("", false),
    ] {
        let iss: String = url::form_urlencoded::byte_serialize(iss.as_bytes()).collect();
        for kind in [format!("code={CODE}"), "error=access_denied".to_owned()] {
            let (_listener, callback, browser) =
                received(|state| format!("{kind}&state={state}&iss={iss}"), None).await;
            assert_eq!(
                !matches!(callback, Callback::WrongIssuer { .. }),
                right,
                "{kind} {iss}"
            );
            let mixed_up = !right;
            drop(callback);
            let page = browser.await.unwrap();
            assert!(!mixed_up || page.contains("could not be linked"), "{page}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_names_a_server_waits_until_the_issuer_is_known() {
    for (iss, known, right) in [
        ("https://evil.example", Some("https://git.example.test"), false),
        ("https://evil.example", None, false),
        ("https://git.example.test", Some("https://git.example.test"), true),
        ("https://git.example.test/gitlab", None, true),
    ] {
        let mut listener = LoopbackListener::bind().await.unwrap();
        let request = request(&listener);
        let port = listener.port();
        let query = format!("code={CODE}&state={}&iss={iss}", state(&request));
        let (tell, told) = tokio::sync::oneshot::channel();
        let browsers = tokio::spawn(async move {
            let right = navigation(port, &query);
            let (one, two) = (ask(port, &right), ask(port, &right));
            tokio::pin!(one, two);
            // One of the two is the answer, and waits; the other is told that it is the second.
            let (second, first) = tokio::select! {
                page = &mut one => (page, two),
                page = &mut two => (page, one),
            };
            assert_eq!(status(&second), 410);
            tell.send(known.map(str::to_owned)).unwrap();
            first.await
        });
        let issuer = async { told.await.unwrap() };
        let callback = listener.receive_asking(&request, issuer).await;
        assert_eq!(matches!(callback, Callback::Code(..)), right, "{iss} {known:?}");
        assert_eq!(
            matches!(callback, Callback::WrongIssuer { .. }),
            !right,
            "{iss} {known:?}"
        );
        answering(callback).finish(Ending::Failed).await;
        assert!(browsers.await.unwrap().contains("could not be linked"));
    }
}

#[tokio::test]
async fn parameters_nobody_knows_and_any_order_do_no_harm() {
    let (_listener, callback, _browser) = received(
        |state| format!("session_state=x&state={state}&new=1&new=2&code={CODE}&scope=api"),
        None,
    )
    .await;
    assert!(matches!(callback, Callback::Code(code, _) if code.expose() == CODE));
}

#[tokio::test]
async fn the_right_callback_a_second_time_is_told_so_and_given_to_nobody() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let right = navigation(port, &format!("code={CODE}&state={}", state(&request)));
    let first = tokio::spawn({
        let right = right.clone();
        async move { ask(port, &right).await }
    });
    let callback = listener.receive(&request, None).await;
    for again in [right.clone(), right.replace(CODE, "another-code"), right.clone()] {
        let page = ask(port, &again).await;
        assert_eq!(status(&page), 410);
        assert!(page.contains("has been received before"), "{page}");
    }
    let stranger = ask(port, &navigation(port, "code=a&state=wrong")).await;
    assert_eq!(status(&stranger), 400);
    assert!(!first.is_finished());
    answering(callback).finish(Ending::Linked).await;
    assert!(first.await.unwrap().contains("the account is linked"));
    assert_eq!(status(&ask(port, &right).await), 410);
}

#[tokio::test]
async fn two_right_callbacks_at_once_are_one() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let right = navigation(port, &format!("code={CODE}&state={}", state(&request)));
    let browsers: Vec<_> = (0..20)
        .map(|_| {
            let right = right.clone();
            tokio::spawn(async move { status(&ask(port, &right).await) })
        })
        .collect();
    answering(listener.receive(&request, None).await)
        .finish(Ending::Linked)
        .await;
    let mut told = Vec::new();
    for browser in browsers {
        told.push(browser.await.unwrap());
    }
    told.sort_unstable();
    assert_eq!(told.first(), Some(&200));
    assert!(told.iter().skip(1).all(|status| *status == 410), "{told:?}");
}

#[tokio::test]
async fn a_second_flow_neither_disturbs_nor_answers_the_first() {
    let mut first = LoopbackListener::bind().await.unwrap();
    let mut second = LoopbackListener::bind().await.unwrap();
    assert_ne!(first.port(), second.port());
    let (one, two) = (request(&first), request(&second));
    let (ones, twos) = (state(&one), state(&two));
    assert_ne!(ones, twos);
    let (at_first, at_second) = (first.port(), second.port());
    let browser = tokio::spawn(async move {
        // The code of the other flow comes with the other flow's state.
        for (port, state) in [(at_first, &twos), (at_second, &ones)] {
            let page = ask(port, &navigation(port, &format!("code={CODE}&state={state}"))).await;
            assert_eq!(status(&page), 400);
        }
        let to_second = navigation(at_second, &format!("code=second&state={twos}"));
        let to_first = navigation(at_first, &format!("code=first&state={ones}"));
        tokio::join!(ask(at_first, &to_first), ask(at_second, &to_second))
    });
    let (one, two) = tokio::join!(first.receive(&one, None), second.receive(&two, None));
    let Callback::Code(code, at_one) = one else {
        panic!()
    };
    assert!(code.expose() == "first");
    let Callback::Code(code, at_two) = two else {
        panic!()
    };
    assert!(code.expose() == "second");
    at_one.finish(Ending::Linked).await;
    at_two.finish(Ending::Failed).await;
    let (first, second) = browser.await.unwrap();
    assert!(first.contains("is linked") && second.contains("could not be linked"));
}

#[tokio::test]
async fn a_flow_given_up_is_waited_for_no_more_and_the_listener_serves_the_next() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let port = listener.port();
    let (old, new) = (request(&listener), request(&listener));
    {
        let waiting = listener.receive(&old, None);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
    }
    let late = navigation(port, &format!("code={CODE}&state={}", state(&old)));
    assert_eq!(status(&ask(port, &late).await), 400);
    let right = navigation(port, &format!("code={CODE}&state={}", state(&new)));
    let browser = tokio::spawn(async move {
        assert_eq!(status(&ask(port, &late).await), 400);
        ask(port, &right).await
    });
    answering(listener.receive(&new, None).await)
        .finish(Ending::Linked)
        .await;
    assert!(browser.await.unwrap().contains("is linked"));
}

#[tokio::test]
async fn the_port_cannot_be_stolen_while_it_is_waited_at() {
    let listener = LoopbackListener::bind().await.unwrap();
    for host in ["127.0.0.1", "0.0.0.0"] {
        let thief = tokio::net::TcpSocket::new_v4().unwrap();
        thief.set_reuseaddr(true).unwrap();
        #[cfg(unix)]
        thief.set_reuseport(true).unwrap();
        let at = format!("{host}:{}", listener.port()).parse().unwrap();
        let taken = thief.bind(at).and_then(|()| thief.listen(1).map(drop));
        assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::AddrInUse, "{host}");
    }
}

#[tokio::test]
async fn dropping_the_listener_frees_the_port_at_once() {
    for waited in [false, true] {
        let mut listener = LoopbackListener::bind().await.unwrap();
        let request = request(&listener);
        let port = listener.port();
        if waited {
            let waiting = listener.receive(&request, None);
            tokio::pin!(waiting);
            assert!(futures_util::poll!(&mut waiting).is_pending());
        }
        drop(listener);
        // Without giving the runtime a turn: by the system's own call.
        let refused = std::net::TcpStream::connect(("127.0.0.1", port));
        assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

#[tokio::test]
async fn the_browser_is_told_the_truth_though_the_port_is_free_already() {
    let (listener, callback, browser) = received(|state| format!("code={CODE}&state={state}"), None).await;
    let port = listener.port();
    drop(listener);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    answering(callback).finish(Ending::Linked).await;
    assert!(browser.await.unwrap().contains("the account is linked"));
}

#[tokio::test]
async fn it_listens_on_the_loopback_address_alone() {
    let listener = LoopbackListener::bind().await.unwrap();
    // Other addresses of this computer are not listened on.
    for other in ["127.0.0.2", "[::1]"] {
        let there = std::net::TcpStream::connect(format!("{other}:{}", listener.port()));
        assert!(there.is_err(), "{other}");
    }
}

#[tokio::test]
async fn a_browser_that_has_gone_away_does_not_stop_the_flow() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let right = navigation(port, &format!("code={CODE}&state={}", state(&request)));
    let mut stream = connect(port).await;
    stream.write_all(right.as_bytes()).await.unwrap();
    drop(stream);
    let callback = listener.receive(&request, None).await;
    assert!(matches!(&callback, Callback::Code(code, _) if code.expose() == CODE));
    answering(callback).finish(Ending::Linked).await;
}

#[tokio::test]
async fn a_request_in_pieces_is_one_request() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let right = navigation(port, &format!("code={CODE}&state={}", state(&request)));
    let browser = tokio::spawn(async move {
        let mut stream = connect(port).await;
        stream.set_nodelay(true).unwrap();
        for byte in right.as_bytes() {
            stream.write_all(&[*byte]).await.unwrap();
        }
        rest(stream).await
    });
    answering(listener.receive(&request, None).await)
        .finish(Ending::Linked)
        .await;
    assert!(browser.await.unwrap().contains("is linked"));
}

#[tokio::test]
async fn slow_senders_are_cut_off_and_hold_up_nobody() {
    let clock = stop_clock();
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let right = navigation(port, &format!("code={CODE}&state={}", state(&request)));
    let slow = async {
        // Says nothing; says half of it; says a little all the time.
        let silent = connect(port).await;
        let mut half = connect(port).await;
        half.write_all(b"GET /callback?code=").await.unwrap();
        let dripping = async {
            let (mut read, mut write) = connect(port).await.into_split();
            let drip = async {
                while write.write_all(b"X").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            let mut end = [0];
            tokio::select! {
                () = drip => {}
                _ = read.read(&mut end) => {}
            }
        };
        tokio::join!(rest(silent), rest(half), dripping)
    };
    let (silent, half, ()) = clock.turning(slow).await;
    assert!(silent.is_empty() && half.is_empty());
    let browser = tokio::spawn(async move { ask(port, &right).await });
    answering(listener.receive(&request, None).await)
        .finish(Ending::Linked)
        .await;
    assert!(browser.await.unwrap().contains("is linked"));
}

#[tokio::test]
async fn a_browser_that_does_not_read_its_page_is_not_waited_for_for_ever() {
    let clock = stop_clock();
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let port = listener.port();
    let right = navigation(port, &format!("code={CODE}&state={}", state(&request)));
    let mut stream: TcpStream = connect(port).await;
    stream.write_all(right.as_bytes()).await.unwrap();
    let callback = listener.receive(&request, None).await;
    // It neither reads nor closes.
    clock.turning(answering(callback).finish(Ending::Linked)).await;
    drop(stream);
}
