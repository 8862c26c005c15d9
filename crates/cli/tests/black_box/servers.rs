//! Servers that are not a GitLab, not a healthy one, or not to be trusted: each with its code and status, nothing stored.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use stage::{ClosedPort, Simulator};

use crate::session::{Session, files};

/// Links against a simulator started with `options` and expects the refusal.
fn refused(options: &[&str], code: &str, status: i32) {
    let session = Session::new();
    let simulator = Simulator::with(options).unwrap();
    let token = simulator
        .token_of("ada")
        .map_or_else(|_| "glpat-x".to_owned(), str::to_owned);
    let ca = simulator.ready().ca_file.clone();
    let mut args = vec!["link", simulator.address(), "--name", "Work", "--token-stdin"];
    if let Some(ca) = &ca {
        args.extend(["--ca", ca.to_str().unwrap()]);
    }
    session
        .refused(&args, token.as_bytes(), code, status)
        .never_says(&token);
}

macro_rules! personas {
    ($($test:ident: $persona:literal => $code:literal, $status:literal;)+) => {
        $(#[test]
        fn $test() {
            refused(&["--persona", $persona], $code, $status);
        })+
    };
}

personas! {
    a_plain_web_server: "nginx" => "not_gitlab", 1;
    gitea: "gitea" => "not_gitlab", 1;
    github_enterprise: "github" => "not_gitlab", 1;
    a_web_app_that_answers_everything: "html" => "not_gitlab", 1;
    a_proxy_that_asks_for_a_password: "basic-auth" => "sign_in_wall", 1;
    a_redirect_in_a_circle: "redirect-loop" => "redirect_elsewhere", 1;
    a_hundred_megabytes: "huge" => "unusable_answer", 1;
    a_gzip_bomb: "gzip-bomb" => "unusable_answer", 1;
    broken_json: "broken-json" => "unusable_answer", 1;
    json_with_wrong_types: "wrong-types" => "unusable_answer", 1;
    a_page_with_200: "html-200" => "unusable_answer", 1;
    a_bad_gateway: "bad-gateway" => "server_error", 4;
    maintenance: "maintenance" => "maintenance", 4;
    too_many_requests_in_plain_text: "rate-plain" => "rate_limited", 4;
    too_many_requests_in_json: "rate-json" => "rate_limited", 4;
    a_server_that_hangs_up: "closed" => "connection_lost", 4;
    a_server_that_says_nothing: "silent" => "silent", 4;
    a_server_that_drips: "slow-drip" => "silent", 4;
}

#[test]
fn a_redirect_to_another_host_is_told_with_its_target_and_carries_no_token() {
    let elsewhere = Simulator::start().unwrap();
    for (persona, code) in [("redirect-host", "redirect_elsewhere"), ("sso", "sign_in_wall")] {
        let session = Session::new();
        let target = elsewhere.address().replace("127.0.0.1", "localhost");
        let simulator = Simulator::with(&["--persona", persona, "--redirect-target", &target]).unwrap();
        let args = ["link", simulator.address(), "--token-stdin"];
        let said = session.refused(&args, b"glpat-canary0123456789", code, 1);
        assert!(
            said.out.contains("localhost"),
            "the target is not named: {said:?}"
        );
        said.never_says("canary");
        assert_eq!(session.names(), Vec::<String>::new());
        assert_eq!(
            elsewhere.requests().unwrap().len(),
            0,
            "the redirect was followed"
        );
    }
}

