//! Sending a webhook on purpose: the test button, the list of deliveries, sending one again (contract §6.1).

use hyper::StatusCode;
use serde_json::{Value, json};

use super::super::{Answer, paging};
use super::delivery::{self, Parcel};
use crate::asked::Asked;
use crate::clock::iso;
use crate::guard::Caller;
use crate::reply::{Reply, not_found};
use crate::state::hook::{Delivery, HookOwner};
use crate::state::{HEX, Instance, World, random_text};

/// Every trigger: its parameter, its header, and what the project must have for it; nothing where it has it.
const TRIGGERS: [(&str, &str, Option<&str>); 14] = [
    ("push_events", "Push Hook", None),
    ("tag_push_events", "Tag Push Hook", None),
    ("resource_access_token_events", "Resource Access Token Hook", None),
    (
        "merge_requests_events",
        "Merge Request Hook",
        Some("merge requests"),
    ),
    ("issues_events", "Issue Hook", Some("issues")),
    (
        "confidential_issues_events",
        "Confidential Issue Hook",
        Some("issues"),
    ),
    ("note_events", "Note Hook", Some("notes")),
    ("job_events", "Job Hook", Some("CI jobs")),
    ("pipeline_events", "Pipeline Hook", Some("CI pipelines")),
    ("wiki_page_events", "Wiki Page Hook", Some("wiki pages")),
    ("deployment_events", "Deployment Hook", Some("deployments")),
    ("releases_events", "Release Hook", Some("releases")),
    ("milestone_events", "Milestone Hook", Some("milestones")),
    ("emoji_events", "Emoji Hook", Some("notes")),
];

/// Deliveries kept of one webhook.
const KEPT: usize = 50;

fn unprocessable(text: &str) -> Reply {
    Reply::message(StatusCode::UNPROCESSABLE_ENTITY, text)
}

/// Tests a minute, per project and person; before 17.0 nobody counted.
fn pressed_too_often(instance: &Instance, owner: HookOwner, user: u64) -> bool {
    let now = instance.clock.now().as_second();
    let most = match (instance.since(17, 1), instance.since(17, 0)) {
        (true, _) => 5,
        (false, true) => 3,
        (false, false) => return false,
    };
    let mut world = instance.world();
    world.hook_tests.retain(|(.., at)| now - at < 60);
    let mine = world
        .hook_tests
        .iter()
        .filter(|(of, by, _)| *of == owner && *by == user)
        .count();
    if mine >= most {
        return true;
    }
    world.hook_tests.push((owner, user, now));
    false
}

pub(super) async fn run(
    instance: &Instance,
    caller: Caller,
    owner: HookOwner,
    hook: u64,
    trigger: &str,
) -> Answer {
    let Some((trigger, event, missing)) = TRIGGERS.iter().find(|(name, ..)| *name == trigger) else {
        return Ok(Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "trigger does not have a valid value" }),
        ));
    };
    if pressed_too_often(instance, owner, caller.user) {
        let text = "This endpoint has been requested too many times. Try again later.";
        return Ok(Reply::json(
            StatusCode::TOO_MANY_REQUESTS,
            &json!({ "message": { "error": text } }),
        ));
    }
    if let Some(what) = missing {
        return Ok(unprocessable(&format!("Ensure the project has {what}.")));
    }
    let body = payload(&instance.world(), instance, owner, trigger);
    let parcel = Parcel::new(trigger, event, body);
    deliver(instance, hook, parcel).await
}

fn payload(world: &World, instance: &Instance, owner: HookOwner, trigger: &str) -> Value {
    let kind = match trigger {
        "push_events" => "push",
        "tag_push_events" => "tag_push",
        _ => "access_token",
    };
    let project = match owner {
        HookOwner::Project(id) => world.projects.get(&id),
        HookOwner::Group(_) => None,
    };
    let described = project.map(|project| {
        let web = format!("{}/{}", instance.canonical, project.path);
        json!({
            "id": project.id, "name": project.name(), "path_with_namespace": project.path, "web_url": web,
            "git_http_url": format!("{web}.git"), "default_branch": "main",
        })
    });
    json!({
        "object_kind": kind,
        "event_name": kind,
        "before": "0".repeat(40),
        "after": random_text(40, HEX),
        "ref": if kind == "tag_push" { "refs/tags/v1.0.0" } else { "refs/heads/main" },
        "project_id": project.map(|project| project.id),
        "project": described,
        "commits": [],
        "total_commits_count": 0,
    })
}

/// Sends, notes what became of it, and answers as the API does.
async fn deliver(instance: &Instance, hook: u64, parcel: Parcel) -> Answer {
    let sent = {
        let world = instance.world();
        let Some(hook) = world.hooks.get(&hook) else {
            return Ok(not_found());
        };
        delivery::addressed(instance, hook, &parcel)
    };
    let outcome = match sent {
        Ok(letter) => letter.send().await,
        Err(reason) => Err(reason),
    };
    let now = instance.clock.now();
    let mut world = instance.world();
    let id = world.next_id();
    if let Some(hook) = world.hooks.get_mut(&hook) {
        hook.attempted(
            outcome.as_ref().is_ok_and(|status| (200..300).contains(status)),
            now,
        );
        hook.deliveries.insert(
            0,
            Delivery {
                id,
                trigger: parcel.trigger,
                idempotency_key: parcel.key,
                request: parcel.body,
                status: outcome.as_ref().ok().copied(),
                at: now,
            },
        );
        hook.deliveries.truncate(KEPT);
    }
    match outcome {
        Ok(_) => Ok(Reply::message(StatusCode::CREATED, "201 Created")),
        Err(reason) => Ok(unprocessable(&reason)),
    }
}

/// The deliveries of the last seven days.
pub(super) fn events(instance: &Instance, asked: &Asked, hook: u64) -> Reply {
    let world = instance.world();
    let oldest = instance.clock.now().as_second() - 7 * 86_400;
    let shown = world
        .hooks
        .get(&hook)
        .into_iter()
        .flat_map(|hook| hook.deliveries.iter().map(move |delivery| (hook, delivery)))
        .filter(|(_, delivery)| delivery.at.as_second() >= oldest)
        .map(|(hook, delivery)| {
            json!({
                "id": delivery.id,
                "url": hook.url,
                "trigger": delivery.trigger.replace("_events", "_hooks"),
                "request_data": delivery.request,
                "response_status": delivery.status.map_or("internal error".to_owned(), |status| status.to_string()),
                "created_at": iso(delivery.at),
            })
        })
        .collect();
    paging::offset(instance, asked, shown)
}

/// The same once more, under the same key (contract §6.3).
pub(super) async fn resend(instance: &Instance, hook: u64, event: &str) -> Answer {
    let again = {
        let world = instance.world();
        let old = world.hooks.get(&hook).and_then(|hook| {
            let id: u64 = event.parse().ok()?;
            hook.deliveries.iter().find(|delivery| delivery.id == id).cloned()
        });
        old.and_then(|old| {
            let (trigger, event, _) = TRIGGERS.iter().find(|(name, ..)| *name == old.trigger)?;
            Some(Parcel {
                trigger,
                event,
                key: old.idempotency_key,
                body: old.request,
            })
        })
    };
    match again {
        None => Ok(not_found()),
        Some(parcel) => deliver(instance, hook, parcel).await,
    }
}
