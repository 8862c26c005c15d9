//! A webhook's fields: what a request may say, what an answer shows (contract §6.1). Secrets go in and never come out;
//! what this version does not know is ignored without a word (quirk 47).

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::unusable;
use crate::asked::Asked;
use crate::clock::iso;
use crate::guard::Refusal;
use crate::reply::Reply;
use crate::state::hook::{Hook, HookOwner};
use crate::state::{HEX, Instance, World, random_text};

/// The kinds of events, each off unless asked for, but for pushes.
const EVENTS: [&str; 16] = [
    "push_events",
    "tag_push_events",
    "merge_requests_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "job_events",
    "pipeline_events",
    "wiki_page_events",
    "deployment_events",
    "releases_events",
    "milestone_events",
    "emoji_events",
    "feature_flag_events",
    "resource_access_token_events",
];
/// What groups have more of.
const GROUP_EVENTS: [&str; 3] = ["subgroup_events", "member_events", "project_events"];
const OTHERS: [&str; 10] = [
    "url",
    "name",
    "description",
    "push_events_branch_filter",
    "branch_filter_strategy",
    "enable_ssl_verification",
    "token",
    "signing_token",
    "custom_headers",
    "custom_webhook_template",
];
const MOST_HEADERS: usize = 20;
/// Bytes a signing key has (contract §6.1).
const SIGNING_KEY: usize = 32;

pub(super) fn blank(id: u64, owner: HookOwner, url: String, now: Timestamp) -> Hook {
    let of_groups: &[&str] = match owner {
        HookOwner::Group(_) => &GROUP_EVENTS,
        HookOwner::Project(_) => &[],
    };
    let part = |length| random_text(length, HEX);
    Hook {
        id,
        owner,
        url,
        name: None,
        description: None,
        events: EVENTS
            .iter()
            .chain(of_groups)
            .map(|&event| (event, event == "push_events"))
            .collect(),
        branch_filter: None,
        branch_filter_strategy: "wildcard".to_owned(),
        verifies_tls: true,
        template: None,
        token: None,
        signing_key: None,
        custom_headers: BTreeMap::new(),
        url_variables: BTreeMap::new(),
        created_at: now,
        uuid: format!("{}-{}-4{}-8{}-{}", part(8), part(4), part(3), part(3), part(12)),
        failures: 0,
        disabled_until: None,
        deliveries: Vec::new(),
    }
}

/// Whether a request says anything a webhook has.
pub(super) fn any(asked: &Asked) -> bool {
    asked.params.keys().any(|key| {
        EVENTS.contains(&key.as_str())
            || GROUP_EVENTS.contains(&key.as_str())
            || OTHERS.contains(&key.as_str())
    })
}

pub(super) fn required_url(world: &World, asked: &Asked) -> Result<String, Refusal> {
    let url = asked.param("url").ok_or_else(|| {
        let body = json!({ "error": "url is missing" });
        Box::new(Reply::json(StatusCode::BAD_REQUEST, &body))
    })?;
    usable(world, &url)?;
    Ok(url)
}

/// Only the web, and not this network unless an administrator lets webhooks there (quirk 49).
fn usable(world: &World, text: &str) -> Result<(), Refusal> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let local = match url.as_ref().and_then(Url::host) {
        None => return Err(unusable("Invalid url given")),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => inside(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => inside(IpAddr::V6(address)),
    };
    if local && !world.settings.local_webhooks {
        return Err(unusable("Invalid url given"));
    }
    Ok(())
}

fn inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

/// A change: another address drops the token unless it is said again (quirk 47).
pub(super) fn change(
    instance: &Instance,
    world: &World,
    asked: &Asked,
    hook: &mut Hook,
) -> Result<(), Refusal> {
    if let Some(url) = asked.param("url") {
        usable(world, &url)?;
        if url != hook.url {
            hook.token = None;
            hook.url = url;
        }
    }
    take(instance, asked, hook)
}

