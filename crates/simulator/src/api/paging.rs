//! Paging with its headers, by page number and by key (contract §8.3). `Link` is built on the canonical address.

use hyper::StatusCode;
use hyper::header::{HeaderName, LINK};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::asked::Asked;
use crate::reply::Reply;
use crate::state::Instance;

const DEFAULT_SIZE: u64 = 20;
const LARGEST_SIZE: u64 = 100;

fn size(asked: &Asked) -> u64 {
    asked
        .number("per_page")
        .filter(|&size| size > 0)
        .unwrap_or(DEFAULT_SIZE)
        .min(LARGEST_SIZE)
}

/// One page of a list that goes on behind the last number shown: no totals, and no link but the next page's.
pub(super) fn keyset(instance: &Instance, asked: &Asked, mut items: Vec<Value>) -> Reply {
    if asked.param("order_by").as_deref() != Some("id") {
        let text = "Keyset pagination is not yet available for this type of request";
        return Reply::json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": text }));
    }
    let id = |item: &Value| item.get("id").and_then(Value::as_u64).unwrap_or_default();
    let upwards = asked.param("sort").as_deref() == Some("asc");
    items.sort_by_key(id);
    if !upwards {
        items.reverse();
    }
    let (after, before) = (asked.number("id_after"), asked.number("id_before"));
    items.retain(|item| {
        after.is_none_or(|limit| id(item) > limit) && before.is_none_or(|limit| id(item) < limit)
    });
    let size = size(asked);
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let more = items.len() > take;
    items.truncate(take);
    let last = items.last().map(id).filter(|_| more);
    let reply = Reply::ok(&Value::Array(items));
    match last {
        Some(last) => {
            let cursor = if upwards { "id_after" } else { "id_before" };
            let next = address(instance, asked, &[(cursor, last), ("per_page", size)]);
            reply.with(LINK, &format!("<{next}>; rel=\"next\""))
        }
        None => reply,
    }
}

/// One page of a list.
pub(super) fn offset(instance: &Instance, asked: &Asked, items: Vec<Value>) -> Reply {
    let size = size(asked);
    let page = asked.number("page").filter(|&page| page > 0).unwrap_or(1);
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let pages = total.div_ceil(size).max(1);
    let skip = usize::try_from(size.saturating_mul(page - 1)).unwrap_or(usize::MAX);
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let shown: Vec<Value> = items.into_iter().skip(skip).take(take).collect();

    let next = (page < pages).then(|| page + 1);
    let previous = (page > 1).then(|| page - 1);
    let mut links = Vec::new();
    for (to, rel) in [
        (previous, "prev"),
        (next, "next"),
        (Some(1), "first"),
        (Some(pages), "last"),
    ] {
        if let Some(to) = to {
            links.push(format!(
                "<{}>; rel=\"{rel}\"",
                address(instance, asked, &[("page", to), ("per_page", size)])
            ));
        }
    }
    let number = |page: Option<u64>| page.map(|page| page.to_string()).unwrap_or_default();
    let headers = [
        ("x-page", page.to_string()),
        ("x-per-page", size.to_string()),
        ("x-next-page", number(next)),
        ("x-prev-page", number(previous)),
        ("x-total", total.to_string()),
        ("x-total-pages", pages.to_string()),
    ];
    let mut reply = Reply::ok(&Value::Array(shown)).with(LINK, &links.join(", "));
    for (name, value) in headers {
        reply = reply.with(HeaderName::from_static(name), &value);
    }
    reply
}

/// The address of another page of the same list; the credential's parameter is not repeated.
fn address(instance: &Instance, asked: &Asked, place: &[(&str, u64)]) -> String {
    let path = asked.path.strip_prefix(&instance.subpath).unwrap_or(&asked.path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in form_urlencoded::parse(asked.query.as_bytes()) {
        if !matches!(
            key.as_ref(),
            "page" | "per_page" | "id_after" | "id_before" | "private_token" | "access_token"
        ) {
            query.append_pair(&key, &value);
        }
    }
    for (key, value) in place {
        query.append_pair(key, &value.to_string());
    }
    format!("{}{path}?{}", instance.canonical, query.finish())
}
