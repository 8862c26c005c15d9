//! `/_sim/applications`: making, changing and deleting OAuth applications (contract §3.12: what happens behind a client's
//! back).

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Controlled, Wrong};
use crate::reply::Reply;
use crate::state::application::Application;
use crate::state::seed::{APPLICATION_SCOPES, REDIRECT_URIS};
use crate::state::{HEX, Instance, World, random_text};

/// With `application_id`: changes that one; `deleted` removes it and every token of it. Otherwise: a new one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    application_id: Option<String>,
    name: Option<String>,
    confidential: Option<bool>,
    trusted: Option<bool>,
    scopes: Option<Vec<String>>,
    redirect_uris: Option<Vec<String>>,
    #[serde(default)]
    renew_secret: bool,
    #[serde(default)]
    deleted: bool,
}

fn new_secret() -> String {
    format!("gloas-{}", random_text(64, HEX))
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(super) fn put(instance: &Instance, wanted: Wanted) -> Controlled {
    let mut world = instance.world();
    let (id, status) = match &wanted.application_id {
        Some(uid) => {
            let known = world.application_called(uid).map(|application| application.id);
            (
                known.ok_or_else(|| Wrong::missing("no application has this application_id"))?,
                StatusCode::OK,
            )
        }
        None => (create(&mut world), StatusCode::CREATED),
    };
    if wanted.deleted {
        world.remove_application(id);
        return Ok(Reply::no_content());
    }
    let application = world
        .applications
        .get_mut(&id)
        .ok_or_else(|| Wrong::missing("no such application"))?;
    apply(application, wanted);
    let body = json!({
        "id": application.id, "application_id": application.uid, "secret": application.secret,
        "confidential": application.confidential, "scopes": application.scopes,
    });
    Ok(Reply::json(status, &body))
}

fn create(world: &mut World) -> u64 {
    let id = world.next_id();
    let application = Application {
        id,
        name: "An application".to_owned(),
        uid: random_text(64, HEX),
        secret: new_secret(),
        confidential: true,
        trusted: false,
        owner: None,
        scopes: owned(&APPLICATION_SCOPES),
        redirect_uris: owned(&REDIRECT_URIS),
    };
    world.applications.insert(id, application);
    id
}

fn apply(application: &mut Application, wanted: Wanted) {
    application.name = wanted.name.unwrap_or_else(|| application.name.clone());
    application.confidential = wanted.confidential.unwrap_or(application.confidential);
    application.trusted = wanted.trusted.unwrap_or(application.trusted);
    application.scopes = wanted.scopes.unwrap_or_else(|| application.scopes.clone());
    application.redirect_uris = wanted
        .redirect_uris
        .unwrap_or_else(|| application.redirect_uris.clone());
    if wanted.renew_secret {
        application.secret = new_secret();
    }
}
