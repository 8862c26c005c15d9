//! Offset paging with its headers (contract §8.3). `Link` is built on the canonical address.

use hyper::header::{HeaderName, LINK};
use serde_json::Value;
use url::form_urlencoded;

use crate::asked::Asked;
use crate::reply::Reply;
use crate::state::Instance;

const DEFAULT_SIZE: u64 = 20;
const LARGEST_SIZE: u64 = 100;

/// One page of a list.
pub(super) fn offset(instance: &Instance, asked: &Asked, items: Vec<Value>) -> Reply {
    let size = asked
        .number("per_page")
        .filter(|&size| size > 0)
        .unwrap_or(DEFAULT_SIZE)
        .min(LARGEST_SIZE);
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
            links.push(format!("<{}>; rel=\"{rel}\"", address(instance, asked, to, size)));
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
fn address(instance: &Instance, asked: &Asked, page: u64, size: u64) -> String {
    let path = asked.path.strip_prefix(&instance.subpath).unwrap_or(&asked.path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in form_urlencoded::parse(asked.query.as_bytes()) {
        if !matches!(
            key.as_ref(),
            "page" | "per_page" | "private_token" | "access_token"
        ) {
            query.append_pair(&key, &value);
        }
    }
    query
        .append_pair("page", &page.to_string())
        .append_pair("per_page", &size.to_string());
    format!("{}{path}?{}", instance.canonical, query.finish())
}