/// The access token of an app login has no prefix it could be known by.
#[test]
fn a_server_that_sends_elsewhere_with_the_token_in_the_address() {
    const TOKEN: &str = "9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de";
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", door.local_addr().unwrap());
    let hostile = Arc::new(AtomicBool::new(false));
    let turned = Arc::clone(&hostile);
    thread::spawn(move || {
        for mut guest in door.incoming().flatten() {
            let mut asked = vec![0; 4096];
            let read = guest.read(&mut asked).unwrap_or_default();
            let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
            let path = asked.split(' ').nth(1).unwrap_or_default();
            let good = match path {
                "/api/v4/personal_access_tokens/self" => {
                    r#"{"id":7,"name":"Desk","revoked":false,"active":true,"user_id":92,
                        "scopes":["api","read_repository","write_repository"],"expires_at":"2099-01-01"}"#
                }
                "/api/v4/user" => r#"{"id":92,"username":"ada","name":"Ada Lovelace","state":"active"}"#,
                _ => r#"{"version":"18.1.0"}"#,
            };
            let (head, body) = if turned.load(Ordering::SeqCst) {
                let to = format!("https://{TOKEN}@elsewhere.test/gitlab{path}?x={TOKEN}#{TOKEN}");
                (format!("302 Found\r\nLocation: {to}"), "")
            } else if asked.contains("Bearer ") {
                ("200 OK".to_owned(), good)
            } else {
                ("401 Unauthorized".to_owned(), r#"{"message":"401 Unauthorized"}"#)
            };
            let length = body.len();
            // Whoever went away asks no more.
            let _ = guest.write_all(
                format!(
                    "HTTP/1.1 {head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                )
                .as_bytes(),
            );
        }
    });
    let session = Session::new();
    let link = ["link", &address, "--name", "Work", "--token-stdin"];
    let said = session.json(&link, TOKEN.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    hostile.store(true, Ordering::SeqCst);
    for args in [
        &["check"][..],
        &["doctor"],
        &["doctor", &address],
        &["link", &address, "--token-stdin"],
        &["relink", "Work", "--token-stdin"],
        &["unlink", "Work"],
        &["accounts"],
        &["show", "Work"],
        &["log"],
    ] {
        for args in [args.to_vec(), [&["--json"], args].concat()] {
            let said = session.run(&args, TOKEN.as_bytes());
            said.never_says(TOKEN);
            if args.contains(&"doctor") {
                assert!(said.out.contains("https://elsewhere.test/gitlab"), "{said:?}");
            }
        }
    }
    for file in files(&session.home()) {
        let kept = fs::read(&file).unwrap();
        let found = kept.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes());
        assert!(!found, "in {}", file.display());
    }
}

#[test]
fn a_redirect_to_https_on_the_same_host_and_port_upgrades_the_address() {
    let session = Session::new();
    let simulator = Simulator::with(&["--persona", "redirect-https"]).unwrap();
    let mut args = vec!["link", simulator.address(), "--name", "Work", "--token-stdin"];
    let ca = simulator.ready().ca_file.clone();
    if let Some(ca) = &ca {
        args.extend(["--ca", ca.to_str().unwrap()]);
    }
    let said = session.json(&args, simulator.token_of("ada").unwrap().as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    let https = simulator.address().replace("http://", "https://");
    assert_eq!(said.object()["account"]["instance"], https.as_str());
}

#[test]
fn certificates_that_cannot_be_trusted_each_say_why() {
    for (fault, code) in [
        ("expired", "certificate_expired"),
        ("other-host", "certificate_other_host"),
        ("self-signed", "certificate_self_signed"),
        ("unknown-authority", "certificate_unknown_authority"),
    ] {
        refused(&["--tls-fault", fault], code, 4);
    }
}

#[test]
fn an_authority_of_ones_own_is_trusted_for_its_gitlab_and_remembered() {
    let session = Session::new();
    let simulator = Simulator::with(&["--tls"]).unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.refused(
        &["link", simulator.address(), "--token-stdin"],
        token.as_bytes(),
        "certificate_unknown_authority",
        4,
    );
    let ca = simulator.ready().ca_file.clone().unwrap();
    let args = [
        "link",
        simulator.address(),
        "--name",
        "Work",
        "--token-stdin",
        "--ca",
        ca.to_str().unwrap(),
    ];
    let said = session.json(&args, token.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    // The file may go; the authority is known with the instance.
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let listed = session.json(&["instance", "list"], b"").object();
    assert_eq!(listed["instances"][1]["extra_authority"], true, "{listed}");
}

#[test]
fn a_closed_port_and_a_name_that_does_not_resolve() {
    let session = Session::new();
    let closed = ClosedPort::any().unwrap();
    let address = format!("https://127.0.0.1:{}", closed.number());
    session.refused(
        &["link", &address, "--token-stdin"],
        b"glpat-x",
        "connection_refused",
        4,
    );
    session.refused(
        &["link", "https://nobody.invalid", "--token-stdin"],
        b"glpat-x",
        "name_not_found",
        4,
    );
}

/// A server that announces its answer a million times over, as fast as it is taken, and never gives it.
#[test]
fn a_flood_of_interim_answers() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", door.local_addr().unwrap());
    thread::spawn(move || {
        let many = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(40_000);
        for mut guest in door.incoming().flatten() {
            let many = many.clone();
            thread::spawn(move || {
                let _asked = guest.read(&mut [0; 4096]);
                while guest.write_all(&many).is_ok() {}
            });
        }
    });
    let session = Session::new();
    session
        .refused(
            &["link", &address, "--token-stdin"],
            b"glpat-canary0123456789",
            "unusable_answer",
            1,
        )
        .never_says("canary");
}

/// The first half of an answer that was compressed.
#[test]
fn a_compressed_answer_that_is_cut_off() {
    // `{"message":"401 Unauthorized"}` by gzip is 50 bytes.
    const BEGIN: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x4d\x2d\x2e\x4e\x4c";
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", door.local_addr().unwrap());
    thread::spawn(move || {
        for mut guest in door.incoming().flatten() {
            let _asked = guest.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\
                 Content-Length: {}\r\n\r\n",
                BEGIN.len()
            );
            // Whoever went away asks no more.
            let _ = guest.write_all(&[head.as_bytes(), BEGIN].concat());
        }
    });
    let session = Session::new();
    session.refused(
        &["link", &address, "--token-stdin"],
        b"glpat-x",
        "unusable_answer",
        1,
    );
}

#[test]
fn a_proxy_that_does_not_let_through_is_named_without_its_password() {
    let session = Session::new();
    let closed = ClosedPort::any().unwrap();
    let port = closed.number();
    for (address, variable) in [
        ("https://git.example.test", "HTTPS_PROXY"),
        ("http://git.example.test", "HTTP_PROXY"),
    ] {
        let mut command = session.command(&["--json", "link", address, "--allow-http", "--token-stdin"]);
        command.env(variable, format!("http://user:hunter2@127.0.0.1:{port}"));
        let said = crate::session::finish(command, b"glpat-x");
        assert_eq!(
            (said.code().as_str(), said.status),
            ("proxy_failed", 4),
            "{said:?}"
        );
        assert!(said.out.contains(&format!("127.0.0.1:{port}")), "{said:?}");
        said.never_says("hunter2");
    }
}

#[test]
fn a_proxy_variable_that_cannot_be_read_is_named_and_not_passed_over() {
    let session = Session::new();
    for value in [
        "::nonsense::",
        "http://user:hunter2@proxy:port",
        "socks5://127.0.0.1:1",
    ] {
        let mut command = session.command(&["--json", "link", "https://git.example.test", "--token-stdin"]);
        command.env("HTTPS_PROXY", value);
        let said = crate::session::finish(command, b"glpat-x");
        assert_eq!(
            (said.code().as_str(), said.status),
            ("proxy_failed", 4),
            "{said:?}"
        );
        assert!(
            said.out.contains("HTTPS_PROXY holds no address of a proxy"),
            "{said:?}"
        );
        said.never_says("hunter2");
        let mut command = session.command(&["doctor", "https://git.example.test"]);
        command.env("HTTPS_PROXY", value);
        let said = crate::session::finish(command, b"");
        assert!(said.out.contains("HTTPS_PROXY holds no address"), "{said:?}");
        said.never_says("hunter2");
    }
    // What goes nowhere near it is not held up by it.
    let simulator = Simulator::start().unwrap();
    let args = [
        "--json",
        "link",
        simulator.address(),
        "--name",
        "Work",
        "--token-stdin",
    ];
    let mut command = session.command(&args);
    command.env("HTTP_PROXY", "::nonsense::");
    let token = simulator.token_of("ada").unwrap();
    let said = crate::session::finish(command, token.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
}

#[test]
fn text_of_servers_never_reaches_a_terminal_raw() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let name = "Ada\u{1b}]0;owned\u{7} \u{9b}31m\u{202e}ecalevoL";
    simulator
        .user(serde_json::json!({ "username": "ada", "name": name }))
        .unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    for args in [
        &["accounts"][..],
        &["show", "Work"],
        &["check"],
        &["log"],
        &["doctor"],
    ] {
        for args in [args.to_vec(), [args, &["--json"]].concat()] {
            let said = session.run(&args, b"");
            for c in (said.out.clone() + &said.err).chars() {
                assert!(
                    c == '\n' || !c.is_control() && c != '\u{202e}',
                    "{args:?} let {c:?} through"
                );
            }
        }
    }
}
