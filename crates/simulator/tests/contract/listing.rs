//! Contract §5.4 and §8.3: projects and groups, paging, and what hides.

use serde_json::json;

use crate::here::{Answer, Here};

fn paths(answer: &Answer, field: &str) -> Vec<String> {
    let list = answer.json();
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item[field].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn quirk_40_private_projects_of_others_are_404() {
    let here = Here::plain().await;
    here.set("users", json!({ "username": "mallory" })).await;
    let other = here.token("api", json!({ "username": "mallory" })).await;
    let missing = json!({ "message": "404 Project Not Found" });
    for path in [
        "/projects/ada%2Fnotes",
        "/projects/works%2Fengine",
        "/projects/no%2Fsuch",
    ] {
        here.get(path, &other).await.is(404, &missing, None);
    }
    assert_eq!(here.get("/projects/ada%2Fhello", &other).await.status, 200);
    here.get("/groups/works", &other)
        .await
        .is(404, &json!({ "message": "404 Group Not Found" }), None);
}

#[tokio::test]
async fn projects_are_filtered_by_membership_and_level() {
    let here = Here::plain().await;
    let list = |query: &'static str| here.get(query, &here.ada);
    let field = "path_with_namespace";
    assert_eq!(
        paths(&list("/projects?membership=true").await, field),
        ["ada/notes", "ada/hello", "works/engine"]
    );
    assert_eq!(
        paths(&list("/projects?min_access_level=40").await, field),
        ["ada/notes", "ada/hello"]
    );
    assert_eq!(
        paths(&list("/projects?search=engine").await, field),
        ["works/engine"]
    );
    let engine = list("/projects/works%2Fengine").await.json();
    assert_eq!(engine["permissions"]["group_access"]["access_level"], 30);
    assert_eq!(engine["permissions"]["project_access"], json!(null));
    assert!(
        list("/projects?simple=true").await.json()[0]
            .get("permissions")
            .is_none()
    );
}

#[tokio::test]
async fn groups_are_filtered_by_level() {
    let here = Here::plain().await;
    let list = |query: &'static str| here.get(query, &here.ada);
    assert_eq!(paths(&list("/groups").await, "full_path"), ["works"]);
    assert_eq!(
        paths(&list("/groups?min_access_level=30").await, "full_path"),
        ["works"]
    );
    assert!(paths(&list("/groups?owned=true").await, "full_path").is_empty());
}

#[tokio::test]
async fn quirk_51_next_page_is_empty_at_the_end() {
    let here = Here::plain().await;
    let first = here.get("/projects?per_page=2&membership=true", &here.ada).await;
    assert_eq!(first.header("x-total"), Some("3"));
    assert_eq!(first.header("x-next-page"), Some("2"));
    assert!(first.header("link").unwrap().contains("rel=\"next\""));
    let last = here
        .get("/projects?per_page=2&membership=true&page=2", &here.ada)
        .await;
    assert_eq!(paths(&last, "path_with_namespace"), ["works/engine"]);
    assert_eq!(last.header("x-next-page"), Some(""));
    assert!(!last.header("link").unwrap().contains("rel=\"next\""));
    let big = here.get("/projects?per_page=1000", &here.ada).await;
    assert_eq!(big.header("x-per-page"), Some("100"));
}

#[tokio::test]
async fn a_project_token_sees_its_project_only() {
    let here = Here::plain().await;
    let bot = here
        .token(
            "api",
            json!({ "username": null, "kind": "project", "resource": "ada/notes" }),
        )
        .await;
    let seen = here.get("/projects?membership=true", &bot).await;
    assert_eq!(paths(&seen, "path_with_namespace"), ["ada/notes"]);
}

#[tokio::test]
async fn keyset_paging_has_no_totals_and_leads_on() {
    let here = Here::plain().await;
    let mut path = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = here.get(&path, &here.ada).await;
        assert_eq!(page.header("x-total"), None);
        seen.push(page.json()[0]["path_with_namespace"].clone());
        let Some(link) = page.header("link") else { break };
        let next = link
            .strip_prefix('<')
            .and_then(|text| text.strip_suffix(">; rel=\"next\""))
            .unwrap();
        path = next.strip_prefix(&here.url("/api/v4")).unwrap().to_owned();
    }
    assert_eq!(seen, ["ada/notes", "ada/hello", "works/engine"]);
    let other = here
        .get("/projects?pagination=keyset&order_by=name", &here.ada)
        .await;
    assert_eq!(other.status, 405);
}
