//! A token goes to the origin and path it belongs to and nowhere else, whatever a server says. A second, recording server
//! stands where each trick leads.

mod server;

use gitlab::{BaseUrl, Client, MetadataProbe, Problem};
use server::{SECRET, Server, connection, json, redirect, token};

async fn ask_everything(client: &Client) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(client.identify(&token(), MetadataProbe::Metadata).await.err());
    problems.extend(client.check(&token()).await.err());
    problems.extend(client.revoke_self(&token()).await.err());
    problems.extend(client.prove_dead(&token()).await.err());
    problems
}

#[tokio::test]
async fn redirects_never_carry_the_token_to_another_port_host_scheme_or_path() {
    let other = Server::plain(|_| json(200, "{}")).await;
    let other_port = other.at.port();
    for status in [301, 302, 303, 307, 308] {
        for target in [
            format!("http://127.0.0.1:{other_port}/api/v4/user"),
            format!("http://localhost:{other_port}/api/v4/user"),
            format!("//127.0.0.1:{other_port}/"),
            format!("https://127.0.0.1:{other_port}/"),
            "/elsewhere".to_owned(),
            "/gitlabx/api/v4/user".to_owned(),
            "../../../../x".to_owned(),
        ] {
            let to = target.clone();
            let server = Server::plain(move |_| redirect(status, &to)).await;
            let client = Client::new(server.base("/gitlab"), &connection()).unwrap();
            for problem in ask_everything(&client).await {
                assert!(
                    matches!(problem, Problem::RedirectElsewhere { .. }),
                    "{target}: {problem:?}"
                );
            }
            assert!(
                server
                    .seen()
                    .iter()
                    .all(|seen| seen.path.starts_with("/gitlab/api/v4/")),
                "{target}"
            );
        }
    }
    assert!(other.seen().is_empty(), "a redirect was followed");
}

#[tokio::test]
async fn quirk_54_addresses_in_answers_are_told_and_never_asked() {
    let other = Server::plain(|_| json(200, "{}")).await;
    let elsewhere = other.base("/ada");
    let server = Server::plain(move |seen| {
        if seen.path.ends_with("/user") {
            json(
                200,
                &format!(
                    r#"{{"id":92,"username":"ada","web_url":"{elsewhere}","avatar_url":"{elsewhere}"}}"#
                ),
            )
        } else {
            json(200, r#"{"id":1,"user_id":92,"scopes":["api"],"active":true}"#)
        }
    })
    .await;
    let client = Client::new(server.base(""), &connection()).unwrap();
    let identity = client.identify(&token(), MetadataProbe::Metadata).await.unwrap();
    assert_eq!(
        identity.user.web_url.as_deref(),
        Some(other.base("/ada").as_str())
    );
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn the_token_travels_in_one_header_and_nowhere_else() {
    let server = Server::plain(|_| json(200, r#"{"id":1,"user_id":92,"scopes":["api"]}"#)).await;
    let client = Client::new(server.base(""), &connection()).unwrap();
    ask_everything(&client).await;
    assert!(!server.seen().is_empty());
    for seen in server.seen() {
        assert!(!seen.path.contains("glpat"));
        let carrying: Vec<&str> = seen
            .headers
            .iter()
            .filter(|(_, value)| value.contains(SECRET))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(carrying, ["authorization"]);
        assert_eq!(
            seen.header("authorization"),
            Some(format!("Bearer {SECRET}").as_str())
        );
    }
}

#[tokio::test]
async fn no_problem_repeats_the_token_even_when_the_server_does() {
    let statuses = [200, 400, 401, 403, 404, 409, 422, 429, 500, 503];
    for status in statuses {
        let server = Server::plain(move |seen| {
            // A hostile server sends back what it was sent.
            let heard = seen.header("authorization").unwrap_or_default();
            json(status, &format!(r#"{{"message":"403 Forbidden - {heard}","error_description":"{heard}","error":"{heard}"}}"#))
        })
        .await;
        let client = Client::new(server.base(""), &connection()).unwrap();
        for problem in ask_everything(&client).await {
            assert!(
                !format!("{problem} {problem:?}").contains(SECRET),
                "status {status}: the token came back"
            );
        }
        assert!(server.saw(SECRET));
    }
}

#[test]
fn the_page_for_a_new_token_lies_on_the_same_gitlab() {
    let base = BaseUrl::parse("https://git.example.test/gitlab").unwrap();
    let client = Client::new(base.clone(), &connection()).unwrap();
    let page = client.token_page("LabLink on lap-7 & co", &["api", "read_repository"]);
    assert_eq!(
        page.as_str(),
        "https://git.example.test/gitlab/-/user_settings/personal_access_tokens?name=LabLink%20on%20lap-7%20%26%20co&scopes=api%2Cread_repository"
    );
    assert!(base.covers(&page));
}
