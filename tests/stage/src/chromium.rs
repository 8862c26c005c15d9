//! A person's real web browser: headless Chromium that chromedriver drives, with the programs a desktop opens addresses
//! with. Whatever opens an address through them opens it here.

use std::cell::Cell;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use anyhow::{Context, Result, anyhow};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, json};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::process::{Running, tied};
use crate::simulator::Simulator;
use crate::wait::{PATIENCE, until, until_async};

/// The browser and its driver, as Debian's packages `chromium` and `chromium-driver` call them.
const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "chromedriver";

/// No window, nothing asked on its own account, no name but this computer's looked up; the pipe ends it with its
/// driver.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-pipe",
];

/// What programs open addresses with: `xdg-open` is what desktops have, `open` what some programs look for.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

/// A running browser with a profile of its own. It ends when dropped.
pub struct Chromium {
    client: Client,
    presses: Cell<u32>,
    // Dropped in this order: the programs before their folder.
    _driver: Running,
    folder: TempDir,
}

impl Chromium {
    /// Starts one, with an empty profile and nothing open.
    pub async fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("lablink-browser-").context("no temporary folder")?;
        let at = |name: &str| folder.path().join(name);
        for name in ["home", "profile", "opened", "bin"] {
            fs::create_dir_all(at(name))?;
        }
        for name in OPENERS {
            hand_over(&at("bin").join(name), &at("opened"))?;
        }
        let (driver, port) = driver(&at("home"))?;
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", at("profile").display()));
        let mut capabilities = Map::new();
        // Whom LabLink trusts is looked at in LabLink; this person has clicked the browser's warning away.
        capabilities.insert("acceptInsecureCerts".to_owned(), json!(true));
        let options = json!({ "binary": CHROMIUM, "args": flags });
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let client = timeout(PATIENCE, builder.connect(&url))
            .await
            .map_err(|_| anyhow!("no browser within {} s", PATIENCE.as_secs()))?
            .context("the browser does not start; install the packages chromium and chromium-driver")?;
        Ok(Self {
            client,
            presses: Cell::new(0),
            _driver: driver,
            folder,
        })
    }

    /// The folder of the programs that open addresses in this browser.
    #[must_use]
    pub fn openers(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// A `PATH` on which those come first.
    pub fn path(&self) -> Result<OsString> {
        before_all(&self.openers())
    }

    /// The driver's client, for what has no words here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How many buttons were pressed on GitLab's pages after signing in there.
    #[must_use]
    pub fn presses(&self) -> u32 {
        self.presses.get()
    }

    /// The address that was handed over first of those not taken yet, if one was.
    pub fn handed(&self) -> Result<Option<String>> {
        let mut waiting: Vec<PathBuf> = fs::read_dir(self.folder.path().join("opened"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        waiting.retain(|path| path.extension().is_some_and(|kind| kind == "address"));
        waiting.sort();
        let Some(first) = waiting.first() else {
            return Ok(None);
        };
        let address = fs::read_to_string(first)?;
        fs::remove_file(first)?;
        Ok(Some(address))
    }

    /// Waits for an address to be handed over, without going there.
    pub async fn next_address(&self) -> Result<String> {
        until_async("an address to be opened", || async { self.handed() }).await
    }

    /// Waits for an address to be handed over and goes there.
    pub async fn follow(&self) -> Result<String> {
        let address = self.next_address().await?;
        self.go(&address).await?;
        Ok(address)
    }

    /// Goes to an address.
    pub async fn go(&self, address: &str) -> Result<()> {
        timeout(PATIENCE, self.client.goto(address))
            .await
            .map_err(|_| anyhow!("a page took too long"))?
            .context("the browser does not open a page")
    }

    /// Signs in at GitLab by its own page, as a person has before. Counts as nothing.
    pub async fn sign_in(&self, simulator: &Simulator, username: &str) -> Result<()> {
        let users = &simulator.ready().users;
        let user = users.iter().find(|user| user.username == username);
        let password = &user.with_context(|| format!("no user {username}"))?.password;
        self.go(&format!("{}/users/sign_in", simulator.address())).await?;
        let name = self.see("[name='user[login]']").await?;
        name.send_keys(username).await?;
        let field = self.see("[name='user[password]']").await?;
        // An error of the driver could repeat what was typed.
        let typed = field.send_keys(password).await;
        typed.map_err(|_| anyhow!("the driver refused to type"))?;
        self.see("button[type=submit]").await?.click().await?;
        until_async("the browser to be signed in", || async {
            let page = self.client.current_url().await?;
            Ok((!page.as_str().contains("/users/sign_in")).then_some(()))
        })
        .await
    }

    /// Presses Authorize on GitLab's page.
    pub async fn authorize(&self) -> Result<()> {
        self.press("#authorize").await
    }

    /// Presses Deny on GitLab's page.
    pub async fn deny(&self) -> Result<()> {
        self.press("#deny").await
    }

    /// Goes where codes are typed, types one, and goes on to the page that asks whether to authorize.
    pub async fn type_code(&self, at: &str, code: &str) -> Result<()> {
        self.go(at).await?;
        let field = self.see("[name=user_code]").await?;
        field.clear().await?;
        field.send_keys(code).await?;
        self.see("button[type=submit]").await?.click().await?;
        self.see("#authorize").await.map(drop)
    }

    /// Presses what matches `css` once it is shown.
    pub async fn press(&self, css: &str) -> Result<()> {
        self.see(css).await?.click().await?;
        self.presses.set(self.presses.get() + 1);
        Ok(())
    }

    /// Waits until something that matches `css` is shown.
    pub async fn see(&self, css: &str) -> Result<Element> {
        let found = until_async(css, || async {
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

    /// Waits until the page's text contains `words`.
    pub async fn read(&self, words: &str) -> Result<()> {
        let what = format!("the words {words:?}");
        let found = until_async(&what, || async {
            Ok(self.text().await.contains(words).then_some(()))
        });
        match found.await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(self.scene().await)),
        }
    }

    /// The text a person can read now.
    pub async fn text(&self) -> String {
        // A page may be on its way.
        let script = "return document.body ? document.body.innerText : ''";
        let text = self.client.execute(script, Vec::new()).await;
        text.ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// What there is to see, for errors. Addresses are cut before what may be secret in them.
    async fn scene(&self) -> String {
        let url = self.client.current_url().await.map(|mut url| {
            url.set_query(None);
            url.to_string()
        });
        let url = url.unwrap_or_else(|_| "(no address)".to_owned());
        format!("the browser is at {url} and shows:\n{}", self.text().await)
    }
}

/// A `PATH` on which a folder comes first.
pub(crate) fn before_all(folder: &Path) -> Result<OsString> {
    let rest = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&rest));
    Ok(env::join_paths(folders)?)
}

/// Writes a program that hands over the address it is called with: whole or not at all, in the order of the calls.
fn hand_over(program: &Path, into: &Path) -> Result<()> {
    let into = into.display();
    let script = format!(
        "#!/bin/sh\nset -e\nnew=\"{into}/$(date +%s%N)-$$\"\nprintf '%s' \"$1\" > \"$new.part\"\n\
         mv \"$new.part\" \"$new.address\"\n"
    );
    fs::write(program, script)?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Starts the driver on a free port.
fn driver(home: &Path) -> Result<(Running, u16)> {
    let mut command = tied(DRIVER);
    command
        .arg("--port=0")
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("XDG_CACHE_HOME", home.join(".cache"))
        .env("TMPDIR", home)
        .env_remove("DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running::start(DRIVER, command).context("install the package chromium-driver")?;
    let stdout = running
        .child()
        .stdout
        .take()
        .context("the driver has no output")?;
    let mut reader = BufReader::new(stdout);
    let port = until("chromedriver to listen", || {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            running.still_runs()?;
            return Ok(None);
        }
        let told = line
            .trim()
            .trim_end_matches('.')
            .rsplit_once("successfully on port ");
        Ok(told.and_then(|(_, port)| port.parse().ok()))
    })?;
    // It may go on writing; nobody reads it, and nobody is to wait for it.
    thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    Ok((running, port))
}
