//! Whom a connection trusts: certificates of every bad kind, authorities a person brings, and http that becomes https.
//! TLS here is real; names are `localhost`, `127.0.0.1` and what certificates claim.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod server;

use std::sync::Arc;

use gitlab::{
    Authority, AuthorityProblem, BaseUrl, Candidates, Client, Connection, Discovery, MetadataProbe, Problem,
    Proxy, SetupProblem, TlsKind, TlsProblem, Unanswered, discover, read_address,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use server::{SECRET, Seen, Server, answer, closed_port, connection, html, no_token, redirect, token};

/// An authority of a test's own.
struct House(CertifiedIssuer<'static, KeyPair>);

impl House {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn authorities(&self) -> Vec<Authority> {
        Authority::from_pem(self.0.pem().as_bytes()).unwrap()
    }

    /// A server's settings with a certificate of this house.
    fn serves(&self, params: &CertificateParams) -> rustls::ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        settings(vec![certificate.der().clone(), self.0.der().clone()], &key)
    }
}

fn settings(chain: Vec<rustls_pki_types::CertificateDer<'static>>, key: &KeyPair) -> rustls::ServerConfig {
    rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain,
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap()
}

fn named(names: &[&str]) -> CertificateParams {
    let mut params =
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, names[0]);
    params
}

fn trusting(house: &House) -> Connection {
    Connection {
        extra_authorities: house.authorities(),
        ..connection()
    }
}

async fn at(base: BaseUrl, connection: &Connection) -> Discovery {
    discover(
        &Candidates {
            bases: vec![base],
            stated_scheme: true,
        },
        connection,
    )
    .await
}

fn problem(discovery: Discovery) -> TlsProblem {
    match discovery {
        Discovery::Unanswered(Unanswered::Tls(problem)) => *problem,
        other => panic!("no TLS problem: {other:?}"),
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_for_that_connection_only() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["localhost"])), |_| no_token()).await;
    let base = server.base_over_tls("localhost", "");
    assert!(matches!(
        at(base.clone(), &trusting(&house)).await,
        Discovery::GitLab(_)
    ));
    let told = problem(at(base, &connection()).await);
    assert_eq!(
        (told.kind, told.host.as_str()),
        (TlsKind::UnknownAuthority, "localhost")
    );
    assert_eq!(
        (told.subject.as_deref(), told.issuer.as_deref()),
        (Some("localhost"), Some("Example Corp CA"))
    );
    assert_eq!(told.fingerprint.as_ref().map(String::len), Some(95));
    assert_eq!(told.chain_pem.len(), 2);
    assert!(told.not_after.is_some_and(|moment| moment.ends_with('Z')));
    assert!(server.seen().iter().all(|seen| seen.encrypted));
}

#[tokio::test]
async fn the_presented_authority_may_be_trusted_and_then_it_works() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["localhost"])), |_| no_token()).await;
    let base = server.base_over_tls("localhost", "");
    let told = problem(at(base.clone(), &connection()).await);
    assert_eq!(told.authority_pem(), told.trustable_pem());
    let extra = Authority::from_pem(told.trustable_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(extra[0].subject().as_deref(), Some("Example Corp CA"));
    let trusting = Connection {
        extra_authorities: extra,
        ..connection()
    };
    assert!(matches!(at(base, &trusting).await, Discovery::GitLab(_)));
}

