//! Packages for Debian and Fedora: the app, the command line and git's helper, man pages, completions, licences.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::ground;
use crate::run::{cargo, npm, output, program, repository, run, target};

/// A kind of package, by its file's ending.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deb,
    Rpm,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Deb, Self::Rpm];

    fn name(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
        }
    }

    /// Where a shell looks for completions that packages bring.
    fn completions(self, shell: &str) -> &'static str {
        match (shell, self) {
            ("fish", _) => "/usr/share/fish/vendor_completions.d/lablink.fish",
            ("zsh", Self::Deb) => "/usr/share/zsh/vendor-completions/_lablink",
            ("zsh", Self::Rpm) => "/usr/share/zsh/site-functions/_lablink",
            _ => "/usr/share/bash-completion/completions/lablink",
        }
    }

    /// The licences: where they belong, and where they are in the repository.
    fn licences(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Deb => &[(
                "/usr/share/doc/lablink/copyright",
                "src-tauri/packaging/copyright",
            )],
            Self::Rpm => &[
                ("/usr/share/licenses/lablink/LICENSE-APACHE", "LICENSE-APACHE"),
                ("/usr/share/licenses/lablink/LICENSE-MIT", "LICENSE-MIT"),
            ],
        }
    }
}

/// Builds everything for shipping and packs it.
pub(crate) fn make() -> Result<()> {
    ground::system()?;
    ground::ui()?;
    let lablink = command_line()?;
    let made = target()?.join("desktop/bundle");
    let staging = target()?.join("bundle-files");
    for old in [&made, &staging] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(&staging)?;
    let lablink = Path::new(&lablink);
    let mut shared = programs(lablink)?;
    shared.extend(man_pages(lablink, &staging)?);
    let scripts = completions(lablink, &staging)?;
    let config = staging.join("tauri.json");
    fs::write(
        &config,
        overlay(
            &packed(Kind::Deb, &shared, &scripts)?,
            &packed(Kind::Rpm, &shared, &scripts)?,
            &c_library()?,
        ),
    )?;
    // The working folder stays the repository's: `npm exec --prefix` only says where the program is. Tauri asks cargo
    // for every program of the workspace; told the package, it gets the app as it is alone.
    let mut tauri = npm();
    run(tauri
        .args([
            "exec",
            "--",
            "tauri",
            "build",
            "--ci",
            "--bundles",
            "deb,rpm",
            "--config",
        ])
        .arg(&config)
        .args(["--", "--locked", "--profile", "desktop", "-p", "lablink-desktop"]))?;
    for kind in Kind::ALL {
        report(kind, &made)?;
    }
    Ok(())
}

/// Builds `lablink` for shipping; answers where it is. Git's helper is the same program by another name.
pub(crate) fn command_line() -> Result<String> {
    run(cargo().args(["build", "--release", "--locked", "-p", "cli", "--bin", "lablink"]))?;
    text(&target()?.join("release/lablink"))
}

/// A file to pack: where it goes, and where it is.
type Packed = (String, String);

/// The programs besides the app, and the mark in every size.
fn programs(lablink: &Path) -> Result<Vec<Packed>> {
    Ok(vec![
        ("/usr/bin/lablink".to_owned(), text(lablink)?),
        // A copy: neither of the bundler's packers keeps a link.
        ("/usr/bin/git-credential-lablink".to_owned(), text(lablink)?),
        // The bundler takes twice 128 for twice 256.
        (
            "/usr/share/icons/hicolor/256x256/apps/lablink-desktop.png".to_owned(),
            text(&repository().join("icons/128x128@2x.png"))?,
        ),
        (
            "/usr/share/icons/hicolor/scalable/apps/lablink-desktop.svg".to_owned(),
            text(&repository().join("icons/mark.svg"))?,
        ),
    ])
}

/// The man pages as the command line itself writes them, packed as both systems want them.
fn man_pages(lablink: &Path, staging: &Path) -> Result<Vec<Packed>> {
    let folder = staging.join("man");
    run(program(lablink).arg("man").arg("--dir").arg(&folder))?;
    let mut pages = Vec::new();
    for page in fs::read_dir(&folder)? {
        pages.push(page?.path());
    }
    ensure!(!pages.is_empty(), "no man pages");
    run(program("gzip").args(["-9", "--no-name"]).args(&pages))?;
    pages
        .iter()
        .map(|page| {
            let name = page.file_name().and_then(|name| name.to_str());
            let name = name.context("a page without name")?;
            Ok((
                format!("/usr/share/man/man1/{name}.gz"),
                format!("{}.gz", text(page)?),
            ))
        })
        .collect()
}

