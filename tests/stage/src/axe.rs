//! axe-core in the window: the same that the UI's own tests use, from `ui/node_modules`.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use fantoccini::Client;
use serde::Deserialize;

use crate::built::repository;

/// One thing axe finds wrong.
#[derive(Debug, Clone, Deserialize)]
pub struct Violation {
    /// The rule's name.
    pub id: String,
    /// `minor`, `moderate`, `serious`, `critical`.
    pub impact: Option<String>,
    /// What the rule asks for.
    pub help: String,
    /// Where: selectors, and why there.
    pub places: Vec<String>,
}

const RUN: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        result => done({ found: result.violations.map(v => ({ id: v.id, impact: v.impact, help: v.help,
            places: v.nodes.map(n => n.target.join(' ') + ': ' + n.failureSummary) })) }),
        error => done({ error: String(error) }))";

/// Loads axe if the page does not have it and runs it.
pub(crate) async fn run(client: &Client) -> Result<Vec<Violation>> {
    let there = client
        .execute("return typeof window.axe === 'object'", Vec::new())
        .await?;
    if there.as_bool() != Some(true) {
        let file = repository().join("ui/node_modules/axe-core/axe.min.js");
        let source = fs::read_to_string(&file)
            .with_context(|| format!("{} is missing; run `npm ci` in ui", file.display()))?;
        client
            .execute(&source, Vec::new())
            .await
            .context("axe does not load")?;
    }
    let answer = client
        .execute_async(RUN, Vec::new())
        .await
        .context("axe does not run")?;
    let found = answer
        .get("found")
        .cloned()
        .with_context(|| format!("axe failed: {answer}"))?;
    Ok(serde_json::from_value::<Vec<Violation>>(found)?)
}

/// Violations as text for people.
pub(crate) fn told(found: &[Violation]) -> String {
    found.iter().fold(String::new(), |mut text, violation| {
        let impact = violation.impact.as_deref().unwrap_or("unknown");
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{} ({impact}): {}", violation.id, violation.help);
        for place in &violation.places {
            let _ = write!(text, "\n    {place}");
        }
        text
    })
}