#[tokio::test]
async fn an_authority_that_does_not_vouch_for_the_certificate_is_never_offered() {
    let (house, stranger) = (House::new("Example Corp CA"), House::new("Example Corp CA"));
    let key = KeyPair::generate().unwrap();
    let right = named(&["localhost"]).signed_by(&key, &house.0).unwrap();
    let chains = [
        // Whose fingerprint a person knows, and a stranger's authority behind it.
        (vec![right.der().clone(), stranger.0.der().clone()], false),
        // The authority is not sent: the certificate can be trusted by itself, and nobody's authority can.
        (vec![right.der().clone()], true),
    ];
    let by_itself = Authority::from_pem(right.pem().as_bytes()).unwrap();
    for (chain, alone) in chains {
        let server = Server::tls(settings(chain, &key), |_| no_token()).await;
        let told = problem(at(server.base_over_tls("localhost", ""), &connection()).await);
        assert_eq!(told.kind, TlsKind::UnknownAuthority);
        assert_eq!(told.authority_pem(), None);
        let offered = told
            .trustable_pem()
            .map(|pem| Authority::from_pem(pem.as_bytes()).unwrap());
        assert_eq!(offered, alone.then(|| by_itself.clone()));
    }
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_told_and_may_be_trusted_itself() {
    for is_ca in [
        IsCa::NoCa,
        IsCa::ExplicitNoCa,
        IsCa::Ca(BasicConstraints::Unconstrained),
    ] {
        let mut params = named(&["localhost"]);
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let server = Server::tls(settings(vec![certificate.der().clone()], &key), |_| no_token()).await;
        let told = problem(at(server.base_over_tls("localhost", ""), &connection()).await);
        assert_eq!(told.kind, TlsKind::SelfSigned, "{is_ca:?}");
        assert_eq!(told.authority_pem(), told.trustable_pem(), "{is_ca:?}");
        let extra = Authority::from_pem(told.trustable_pem().unwrap().as_bytes()).unwrap();
        let trusting = Connection {
            extra_authorities: extra,
            ..connection()
        };
        assert!(
            matches!(
                at(server.base_over_tls("localhost", ""), &trusting).await,
                Discovery::GitLab(_)
            ),
            "{is_ca:?}"
        );
        // Trusted, but still for its own name alone.
        let other = problem(at(server.base_over_tls("127.0.0.1", ""), &trusting).await);
        assert_eq!(other.kind, TlsKind::OtherHost);
    }
}

#[tokio::test]
async fn time_and_name_are_told_before_trust() {
    let house = House::new("Example Corp CA");
    let mut expired = named(&["localhost"]);
    expired.not_before = date_time_ymd(2001, 1, 1);
    expired.not_after = date_time_ymd(2002, 1, 1);
    let mut early = named(&["localhost"]);
    early.not_before = date_time_ymd(2998, 1, 1);
    early.not_after = date_time_ymd(2999, 1, 1);
    for (params, kind) in [
        (expired, TlsKind::Expired),
        (early, TlsKind::NotYetValid),
        (named(&["git.example.test"]), TlsKind::OtherHost),
    ] {
        let server = Server::tls(house.serves(&params), |_| no_token()).await;
        for connection in [trusting(&house), connection()] {
            let told = problem(at(server.base_over_tls("localhost", ""), &connection).await);
            assert_eq!(told.kind, kind);
            assert_eq!(told.trustable_pem(), None, "trusting would not help");
        }
        assert!(server.seen().is_empty(), "something was asked before trust stood");
    }
}

#[tokio::test]
async fn an_authority_of_the_same_name_and_another_key_is_unknown() {
    let (house, impostor) = (House::new("Example Corp CA"), House::new("Example Corp CA"));
    let server = Server::tls(impostor.serves(&named(&["localhost"])), |_| no_token()).await;
    let told = problem(at(server.base_over_tls("localhost", ""), &trusting(&house)).await);
    assert_eq!(told.kind, TlsKind::UnknownAuthority);
}

#[tokio::test]
async fn certificates_for_ip_addresses_are_for_these_addresses() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["127.0.0.1"])), |_| no_token()).await;
    assert!(matches!(
        at(server.base_over_tls("127.0.0.1", ""), &trusting(&house)).await,
        Discovery::GitLab(_)
    ));
    let other = Server::tls(house.serves(&named(&["127.0.0.2"])), |_| no_token()).await;
    let told = problem(at(other.base_over_tls("127.0.0.1", ""), &trusting(&house)).await);
    assert_eq!(told.kind, TlsKind::OtherHost);
}

#[tokio::test]
async fn hostile_names_in_a_certificate_are_escaped() {
    let mut params = named(&["localhost"]);
    params
        .distinguished_name
        .push(DnType::CommonName, "evil\u{1b}[2J\u{202e}\n");
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let server = Server::tls(settings(vec![certificate.der().clone()], &key), |_| no_token()).await;
    let told = problem(at(server.base_over_tls("localhost", ""), &connection()).await);
    let text = format!("{told} {:?} {:?}", told.subject, told.issuer);
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\n']), "{text:?}");
    assert!(told.subject.is_some_and(|subject| subject.starts_with("evil")));
}

#[tokio::test]
async fn plain_http_where_tls_was_expected_is_told() {
    let server = Server::start("127.0.0.1:0", None, Arc::new(|_: &Seen| no_token())).await;
    // A server that answers a TLS greeting in HTTP, as most do.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at_port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let told = problem(
        at(
            BaseUrl::parse(&format!("https://127.0.0.1:{at_port}")).unwrap(),
            &connection(),
        )
        .await,
    );
    assert_eq!(told.kind, TlsKind::NotTls);
    task.abort();
    drop(server);
}

