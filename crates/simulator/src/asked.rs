//! One request as the rooms see it: path taken apart, parameters of query and body in one place, the credentials' places
//! known. Decides nothing.

use std::net::IpAddr;

use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Uri};
use serde_json::{Map, Value};
use url::form_urlencoded;

/// One request. `params` holds query and body together; the body's win.
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// As it stood on the wire, with the subpath, without the query.
    pub(crate) path: String,
    /// The query as it stood on the wire, without `?`.
    pub(crate) query: String,
    /// Decoded parts of the path; the subpath is taken off when the request is found to be under it.
    pub(crate) segments: Vec<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: IpAddr,
    pub(crate) params: Map<String, Value>,
}

impl Asked {
    pub(crate) fn new(method: Method, uri: &Uri, headers: HeaderMap, peer: IpAddr) -> Self {
        let query = uri.query().unwrap_or_default().to_owned();
        let mut asked = Self {
            method,
            path: uri.path().to_owned(),
            segments: split(uri.path()),
            headers,
            peer,
            params: Map::new(),
            query: String::new(),
        };
        asked.take_pairs(query.as_bytes());
        asked.query = query;
        asked
    }

    /// Takes the body's parameters: a JSON object, or form pairs. Anything else has none.
    pub(crate) fn take_body(&mut self, body: &[u8]) {
        let kind = self
            .header(CONTENT_TYPE.as_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.starts_with("application/json") {
            if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
                self.params.extend(fields);
            }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            self.take_pairs(body);
        }
    }

    fn take_pairs(&mut self, pairs: &[u8]) {
        for (key, value) in form_urlencoded::parse(pairs) {
            let value = Value::String(value.into_owned());
            match key.strip_suffix("[]") {
                Some(list) => {
                    let entry = self
                        .params
                        .entry(list)
                        .or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(items) = entry {
                        items.push(value);
                    }
                }
                None => {
                    self.params.insert(key.into_owned(), value);
                }
            }
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A parameter as text; numbers count, empty ones do not.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        match self.params.get(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        }
    }

    /// A parameter as a truth value: `true`, `1`, `false`, `0` (contract §8.4).
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.param(name)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// A parameter as a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.param(name)?.parse().ok()
    }

    pub(crate) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    pub(crate) fn reads(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }

    /// Whether the caller showed any credential, good or bad.
    pub(crate) fn has_credentials(&self) -> bool {
        ["authorization", "private-token"]
            .iter()
            .any(|name| self.headers.contains_key(*name))
            || ["private_token", "access_token"]
                .iter()
                .any(|name| self.params.contains_key(*name))
    }
}

/// Path parts between slashes, each percent-decoded, so that `group%2Fproject` stays one part.
pub(crate) fn split(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect()
}

fn decode(part: &str) -> String {
    // A literal plus is a plus in a path; the form decoder would make it a space.
    let guarded = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(guarded.as_bytes())
        .next()
        .map(|(key, _)| key.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_slash_stays_in_its_part() {
        assert_eq!(
            split("/api/v4/projects/ada%2Fnotes+x"),
            ["api", "v4", "projects", "ada/notes+x"]
        );
        assert_eq!(split("//a=b&c//"), ["a=b&c"]);
    }

    #[test]
    fn lists_and_bodies_join_the_parameters() {
        let uri: Uri = "/x?page=2&scopes[]=api&scopes[]=read_user&empty="
            .parse()
            .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        let mut asked = Asked::new(Method::POST, &uri, headers, IpAddr::from([127, 0, 0, 1]));
        asked.take_body(br#"{"page":3,"revoked":false}"#);
        assert_eq!(asked.number("page"), Some(3));
        assert_eq!(asked.flag("revoked"), Some(false));
        assert_eq!(asked.param("empty"), None);
        assert_eq!(
            asked.params.get("scopes").and_then(Value::as_array).map(Vec::len),
            Some(2)
        );
    }
}
