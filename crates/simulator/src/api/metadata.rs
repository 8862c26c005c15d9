//! `/metadata` and `/version` (contract §1.3): one body, two names.

use serde_json::{Value, json};

use super::Answer;
use crate::asked::Asked;
use crate::guard::{Rule, admit};
use crate::options::Edition;
use crate::reply::Reply;
use crate::state::Instance;

const READ: Rule = Rule {
    accepts: &["api", "read_api", "read_user"],
    told: "api read_api api read_user",
    permission: "read_metadata",
};

pub(super) fn show(instance: &Instance, asked: &Asked) -> Answer {
    admit(&mut instance.world(), instance, asked, &READ)?;
    let version = instance.version;
    let enterprise = instance.edition == Edition::Ee;
    let agents = instance.canonical.replacen("http", "ws", 1);
    let mut kas = json!({
        "enabled": true,
        "externalUrl": format!("{agents}/-/kubernetes-agent/"),
        "version": version.to_string(),
    });
    if instance.since(17, 6) {
        let proxy = format!("{}/-/kubernetes-agent/k8s-proxy/", instance.canonical);
        insert(&mut kas, "externalK8sProxyUrl", Value::String(proxy));
    }
    let mut body = json!({
        "version": format!("{version}{}", if enterprise { "-ee" } else { "" }),
        "revision": "8a1c9f2b3d4",
        "kas": kas,
    });
    if instance.since(15, 6) {
        insert(&mut body, "enterprise", Value::Bool(enterprise));
    }
    Ok(Reply::ok(&body))
}

fn insert(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(key.to_owned(), value);
    }
}
