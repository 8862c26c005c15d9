//! `lablink profile …`: what a colleague needs to link with two inputs, out of this computer and into it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use links::{Instance, LinkProfile, Links, PROFILE_LIMIT, Problem, REDIRECT, Review, Taken, is_link};
use serde_json::{Value, json};

use crate::args::{Profile as Args, ProfileExport, ProfileImport};
use crate::console::Answer;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::terminal::{Cell, Paint, escape, table};

/// Exports or imports.
pub(crate) fn run(links: &Links, args: &Args, paint: Paint) -> Result<Answer, Failure> {
    match args {
        Args::Export(args) => export(links, args),
        Args::Import(args) => import(links, args, paint),
    }
}

fn export(links: &Links, args: &ProfileExport) -> Result<Answer, Failure> {
    let profile = links.export_profile(&args.url)?;
    let (file, link) = (profile.to_file(), profile.to_link());
    let mut value = value(&profile);
    if let Some(object) = value.as_object_mut() {
        object.insert("file".to_owned(), json!(file));
        object.insert("link".to_owned(), json!(link));
    }
    if let Some(path) = &args.out {
        std::fs::write(path, &file).map_err(|_| about("profile_unwritable", path))?;
        let text = format!(
            "The link profile of {} is in {}.\nAs a link: {link}\n",
            escape(profile.address.as_str()),
            escape(&path.display().to_string())
        );
        return Ok(Answer::done("profile", value, text));
    }
    let text = if args.link { format!("{link}\n") } else { file };
    Ok(Answer::asked("profile", value, text))
}

fn import(links: &Links, args: &ProfileImport, paint: Paint) -> Result<Answer, Failure> {
    let bytes = if is_link(&args.profile) {
        args.profile.clone().into_bytes()
    } else {
        read(Path::new(&args.profile))?
    };
    let profile = LinkProfile::read(&bytes).map_err(Problem::from)?;
    let review = links.review_profile(&profile)?;
    let (instance, taken) = links.take_profile(&profile, args.replace)?;
    let mut value = value(&profile);
    if let Some(object) = value.as_object_mut() {
        object.insert("taken".to_owned(), json!(taken.as_str()));
        object.insert("changed".to_owned(), changes(&review));
    }
    Ok(Answer::done(
        "profile",
        value,
        told(&profile, &instance, &review, taken, paint),
    ))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |_| about("profile_unreadable", path);
    let mut bytes = Vec::new();
    // One byte more than a profile may have: what is longer is told to be.
    let limit = u64::try_from(PROFILE_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn about(code: &'static str, path: &Path) -> Failure {
    Failure::about(code, ExitStatus::Usage, ("file", path.display().to_string()))
}

fn value(profile: &LinkProfile) -> Value {
    let authorities: Vec<String> = profile
        .authorities
        .iter()
        .map(links::Authority::sha256_fingerprint)
        .collect();
    json!({
        "address": profile.address.as_str(),
        "application_id": profile.application_id,
        "redirect": REDIRECT,
        "scopes": profile.scopes,
        "authorities": authorities,
    })
}

/// What was otherwise before, as JSON.
fn changes(review: &Review) -> Value {
    let Review::Differs(differences) = review else {
        return json!([]);
    };
    differences
        .iter()
        .map(|difference| {
            json!({
                "instance": difference.instance.as_str(),
                "what": difference.terms.as_str(),
                "before": difference.here,
                "now": difference.there,
            })
        })
        .collect()
}

fn told(profile: &LinkProfile, instance: &Instance, review: &Review, taken: Taken, paint: Paint) -> String {
    let address = escape(instance.address.as_str());
    let first = match taken {
        Taken::Added => format!("{address} is known here now."),
        Taken::Unchanged => format!("{address} was known here already; nothing changed."),
        Taken::Replaced => format!("{address} is changed."),
    };
    let mut rows = vec![
        row("Application ID", &profile.application_id),
        row("Scopes", &profile.scopes.join(" ")),
    ];
    for authority in &profile.authorities {
        let subject = authority.subject().unwrap_or_default();
        rows.push(row(
            "Trusts",
            &format!("{subject} (SHA-256 {})", authority.sha256_fingerprint()),
        ));
    }
    if let Review::Differs(differences) = review {
        for difference in differences {
            let here = difference.here.as_deref().unwrap_or("nothing");
            rows.push(row(
                "Before",
                &format!("{}: {here}", difference.terms.as_str().replace('_', " ")),
            ));
        }
    }
    format!(
        "{first}\n{}Link your account there with: lablink link {address}\n",
        table(paint, &rows)
    )
}

fn row(label: &str, text: &str) -> Vec<Cell> {
    vec![Cell::from(format!("  {label}")), Cell::from(escape(text))]
}
