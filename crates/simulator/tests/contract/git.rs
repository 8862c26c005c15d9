//! Contract §7.1 with a real git, and row by row over the wire.

use std::path::Path;
use std::process::Output;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::Options;
use tempfile::TempDir;

use crate::here::{Answer, Here, send};

/// A home for git with nobody's configuration and credentials for one address.
struct Desk {
    directory: TempDir,
}

impl Desk {
    fn with(address: &str, name: &str, password: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut url = url::Url::parse(address).unwrap();
        url.set_username(name).unwrap();
        url.set_password(Some(password)).unwrap();
        url.set_path("");
        std::fs::write(directory.path().join(".git-credentials"), format!("{url}\n")).unwrap();
        let config = "[credential]\nhelper = store\n[user]\nname = Ada\nemail = ada@example.test\n";
        std::fs::write(directory.path().join(".gitconfig"), config).unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    async fn git(&self, at: &Path, arguments: &[&str]) -> Output {
        tokio::process::Command::new("git")
            .args(arguments)
            .current_dir(at)
            .env("HOME", self.directory.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("NO_PROXY", "*")
            .output()
            .await
            .unwrap()
    }

    async fn done(&self, at: &Path, arguments: &[&str]) -> String {
        let output = self.git(at, arguments).await;
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Clones, commits `size` bytes, pushes, and clones again.
async fn round_trip(options: Options, extra: &[&str], size: usize) {
    let here = Here::start(options).await;
    let url = here.url("/ada/notes.git");
    let desk = Desk::with(here.running.address(), "oauth2", &here.ada);
    let top = desk.directory.path();
    desk.done(top, &[extra, &["clone", "--quiet", &url, "one"]].concat())
        .await;
    assert!(desk.path("one/README.md").exists());
    std::fs::write(desk.path("one/new.bin"), noise(size)).unwrap();
    desk.done(&desk.path("one"), &["add", "new.bin"]).await;
    desk.done(&desk.path("one"), &["commit", "--quiet", "-m", "more"])
        .await;
    desk.done(
        &desk.path("one"),
        &[extra, &["push", "--quiet", "origin", "main"]].concat(),
    )
    .await;
    desk.done(top, &[extra, &["clone", "--quiet", &url, "two"]].concat())
        .await;
    assert_eq!(std::fs::read(desk.path("two/new.bin")).unwrap(), noise(size));
}

/// Bytes that do not compress.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(size)
    .collect()
}

#[tokio::test]
async fn clone_push_and_clone_again() {
    round_trip(Options::default(), &[], 10).await;
}

#[tokio::test]
async fn clone_and_push_under_a_subpath() {
    round_trip(
        Options {
            subpath: "/gitlab".to_owned(),
            ..Options::default()
        },
        &[],
        10,
    )
    .await;
}

#[tokio::test]
async fn a_large_push_comes_in_chunks() {
    // Above http.postBuffer git sends without a length.
    round_trip(Options::default(), &["-c", "http.postBuffer=65536"], 3_000_000).await;
}

#[tokio::test]
async fn protocol_version_0_works_too() {
    round_trip(Options::default(), &["-c", "protocol.version=0"], 10).await;
}

async fn refs(here: &Here, project: &str, service: &str, login: Option<(&str, &str)>) -> Answer {
    let url = here.url(&format!("/{project}.git/info/refs?service={service}"));
    let request = here.http.get(url);
    send(match login {
        Some((name, password)) => request.basic_auth(name, Some(password)),
        None => request,
    })
    .await
}

const UPLOAD: &str = "git-upload-pack";
const RECEIVE: &str = "git-receive-pack";

fn is_denied(answer: &Answer) {
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"GitLab\""));
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    assert!(answer.text.starts_with("HTTP Basic: Access denied."));
}

#[tokio::test]
async fn public_project_needs_no_credential_to_read() {
    let here = Here::plain().await;
    let answer = refs(&here, "ada/hello", UPLOAD, None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-git-upload-pack-advertisement")
    );
    is_denied(&refs(&here, "ada/hello", RECEIVE, None).await);
}

#[tokio::test]
async fn quirk_40_private_and_missing_projects_look_alike_without_a_credential() {
    let here = Here::plain().await;
    for project in ["ada/notes", "no/such", "works/engine"] {
        is_denied(&refs(&here, project, UPLOAD, None).await);
        is_denied(&refs(&here, project, UPLOAD, Some(("ada", "wrong"))).await);
    }
    let missing = refs(&here, "no/such", UPLOAD, Some(("x", &here.ada))).await;
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.text,
        "The project you were looking for could not be found or you don't have permission to view it."
    );
}

#[tokio::test]
async fn any_name_will_do_with_a_token_but_a_blank_one() {
    let here = Here::plain().await;
    for name in ["ada", "oauth2", "whatever"] {
        assert_eq!(
            refs(&here, "ada/notes", UPLOAD, Some((name, &here.ada)))
                .await
                .status,
            200
        );
    }
    is_denied(&refs(&here, "ada/notes", UPLOAD, Some(("", &here.ada))).await);
}

