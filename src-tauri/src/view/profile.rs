//! Link profiles: one under review, and one to hand out.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ProblemView;

/// A link profile that was opened, before it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProfileReviewView {
    /// The GitLab's address; empty where the text is no profile.
    pub address: String,
    /// Its address for people.
    pub host: String,
    /// The application ID it carries.
    pub application_id: String,
    /// The scopes it asks for.
    pub scopes: Vec<String>,
    /// Whom the certificate authority it carries names.
    pub authority: Option<String>,
    /// What taking it would do.
    pub outcome: ProfileOutcome,
    /// In what it differs from what is known here.
    pub differences: Vec<DifferenceView>,
    /// Why it cannot be taken: it is no profile, or taking it failed.
    pub problem: Option<ProblemView>,
}

/// What taking a link profile would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProfileOutcome {
    /// Its GitLab would be added.
    New,
    /// Nothing would change.
    Same,
    /// Something known here would change.
    Differs,
    /// Managed policy decides about its GitLab.
    Locked,
    /// It is no profile that can be taken.
    Invalid,
}

/// One thing a link profile says otherwise than it is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct DifferenceView {
    /// The GitLab that would change, for people.
    pub host: String,
    /// `application_id`, `confidential`, `scopes`, `authority`.
    pub what: String,
    /// How it is; `null`: not set.
    pub here: Option<String>,
    /// What it would be.
    pub there: String,
}

/// What to do with an exported link profile, besides answering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportHow {
    /// Nothing.
    Show,
    /// Copy its link.
    CopyLink,
    /// Copy the text of its file.
    CopyFile,
}

/// The answer to exporting a link profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProfileExportView {
    /// Its link.
    pub link: String,
    /// Its link as a QR code: rows of modules, `1` is dark. Empty where it does not fit into one.
    pub qr: Vec<String>,
    /// The text of its file.
    pub file: String,
}
