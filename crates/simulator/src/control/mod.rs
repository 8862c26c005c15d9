//! `/_sim/`: how tests see and change the simulator (README). Loopback callers only, with and without the subpath, never in
//! the log of requests.

mod apps;
mod people;
mod secrets;
mod view;

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::iso;
use crate::fault::{Fault, Kind};
use crate::reply::{Reply, wrong_method};
use crate::state::Instance;
use crate::state::settings::Settings;

/// A refusal of control: what was wrong with the request.
pub(crate) struct Wrong(StatusCode, String);

impl Wrong {
    fn new(text: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, text.into())
    }

    fn missing(text: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, text.into())
    }
}

type Controlled = Result<Reply, Wrong>;

/// Answers `/_sim/<what>`.
pub(crate) fn answer(instance: &Instance, method: &Method, parts: &[&str], body: &[u8]) -> Reply {
    let answered = match parts {
        ["requests"] => Ok(requests(instance, method)),
        ["clock"] => clock(instance, method, body),
        ["faults"] => faults(instance, method, body),
        ["settings"] => settings(instance, method, body),
        ["users"] => posted(method, || people::put(instance, read(body)?)),
        ["applications"] => posted(method, || apps::put(instance, read(body)?)),
        ["tokens"] => posted(method, || secrets::put(instance, read(body)?)),
        ["state"] if *method == Method::GET => Ok(Reply::ok(&view::state(instance))),
        ["state"] => Ok(wrong_method("GET")),
        _ => Err(Wrong::missing("no such control; see the simulator's README")),
    };
    answered.unwrap_or_else(|Wrong(status, text)| Reply::json(status, &json!({ "error": text })))
}

fn posted(method: &Method, then: impl FnOnce() -> Controlled) -> Controlled {
    if *method == Method::POST {
        then()
    } else {
        Ok(wrong_method("POST"))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Wrong> {
    serde_json::from_slice(body).map_err(|fault| Wrong::new(fault.to_string()))
}

fn requests(instance: &Instance, method: &Method) -> Reply {
    match *method {
        Method::GET => Reply::ok(&json!(instance.world().log.entries())),
        Method::DELETE => {
            instance.world().log.clear();
            Reply::no_content()
        }
        _ => wrong_method("DELETE, GET"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

fn clock(instance: &Instance, method: &Method, body: &[u8]) -> Controlled {
    match *method {
        Method::GET => {}
        Method::POST => {
            instance.clock.advance(read::<Advance>(body)?.advance_seconds);
        }
        _ => return Ok(wrong_method("GET, POST")),
    }
    Ok(Reply::ok(
        &json!({ "now": iso(instance.clock.now()), "offset_seconds": instance.clock.offset() }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    fault: String,
    #[serde(default = "once")]
    times: u32,
    path: Option<String>,
    seconds: Option<u64>,
}

fn once() -> u32 {
    1
}

fn faults(instance: &Instance, method: &Method, body: &[u8]) -> Controlled {
    match *method {
        Method::GET => Ok(Reply::ok(&json!(instance.world().faults.waiting()))),
        Method::DELETE => {
            instance.world().faults.clear();
            Ok(Reply::no_content())
        }
        Method::POST => {
            let wanted: NewFault = read(body)?;
            if wanted.times == 0 {
                return Err(Wrong::new("times is at least 1"));
            }
            let kind = Kind::named(&wanted.fault, wanted.times)
                .ok_or_else(|| Wrong::new(format!("no fault is called {:?}", wanted.fault)))?;
            let fault = Fault {
                kind,
                name: wanted.fault,
                times: wanted.times,
                path: wanted.path,
                seconds: wanted.seconds.unwrap_or(1),
            };
            let reply = Reply::json(StatusCode::CREATED, &json!(fault));
            instance.world().faults.add(fault);
            Ok(reply)
        }
        _ => Ok(wrong_method("DELETE, GET, POST")),
    }
}

/// Changes the settings that are named, keeps the others.
fn settings(instance: &Instance, method: &Method, body: &[u8]) -> Controlled {
    let mut world = instance.world();
    match *method {
        Method::GET => {}
        Method::POST => {
            let mut known = json!(world.settings);
            let changes: serde_json::Map<String, Value> = read(body)?;
            if let Value::Object(fields) = &mut known {
                fields.extend(changes);
            }
            world.settings =
                serde_json::from_value::<Settings>(known).map_err(|fault| Wrong::new(fault.to_string()))?;
        }
        _ => return Ok(wrong_method("GET, POST")),
    }
    Ok(Reply::ok(&json!(world.settings)))
}