#[tokio::test]
async fn scopes_decide_between_reading_and_writing() {
    let here = Here::plain().await;
    for (scopes, read, write) in [
        ("api", 200, 200),
        ("write_repository", 200, 200),
        ("read_repository", 200, 403),
        ("read_api", 200, 403),
        ("read_user", 403, 403),
        ("self_rotate", 403, 403),
    ] {
        let token = here.token(scopes, json!({})).await;
        let login = Some(("x", token.as_str()));
        assert_eq!(
            refs(&here, "ada/notes", UPLOAD, login).await.status,
            read,
            "{scopes}"
        );
        let answer = refs(&here, "ada/notes", RECEIVE, login).await;
        assert_eq!(answer.status, write, "{scopes}");
        assert_eq!(
            refs(&here, "ada/hello", UPLOAD, login).await.status,
            200,
            "{scopes}"
        );
    }
}

#[tokio::test]
async fn members_only_and_developers_push() {
    let here = Here::plain().await;
    let other = here.token("api", json!({ "username": "grace" })).await;
    assert_eq!(
        refs(&here, "ada/notes", UPLOAD, Some(("x", &other))).await.status,
        404
    );
    assert_eq!(
        refs(&here, "ada/hello", RECEIVE, Some(("x", &other)))
            .await
            .status,
        403
    );
    assert_eq!(
        refs(&here, "works/engine", RECEIVE, Some(("x", &here.ada)))
            .await
            .status,
        200
    );
    let reporter = here
        .token(
            "api",
            json!({ "username": null, "kind": "group", "resource": "works", "access_level": 20 }),
        )
        .await;
    assert_eq!(
        refs(&here, "works/engine", UPLOAD, Some(("x", &reporter)))
            .await
            .status,
        200
    );
    assert_eq!(
        refs(&here, "works/engine", RECEIVE, Some(("x", &reporter)))
            .await
            .status,
        403
    );
    assert_eq!(
        refs(&here, "ada/notes", UPLOAD, Some(("x", &reporter)))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn dead_tokens_are_401() {
    let here = Here::plain().await;
    for state in ["expired", "revoked", "deleted"] {
        let token = here.token("api", json!({ "state": state })).await;
        is_denied(&refs(&here, "ada/notes", UPLOAD, Some(("x", &token))).await);
    }
    here.set("users", json!({ "username": "ada", "state": "blocked" }))
        .await;
    is_denied(&refs(&here, "ada/notes", UPLOAD, Some(("x", &here.ada))).await);
}

#[tokio::test]
async fn quirk_42_accounts_that_must_visit_the_web_are_told_so() {
    let here = Here::plain().await;
    for (state, words) in [
        ("terms", "must accept the Terms of Service"),
        ("unconfirmed", "not confirmed"),
    ] {
        here.set("users", json!({ "username": "ada", "state": state }))
            .await;
        let answer = refs(&here, "ada/notes", UPLOAD, Some(("x", &here.ada))).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text.contains(words), "{}", answer.text);
    }
}

#[tokio::test]
async fn quirk_44_dpop_does_not_apply_to_git() {
    let here = Here::plain().await;
    here.set("users", json!({ "username": "ada", "dpop": true }))
        .await;
    assert_eq!(here.get("/user", &here.ada).await.status, 401);
    assert_eq!(
        refs(&here, "ada/notes", UPLOAD, Some(("x", &here.ada)))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn quirk_45_fine_grained_tokens_need_code_permissions() {
    let here = Here::plain().await;
    let token = |permissions: Value| {
        let scopes = json!([{ "permissions": permissions }]);
        let here = &here;
        async move {
            here.token("", json!({ "granular": true, "granular_scopes": scopes }))
                .await
        }
    };
    let (reads, writes) = (
        token(json!(["read_code"])).await,
        token(json!(["read_code", "write_code"])).await,
    );
    assert_eq!(
        refs(&here, "ada/notes", UPLOAD, Some(("x", &reads))).await.status,
        200
    );
    assert_eq!(
        refs(&here, "ada/notes", RECEIVE, Some(("x", &reads)))
            .await
            .status,
        403
    );
    assert_eq!(
        refs(&here, "ada/notes", RECEIVE, Some(("x", &writes)))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn passwords_work_until_they_are_switched_off() {
    let here = Here::plain().await;
    let users = &here.running.ready().users;
    let password = users
        .iter()
        .find(|user| user.username == "ada")
        .unwrap()
        .password
        .clone();
    let login = Some(("ada", password.as_str()));
    assert_eq!(refs(&here, "ada/notes", UPLOAD, login).await.status, 200);
    here.set("settings", json!({ "git_password": false })).await;
    let answer = refs(&here, "ada/notes", UPLOAD, login).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, None));
    assert_eq!(
        refs(&here, "ada/notes", UPLOAD, Some(("x", &here.ada)))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn head_of_the_references_is_403() {
    let here = Here::plain().await;
    let url = here.url("/ada/hello.git/info/refs?service=git-upload-pack");
    let answer = send(here.http.request(Method::HEAD, url)).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn paths_out_of_the_repositories_lead_nowhere() {
    let here = Here::plain().await;
    for project in ["..%2F..%2Fetc", "ada%2F..%2Fada%2Fnotes", "ada/notes.git/.."] {
        let answer = refs(&here, project, UPLOAD, Some(("x", &here.ada))).await;
        assert_eq!(answer.status, 404, "{project}");
    }
}
