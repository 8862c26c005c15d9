//! Leaves the tables for unwinding out of a release for Linux: its panics end the process, so nothing ever reads them,
//! and they are an eighth of the executable.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=no-unwinding.ld");
    let release = env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    let linux = env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux");
    if let Some(package) = env::var_os("CARGO_MANIFEST_DIR").filter(|_| release && linux) {
        let script = Path::new(&package).join("no-unwinding.ld");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
}
