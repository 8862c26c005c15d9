//! Makes the released executable small where the system allows it.
//!
//! - Without the tables for unwinding: its panics end the process, so nothing ever reads them, and they are an eighth
//!   of the executable.
//! - With functions of the same code kept once, where the linker can (Rust's own, on x86-64): a fortieth.
//! - With relative relocations packed, a sixteenth: the C library has read them since 2.36. A program needs at least
//!   the C library it was built beside, so that one decides.

use std::env;
use std::path::Path;
use std::process::Command;

/// The first C library that reads packed relocations.
const PACKED_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=no-unwinding.ld");
    let release = env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    let linux = env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux");
    if !release || !linux {
        return;
    }
    if let Some(package) = env::var_os("CARGO_MANIFEST_DIR") {
        let script = Path::new(&package).join("no-unwinding.ld");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
    // What another linker was asked for by is not known here: left to itself, Rust takes its own for this target.
    let chosen = env::var_os("CARGO_ENCODED_RUSTFLAGS").is_some_and(|flags| !flags.is_empty())
        || env::var_os("RUSTC_LINKER").is_some();
    let target = env::var_os("TARGET").is_some_and(|target| target == "x86_64-unknown-linux-gnu");
    if target && !chosen {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
    let at_home = env::var_os("HOST") == env::var_os("TARGET");
    if at_home && glibc().is_some_and(|version| version >= PACKED_SINCE) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this system's C library, if it is GNU's: `getconf` says "glibc 2.36".
fn glibc() -> Option<(u32, u32)> {
    let answer = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = minor.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
