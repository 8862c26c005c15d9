//! What is found at an address, one hostile server after another. Every server is met over a real socket.

#![expect(clippy::panic, clippy::unwrap_used, clippy::too_many_lines, reason = "tests")]

mod server;

use std::io::Write as _;
use std::time::Duration;

use gitlab::{
    BaseUrl, Candidates, Connection, Discovery, MetadataProbe, Proxy, Software, Timeouts, Unanswered,
    Unusable, Wall, discover, read_address,
};
use server::{
    Act, Seen, Server, answer, closed_port, connection, html, impatient, json, no_route, no_token, redirect,
};

/// Discovery of one base address.
async fn at(base: BaseUrl) -> Discovery {
    with(base, &connection()).await
}

async fn with(base: BaseUrl, connection: &Connection) -> Discovery {
    discover(
        &Candidates {
            bases: vec![base],
            stated_scheme: true,
        },
        connection,
    )
    .await
}

/// Discovery of a pasted path on a server.
async fn pasted(server: &Server, path: &str) -> Discovery {
    discover(
        &read_address(&format!("http://{}{path}", server.at)).unwrap(),
        &connection(),
    )
    .await
}

/// The verdict over a server that answers everything alike.
async fn of(handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Discovery {
    let server = Server::plain(handler).await;
    at(server.base("")).await
}

fn found(discovery: &Discovery) -> (&str, MetadataProbe) {
    match discovery {
        Discovery::GitLab(found) => (found.base.as_str(), found.probe),
        other => panic!("no GitLab: {other:?}"),
    }
}

fn gitlab_at(prefix: &'static str) -> impl Fn(&Seen) -> Act + Send + Sync + 'static {
    move |seen| match seen.path.strip_prefix(prefix) {
        Some("/api/v4/metadata" | "/api/v4/version") => no_token(),
        _ => html(404, "<html>not here</html>"),
    }
}

#[tokio::test]
async fn a_gitlab_is_found_by_the_one_answer_only_it_gives() {
    let server = Server::plain(gitlab_at("")).await;
    let discovery = at(server.base("")).await;
    assert_eq!(
        found(&discovery),
        (server.base("").as_str(), MetadataProbe::Metadata)
    );
    assert_eq!(server.asked(), ["GET /api/v4/metadata"]);
    let seen = server.seen();
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    assert_eq!(
        seen[0].header("user-agent"),
        Some(concat!("LabLink/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(
        (
            seen[0].header("authorization"),
            seen[0].header("cookie"),
            seen[0].header("referer")
        ),
        (None, None, None)
    );
}

#[tokio::test]
async fn quirk_34_before_15_2_the_older_question_is_asked() {
    let server = Server::plain(|seen| {
        if seen.path == "/api/v4/version" {
            no_token()
        } else {
            no_route()
        }
    })
    .await;
    let discovery = at(server.base("")).await;
    assert_eq!(
        found(&discovery),
        (server.base("").as_str(), MetadataProbe::Version)
    );
}

#[tokio::test]
async fn a_subpath_is_found_from_a_page_deep_inside() {
    let server = Server::plain(gitlab_at("/gitlab")).await;
    for path in [
        "/gitlab",
        "/gitlab/team/repo",
        "/gitlab/team/repo/-/issues/7?x#y",
        "/gitlab/team/repo.git",
        "/gitlab/users/sign_in",
    ] {
        let discovery = pasted(&server, path).await;
        assert_eq!(found(&discovery).0, server.base("/gitlab").as_str(), "{path}");
    }
}

#[tokio::test]
async fn the_longest_path_that_proves_to_be_gitlab_wins() {
    let server = Server::plain(|seen| {
        if ["/api/v4/metadata", "/gitlab/api/v4/metadata"].contains(&seen.path.as_str()) {
            no_token()
        } else {
            redirect(302, "/users/sign_in")
        }
    })
    .await;
    assert_eq!(
        found(&pasted(&server, "/gitlab/team/repo").await).0,
        server.base("/gitlab").as_str()
    );
    assert_eq!(
        found(&pasted(&server, "/team/repo").await).0,
        server.base("").as_str()
    );
}

#[tokio::test]
async fn all_candidates_are_asked_at_the_same_time_and_without_a_credential() {
    let server = Server::plain(gitlab_at("")).await;
    pasted(&server, "/a/b").await;
    assert_eq!(
        server.asked(),
        [
            "GET /a/api/v4/metadata",
            "GET /a/b/api/v4/metadata",
            "GET /api/v4/metadata"
        ]
    );
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.header("authorization").is_none())
    );
}

#[tokio::test]
async fn answers_that_only_resemble_gitlabs_prove_nothing() {
    for body in [
        r#"{"message":"Unauthorized"}"#,
        r#"{"message":"401 Unauthorized","error":"x"}"#,
        r#"{"message":"401 unauthorized"}"#,
        r#"{"error":"401 Unauthorized"}"#,
        r#"{"Message":"401 Unauthorized"}"#,
        r"{}",
        r"[]",
        r#""401 Unauthorized""#,
        "401 Unauthorized",
        r#"{"message":"401 Unauthorized""#,
        r#"{"message":["401 Unauthorized"]}"#,
        r#"{"message":401}"#,
    ] {
        let discovery = of(move |_| json(401, body)).await;
        assert!(
            !matches!(discovery, Discovery::GitLab(_)),
            "{body} passed for GitLab"
        );
    }
    for status in [200, 400, 403, 404, 500] {
        let discovery = of(move |_| json(status, r#"{"message":"401 Unauthorized"}"#)).await;
        assert!(
            !matches!(discovery, Discovery::GitLab(_)),
            "status {status} passed for GitLab"
        );
    }
    let page = of(|_| html(401, r#"{"message":"401 Unauthorized"}"#)).await;
    assert!(!matches!(page, Discovery::GitLab(_)));
}

#[tokio::test]
async fn quirk_35_gitlabs_own_header_is_neither_needed_nor_enough() {
    let meta = r#"X-Gitlab-Meta: {"correlation_id":"01J","version":"1"}"#;
    let with = of(move |_| {
        answer(
            401,
            &[meta, "Content-Type: application/json"],
            br#"{"message":"401 Unauthorized"}"#,
        )
    })
    .await;
    assert!(matches!(with, Discovery::GitLab(_)));
    let alone = of(move |_| answer(200, &[meta, "Content-Type: text/html"], b"<html></html>")).await;
    assert!(matches!(alone, Discovery::NotGitLab { .. }));
}

#[tokio::test]
async fn a_wall_in_front_is_told_with_how_it_wants_people_to_sign_in() {
    for (challenge, wall) in [
        ("Basic realm=\"x\"", Wall::Basic),
        ("basic", Wall::Basic),
        ("Digest nonce=1", Wall::Basic),
        ("Negotiate", Wall::Negotiate),
        ("NTLM", Wall::Negotiate),
        ("Bearer realm=\"x\"", Wall::Unnamed),
    ] {
        // The body alone would prove a GitLab: GitLab itself never sends a challenge with it (quirk 1).
        let discovery = of(move |_| {
            answer(
                401,
                &[
                    "Content-Type: application/json",
                    &format!("WWW-Authenticate: {challenge}"),
                ],
                br#"{"message":"401 Unauthorized"}"#,
            )
        })
        .await;
        let Discovery::SignInWall { kind, .. } = discovery else {
            panic!("{challenge}: {discovery:?}")
        };
        assert_eq!(kind, wall, "{challenge}");
    }
    let Discovery::SignInWall { kind, .. } =
        of(|_| html(200, "<form><INPUT Type=\"Password\"></form>")).await
    else {
        panic!()
    };
    assert_eq!(kind, Wall::HtmlLogin);
    let Discovery::SignInWall { kind, .. } = of(|_| redirect(302, "/login?next=/api")).await else {
        panic!()
    };
    assert_eq!(kind, Wall::HtmlLogin);
    for status in [401, 403] {
        let Discovery::SignInWall { kind, .. } = of(move |_| html(status, "<html>no</html>")).await else {
            panic!()
        };
        assert_eq!(kind, Wall::Unnamed);
    }
}

#[tokio::test]
async fn a_redirect_to_an_identity_provider_names_its_host() {
    for to in [
        "https://login.example.test/saml?SAMLRequest=x",
        "https://sso.example.test/",
        "https://example.test/adfs/ls/?wa=wsignin1.0",
        "https://keycloak.example.test/realms/x/protocol/openid-connect/auth?client_id=1",
        "https://example.test/oauth2/start?rd=x",
    ] {
        let discovery = of(move |_| redirect(302, to)).await;
        let Discovery::SignInWall {
            kind: Wall::IdentityProvider,
            host: Some(host),
            ..
        } = discovery
        else {
            panic!("{to}: {discovery:?}")
        };
        assert!(to.contains(&host) && host.ends_with("example.test"));
    }
}

#[tokio::test]
async fn a_sign_in_on_another_port_is_named_with_its_port() {
    let discovery = of(|_| redirect(302, "http://127.0.0.1:9/login")).await;
    let Discovery::SignInWall {
        kind: Wall::IdentityProvider,
        host,
        ..
    } = discovery
    else {
        panic!("{discovery:?}")
    };
    assert_eq!(host.as_deref(), Some("127.0.0.1:9"));
    // GitLab's own sign-in page on another host is an alias of that GitLab, not a provider.
    let alias = of(|_| redirect(302, "https://canonical.example.test/users/sign_in")).await;
    assert!(
        matches!(alias, Discovery::RedirectElsewhere { loop_: false, .. }),
        "{alias:?}"
    );
}

#[tokio::test]
async fn every_other_redirect_is_reported_with_its_target_and_not_followed() {
    let other = Server::plain(gitlab_at("")).await;
    let target = format!("{}/api/v4/metadata", other.base(""));
    for status in [301, 302, 303, 307, 308] {
        let to = target.clone();
        let discovery = of(move |_| redirect(status, &to)).await;
        let Discovery::RedirectElsewhere { to, loop_, .. } = discovery else {
            panic!("{discovery:?}")
        };
        assert_eq!((to, loop_), (target.clone(), false));
    }
    assert!(other.seen().is_empty(), "the redirect was followed");
    // Another scheme, another host, another port; a password in the target is not shown.
    for to in [
        "http://canonical.example.test/api/v4/metadata",
        "https://ada:hunter2@git.example.test/",
    ] {
        let discovery = of(move |_| redirect(301, to)).await;
        let Discovery::RedirectElsewhere { to, .. } = discovery else {
            panic!("{discovery:?}")
        };
        assert!(!to.contains("hunter2"));
    }
}

#[tokio::test]
async fn a_target_is_told_as_it_may_be_typed() {
    // A hostile server knows what it was sent in other requests: the token of an app login has no prefix.
    let secret = "5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99";
    let typed = "https://git.example.test:8443/gitlab/api/v4/metadata";
    for behind in ["?x=SECRET", "?SECRET", "#SECRET", "?a=b#SECRET"] {
        let to = format!("{typed}{behind}").replace("SECRET", secret);
        let discovery = of(move |_| redirect(302, &to)).await;
        let Discovery::RedirectElsewhere { to, loop_, .. } = discovery else {
            panic!("{discovery:?}")
        };
        assert_eq!((to.as_str(), loop_), (typed, false), "{behind}");
    }
    for path in [
        secret,
        "glpat-0123456789ABCDEF0123",
        "a/glpat-0123456789ABCDEF0123/b",
    ] {
        let to = format!("https://git.example.test/{path}");
        let discovery = of(move |_| redirect(302, &to)).await;
        let Discovery::RedirectElsewhere { to, .. } = discovery else {
            panic!("{discovery:?}")
        };
        assert_eq!(to, "https://git.example.test/", "{path}");
    }
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_unusable() {
    for location in [
        None,
        Some("javascript:alert(1)"),
        Some("http://"),
        Some("file:///etc/passwd"),
        Some("https://[::1"),
    ] {
        let discovery = of(move |_| match location {
            Some(location) => redirect(302, location),
            None => answer(302, &[], b""),
        })
        .await;
        assert_eq!(
            discovery,
            Discovery::Unusable(Unusable::BadRedirect),
            "{location:?}"
        );
    }
}

#[tokio::test]
async fn redirects_in_a_circle_are_told_from_those_that_end() {
    for circle in [
        &["/api/v4/metadata"][..],
        &["/a", "/b", "/a"],
        &["/a", "/b", "/c", "/api/v4/metadata"],
    ] {
        let discovery = of(move |seen| {
            let step = circle
                .iter()
                .position(|step| *step == seen.path)
                .map_or(0, |at| (at + 1) % circle.len());
            redirect(302, circle[step])
        })
        .await;
        assert!(
            matches!(discovery, Discovery::RedirectElsewhere { loop_: true, .. }),
            "{circle:?}: {discovery:?}"
        );
    }
    let endless = of(|seen| redirect(302, &format!("{}x", seen.path))).await;
    assert!(matches!(
        endless,
        Discovery::RedirectElsewhere { loop_: true, .. }
    ));
    let ends = of(|seen| {
        if seen.path == "/home" {
            html(200, "hi")
        } else {
            redirect(302, "/home")
        }
    })
    .await;
    assert!(matches!(ends, Discovery::RedirectElsewhere { loop_: false, .. }));
}

#[tokio::test]
async fn hostile_text_in_a_target_is_escaped_and_capped() {
    let discovery = of(|_| redirect(302, &format!("http://x.test/\u{202e}{}", "a".repeat(5000)))).await;
    let Discovery::RedirectElsewhere { to, .. } = discovery else {
        panic!("{discovery:?}")
    };
    assert!(to.chars().count() <= 300 && to.is_ascii() || to.ends_with('…'));
    assert!(!to.contains('\u{202e}'));
}

#[tokio::test]
async fn other_programs_are_named() {
    let gitea = of(|seen| {
        if seen.path == "/api/v1/version" {
            json(200, r#"{"version":"1.22.0"}"#)
        } else {
            html(404, "")
        }
    })
    .await;
    assert!(
        matches!(
            gitea,
            Discovery::NotGitLab {
                software: Software::Gitea,
                ..
            }
        ),
        "{gitea:?}"
    );
    let forgejo = of(|seen| {
        if seen.path == "/api/v1/version" {
            json(200, r#"{"version":"9.0.0+gitea-1.22.0"}"#)
        } else {
            json(404, "{}")
        }
    })
    .await;
    assert!(matches!(
        forgejo,
        Discovery::NotGitLab {
            software: Software::Forgejo,
            ..
        }
    ));
    let ghe = of(|seen| {
        if seen.path == "/api/v3/meta" {
            json(200, r#"{"installed_version":"3.9"}"#)
        } else {
            html(404, "")
        }
    })
    .await;
    assert!(matches!(
        ghe,
        Discovery::NotGitLab {
            software: Software::GitHub,
            ..
        }
    ));
    let github = of(|_| {
        json(
            404,
            r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}"#,
        )
    })
    .await;
    assert!(matches!(
        github,
        Discovery::NotGitLab {
            software: Software::GitHub,
            ..
        }
    ));
    let cookie = of(|_| answer(404, &["Set-Cookie: i_like_gogs=1; Path=/"], b"")).await;
    assert!(matches!(
        cookie,
        Discovery::NotGitLab {
            software: Software::Gogs,
            ..
        }
    ));
    let nginx = of(|_| {
        answer(
            404,
            &["Server: nginx/1.25", "Content-Type: text/html"],
            b"<html>404</html>",
        )
    })
    .await;
    let Discovery::NotGitLab { software, .. } = nginx else {
        panic!()
    };
    assert_eq!(
        software,
        Software::OtherWeb {
            status: 404,
            server: Some("nginx/1.25".to_owned())
        }
    );
    let page = of(|_| html(200, "<!doctype html><title>Welcome</title>")).await;
    assert!(matches!(
        page,
        Discovery::NotGitLab {
            software: Software::Html,
            ..
        }
    ));
    let api = of(|seen| match seen.path.as_str() {
        "/api/v4/metadata" => json(200, r#"{"version":"18.1.0","revision":"x"}"#),
        _ => json(404, "{}"),
    })
    .await;
    assert!(matches!(
        api,
        Discovery::NotGitLab {
            software: Software::Json,
            ..
        }
    ));
    let grape = of(|_| no_route()).await;
    assert!(matches!(
        grape,
        Discovery::NotGitLab {
            software: Software::Json,
            ..
        }
    ));
    for status in [204, 400, 404, 405, 406, 407, 410, 414, 418, 451] {
        let discovery = of(move |_| answer(status, &[], b"")).await;
        let Discovery::NotGitLab {
            software: Software::OtherWeb { status: told, .. },
            ..
        } = discovery
        else {
            panic!("{discovery:?}")
        };
        assert_eq!(told, status);
    }
}

#[tokio::test]
async fn not_now_is_told_from_not_gitlab() {
    for status in [500, 502, 503, 504, 520, 599] {
        let discovery =
            of(move |_| html(status, "<html>Whoops, GitLab is taking too much time</html>")).await;
        assert_eq!(
            discovery,
            Discovery::Unanswered(Unanswered::ServerError { status })
        );
    }
    let maintenance = of(|_| html(503, "<h1>Under Maintenance</h1>")).await;
    assert_eq!(maintenance, Discovery::Unanswered(Unanswered::Maintenance));
}

#[tokio::test]
async fn quirk_50_both_ways_to_ask_for_fewer_requests_are_understood() {
    let plain = of(|_| {
        answer(
            429,
            &[
                "Retry-After: 900",
                "Content-Type: text/plain",
                "RateLimit-Limit: 1",
            ],
            b"Retry later\n",
        )
    })
    .await;
    assert_eq!(
        plain,
        Discovery::Unanswered(Unanswered::RateLimited {
            retry_after: Some(900)
        })
    );
    let text = r#"{"message":{"error":"This endpoint has been requested too many times. Try again later."}}"#;
    let application = of(move |_| json(429, text)).await;
    assert_eq!(
        application,
        Discovery::Unanswered(Unanswered::RateLimited { retry_after: None })
    );
    for odd in ["18446744073709551615", "-1", "soon", "99999999999999999999999"] {
        let discovery = of(move |_| answer(429, &[&format!("Retry-After: {odd}")], b"")).await;
        assert!(
            matches!(discovery, Discovery::Unanswered(Unanswered::RateLimited { .. })),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn a_short_rest_is_granted_once() {
    let server = Server::plain({
        let asked = std::sync::atomic::AtomicUsize::new(0);
        move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => answer(503, &["Retry-After: 0"], b""),
            _ => no_token(),
        }
    })
    .await;
    assert!(matches!(at(server.base("")).await, Discovery::GitLab(_)));
    let stubborn = Server::plain(|_| answer(429, &["Retry-After: 0"], b"")).await;
    at(stubborn.base("")).await;
    assert_eq!(stubborn.seen().len(), 2);
}

#[tokio::test]
async fn broken_json_and_wrong_types_are_unusable() {
    assert_eq!(
        of(|_| json(200, r#"{"a":"#)).await,
        Discovery::Unusable(Unusable::BrokenJson)
    );
    assert_eq!(
        of(|_| json(401, "{{{{")).await,
        Discovery::Unusable(Unusable::BrokenJson)
    );
    assert_eq!(
        of(|_| json(401, r#"{"message":{"a":[1]}}"#)).await,
        Discovery::Unusable(Unusable::WrongTypes { field: "message" })
    );
    // As deep as a parser's stack: refused, not followed.
    let deep = "[".repeat(200_000);
    assert_eq!(
        of(move |_| json(401, &deep)).await,
        Discovery::Unusable(Unusable::BrokenJson)
    );
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    let discovery = of(move |_| Act::Flood(head.clone(), vec![b' '; 65_536], 1600)).await;
    assert_eq!(
        discovery,
        Discovery::Unusable(Unusable::TooLarge {
            limit: 4 * 1024 * 1024
        })
    );
}

#[tokio::test]
async fn a_gzip_bomb_is_stopped_while_it_unpacks() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let spaces = vec![b' '; 65_536];
    for _ in 0..1600 {
        packer.write_all(&spaces).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 200_000, "a bomb is small");
    let discovery = of(move |_| {
        answer(
            401,
            &["Content-Type: application/json", "Content-Encoding: gzip"],
            &bomb,
        )
    })
    .await;
    assert_eq!(
        discovery,
        Discovery::Unusable(Unusable::TooLarge {
            limit: 4 * 1024 * 1024
        })
    );
}

#[tokio::test]
async fn compressed_answers_are_read_and_damaged_ones_told() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(br#"{"message":"401 Unauthorized"}"#).unwrap();
    let good = packer.finish().unwrap();
    let cut = good.clone();
    let headers = ["Content-Type: application/json", "Content-Encoding: gzip"];
    assert!(matches!(
        of(move |_| answer(401, &headers, &good)).await,
        Discovery::GitLab(_)
    ));
    let bad = of(move |_| answer(401, &headers, b"this is no gzip at all")).await;
    assert_eq!(bad, Discovery::Unusable(Unusable::BadCompression));
    for end in [5, cut.len() / 2, cut.len() - 1] {
        let part = cut[..end].to_vec();
        let bad = of(move |_| answer(401, &headers, &part)).await;
        assert_eq!(
            bad,
            Discovery::Unusable(Unusable::BadCompression),
            "cut off at {end}"
        );
    }
}

#[tokio::test]
async fn what_speaks_no_http_is_told() {
    for greeting in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "220 mail.example.test ESMTP\r\n",
        "\0\0\0\0garbage\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let discovery = of(move |_| Act::Send(greeting.into())).await;
        assert_eq!(discovery, Discovery::Unusable(Unusable::NotHttp), "{greeting:?}");
    }
    for chunks in [
        "-1\r\n{}",
        "zz\r\n{}",
        "ffffffffffffffffff\r\n{}",
        "2\r\n{}no end",
        "2\r\n{}\r\n0\r\nno trailer\r\n\r\n",
    ] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        let bytes = format!("{head}{chunks}").into_bytes();
        let discovery = of(move |_| Act::Send(bytes.clone())).await;
        assert_eq!(discovery, Discovery::Unusable(Unusable::NotHttp), "{chunks:?}");
    }
    let flood = of(|_| {
        Act::Flood(
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"X-More: and more and more and more\r\n".to_vec(),
            100_000,
        )
    })
    .await;
    assert!(
        matches!(
            flood,
            Discovery::Unusable(Unusable::TooLarge { .. } | Unusable::NotHttp)
        ),
        "{flood:?}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_told() {
    assert_eq!(
        of(|_| Act::Close).await,
        Discovery::Unanswered(Unanswered::ConnectionLost)
    );
    let half = of(|_| Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf".to_vec())).await;
    assert_eq!(half, Discovery::Unanswered(Unanswered::ConnectionLost));
}

#[tokio::test]
async fn silence_and_slow_drips_end_with_the_deadline() {
    let silent = Server::plain(|_| Act::Hang).await;
    assert_eq!(
        with(silent.base(""), &impatient()).await,
        Discovery::Unanswered(Unanswered::Silent { after_seconds: 1 })
    );
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    let drip =
        Server::plain(move |_| Act::Drip(head.clone(), b" ".to_vec(), Duration::from_millis(20))).await;
    assert_eq!(
        with(drip.base(""), &impatient()).await,
        Discovery::Unanswered(Unanswered::Silent { after_seconds: 1 })
    );
    let headers = Server::plain(|_| {
        Act::Drip(
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"X-A: b\r\n".to_vec(),
            Duration::from_millis(20),
        )
    })
    .await;
    assert_eq!(
        with(headers.base(""), &impatient()).await,
        Discovery::Unanswered(Unanswered::Silent { after_seconds: 1 })
    );
    // A TLS greeting that nobody answers.
    assert_eq!(
        with(silent.base_over_tls("127.0.0.1", ""), &impatient()).await,
        Discovery::Unanswered(Unanswered::Silent { after_seconds: 1 })
    );
}

/// Interim answers are passed over; whoever gives nothing else is found out, whatever the reading happens on.
async fn interim_answers() {
    let few = [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
    ]
    .repeat(3)
    .concat();
    let honest = of(move |_| {
        let Act::Send(answer) = no_token() else {
            panic!("no answer")
        };
        Act::Send([few.as_bytes(), &answer].concat())
    })
    .await;
    assert!(matches!(honest, Discovery::GitLab(_)), "{honest:?}");

    let flood = of(|_| {
        let many = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(40_000);
        Act::Flood(Vec::new(), many, usize::MAX)
    })
    .await;
    assert_eq!(flood, Discovery::Unusable(Unusable::NoAnswer));
    // A few at a time, for ever.
    let trickle = of(|_| {
        let some = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4);
        Act::Drip(Vec::new(), some, Duration::from_millis(1))
    })
    .await;
    assert_eq!(trickle, Discovery::Unusable(Unusable::NoAnswer));
}

#[tokio::test]
async fn a_flood_of_interim_answers_ends_on_one_thread() {
    interim_answers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_interim_answers_ends_on_threads() {
    interim_answers().await;
}

#[tokio::test]
async fn a_failing_server_that_talks_for_ever_is_still_a_failing_server() {
    let head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n".to_vec();
    let flood = of(move |_| Act::Flood(head.clone(), vec![b'x'; 65_536], 1600)).await;
    assert_eq!(
        flood,
        Discovery::Unanswered(Unanswered::ServerError { status: 502 })
    );
}

#[tokio::test]
async fn a_closed_port_is_told() {
    let closed = closed_port();
    let port = closed.at.port();
    for text in [
        format!("http://127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}"),
    ] {
        let discovery = at(BaseUrl::parse(&text).unwrap()).await;
        assert_eq!(
            discovery,
            Discovery::Unanswered(Unanswered::Refused {
                host_port: format!("127.0.0.1:{port}")
            })
        );
    }
}

/// For names that somebody else's server has to say no to.
fn unhurried() -> Connection {
    Connection {
        timeouts: Timeouts {
            connect: Duration::from_secs(30),
            whole: Duration::from_secs(40),
        },
        ..connection()
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_told() {
    let discovery = with(
        BaseUrl::parse("https://no-such-host.invalid").unwrap(),
        &unhurried(),
    )
    .await;
    assert_eq!(
        discovery,
        Discovery::Unanswered(Unanswered::NameNotFound {
            host: "no-such-host.invalid".to_owned()
        })
    );
}

#[tokio::test]
async fn a_bare_loopback_address_is_tried_over_https_and_http() {
    let server = Server::plain(gitlab_at("/gitlab")).await;
    let candidates = read_address(&format!("{}/gitlab/team", server.at)).unwrap();
    assert_eq!(
        found(&discover(&candidates, &connection()).await).0,
        server.base("/gitlab").as_str()
    );
    // A program that waits for ever behind a TLS greeting does not hide the one that answers http.
    let reluctant = Server::start("127.0.0.1:0", None, std::sync::Arc::new(|_: &Seen| no_token())).await;
    let candidates = read_address(&reluctant.at.to_string()).unwrap();
    assert!(matches!(
        discover(&candidates, &connection()).await,
        Discovery::GitLab(_)
    ));
    // Over http alone it is told what it is, not that it speaks no TLS.
    let page = Server::plain(|_| html(200, "<html></html>")).await;
    let candidates = read_address(&page.at.to_string()).unwrap();
    let mut briefly = connection();
    briefly.timeouts.whole = Duration::from_secs(5);
    assert!(matches!(
        discover(&candidates, &briefly).await,
        Discovery::NotGitLab {
            software: Software::Html,
            ..
        }
    ));
}

#[tokio::test]
async fn plain_http_elsewhere_needs_consent() {
    for text in [
        "http://no-such-host.invalid",
        "http://no-such-host.invalid:8080/gitlab",
    ] {
        let discovery = at(BaseUrl::parse(text).unwrap()).await;
        assert_eq!(
            discovery,
            Discovery::NeedsHttpConsent {
                host: "no-such-host.invalid".to_owned()
            }
        );
    }
    let agreed = Connection {
        allow_plain_http: true,
        ..unhurried()
    };
    let discovery = with(BaseUrl::parse("http://no-such-host.invalid").unwrap(), &agreed).await;
    assert_eq!(
        discovery,
        Discovery::Unanswered(Unanswered::NameNotFound {
            host: "no-such-host.invalid".to_owned()
        })
    );
}

#[tokio::test]
async fn a_network_that_wants_a_sign_in_is_told_as_that() {
    let discovery = of(|_| html(511, "<html>Welcome aboard</html>")).await;
    assert!(
        matches!(
            discovery,
            Discovery::SignInWall {
                kind: Wall::Network,
                ..
            }
        ),
        "{discovery:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_takes_the_call_and_says_nothing_is_named() {
    let silent = Server::plain(|_| Act::Hang).await;
    let place = silent.at.to_string();
    let mut url = silent.base("").join("");
    url.set_username("ada").unwrap();
    url.set_password(Some("hunter2")).unwrap();
    for address in ["https://git.example.invalid", "http://git.example.invalid"] {
        let through = Connection {
            proxy: Proxy::Url(url.clone()),
            allow_plain_http: true,
            ..impatient()
        };
        let discovery = with(BaseUrl::parse(address).unwrap(), &through).await;
        let Discovery::Unanswered(Unanswered::Proxy { proxy, detail }) = &discovery else {
            panic!("{address}: {discovery:?}")
        };
        assert_eq!(proxy, &place, "{address}");
        assert!(detail.contains("within 1 seconds"), "{detail}");
        assert!(!format!("{discovery:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_proxy_is_used_and_its_failures_are_its_own() {
    let refusing = Server::plain(|_| answer(403, &[], b"")).await;
    let locked = Server::plain(|_| answer(407, &["Proxy-Authenticate: Basic"], b"")).await;
    let closed = closed_port();
    let gone = BaseUrl::parse(&format!("http://{}", closed.at)).unwrap();
    for (proxy, part) in [
        (refusing.base(""), "refuses"),
        (locked.base(""), "password"),
        (gone, "cannot be reached"),
    ] {
        let url = proxy.join("");
        let through = Connection {
            proxy: Proxy::Url(url),
            ..connection()
        };
        let discovery = with(BaseUrl::parse("https://git.example.invalid").unwrap(), &through).await;
        let Discovery::Unanswered(Unanswered::Proxy { proxy: named, detail }) = discovery else {
            panic!("{part}: {discovery:?}")
        };
        assert_eq!(named, proxy.host_port());
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(refusing.asked(), ["CONNECT git.example.invalid:443"]);
}

#[tokio::test]
async fn a_loopback_address_never_goes_through_a_proxy() {
    let proxy = Server::plain(|_| answer(502, &[], b"")).await;
    let server = Server::plain(gitlab_at("")).await;
    let through = Connection {
        proxy: Proxy::Url(proxy.base("").join("")),
        ..connection()
    };
    assert!(matches!(
        with(server.base(""), &through).await,
        Discovery::GitLab(_)
    ));
    assert!(proxy.seen().is_empty());
}

#[tokio::test]
async fn ipv6_is_spoken() {
    let server = Server::start("[::1]:0", None, std::sync::Arc::new(|_: &Seen| no_token())).await;
    let discovery = at(BaseUrl::parse(&format!("http://[::1]:{}", server.at.port())).unwrap()).await;
    assert!(matches!(discovery, Discovery::GitLab(_)), "{discovery:?}");
}

#[tokio::test]
async fn of_many_negative_answers_the_most_telling_is_given() {
    let server = Server::plain(|seen| match seen.path.as_str() {
        "/gitlab/api/v4/metadata" => html(502, ""),
        _ => html(404, ""),
    })
    .await;
    assert_eq!(
        pasted(&server, "/gitlab/team").await,
        Discovery::Unanswered(Unanswered::ServerError { status: 502 })
    );
    let Discovery::NotGitLab { base, .. } = pasted(&Server::plain(|_| html(404, "")).await, "/a/b").await
    else {
        panic!()
    };
    assert_eq!(base.path(), "");
}

#[tokio::test]
async fn an_answer_cut_off_anywhere_proves_nothing() {
    let body = r#"{"message":"401 Unauthorized"}"#;
    let whole = format!(
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let cut = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let server = Server::plain({
        let (whole, cut) = (whole.clone(), std::sync::Arc::clone(&cut));
        move |_| {
            Act::Send(
                whole
                    .bytes()
                    .take(cut.load(std::sync::atomic::Ordering::SeqCst))
                    .collect(),
            )
        }
    })
    .await;
    for length in 0..=whole.len() {
        cut.store(length, std::sync::atomic::Ordering::SeqCst);
        let discovery = at(server.base("")).await;
        assert_eq!(
            matches!(discovery, Discovery::GitLab(_)),
            length == whole.len(),
            "cut at {length}: {discovery:?}"
        );
    }
}

#[tokio::test]
async fn an_honest_answer_may_come_in_any_dress() {
    let body = r#"{"message":"401 Unauthorized"}"#;
    for dress in [
        format!("HTTP/1.0 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n{body}"),
        format!(
            "HTTP/1.1 401\r\ncontent-type:application/json;charset=utf-8\r\nconnection: close\r\n\r\n{body}"
        ),
        format!(
            "HTTP/1.1 401 X\r\nContent-Type: APPLICATION/JSON\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        ),
        format!(
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 401 X\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        format!(
            "HTTP/1.1 401 X\r\nContent-Type: application/problem+json\r\nContent-Length: 32\r\n\r\n\n {body}"
        ),
    ] {
        let bytes = dress.clone().into_bytes();
        let discovery = of(move |_| Act::Send(bytes.clone())).await;
        assert!(
            matches!(discovery, Discovery::GitLab(_)),
            "{dress}: {discovery:?}"
        );
    }
}

#[tokio::test]
async fn noise_of_every_kind_ends_in_a_verdict() {
    // A fixed sequence (xorshift): what fails once fails always.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let good = b"HTTP/1.1 302 Found\r\nLocation: http://x.test/\r\nRetry-After: 1\r\nWWW-Authenticate: Basic\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n{\"message\":\"401 Unauthorized\"}";
    let noise: Vec<Vec<u8>> = (0..400)
        .map(|_| {
            let mut bytes = good.to_vec();
            for _ in 0..=next() % 6 {
                let at = usize::try_from(next() % bytes.len() as u64).unwrap();
                match next() % 3 {
                    0 => bytes[at] = u8::try_from(next() % 256).unwrap(),
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, u8::try_from(next() % 256).unwrap()),
                }
            }
            bytes
        })
        .collect();
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::plain(move |_| {
        let at = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Act::Send(noise[at % noise.len()].clone())
    })
    .await;
    for _ in 0..200 {
        let discovery = at(server.base("")).await;
        assert!(
            !matches!(discovery, Discovery::GitLab(_)),
            "noise passed for GitLab"
        );
        let text = format!("{discovery:?}");
        assert!(!text.contains(['\u{1b}', '\u{0}', '\u{202e}']), "{text:?}");
    }
}
