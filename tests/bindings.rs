//! The types the window codes against are written from the Rust ones and kept in `ui/src/generated/`.
//!
//! `UPDATE_BINDINGS=1 cargo test -p lablink-desktop --test bindings` writes them; otherwise this compares.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "tests: what cannot be read must stop them"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use lablink_app::view::{Choice, Destination, ExportHow, LinkGoal, ProblemView, ProfileExportView, Snapshot};
use ts_rs::{Config, TS};

/// Where the window's own copy lives.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/generated")
}

/// Every generated file by its name, written fresh from the Rust types.
fn fresh() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default().with_out_dir(folder.path());
    Snapshot::export_all(&config).unwrap();
    ProblemView::export_all(&config).unwrap();
    Destination::export_all(&config).unwrap();
    Choice::export_all(&config).unwrap();
    ExportHow::export_all(&config).unwrap();
    LinkGoal::export_all(&config).unwrap();
    ProfileExportView::export_all(&config).unwrap();
    read(folder.path())
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ts"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn the_window_codes_against_the_types_rust_sends() {
    let (fresh, folder) = (fresh(), kept());
    assert!(fresh.len() > 10, "nothing was generated");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for name in read(&folder).keys().filter(|name| !fresh.contains_key(*name)) {
            fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, text) in &fresh {
            fs::write(folder.join(name), text).unwrap();
        }
        return;
    }
    let kept = read(&folder);
    let differ: BTreeSet<&String> = fresh
        .keys()
        .chain(kept.keys())
        .filter(|name| fresh.get(*name) != kept.get(*name))
        .collect();
    assert!(
        differ.is_empty(),
        "ui/src/generated is out of date in {differ:?}; run \
         `UPDATE_BINDINGS=1 cargo test -p lablink-desktop --test bindings`"
    );
}

/// Names that may look like secrets in what the window is sent, each with why it is none.
const HARMLESS: [&str; 4] = [
    "token_name", // the name a person gave it at GitLab
    "token_id",   // its number at GitLab
    "secret_in",  // which keychain holds it
    "token",      // FlowView.token: a TokenView, a state of the check
];

#[test]
fn nothing_the_window_is_sent_has_a_place_for_a_secret() {
    for (file, text) in fresh() {
        let code: String = without_comments(&text);
        for field in fields(&code) {
            let lower = field.to_lowercase();
            let suspicious = ["token", "secret", "password", "passphrase", "credential"]
                .iter()
                .any(|word| lower.contains(word));
            assert!(
                !suspicious || HARMLESS.contains(&field.as_str()),
                "{file} has a field `{field}`"
            );
        }
        let is_flow = file == "FlowView.ts";
        let has_token = fields(&code).iter().any(|field| field == "token");
        assert_eq!(
            has_token, is_flow,
            "{file} has a field `token`, or the flow has none"
        );
        assert!(
            !is_flow || code.contains("token: TokenView"),
            "FlowView.token is more than a state"
        );
    }
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some(start) = rest.find("/*") {
        code.push_str(&rest[..start]);
        rest = rest[start..]
            .find("*/")
            .map_or("", |end| &rest[start + end + 2..]);
    }
    code.push_str(rest);
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The names in front of every `:` of a TypeScript type.
fn fields(code: &str) -> Vec<String> {
    code.match_indices(':')
        .map(|(at, _)| {
            let before = code[..at].trim_end_matches(['?', '"']);
            let start = before
                .rfind(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .map_or(0, |index| index + 1);
            before[start..].to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}
