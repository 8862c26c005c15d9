//! `lablink instance …`: each GitLab known on this computer.

use links::{AddInstance, Instance, Links, SetInstance, Source, offline_base};
use serde_json::{Value, json};

use crate::args::{Instance as Args, InstanceAdd, InstanceSet};
use crate::commands::link::scopes;
use crate::commands::{authorities, place_of};
use crate::console::Answer;
use crate::failure::Failure;
use crate::json;
use crate::terminal::{Cell, Paint, escape, table};

/// Lists, adds, changes or removes.
pub(crate) async fn run(links: &Links, args: Args, paint: Paint) -> Result<Answer, Failure> {
    match args {
        Args::List => list(links, paint),
        Args::Add(args) => add(links, args).await,
        Args::Set(args) => set(links, args).await,
        Args::Remove(args) => remove(links, &args.address).await,
    }
}

fn list(links: &Links, paint: Paint) -> Result<Answer, Failure> {
    let instances = links.instances()?;
    let rows: Vec<Vec<Cell>> = instances.iter().map(row).collect();
    let values = Value::Array(instances.iter().map(json::instance).collect());
    Ok(Answer::asked("instances", values, table(paint, &rows)))
}

fn row(instance: &Instance) -> Vec<Cell> {
    let accounts = match instance.accounts {
        0 => "no account".to_owned(),
        1 => "1 account".to_owned(),
        many => format!("{many} accounts"),
    };
    let mut marks = Vec::new();
    if instance.plain_http {
        marks.push("plain http");
    }
    if !instance.authorities.is_empty() {
        marks.push("own authority");
    }
    if instance.client_id.is_some() {
        marks.push("app login");
    }
    if instance.source == Source::Managed {
        marks.push("managed");
    }
    vec![
        Cell::from(escape(instance.address.as_str())),
        Cell::from(accounts),
        Cell::from(marks.join(", ")),
    ]
}

async fn remove(links: &Links, pasted: &str) -> Result<Answer, Failure> {
    links.remove_instance(pasted).await?;
    let address = offline_base(pasted).map_or_else(|_| pasted.to_owned(), |base| base.as_str().to_owned());
    let text = format!("{} is not known here any more.\n", escape(&address));
    Ok(Answer::done("removed", json!({ "address": address }), text))
}

async fn add(links: &Links, args: InstanceAdd) -> Result<Answer, Failure> {
    let place = place_of(&args.address);
    let add = AddInstance {
        authorities: authorities(&args.reach)?,
        pasted: args.address,
        allow_http: args.reach.allow_http,
        offline: args.offline,
        client_id: args.client_id,
    };
    let instance = links
        .add_instance(add)
        .await
        .map_err(|problem| Failure::at(&problem, &place))?;
    let text = format!("{} is known here now.\n", escape(instance.address.as_str()));
    Ok(Answer::done("instance", json::instance(&instance), text))
}

async fn set(links: &Links, args: InstanceSet) -> Result<Answer, Failure> {
    let nothing = args.client_id.is_none()
        && args.scopes.is_none()
        && args.reach.ca.is_none()
        && !args.reach.allow_http;
    if nothing {
        return Err(Failure::usage(
            "Nothing was said about this GitLab.",
            "Give what to change: --client-id, --scopes, --ca or --allow-http.",
        ));
    }
    let authorities = authorities(&args.reach)?;
    let set = SetInstance {
        pasted: args.address,
        client_id: args.client_id,
        scopes: args.scopes.as_deref().map(scopes).transpose()?,
        authorities: args.reach.ca.is_some().then_some(authorities),
        allow_http: args.reach.allow_http,
    };
    let instance = links.set_instance(&set).await?;
    let text = format!("{} is changed.\n", escape(instance.address.as_str()));
    Ok(Answer::done("instance", json::instance(&instance), text))
}
