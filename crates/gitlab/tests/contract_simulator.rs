//! Our client against the simulator, which was written from the contract by other hands: what one of the two misread,
//! the other shows. The simulator runs as a program of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "tests"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use gitlab::{
    Authority, Client, Connection, Discovery, Found, MetadataProbe, Problem, Proof, Refusal, Revoked, Scopes,
    Software, Timeouts, TlsKind, Token, TokenKind, Unanswered, Unusable, Wall, discover, read_address,
};
use serde_json::{Value, json};

/// A persona, and whether a verdict fits it.
type Row<T> = (&'static str, fn(&T) -> bool);

/// The simulator's program, beside this test's; built if nobody has yet.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let own = std::env::current_exe().unwrap();
        let folder = own.ancestors().nth(2).unwrap();
        let program = folder
            .join("simulator")
            .with_extension(std::env::consts::EXE_EXTENSION);
        if !program.is_file() {
            let target = folder.parent().unwrap();
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo
                .args(["build", "--package", "simulator", "--target-dir"])
                .arg(target);
            assert!(cargo.status().unwrap().success(), "the simulator does not build");
        }
        program
    })
}

/// A running simulator; it ends when its standard input closes.
struct Simulator {
    child: Child,
    ready: Value,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Simulator {
    fn start(options: &[&str]) -> Self {
        let mut child = Command::new(program())
            .args(["--port", "0", "--ready-json"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn address(&self) -> &str {
        self.ready["address"].as_str().unwrap()
    }

    /// The token a user has from the start.
    fn token_of(&self, username: &str) -> Token {
        let tokens = self.ready["tokens"].as_array().unwrap();
        let told = tokens.iter().find(|token| token["username"] == username).unwrap();
        Token::read(told["token"].as_str().unwrap()).unwrap()
    }

    fn connection(&self) -> Connection {
        let extra_authorities = match self.ready["ca_file"].as_str() {
            Some(file) => Authority::from_pem(&std::fs::read(file).unwrap()).unwrap(),
            None => Vec::new(),
        };
        Connection {
            extra_authorities,
            ..Connection::default()
        }
    }

    async fn discover(&self) -> Discovery {
        self.discover_with(&self.connection()).await
    }

    async fn discover_with(&self, connection: &Connection) -> Discovery {
        discover(&read_address(self.address()).unwrap(), connection).await
    }

    async fn found(&self) -> Found {
        match self.discover().await {
            Discovery::GitLab(found) => found,
            other => panic!("no GitLab: {other:?}"),
        }
    }

    async fn client(&self) -> (Client, MetadataProbe) {
        let found = self.found().await;
        (Client::new(found.base, &self.connection()).unwrap(), found.probe)
    }

    /// Speaks to the control, over plain http.
    fn control(&self, path: &str, body: &Value) -> Value {
        let place = self
            .address()
            .split("://")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let body = body.to_string();
        let mut stream = TcpStream::connect(place).unwrap();
        write!(
            stream,
            "POST /_sim/{path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap_or(Value::Null)
    }

    fn new_token(&self, request: &Value) -> Token {
        Token::read(self.control("tokens", request)["token"].as_str().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_token_is_identified_on_every_version_with_and_without_a_subpath() {
    let versions = [
        "15.0.0", "15.1.0", "15.3.0", "15.4.6", "15.5.0", "15.11.13", "16.0.0", "16.9.0", "17.3.0", "18.1.1",
        "19.2.0",
    ];
    for version in versions {
        for subpath in ["", "/gitlab", "/a/b"] {
            let simulator = Simulator::start(&["--gitlab-version", version, "--subpath", subpath]);
            let found = simulator.found().await;
            assert_eq!(found.base.as_str(), simulator.address(), "{version}");
            let client = Client::new(found.base, &simulator.connection()).unwrap();
            let identity = client
                .identify(&simulator.token_of("ada"), found.probe)
                .await
                .unwrap();
            assert_eq!(identity.user.username.as_deref(), Some("ada"));
            assert_eq!(identity.token.kind, TokenKind::Personal);
            let told = identity.version.unwrap();
            assert!(told.text.starts_with(version), "{told}");
            if told.at_least(15, 5) {
                assert!(
                    ["api", "read_repository", "write_repository"]
                        .iter()
                        .all(|scope| identity.token.scopes.names(scope)),
                    "{version}"
                );
            } else {
                assert_eq!(identity.token.scopes, Scopes::Unknown, "{version}");
            }
            client.check(&simulator.token_of("root")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_page_deep_inside_leads_to_the_instance() {
    let simulator = Simulator::start(&["--subpath", "/gitlab"]);
    for page in [
        "",
        "/",
        "/ada/notes",
        "/ada/notes/-/issues?x=1",
        "/ada/notes.git",
        "/users/sign_in",
        "/api/v4/user",
        "/-/user_settings/personal_access_tokens",
    ] {
        let candidates = read_address(&format!("{}{page}", simulator.address())).unwrap();
        let Discovery::GitLab(found) = discover(&candidates, &simulator.connection()).await else {
            panic!("{page}")
        };
        assert_eq!(found.base.as_str(), simulator.address(), "{page}");
    }
}

#[tokio::test]
async fn revoking_is_proved_on_every_version() {
    for version in [
        "15.0.0", "15.3.0", "15.4.0", "15.5.0", "16.9.0", "18.1.1", "19.2.0",
    ] {
        let simulator = Simulator::start(&["--gitlab-version", version]);
        let (client, _) = simulator.client().await;
        let token = simulator.token_of("ada");
        assert_eq!(
            client.prove_dead(&token).await,
            Ok(Proof::StillAlive),
            "{version}"
        );
        assert_eq!(client.revoke_self(&token).await, Ok(Revoked::Now), "{version}");
        assert_eq!(client.prove_dead(&token).await, Ok(Proof::Dead), "{version}");
        assert_eq!(
            client.revoke_self(&token).await,
            Ok(Revoked::AlreadyDead),
            "{version}"
        );
        assert_eq!(
            client.check(&token).await.unwrap_err(),
            Problem::Refusal(Refusal::Revoked),
            "{version}"
        );
    }
}

#[tokio::test]
async fn every_persona_that_is_no_gitlab_is_told_for_what_it_is() {
    let personas: &[Row<Discovery>] = &[
        ("nginx", |d| {
            matches!(
                d,
                Discovery::NotGitLab {
                    software: Software::OtherWeb { status: 404, .. },
                    ..
                }
            )
        }),
        ("gitea", |d| {
            matches!(
                d,
                Discovery::NotGitLab {
                    software: Software::Gitea,
                    ..
                }
            )
        }),
        ("github", |d| {
            matches!(
                d,
                Discovery::NotGitLab {
                    software: Software::GitHub,
                    ..
                }
            )
        }),
        ("basic-auth", |d| {
            matches!(
                d,
                Discovery::SignInWall {
                    kind: Wall::Basic,
                    ..
                }
            )
        }),
        ("sso", |d| {
            matches!(
                d,
                Discovery::SignInWall {
                    kind: Wall::IdentityProvider,
                    host: Some(_),
                    ..
                }
            )
        }),
        ("html", |d| {
            matches!(
                d,
                Discovery::NotGitLab {
                    software: Software::Html,
                    ..
                }
            )
        }),
        ("redirect-host", |d| {
            matches!(d, Discovery::RedirectElsewhere { loop_: false, .. })
        }),
        ("redirect-loop", |d| {
            matches!(d, Discovery::RedirectElsewhere { loop_: true, .. })
        }),
        ("closed", |d| {
            matches!(d, Discovery::Unanswered(Unanswered::ConnectionLost))
        }),
        ("huge", |d| {
            matches!(d, Discovery::Unusable(Unusable::TooLarge { .. }))
        }),
        ("gzip-bomb", |d| {
            matches!(d, Discovery::Unusable(Unusable::TooLarge { .. }))
        }),
        ("silent", |d| {
            matches!(d, Discovery::Unanswered(Unanswered::Silent { .. }))
        }),
        ("slow-drip", |d| {
            matches!(d, Discovery::Unanswered(Unanswered::Silent { .. }))
        }),
        ("bad-gateway", |d| {
            matches!(d, Discovery::Unanswered(Unanswered::ServerError { status: 502 }))
        }),
        ("maintenance", |d| {
            matches!(d, Discovery::Unanswered(Unanswered::Maintenance))
        }),
        ("rate-plain", |d| {
            matches!(
                d,
                Discovery::Unanswered(Unanswered::RateLimited { retry_after: Some(_) })
            )
        }),
        ("rate-json", |d| {
            matches!(
                d,
                Discovery::Unanswered(Unanswered::RateLimited { retry_after: None })
            )
        }),
    ];
    for (persona, fits) in personas {
        let simulator = Simulator::start(&["--persona", persona]);
        let timeouts = Timeouts {
            connect: Duration::from_secs(2),
            whole: Duration::from_secs(4),
        };
        let discovery = simulator
            .discover_with(&Connection {
                timeouts,
                ..simulator.connection()
            })
            .await;
        assert!(fits(&discovery), "{persona}: {discovery:?}");
    }
}

#[tokio::test]
async fn personas_that_spoil_what_a_token_gets_are_told_and_are_no_refusals() {
    let personas: &[Row<Problem>] = &[
        ("broken-json", |p| {
            matches!(p, Problem::Unusable(Unusable::BrokenJson))
        }),
        ("wrong-types", |p| {
            matches!(p, Problem::Unusable(Unusable::WrongTypes { .. }))
        }),
        ("html-200", |p| matches!(p, Problem::Unusable(Unusable::Html))),
    ];
    for (persona, fits) in personas {
        let simulator = Simulator::start(&["--persona", persona]);
        let (client, probe) = simulator.client().await;
        let problem = client
            .identify(&simulator.token_of("ada"), probe)
            .await
            .unwrap_err();
        assert!(fits(&problem), "{persona}: {problem:?}");
    }
}

#[tokio::test]
async fn every_wrong_certificate_is_told_by_its_kind() {
    for (fault, kinds) in [
        ("expired", &[TlsKind::Expired][..]),
        ("other-host", &[TlsKind::OtherHost]),
        ("self-signed", &[TlsKind::SelfSigned]),
        ("unknown-authority", &[TlsKind::UnknownAuthority]),
    ] {
        let simulator = Simulator::start(&["--tls-fault", fault]);
        let Discovery::Unanswered(Unanswered::Tls(problem)) = simulator.discover().await else {
            panic!("{fault}")
        };
        assert!(kinds.contains(&problem.kind), "{fault}: {:?}", problem.kind);
    }
    let plain = Simulator::start(&[]);
    let encrypted = plain.address().replace("http://", "https://");
    let verdict = discover(&read_address(&encrypted).unwrap(), &plain.connection()).await;
    let Discovery::Unanswered(Unanswered::Tls(problem)) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(problem.kind, TlsKind::NotTls);
    let simulator = Simulator::start(&["--tls"]);
    assert_eq!(simulator.found().await.base.as_str(), simulator.address());
    assert!(matches!(
        simulator.discover_with(&Connection::default()).await,
        Discovery::Unanswered(Unanswered::Tls(_))
    ));
}

#[tokio::test]
async fn http_that_redirects_to_https_on_the_same_port_is_upgraded() {
    let simulator = Simulator::start(&["--persona", "redirect-https"]);
    let plain = simulator.address().replace("https://", "http://");
    let Discovery::GitLab(found) = discover(&read_address(&plain).unwrap(), &simulator.connection()).await
    else {
        panic!()
    };
    assert_eq!(found.base.as_str(), plain.replace("http://", "https://"));
    assert_eq!(found.upgraded_from.unwrap().as_str(), plain);
}

#[tokio::test]
async fn every_state_of_a_token_and_its_user_is_its_own_case() {
    let simulator = Simulator::start(&[]);
    let (client, probe) = simulator.client().await;
    let mut rows: Vec<(&str, Token)> = vec![("A1", Token::read("glpat-00000000000000000000").unwrap())];
    for (case, state) in [("A2", "expired"), ("A3", "revoked"), ("A1", "deleted")] {
        rows.push((
            case,
            simulator.new_token(&json!({"username": "ada", "scopes": ["api"], "state": state})),
        ));
    }
    for (case, state) in [
        ("A1", "deleted"),
        ("A9", "blocked"),
        ("A10", "pending_approval"),
        ("A11", "terms"),
        ("A12", "deactivated"),
        ("A13", "unconfirmed"),
        ("A14", "password_expired"),
    ] {
        let username = format!("user-{}", state.replace('_', "-"));
        simulator.control("users", &json!({"username": username}));
        rows.push((
            case,
            simulator.new_token(&json!({"username": username, "scopes": ["api"]})),
        ));
        simulator.control("users", &json!({"username": username, "state": state}));
    }
    simulator.control("users", &json!({"username": "prover", "dpop": true}));
    rows.push((
        "A7",
        simulator.new_token(&json!({"username": "prover", "scopes": ["api"]})),
    ));
    simulator.control("users", &json!({"username": "crowd", "too_many_ips": true}));
    rows.push((
        "A15",
        simulator.new_token(&json!({"username": "crowd", "scopes": ["api"]})),
    ));
    rows.push((
        "§2.2",
        simulator.new_token(&json!({"username": "ada", "kind": "oauth", "scopes": ["api"]})),
    ));
    simulator.control("settings", &json!({"impersonation": false}));
    rows.push((
        "A4",
        simulator.new_token(&json!({"username": "ada", "kind": "impersonation", "scopes": ["api"]})),
    ));
    rows.push((
        "A6",
        simulator.new_token(&json!({"username": "ada", "granular": true, "granular_scopes": []})),
    ));
    for (case, token) in rows {
        match client.identify(&token, probe).await {
            Err(Problem::Refusal(refusal)) => assert_eq!(refusal.case(), case, "{refusal:?}"),
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn narrow_fine_grained_and_bot_tokens_are_alive_and_told_for_what_they_are() {
    let simulator = Simulator::start(&[]);
    let (client, probe) = simulator.client().await;
    for scope in ["read_repository", "write_registry", "self_rotate"] {
        let token = simulator.new_token(&json!({"username": "ada", "scopes": [scope]}));
        let identity = client.identify(&token, probe).await.unwrap();
        assert_eq!(
            (identity.user.username, identity.version),
            (None, None),
            "{scope}"
        );
        assert!(identity.user.id > 0 && identity.token.scopes.names(scope));
    }
    let permissions = json!([{"access": "user", "permissions": ["read_personal_access_token", "read_user"]}]);
    let token =
        simulator.new_token(&json!({"username": "ada", "granular": true, "granular_scopes": permissions}));
    assert_eq!(
        client.identify(&token, probe).await.unwrap().token.kind,
        TokenKind::FineGrained
    );
    for (request, kind) in [
        (
            json!({"kind": "project", "resource": "ada/notes", "scopes": ["api"], "access_level": 30}),
            TokenKind::Project,
        ),
        (
            json!({"kind": "group", "resource": "works", "scopes": ["api"], "access_level": 30}),
            TokenKind::Group,
        ),
        (
            json!({"kind": "service_account", "scopes": ["api"]}),
            TokenKind::ServiceAccount,
        ),
    ] {
        let token = simulator.new_token(&request);
        let identity = client.identify(&token, probe).await.unwrap();
        assert_eq!((identity.token.kind, identity.user.bot), (kind, Some(true)));
    }
}

#[tokio::test]
async fn identifying_is_one_round_trip() {
    let simulator = Simulator::start(&[]);
    let (client, probe) = simulator.client().await;
    // Nobody is answered before all three have asked.
    simulator.control("faults", &json!({"fault": "together", "times": 3, "seconds": 10}));
    client.identify(&simulator.token_of("ada"), probe).await.unwrap();
}

#[tokio::test]
async fn transient_failures_change_nothing_about_a_token() {
    let simulator = Simulator::start(&[]);
    let (client, probe) = simulator.client().await;
    let token = simulator.token_of("ada");
    simulator.control("faults", &json!({"fault": "transient_401", "times": 1}));
    assert!(
        client
            .identify(&token, probe)
            .await
            .unwrap()
            .token
            .scopes
            .names("api")
    );
    simulator.control("faults", &json!({"fault": "transient_401", "times": 2}));
    client.check(&token).await.unwrap();
    simulator.control(
        "faults",
        &json!({"fault": "unavailable", "times": 1, "seconds": 0}),
    );
    client.check(&token).await.unwrap();
    // A revocation whose answer was lost is done, and the second attempt says so.
    simulator.control("faults", &json!({"fault": "lost_response", "times": 1}));
    assert_eq!(
        client.revoke_self(&token).await,
        Err(Problem::Unanswered(Unanswered::ConnectionLost))
    );
    assert_eq!(client.revoke_self(&token).await, Ok(Revoked::AlreadyDead));
}