#[tokio::test]
async fn https_where_http_was_typed_is_upgraded_by_the_servers_own_word() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["localhost"])), |seen| {
        if seen.encrypted {
            no_token()
        } else {
            redirect(
                301,
                &format!("https://{}{}", seen.header("host").unwrap(), seen.path),
            )
        }
    })
    .await;
    let plain = BaseUrl::parse(&format!("http://localhost:{}/gitlab", server.at.port())).unwrap();
    let Discovery::GitLab(found) = at(plain.clone(), &trusting(&house)).await else {
        panic!()
    };
    assert_eq!(found.base, server.base_over_tls("localhost", "/gitlab"));
    assert_eq!(
        (found.upgraded_from, found.probe),
        (Some(plain.clone()), MetadataProbe::Metadata)
    );
    // The encrypted address has to be trusted as any other.
    assert_eq!(
        problem(at(plain, &connection()).await).kind,
        TlsKind::UnknownAuthority
    );
}

#[tokio::test]
async fn an_upgrade_to_another_port_or_host_is_a_redirect_elsewhere() {
    let house = House::new("Example Corp CA");
    let secure = Server::tls(house.serves(&named(&["localhost"])), |_| no_token()).await;
    let port = secure.at.port();
    for target in [
        format!("https://localhost:{port}/"),
        "https://localhost/".to_owned(),
        "https://other.test/".to_owned(),
    ] {
        let to = target.clone();
        let server = Server::plain(move |_| redirect(301, &to)).await;
        let base = BaseUrl::parse(&format!("http://localhost:{}", server.at.port())).unwrap();
        let Discovery::RedirectElsewhere { to, loop_, .. } = at(base, &trusting(&house)).await else {
            panic!("{target}")
        };
        assert_eq!((to, loop_), (target, false));
    }
    assert!(secure.seen().is_empty());
}

#[tokio::test]
async fn http_and_https_that_send_to_each_other_are_a_loop() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["localhost"])), |seen| {
        let scheme = if seen.encrypted { "http" } else { "https" };
        redirect(
            302,
            &format!("{scheme}://{}{}", seen.header("host").unwrap(), seen.path),
        )
    })
    .await;
    let base = BaseUrl::parse(&format!("http://localhost:{}", server.at.port())).unwrap();
    assert!(matches!(
        at(base, &trusting(&house)).await,
        Discovery::RedirectElsewhere { loop_: true, .. }
    ));
    // And https that sends to http is never followed there.
    let down = at(server.base_over_tls("localhost", ""), &trusting(&house)).await;
    assert!(matches!(down, Discovery::RedirectElsewhere { .. }), "{down:?}");
}

#[tokio::test]
async fn a_bare_loopback_host_prefers_https() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["localhost"])), |_| no_token()).await;
    let candidates = read_address(&format!("localhost:{}", server.at.port())).unwrap();
    let Discovery::GitLab(found) = discover(&candidates, &trusting(&house)).await else {
        panic!()
    };
    assert_eq!(found.base, server.base_over_tls("localhost", ""));
    // An untrusted certificate is told, even where http would answer something.
    let page = Server::tls(house.serves(&named(&["localhost"])), |_| html(400, "use https")).await;
    let candidates = read_address(&format!("localhost:{}", page.at.port())).unwrap();
    assert_eq!(
        problem(discover(&candidates, &connection()).await).kind,
        TlsKind::UnknownAuthority
    );
}

/// A proxy that tunnels every name to one place, remembers all that passed towards it, and answers plain requests as a
/// server that knows https alone would.
async fn tunnel_to(place: std::net::SocketAddr) -> (url::Url, Arc<std::sync::Mutex<Vec<u8>>>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let passed: Arc<std::sync::Mutex<Vec<u8>>> = Arc::default();
    let log = Arc::clone(&passed);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut head = [0; 2048];
                let read = near.read(&mut head).await.unwrap_or_default();
                log.lock().unwrap().extend_from_slice(&head[..read]);
                if !head.starts_with(b"CONNECT ") {
                    let upgrade = b"HTTP/1.1 301 Moved\r\nLocation: https://git.example.test/\r\nContent-Length: 0\r\n\r\n";
                    near.write_all(upgrade).await.unwrap();
                    return;
                }
                let mut far = tokio::net::TcpStream::connect(place).await.unwrap();
                near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let (mut near_in, mut near_out) = near.split();
                let (mut far_in, mut far_out) = far.split();
                let back = tokio::io::copy(&mut far_in, &mut near_out);
                let forth = async {
                    let mut chunk = [0; 4096];
                    while let Ok(read) = near_in.read(&mut chunk).await {
                        if read == 0 || far_out.write_all(&chunk[..read]).await.is_err() {
                            break;
                        }
                        log.lock().unwrap().extend_from_slice(&chunk[..read]);
                    }
                };
                tokio::select! { _ = back => {}, () = forth => {} }
            });
        }
    });
    (url, passed)
}