/// The completions as the command line itself writes them: shell and file.
fn completions(lablink: &Path, staging: &Path) -> Result<Vec<(&'static str, String)>> {
    ["bash", "fish", "zsh"]
        .into_iter()
        .map(|shell| {
            let script = output(program(lablink).arg("completions").arg(shell))?;
            ensure!(!script.is_empty(), "no completions for {shell}");
            let path = staging.join(shell);
            fs::write(&path, script)?;
            Ok((shell, text(&path)?))
        })
        .collect()
}

/// Everything one kind holds besides the app.
fn packed(kind: Kind, shared: &[Packed], scripts: &[(&str, String)]) -> Result<Vec<Packed>> {
    let mut files = shared.to_vec();
    for (shell, script) in scripts {
        files.push((kind.completions(shell).to_owned(), script.clone()));
    }
    for (place, file) in kind.licences() {
        files.push(((*place).to_owned(), text(&repository().join(file))?));
    }
    Ok(files)
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path that is no text")?.to_owned())
}

/// The part of Tauri's configuration that names the files, as JSON. The product's name is what packages and their
/// files are called by, which is lower case on Linux.
///
/// What was built beside a C library needs at least that one, which the packages say.
fn overlay(deb: &[Packed], rpm: &[Packed], c_library: &str) -> String {
    format!(
        r#"{{"productName":"lablink","bundle":{{"linux":{{"deb":{{"depends":["libc6 (>= {c_library})","libdbus-1-3"],"files":{}}},"rpm":{{"depends":["glibc >= {c_library}","libdbus-1.so.3()(64bit)"],"files":{}}}}}}}}}"#,
        object(deb),
        object(rpm)
    )
}

/// The version of the C library here, as `2.36`: `getconf` says "glibc 2.36".
fn c_library() -> Result<String> {
    let said = output(program("getconf").arg("GNU_LIBC_VERSION"))?;
    let version = said.trim().strip_prefix("glibc ");
    Ok(version
        .with_context(|| format!("no GNU C library here, but {said:?}"))?
        .to_owned())
}

fn object(files: &[Packed]) -> String {
    let list = files.iter().fold(String::new(), |mut list, (place, file)| {
        let comma = if list.is_empty() { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(list, "{comma}{}:{}", quoted(place), quoted(file));
        list
    });
    format!("{{{list}}}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn report(kind: Kind, made: &Path) -> Result<()> {
    let folder = made.join(kind.name());
    let mut found = false;
    for entry in fs::read_dir(&folder).with_context(|| format!("no {} was made", kind.name()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == kind.name()) {
            println!("{}: {} kB", path.display(), fs::metadata(&path)?.len() / 1000);
            found = true;
        }
    }
    ensure!(found, "no {} was made", kind.name());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kind, overlay, packed};

    #[test]
    fn files_are_named_for_each_kind_of_package() {
        let deb = [
            ("/usr/bin/a".to_owned(), "b\"c".to_owned()),
            ("/d".to_owned(), "e".to_owned()),
        ];
        let rpm = [("/f".to_owned(), "g".to_owned())];
        assert_eq!(
            overlay(&deb, &rpm, "2.36"),
            r#"{"productName":"lablink","bundle":{"linux":{"deb":{"depends":["libc6 (>= 2.36)","libdbus-1-3"],"files":{"/usr/bin/a":"b\"c","/d":"e"}},"rpm":{"depends":["glibc >= 2.36","libdbus-1.so.3()(64bit)"],"files":{"/f":"g"}}}}}"#
        );
    }

    #[test]
    fn each_kind_has_its_own_place_for_completions_and_licences() {
        let scripts = [("zsh", "src/bundle.rs".to_owned())];
        for kind in Kind::ALL {
            let files = packed(kind, &[], &scripts).unwrap();
            let places: Vec<&str> = files.iter().map(|(place, _)| place.as_str()).collect();
            assert!(places.contains(&kind.completions("zsh")), "{places:?}");
            assert!(
                places
                    .iter()
                    .any(|place| place.contains("copyright") || place.contains("LICENSE")),
                "{places:?}"
            );
            for (_, file) in files.iter().skip(1) {
                assert!(std::path::Path::new(file).is_file(), "{file} is missing");
            }
        }
    }
}
