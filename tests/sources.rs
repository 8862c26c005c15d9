//! Rules about the source text itself, which no compiler keeps.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder, as paths from the repository.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![repository().join(folder)];
    while let Some(folder) = next.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                next.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(repository()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} holds no Rust");
    found
}

/// Everything that ships.
fn shipped() -> Vec<PathBuf> {
    [
        "crates/gitlab/src",
        "crates/vault/src",
        "crates/links/src",
        "crates/cli/src",
        "src-tauri/src",
    ]
    .iter()
    .flat_map(|folder| rust_files(folder))
    .collect()
}

fn everything() -> Vec<PathBuf> {
    ["crates", "src-tauri", "tests", "xtask"]
        .iter()
        .flat_map(|folder| rust_files(folder))
        .collect()
}

/// The lines of a file before its unit tests, which by custom stand last.
fn product_lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(repository().join(path)).unwrap();
    text.split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// A secret is laid bare where it is sent, kept, read back or compared, and nowhere else. A new file here is a
/// decision to be argued for.
const MAY_EXPOSE: [&str; 20] = [
    // Sent to its own origin.
    "crates/gitlab/src/wire.rs",
    "crates/gitlab/src/oauth/application.rs",
    "crates/gitlab/src/oauth/code.rs",
    "crates/gitlab/src/oauth/form.rs",
    "crates/gitlab/src/oauth/tokens.rs",
    // The types themselves.
    "crates/gitlab/src/token.rs",
    "crates/vault/src/secret.rs",
    // Kept and read back.
    "crates/links/src/application.rs",
    "crates/links/src/credential.rs",
    "crates/vault/src/encrypted_file.rs",
    "crates/vault/src/encrypted_file/records.rs",
    "crates/vault/src/memory.rs",
    "crates/vault/src/parts.rs",
    "crates/vault/src/system/keychain.rs",
    "crates/vault/src/system/secret_service/items.rs",
    "crates/vault/src/vault.rs",
    // Handed to a program of this person's that asks for it.
    "crates/cli/src/secret_output.rs",
    // Compared with the one before.
    "crates/links/src/access.rs",
    "crates/links/src/flow/sign_in.rs",
    "crates/links/src/dying.rs",
];

fn lays_bare(line: &str) -> bool {
    let words = [".expose(", ".expose_secret(", "fn expose("];
    !line.trim_start().starts_with("//") && words.iter().any(|word| line.contains(word))
}

#[test]
fn secrets_are_laid_bare_in_few_files() {
    let mut exposing: Vec<String> = shipped()
        .iter()
        .filter(|path| product_lines(path).iter().any(|line| lays_bare(line)))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    exposing.sort_unstable();
    let mut allowed: Vec<&str> = MAY_EXPOSE.to_vec();
    allowed.sort_unstable();
    assert_eq!(exposing, allowed);
}

#[test]
fn secret_types_cannot_be_printed_or_serialized() {
    for (file, kind) in [
        ("crates/gitlab/src/token.rs", "Token"),
        ("crates/vault/src/secret.rs", "Secret"),
    ] {
        let lines = product_lines(Path::new(file));
        let at = lines
            .iter()
            .position(|line| line.starts_with(&format!("pub struct {kind}")))
            .unwrap();
        let derives: Vec<&String> = lines
            .iter()
            .take(at)
            .rev()
            .take_while(|line| line.starts_with('#') || line.starts_with("///"))
            .collect();
        for word in ["Debug", "Display", "Serialize"] {
            assert!(
                !derives
                    .iter()
                    .any(|line| line.starts_with("#[derive") && line.contains(word)),
                "{kind} derives {word}"
            );
            let implemented = format!("{word} for {kind}");
            assert!(
                !lines.iter().any(|line| line.contains(&implemented)),
                "{kind} implements {word}"
            );
        }
    }
}

#[test]
fn files_have_names_that_say_what_is_in_them() {
    let empty = [
        "util", "utils", "helper", "helpers", "common", "manager", "misc", "shared",
    ];
    for path in everything() {
        let named = path
            .components()
            .map(|part| part.as_os_str().to_str().unwrap().trim_end_matches(".rs"));
        for name in named {
            assert!(!empty.contains(&name), "{} is named for nothing", path.display());
        }
    }
}

#[test]
fn every_room_has_a_sign() {
    for path in everything() {
        let text = fs::read_to_string(repository().join(&path)).unwrap();
        assert!(
            text.starts_with("//!")
                || text.starts_with("#![doc = include_str!")
                || path.file_name().unwrap() == "build.rs",
            "{} does not say who lives there",
            path.display()
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Written apart, so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    for path in everything() {
        let text = fs::read_to_string(repository().join(&path)).unwrap();
        for mark in marks {
            assert!(!text.contains(mark), "{} holds {mark}", path.display());
        }
    }
}
