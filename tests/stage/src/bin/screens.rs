//! Takes a picture of the real window at every stop of the tour: light and dark, both sizes.
#![expect(clippy::print_stdout, reason = "the pictures are told one by one")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use stage::tour::{self, Look};
use stage::{Scheme, Window, repository};

/// The window's own size, and the smallest.
const SIZES: [(u32, u32); 2] = [(880, 640), (480, 560)];

#[derive(Parser)]
struct Options {
    /// Where the pictures go.
    #[arg(long, default_value = "target/screens")]
    into: PathBuf,
}

struct Camera<'a> {
    folder: &'a Path,
    scheme: Scheme,
    taken: Cell<u32>,
}

impl Look for Camera<'_> {
    async fn at(&self, window: &Window, stop: &str) -> Result<()> {
        for (width, height) in SIZES {
            window.resize(width, height).await?;
            let folder = self
                .folder
                .join(self.scheme.name())
                .join(format!("{width}x{height}"));
            let file = folder.join(format!("{stop}.png"));
            window
                .picture_to(&file)
                .await
                .with_context(|| format!("at {stop}"))?;
            self.taken.set(self.taken.get() + 1);
        }
        let (width, height) = SIZES[0];
        window.resize(width, height).await?;
        println!("{:>5}  {stop}", self.scheme.name());
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let folder = if options.into.is_absolute() {
        options.into
    } else {
        repository().join(options.into)
    };
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut taken = 0;
    for scheme in Scheme::ALL {
        let camera = Camera {
            folder: &folder,
            scheme,
            taken: Cell::new(0),
        };
        tour::everything(scheme, &camera).await?;
        taken += camera.taken.get();
    }
    println!("{taken} pictures in {}", folder.display());
    Ok(())
}
