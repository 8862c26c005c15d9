//! Commands that run LabLink: the demo, the pictures, the measurements. What drives the window is in `tests/stage`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Result, ensure};

use crate::bundle;
use crate::ground;
use crate::run::{cargo, program, repository, run, target};

/// Opens the app beside a simulator, or drives it without a display.
pub(crate) fn demo(headless: bool) -> Result<()> {
    ensure!(
        headless || ground::has_display(),
        "there is no display to open a window on; try `cargo xtask demo --headless`"
    );
    prepare()?;
    let mut demo = program(target()?.join("debug/demo"));
    if headless {
        let pictures = target()?.join("demo");
        demo.arg("--headless").arg("--pictures").arg(&pictures);
    }
    run(&mut demo)
}

/// Takes the pictures.
pub(crate) fn screens() -> Result<()> {
    prepare()?;
    run(program(target()?.join("debug/screens"))
        .arg("--into")
        .arg(target()?.join("screens")))
}

/// Measures, in the build that is shipped.
pub(crate) fn bench(parts: &[String]) -> Result<()> {
    ground::system()?;
    ground::ui()?;
    let release = || {
        let mut command = cargo();
        command.args(["build", "--release", "--locked"]);
        command
    };
    // Alone, as they are shipped: built along with others, a program would carry the others' choices of its libraries.
    run(cargo().args([
        "build",
        "--profile",
        "desktop",
        "--locked",
        "-p",
        "lablink-desktop",
    ]))?;
    bundle::command_line()?;
    run(release().args([
        "-p",
        "simulator",
        "-p",
        "stage",
        "--bin",
        "simulator",
        "--bin",
        "bench",
    ]))?;
    run(release()
        .arg("--manifest-path")
        .arg(repository().join("tests/empty-window/Cargo.toml"))
        .arg("--target-dir")
        .arg(target()?))?;
    // The measuring program looks for the others beside itself.
    let app = Path::new("lablink-desktop").with_extension(env::consts::EXE_EXTENSION);
    fs::copy(
        target()?.join("desktop").join(&app),
        target()?.join("release").join(&app),
    )?;
    // One program under two names, as packages have it.
    let released = |name: &str| -> Result<PathBuf> {
        let name = Path::new(name).with_extension(env::consts::EXE_EXTENSION);
        Ok(target()?.join("release").join(name))
    };
    fs::copy(released("lablink")?, released("git-credential-lablink")?)?;
    run(program(target()?.join("release/bench")).args(parts))
}

/// The packages whose programs are used.
const PARTS: [&str; 8] = [
    "-p",
    "lablink-desktop",
    "-p",
    "cli",
    "-p",
    "simulator",
    "-p",
    "stage",
];

fn prepare() -> Result<()> {
    ground::system()?;
    ground::ui()?;
    fs::create_dir_all(target()?)?;
    run(cargo().args(["build", "--locked"]).args(PARTS))
}
