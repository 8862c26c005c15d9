//! What may be called, from where, and what the configuration forbids the page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use lablink_app::{commands, start, window};
use links::Home;
use serde_json::{Value, json};
use tauri::test::MockRuntime;

use super::border::Border;

#[test]
fn a_command_of_a_foreign_page_is_refused() {
    let border = Border::open();
    for command in commands::NAMES {
        for page in [
            "https://evil.example",
            "http://localhost:5173",
            "tauri://evil.example",
        ] {
            let refusal = border.call_from(page, command, json!({})).expect_err(command);
            let words = refusal.as_str().unwrap_or_default();
            assert!(words.contains("not allowed"), "{command} from {page}: {refusal}");
        }
    }
}

#[test]
fn a_plugin_cannot_be_called_from_the_window() {
    let border = Border::open();
    for command in [
        "plugin:window-state|save_window_state",
        "plugin:event|emit",
        "plugin:window|create",
        "plugin:webview|create_webview_window",
        "plugin:menu|new",
        "plugin:tray|new",
        "plugin:path|resolve_directory",
        "plugin:resources|close",
        "plugin:app|app_hide",
        "plugin:deep-link|get_current",
        "plugin:deep-link|register",
    ] {
        let refusal = border.call(command, json!({})).expect_err(command);
        let words = refusal.as_str().unwrap_or_default();
        assert!(
            words.contains("not allowed") || words.contains("not found"),
            "{command}: {refusal}"
        );
    }
}

#[test]
fn every_command_stands_in_exactly_one_file_of_permissions_and_the_window_has_them_all() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri");
    let mut granted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sets = BTreeSet::new();
    for entry in fs::read_dir(root.join("permissions")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let allowed = text
            .split_once("commands.allow = [")
            .expect(&file)
            .1
            .split_once(']')
            .expect(&file)
            .0;
        for command in allowed
            .split(',')
            .map(|name| name.trim().trim_matches('"'))
            .filter(|name| !name.is_empty())
        {
            granted.entry(command.to_owned()).or_default().push(file.clone());
        }
        assert!(
            text.contains(&format!("identifier = \"{file}\"")),
            "{file} names itself otherwise"
        );
        sets.insert(file);
    }
    let registered: BTreeSet<&str> = commands::NAMES.iter().copied().collect();
    assert_eq!(
        registered.len(),
        commands::NAMES.len(),
        "a command is registered twice"
    );
    assert_eq!(
        granted.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        registered
    );
    for (command, files) in &granted {
        assert_eq!(files.len(), 1, "{command} stands in {files:?}");
    }

    let files: Vec<_> = fs::read_dir(root.join("capabilities")).unwrap().collect();
    assert_eq!(files.len(), 1, "one window, one capability");
    let capability: Value =
        serde_json::from_str(&fs::read_to_string(root.join("capabilities/main.json")).unwrap()).unwrap();
    assert_eq!(capability["windows"], json!([window::LABEL]));
    let held: BTreeSet<String> = capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let of_tauri = [
        "core:event:allow-listen",
        "core:event:allow-unlisten",
        "core:app:allow-version",
    ];
    assert_eq!(
        held,
        sets.into_iter().chain(of_tauri.map(str::to_owned)).collect()
    );
}

#[test]
fn every_registered_command_can_be_reached_from_the_window() {
    let border = Border::open();
    for command in commands::NAMES {
        if let Err(refusal) = border.call(command, json!({})) {
            assert!(
                refusal.get("code").is_some(),
                "{command} answered no problem but {refusal}"
            );
        }
    }
}

#[test]
fn the_configuration_keeps_the_web_view_powerless() {
    let home = Home::at("/x/lablink".into());
    let context = start::context::<MockRuntime>(&home);
    let config = context.config();
    let security = &config.app.security;
    let policy = security.csp.as_ref().unwrap().to_string();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src ipc: http://ipc.localhost",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(security.freeze_prototype);
    assert!(!config.app.with_global_tauri);
    assert!(!security.asset_protocol.enable);
    let [only] = config.app.windows.as_slice() else {
        panic!("one window")
    };
    assert!(
        !only.create,
        "the window is made in Rust, where its navigation is held"
    );
    assert_eq!(
        (only.width, only.height, only.min_width, only.min_height),
        (880.0, 640.0, Some(480.0), Some(560.0))
    );
}