#[tokio::test]
async fn a_proxy_tunnels_and_sees_neither_the_question_nor_the_token() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["git.example.test"])), |seen| {
        if seen.header("authorization").is_some() {
            answer(500, &[], b"")
        } else {
            no_token()
        }
    })
    .await;
    let (proxy, passed) = tunnel_to(server.at).await;
    let through = Connection {
        proxy: Proxy::Url(proxy),
        ..trusting(&house)
    };
    let base = BaseUrl::parse("https://git.example.test").unwrap();
    assert!(matches!(at(base.clone(), &through).await, Discovery::GitLab(_)));
    let problem = Client::new(base, &through)
        .unwrap()
        .check(&token())
        .await
        .unwrap_err();
    assert_eq!(
        problem,
        Problem::Unanswered(Unanswered::ServerError { status: 500 })
    );
    assert!(server.saw(SECRET));
    let passed = String::from_utf8_lossy(&passed.lock().unwrap()).into_owned();
    assert!(passed.starts_with("CONNECT git.example.test:443 "), "{passed}");
    assert!(
        !passed.contains("/api/v4")
            && !passed.contains(SECRET)
            && !passed.to_lowercase().contains("authorization")
    );
}

#[tokio::test]
async fn without_consent_nothing_of_the_path_travels_unencrypted_and_an_upgrade_is_still_found() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["git.example.test"])), |seen| {
        if seen.path == "/gitlab/api/v4/metadata" {
            no_token()
        } else {
            html(404, "")
        }
    })
    .await;
    let (proxy, passed) = tunnel_to(server.at).await;
    let through = Connection {
        proxy: Proxy::Url(proxy),
        ..trusting(&house)
    };
    let candidates = read_address("http://git.example.test/gitlab/secret-team").unwrap();
    let Discovery::GitLab(found) = discover(&candidates, &through).await else {
        panic!()
    };
    assert_eq!(found.base.as_str(), "https://git.example.test/gitlab");
    assert_eq!(
        found.upgraded_from.unwrap().as_str(),
        "http://git.example.test/gitlab"
    );
    let passed = String::from_utf8_lossy(&passed.lock().unwrap()).into_owned();
    assert!(
        passed.contains("GET http://git.example.test/api/v4/metadata ") && !passed.contains("secret-team"),
        "{passed}"
    );
    // Without an upgrade the person is asked, whatever answers.
    for status in [200, 401, 404, 502] {
        let plain = Server::plain(move |_| {
            answer(
                status,
                &["Content-Type: application/json"],
                br#"{"message":"401 Unauthorized"}"#,
            )
        })
        .await;
        let through = Connection {
            proxy: Proxy::Url(plain.base("").join("")),
            ..connection()
        };
        let asked = discover(&candidates, &through).await;
        assert_eq!(
            asked,
            Discovery::NeedsHttpConsent {
                host: "git.example.test".to_owned()
            }
        );
        assert_eq!(plain.asked(), ["GET http://git.example.test/api/v4/metadata"]);
        let agreed = Connection {
            allow_plain_http: true,
            ..through
        };
        assert_eq!(
            matches!(discover(&candidates, &agreed).await, Discovery::GitLab(_)),
            status == 401
        );
    }
}

