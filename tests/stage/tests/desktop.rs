//! The display and the driver work, shown with WebKit's own small browser: no part of LabLink is needed.

use std::fs;
use std::path::Path;

use anyhow::Result;
use stage::Desktop;

/// Where Debian and Ubuntu keep it; it belongs to the library's own package.
const BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

#[tokio::test]
async fn a_person_clicks_types_and_presses_keys() -> Result<()> {
    let desktop = Desktop::start()?;
    let window = desktop
        .open_program(Path::new(BROWSER), &["--automation"])
        .await?;
    let page = desktop.room().path("home/page.html");
    fs::write(
        &page,
        "<input id=a><input id=b><button data-intent=go onclick=\"this.textContent = a.value + b.value\">Go</button>",
    )?;
    window
        .client()
        .goto(&format!("file://{}", page.display()))
        .await?;
    window.fill("#a", "typed ").await?;
    window.tab_to("#b").await?;
    window.keys("pressed").await?;
    window.press("go").await?;
    window.read("typed pressed").await?;
    assert_eq!(window.inputs(), 2);
    let picture = window.picture().await?;
    assert!(picture.starts_with(b"\x89PNG"));
    window.close().await
}

#[tokio::test]
async fn a_program_that_ends_while_it_starts_is_reported_at_once() -> Result<()> {
    let desktop = Desktop::start()?;
    // Answers nothing to the driver, and ends by itself, but not before it was seen.
    let answer = desktop.open_program(Path::new("/usr/bin/sleep"), &["5"]).await;
    let words = format!("{:#}", answer.err().expect("no window can have opened"));
    assert!(words.contains("/usr/bin/sleep opened no window"), "{words}");
    assert!(words.contains("it ended while it started"), "{words}");
    Ok(())
}
