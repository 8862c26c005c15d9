//! Compiles the window's rights and configuration into the app.
//!
//! Runs in the repository's root: the root package is the app, its targets live in `src-tauri/`.

use std::{error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    for watched in [
        "src-tauri/capabilities",
        "src-tauri/permissions",
        "ui/dist",
        "icons/tray",
    ] {
        println!("cargo::rerun-if-changed={watched}");
    }
    if !Path::new("ui/dist/index.html").exists() {
        // A fresh clone must still build and test; the window then stays empty, and this says why.
        fs::create_dir_all("ui/dist")?;
        println!(
            "cargo::warning=the window has no content yet: run `npm --prefix ui ci && npm --prefix ui run build`"
        );
    }
    // The permissions are written by hand, one file a risk: naming the commands there is what switches
    // deny-by-default on.
    let manifest =
        tauri_build::AppManifest::new().permissions_path_pattern("src-tauri/permissions/**/*.toml");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*.json")
        .app_manifest(manifest);
    tauri_build::try_build(attributes)?;
    Ok(())
}