#[tokio::test]
async fn the_environments_proxy_is_used_and_its_exceptions_are_kept() {
    // The environment of a running test cannot be changed safely: this test runs itself again in another one.
    const HERE: &str = "the_environments_proxy_is_used_and_its_exceptions_are_kept";
    if let Ok(expected) = std::env::var("EXPECTED_PROXY") {
        let base = BaseUrl::parse("https://git.example.invalid").unwrap();
        match at(base, &connection()).await {
            Discovery::Unanswered(Unanswered::Proxy { proxy, .. }) => assert_eq!(proxy, expected),
            Discovery::Unanswered(Unanswered::ProxyVariable { variable }) => assert_eq!(variable, expected),
            Discovery::Unanswered(Unanswered::NameNotFound { .. }) => assert_eq!("", expected),
            other => panic!("{other:?}"),
        }
        let here = Server::plain(|_| no_token()).await;
        assert!(
            matches!(at(here.base(""), &connection()).await, Discovery::GitLab(_)),
            "loopback went through the proxy"
        );
        return;
    }
    let held = closed_port();
    let closed = held.at.to_string();
    let url = format!("http://{closed}");
    for (expected, variables) in [
        (closed.as_str(), &[("HTTPS_PROXY", url.as_str())][..]),
        (&closed, &[("https_proxy", &closed), ("HTTP_PROXY", &url)]),
        (&closed, &[("ALL_PROXY", &url), ("HTTP_PROXY", &url)]),
        (
            "",
            &[("HTTPS_PROXY", &url), ("NO_PROXY", "other.test,.example.invalid")],
        ),
        ("", &[("HTTP_PROXY", &url)]),
        (
            "HTTPS_PROXY",
            &[("HTTPS_PROXY", "::nonsense::"), ("ALL_PROXY", &url)],
        ),
        ("all_proxy", &[("all_proxy", "socks5://127.0.0.1:1080")]),
        ("", &[]),
    ] {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        for name in [
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            again.env_remove(name);
        }
        again
            .args(["--exact", HERE])
            .env("EXPECTED_PROXY", expected)
            .envs(variables.iter().copied());
        let output = again.output().unwrap();
        assert!(
            output.status.success(),
            "{variables:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[tokio::test]
async fn no_token_is_sent_where_trust_does_not_stand() {
    let house = House::new("Example Corp CA");
    let server = Server::tls(house.serves(&named(&["localhost"])), |_| answer(200, &[], b"{}")).await;
    let client = Client::new(server.base_over_tls("localhost", ""), &connection()).unwrap();
    let problem = client
        .identify(&token(), MetadataProbe::Metadata)
        .await
        .unwrap_err();
    assert!(
        matches!(problem, Problem::Unanswered(Unanswered::Tls(_))),
        "{problem:?}"
    );
    assert!(server.seen().is_empty());
}

#[test]
fn no_client_sends_tokens_over_plain_http_without_consent() {
    let base = BaseUrl::parse("http://git.example.test").unwrap();
    assert_eq!(
        Client::new(base.clone(), &connection()).err(),
        Some(SetupProblem::PlainHttp {
            host: "git.example.test".to_owned()
        })
    );
    let agreed = Connection {
        allow_plain_http: true,
        ..connection()
    };
    assert!(Client::new(base, &agreed).is_ok());
    for loopback in ["http://localhost", "http://127.0.0.1:8080", "http://[::1]"] {
        assert!(Client::new(BaseUrl::parse(loopback).unwrap(), &connection()).is_ok());
    }
}

#[test]
fn authorities_are_read_from_pem_or_a_reason_is_given() {
    let house = House::new("Example Corp CA");
    let pem = house.0.pem();
    let two = format!("A comment\n{pem}\n{}", House::new("Another").0.pem());
    let read = Authority::from_pem(two.as_bytes()).unwrap();
    assert_eq!(
        read.iter().map(Authority::subject).collect::<Vec<_>>(),
        [Some("Example Corp CA".to_owned()), Some("Another".to_owned())]
    );
    assert_eq!(
        Authority::from_pem(read[0].to_pem().as_bytes()).unwrap()[0],
        read[0]
    );
    assert_eq!(read[0].sha256_fingerprint().split(':').count(), 32);
    let key = KeyPair::generate().unwrap().serialize_pem();
    let bad = |text: &str| Authority::from_pem(text.as_bytes()).err();
    assert_eq!(bad(""), Some(AuthorityProblem::NoCertificate));
    assert_eq!(bad("no certificate"), Some(AuthorityProblem::NoCertificate));
    assert_eq!(bad(&format!("{pem}{key}")), Some(AuthorityProblem::PrivateKey));
    assert_eq!(
        bad("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Some(AuthorityProblem::BadCertificate { number: 1 })
    );
    assert!(matches!(
        bad("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
        Some(AuthorityProblem::BadPem)
    ));
    assert!(matches!(
        bad("-----BEGIN CERTIFICATE-----\nAAAA\n"),
        Some(AuthorityProblem::BadPem)
    ));
    assert!(matches!(
        Authority::from_pem(&vec![b'x'; 2 << 20]),
        Err(AuthorityProblem::TooLarge { .. })
    ));
    assert!(Authority::from_pem(&[0xff, 0xfe, 0x00, 0x80]).is_err());
}
