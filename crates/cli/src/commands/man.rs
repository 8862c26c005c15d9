//! `lablink man --dir DIR`: one page a command. Writes to that folder alone.

use std::io;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap_mangen::Man as Page;
use serde_json::json;

use crate::args::{Cli, Man};
use crate::console::Answer;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::terminal::escape;

/// Writes the man pages and names them.
pub fn run(args: &Man) -> Result<Answer, Failure> {
    let files = write(&args.dir).map_err(|_| {
        Failure::about(
            "folder_unwritable",
            ExitStatus::Refused,
            ("folder", args.dir.display().to_string()),
        )
    })?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let text = names
        .iter()
        .flat_map(|name| [escape(name), "\n".to_owned()])
        .collect();
    Ok(Answer::done("man", json!({ "files": names }), text))
}

fn write(dir: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir)?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut files = Vec::new();
    pages(&command, dir, &mut files)?;
    files.sort();
    Ok(files)
}

fn pages(command: &clap::Command, dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        pages(sub, dir, files)?;
    }
    let source = concat!("LabLink ", env!("CARGO_PKG_VERSION"));
    files.push(
        Page::new(command.clone())
            .manual("LabLink")
            .source(source)
            .generate_to(dir)?,
    );
    Ok(())
}
