//! The app's window, driven as a person would: look, click, type, press keys.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use crate::axe::{self, Violation};
use crate::wait::{PATIENCE, until_async};

/// If the app dies while it starts, the driver waits for ever; this is long even for a loaded computer.
const START: Duration = Duration::from_secs(60);
/// Longest wait for one answer of the driver.
const ANSWER: Duration = Duration::from_secs(30);

/// Brings what is to be clicked into sight and waits until it is drawn there. The driver scrolls too, but not to what
/// the page has not drawn yet (`content-visibility`), whose drawing moves the rest. What the click meets is noted.
const AIM: &str = "const [target, done] = arguments;
    target.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    window.met = [];
    for (const event of ['pointerdown', 'pointerup', 'click']) document.addEventListener(event, (happened) =>
        window.met.push(`${event} ${happened.target.outerHTML.slice(0, 120)}`), { capture: true, once: true });
    requestAnimationFrame(() => requestAnimationFrame(() => done()));";

/// A driven window. Close it with [`close`](Self::close), or leave it to the end of the desktop.
pub struct Window {
    client: Client,
    log: PathBuf,
    inputs: Cell<u32>,
    moves: Cell<u32>,
}

impl Window {
    pub(crate) async fn open(driver: &str, program: &Path, arguments: &[&str], log: PathBuf) -> Result<Self> {
        let mut capabilities = Map::new();
        // No browserName: the driver would refuse the session.
        capabilities.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({ "binary": program, "args": arguments }),
        );
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let connect = async {
            loop {
                match builder.connect(driver).await {
                    // The driver has not noticed yet that the program of the session before was killed.
                    Err(error) if error.to_string().contains("Maximum number of active sessions") => {
                        sleep(Duration::from_millis(50)).await;
                    }
                    answer => return answer,
                }
            }
        };
        let client = timeout(START, connect)
            .await
            .map_err(|_| anyhow!("no window within {} s", START.as_secs()))??;
        Ok(Self {
            client,
            log,
            inputs: Cell::new(0),
            moves: Cell::new(0),
        })
    }

    /// The driver's client, for what has no words here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How many decisions a person has made so far: clicks, and things typed.
    #[must_use]
    pub fn inputs(&self) -> u32 {
        self.inputs.get()
    }

    /// How often a person has gone on without deciding anything: Next, Done.
    #[must_use]
    pub fn moves(&self) -> u32 {
        self.moves.get()
    }

    /// Waits until something that matches `css` is shown.
    pub async fn see(&self, css: &str) -> Result<Element> {
        let found = until_async(css, || async {
            // A match may leave the page between the two questions.
            let Ok(element) = self.client.find(Locator::Css(css)).await else {
                return Ok(None);
            };
            Ok(matches!(element.is_displayed().await, Ok(true)).then_some(element))
        });
        match found.await {
            Ok(element) => Ok(element),
            Err(error) => Err(error.context(self.scene().await)),
        }
    }

    /// Waits until nothing that matches `css` is shown.
    pub async fn see_no(&self, css: &str) -> Result<()> {
        let what = format!("{css} to go");
        let gone = until_async(&what, || async { Ok((!self.shows(css).await).then_some(())) });
        match gone.await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(self.scene().await)),
        }
    }

    /// Whether something that matches `css` is shown now.
    pub async fn shows(&self, css: &str) -> bool {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => matches!(element.is_displayed().await, Ok(true)),
            Err(_) => false,
        }
    }

    /// Waits until the page's text contains `words`.
    pub async fn read(&self, words: &str) -> Result<()> {
        let wanted = squeezed(words);
        let what = format!("the words {words:?}");
        let found = until_async(&what, || async {
            Ok(squeezed(&self.text().await?).contains(&wanted).then_some(()))
        });
        match found.await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(self.scene().await)),
        }
    }

    /// The text a person can read now.
    pub async fn text(&self) -> Result<String> {
        let text = self.script("return document.body.innerText").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The whole document as it stands, with what is in its fields.
    pub async fn document(&self) -> Result<String> {
        let script = "const fields = [...document.querySelectorAll('input, textarea')].map(f => f.value);
            return document.documentElement.outerHTML + '\\n' + fields.join('\\n')";
        Ok(self.script(script).await?.as_str().unwrap_or_default().to_owned())
    }

    /// The screen that is shown, by its `data-screen`.
    pub async fn screen(&self, name: &str) -> Result<Element> {
        self.see(&format!("[data-screen=\"{name}\"]")).await
    }

    /// Clicks what matches `css` once it is shown and can be pressed. Counts as one input.
    pub async fn click(&self, css: &str) -> Result<()> {
        self.push(css).await?;
        self.inputs.set(self.inputs.get() + 1);
        Ok(())
    }

    /// The same for what only goes on: counts as a move, not as an input.
    pub async fn advance(&self, css: &str) -> Result<()> {
        self.push(css).await?;
        self.moves.set(self.moves.get() + 1);
        Ok(())
    }

    async fn push(&self, css: &str) -> Result<()> {
        let ready = format!(":is({css}):not(:disabled, [aria-disabled=\"true\"])");
        let end = Instant::now() + PATIENCE;
        loop {
            let element = self.see(&ready).await?;
            let target = serde_json::to_value(element.clone())?;
            // If it is gone by now, clicking says so.
            let _ = timeout(ANSWER, self.client.execute_async(AIM, vec![target])).await;
            let clicked = timeout(ANSWER, element.click()).await;
            match clicked.map_err(|_| anyhow!("clicking {css} took too long"))? {
                Ok(()) => return Ok(()),
                // It moved or was drawn anew under the pointer: a person would aim again.
                Err(_) if Instant::now() < end => {}
                Err(error) => {
                    let scene = self.scene().await;
                    return Err(anyhow!(error).context(format!("{css} cannot be clicked; {scene}")));
                }
            }
        }
    }

    /// Clicks what carries the given `data-intent`.
    pub async fn press(&self, intent: &str) -> Result<()> {
        self.click(&format!("[data-intent=\"{intent}\"]")).await
    }

    /// Types into a field after emptying it. Counts as one input.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.see(css).await?;
        field
            .clear()
            .await
            .with_context(|| format!("{css} cannot be emptied"))?;
        self.type_into(&field, text)
            .await
            .with_context(|| format!("{css} cannot be typed into"))
    }

    async fn type_into(&self, field: &Element, text: &str) -> Result<()> {
        // An error of the driver could repeat what was typed, and that may be a secret.
        timeout(ANSWER, field.send_keys(text))
            .await
            .map_err(|_| anyhow!("typing took too long"))?
            .map_err(|_| anyhow!("the driver refused to type"))?;
        self.inputs.set(self.inputs.get() + 1);
        Ok(())
    }

    /// Puts text into a field at once, as pasting does; for text too long to type.
    pub async fn paste(&self, css: &str, text: &str) -> Result<()> {
        self.see(css).await?;
        let script = "const [css, text] = arguments; const field = document.querySelector(css);
            field.focus(); field.value = text; field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
        self.client
            .execute(script, vec![json!(css), json!(text)])
            .await
            .map_err(|_| anyhow!("cannot paste"))?;
        self.inputs.set(self.inputs.get() + 1);
        Ok(())
    }

    /// Chooses a file in a field for one, as the system's dialog would. Counts as one input.
    pub async fn choose_file(&self, css: &str, file: &Path) -> Result<()> {
        let field = self.client.wait().for_element(Locator::Css(css)).await?;
        let name = file.to_str().context("a path that is no text")?;
        self.type_into(&field, name).await
    }

    /// Presses one key, wherever the focus is.
    pub async fn key(&self, key: Key) -> Result<()> {
        self.stroke(char::from(key), false).await
    }

    /// Presses one key with Shift held.
    pub async fn shift_key(&self, key: Key) -> Result<()> {
        self.stroke(char::from(key), true).await
    }

    /// Types by keyboard alone, wherever the focus is.
    pub async fn keys(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            self.stroke(character, false).await?;
        }
        Ok(())
    }

    async fn stroke(&self, value: char, shift: bool) -> Result<()> {
        let held = char::from(Key::Shift);
        let mut actions = KeyActions::new("keyboard".to_owned());
        if shift {
            actions = actions.then(KeyAction::Down { value: held });
        }
        actions = actions
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        if shift {
            actions = actions.then(KeyAction::Up { value: held });
        }
        timeout(ANSWER, self.client.perform_actions(actions))
            .await
            .map_err(|_| anyhow!("a key took too long"))?
            .map_err(|_| anyhow!("the driver refused a key"))
    }

    /// Presses Tab until the focus is on something that matches `css`; at most 60 times.
    pub async fn tab_to(&self, css: &str) -> Result<()> {
        self.see(css).await?;
        for _ in 0..60 {
            if self.focused(css).await? {
                return Ok(());
            }
            self.key(Key::Tab).await?;
        }
        bail!("Tab never reaches {css}; {}", self.scene().await)
    }

    /// Whether the focus is on something that matches `css`.
    pub async fn focused(&self, css: &str) -> Result<bool> {
        let script = "return !!document.activeElement && document.activeElement.matches(arguments[0])";
        Ok(self.client.execute(script, vec![json!(css)]).await?.as_bool() == Some(true))
    }

    /// Runs a script in the page.
    pub async fn script(&self, script: &str) -> Result<Value> {
        timeout(ANSWER, self.client.execute(script, Vec::new()))
            .await
            .map_err(|_| anyhow!("the page did not answer within {} s", ANSWER.as_secs()))?
            .context("the page refused a script")
    }

    /// Whether the page is drawn dark.
    pub async fn is_dark(&self) -> Result<bool> {
        let script = "return matchMedia('(prefers-color-scheme: dark)').matches";
        Ok(self.script(script).await?.as_bool() == Some(true))
    }

    /// Everything axe finds wrong with what is shown now.
    pub async fn axe(&self) -> Result<Vec<Violation>> {
        timeout(PATIENCE, axe::run(&self.client))
            .await
            .map_err(|_| anyhow!("axe took too long"))?
    }

    /// Fails if axe finds anything; `what` names what is shown.
    pub async fn must_be_accessible(&self, what: &str) -> Result<()> {
        self.at_rest().await?;
        let mut found = self.axe().await?;
        if !found.is_empty() {
            // What changed while axe looked had colours on their way from one to another: those do not stay.
            self.at_rest().await?;
            found = self.axe().await?;
        }
        ensure!(found.is_empty(), "axe on {what}: {}", axe::told(&found));
        Ok(())
    }

    /// Waits until everything is drawn and nothing moves any more: what changed had its frames, transitions have
    /// ended, fonts are there. (What turns for ever may turn.)
    pub async fn at_rest(&self) -> Result<()> {
        let frames = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(
                document.fonts.status === 'loaded' && document.getAnimations().every(a =>
                    a.playState === 'finished' || a.effect.getComputedTiming().iterations === Infinity)), 0)))";
        let ask = || async {
            let answer = timeout(ANSWER, self.client.execute_async(frames, Vec::new())).await;
            let rests = answer.map_err(|_| anyhow!("the page draws nothing"))??;
            Ok((rests.as_bool() == Some(true)).then_some(()))
        };
        until_async("the page to come to rest", ask).await
    }

    /// A picture of the window's content, once two in a row are the same: what the driver hands out first may be of
    /// a moment ago. (Where something turns for ever, the last of a few.)
    pub async fn picture(&self) -> Result<Vec<u8>> {
        self.at_rest().await?;
        let mut last = Vec::new();
        for _ in 0..6 {
            let taken = timeout(ANSWER, self.client.screenshot()).await;
            let taken = taken.map_err(|_| anyhow!("taking a picture took too long"))??;
            if taken == last {
                break;
            }
            last = taken;
            self.at_rest().await?;
        }
        Ok(last)
    }

    /// A picture of the window's content, into a file.
    pub async fn picture_to(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, self.picture().await?).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Gives the page the size in CSS pixels, and waits until it has it.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        let script = "return [innerWidth, innerHeight]";
        until_async(&format!("the page to be {width} × {height}"), || async {
            Ok((self.script(script).await? == json!([width, height])).then_some(()))
        })
        .await
        .with_context(|| "the window does not take the size")
    }

    /// Ends the session, and with it the app.
    pub async fn close(self) -> Result<()> {
        Ok(timeout(ANSWER, self.client.close())
            .await
            .map_err(|_| anyhow!("closing took too long"))??)
    }

    /// What there is to see and what the app said, for errors. Fields' contents are not in it.
    async fn scene(&self) -> String {
        let text = match timeout(ANSWER, self.text()).await {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => format!("(no page: {error:#})"),
            Err(_) => "(the page does not answer)".to_owned(),
        };
        let met = match self.script("return (window.met || []).join('\\n')").await {
            Ok(met) => met.as_str().unwrap_or_default().to_owned(),
            Err(_) => String::new(),
        };
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        format!("the window shows:\n{text}\nthe last click met:\n{met}\nthe app said:\n{said}")
    }
}

/// Text with every run of white space made one space: lines break where the window is narrow.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
