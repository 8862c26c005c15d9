//! The house's rules, read from cargo's own account of the workspace (docs/architecture.md): who may know whom.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn workspace() -> Metadata {
    MetadataCommand::new()
        .other_options(["--locked".to_owned()])
        .exec()
        .unwrap()
}

/// For every package of the workspace, which others it is built from; tests may know more.
fn arrows(workspace: &Metadata) -> Arrows {
    let ours: BTreeSet<&str> = workspace
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    workspace
        .workspace_packages()
        .iter()
        .map(|package| {
            let known = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development);
            let known = known
                .map(|dependency| dependency.name.as_str())
                .filter(|name| ours.contains(name));
            (package.name.to_string(), known.map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn arrows_point_the_one_way_they_may() {
    let expected: Arrows = [
        ("lablink-desktop", &["links"][..]),
        ("cli", &["links"]),
        ("links", &["gitlab", "vault"]),
        ("gitlab", &[]),
        ("vault", &[]),
        ("simulator", &[]),
        ("stage", &[]),
        ("xtask", &[]),
    ]
    .into_iter()
    .map(|(name, known)| {
        (
            name.to_owned(),
            known.iter().map(|&name| name.to_owned()).collect(),
        )
    })
    .collect();
    assert_eq!(arrows(&workspace()), expected);
}

#[test]
fn the_simulator_knows_nothing_of_ours_even_in_its_tests() {
    let workspace = workspace();
    let ours: BTreeSet<&str> = workspace
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let packages = workspace.workspace_packages();
    let simulator = packages
        .iter()
        .find(|package| package.name == "simulator")
        .unwrap();
    let known: Vec<&str> = simulator
        .dependencies
        .iter()
        .map(|dependency| dependency.name.as_str())
        .filter(|name| ours.contains(name))
        .collect();
    assert!(known.is_empty(), "{known:?}");
}

/// All packages that a package is built from, whatever the distance.
fn reach(workspace: &Metadata, from: &str) -> BTreeSet<String> {
    let graph = workspace.resolve.as_ref().unwrap();
    let start = workspace
        .workspace_packages()
        .into_iter()
        .find(|package| package.name == from)
        .unwrap();
    let (mut seen, mut next) = (BTreeSet::new(), vec![start.id.clone()]);
    while let Some(id) = next.pop() {
        let node = graph.nodes.iter().find(|node| node.id == id).unwrap();
        for dependency in &node.deps {
            let built = dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind != DependencyKind::Development);
            if built && seen.insert(workspace[&dependency.pkg].name.to_string()) {
                next.push(dependency.pkg.clone());
            }
        }
    }
    seen
}

#[test]
fn nothing_under_crates_knows_tauri_or_a_window() {
    let workspace = workspace();
    for room in ["gitlab", "vault", "links", "cli", "simulator"] {
        let reach = reach(&workspace, room);
        assert!(
            reach.len() > 3,
            "{room} is built from almost nothing: the graph was not read"
        );
        let windows: Vec<_> = reach
            .iter()
            .filter(|name| {
                name.starts_with("tauri") || ["wry", "tao", "gtk", "webkit2gtk"].contains(&name.as_str())
            })
            .collect();
        assert!(windows.is_empty(), "{room} reaches {windows:?}");
    }
}

#[test]
fn the_command_line_links_no_second_tls_and_no_openssl() {
    let reach = reach(&workspace(), "cli");
    assert!(reach.contains("rustls") && reach.contains("ring"));
    for foreign in ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"] {
        assert!(!reach.contains(foreign), "{foreign}");
    }
}

#[test]
fn only_tests_and_the_workshop_know_the_stage() {
    for (name, known) in arrows(&workspace()) {
        assert!(
            !known.contains("stage") && !known.contains("simulator"),
            "{name} ships with test programs"
        );
    }
}