/// Takes over every field a request names but the address.
pub(super) fn take(instance: &Instance, asked: &Asked, hook: &mut Hook) -> Result<(), Refusal> {
    // Everything is looked at before anything is kept: a refused change changes nothing.
    let strategy = asked.param("branch_filter_strategy");
    let filter = asked.param("push_events_branch_filter");
    let known = |text: &String| matches!(text.as_str(), "wildcard" | "regex" | "all_branches");
    if strategy.as_ref().is_some_and(|text| !known(text))
        || filter
            .as_ref()
            .is_some_and(|text| text.contains(char::is_whitespace))
    {
        return Err(unusable("Invalid branch filter given"));
    }
    let headers = custom_headers(instance, asked)?;
    let signing_key = signing_key(instance, asked)?;
    for (event, wanted) in &mut hook.events {
        if let Some(said) = asked.flag(event) {
            *wanted = said;
        }
    }
    if instance.since(17, 1) {
        replace(&mut hook.name, asked.param("name"));
        replace(&mut hook.description, asked.param("description"));
    }
    replace(&mut hook.branch_filter, filter);
    replace(&mut hook.template, asked.param("custom_webhook_template"));
    replace(&mut hook.token, asked.param("token"));
    replace(&mut hook.signing_key, signing_key);
    if let Some(strategy) = strategy {
        hook.branch_filter_strategy = strategy;
    }
    if let Some(verify) = asked.flag("enable_ssl_verification") {
        hook.verifies_tls = verify;
    }
    if let Some(headers) = headers {
        hook.custom_headers = headers;
    }
    Ok(())
}

fn replace<T>(kept: &mut Option<T>, said: Option<T>) {
    if said.is_some() {
        *kept = said;
    }
}

fn custom_headers(instance: &Instance, asked: &Asked) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let Some(said) = asked
        .params
        .get("custom_headers")
        .filter(|_| instance.since(17, 1))
    else {
        return Ok(None);
    };
    let wrong = || unusable("Custom headers validation failed");
    let items = said
        .as_array()
        .filter(|items| items.len() <= MOST_HEADERS)
        .ok_or_else(wrong)?;
    let mut headers = BTreeMap::new();
    for item in items {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let (key, value) = text("key").zip(text("value")).ok_or_else(wrong)?;
        let clean = hyper::header::HeaderName::from_bytes(key.as_bytes()).is_ok()
            && hyper::header::HeaderValue::from_str(value).is_ok();
        if !clean {
            return Err(wrong());
        }
        headers.insert(key.to_owned(), value.to_owned());
    }
    Ok(Some(headers))
}

fn signing_key(instance: &Instance, asked: &Asked) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(said) = asked.param("signing_token").filter(|_| instance.since(19, 0)) else {
        return Ok(None);
    };
    let key = said
        .strip_prefix("whsec_")
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .filter(|key| key.len() == SIGNING_KEY);
    key.map(Some).ok_or_else(|| {
        let text = "must be 'whsec_' followed by 32 bytes in Base64";
        let body = json!({ "message": { "signing_token": [text] } });
        Box::new(Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &body))
    })
}

/// What every answer shows of a webhook.
pub(super) fn object(instance: &Instance, hook: &Hook) -> Value {
    let keys = |kept: &BTreeMap<String, String>| -> Vec<Value> {
        kept.keys().map(|key| json!({ "key": key })).collect()
    };
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| {
        fields.insert(key.to_owned(), value);
    };
    put("id", json!(hook.id));
    put("url", json!(hook.url));
    put("created_at", json!(iso(hook.created_at)));
    for (event, wanted) in &hook.events {
        put(event, json!(wanted));
    }
    put("repository_update_events", json!(false));
    put("push_events_branch_filter", json!(hook.branch_filter));
    put("branch_filter_strategy", json!(hook.branch_filter_strategy));
    put("enable_ssl_verification", json!(hook.verifies_tls));
    put("alert_status", json!(hook.alert_status(instance.clock.now())));
    put("disabled_until", json!(hook.disabled_until.map(iso)));
    put("url_variables", json!(keys(&hook.url_variables)));
    put("custom_webhook_template", json!(hook.template));
    if instance.since(17, 1) {
        put("name", json!(hook.name));
        put("description", json!(hook.description));
        put("custom_headers", json!(keys(&hook.custom_headers)));
    }
    if instance.since(19, 0) {
        put("token_present", json!(hook.token.is_some()));
        put("signing_token_present", json!(hook.signing_key.is_some()));
    }
    match hook.owner {
        HookOwner::Project(id) => put("project_id", json!(id)),
        HookOwner::Group(id) => put("group_id", json!(id)),
    }
    Value::Object(fields)
}
