//! From options to a listening simulator, and its end.

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::clock::Clock;
use crate::git::repository;
use crate::options::Options;
use crate::persona::Persona;
use crate::ready::Ready;
use crate::scratch::Scratch;
use crate::serve::{self, Wire};
use crate::state::{Instance, World};
use crate::tls::{self, TlsError};

/// The simulator.
pub struct Simulator;

/// A simulator that listens. Dropping it ends it.
pub struct Running {
    ready: Ready,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    /// Repositories and certificates; removed at the end.
    _directory: Scratch,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or the temporary directory or git failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate could not be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

fn during(what: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::Io { what, source }
}

impl Simulator {
    /// Starts a simulator and answers once it listens.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let directory =
            Scratch::within(&std::env::temp_dir()).map_err(during("making a temporary directory"))?;
        let (repositories, home) = (
            directory.path().join("repositories"),
            directory.path().join("home"),
        );
        for made in [&repositories, &home] {
            std::fs::create_dir(made).map_err(during("making a directory"))?;
        }

        let both = options.persona == Some(Persona::RedirectHttps);
        let only_tls = !both && (options.tls || options.tls_fault.is_some());
        let identity = if both || only_tls {
            Some(tls::identity(
                options.tls_fault,
                options.authority_key.as_deref(),
                options.sends_authority,
            )?)
        } else {
            None
        };
        let authority = identity.as_ref().and_then(|identity| identity.authority.clone());
        let ca_file = match authority {
            Some(pem) => {
                let file = directory.path().join("ca.pem");
                std::fs::write(&file, pem).map_err(during("writing the authority's certificate"))?;
                Some(file.to_string_lossy().into_owned())
            }
            None => None,
        };
        let wire = match identity {
            None => Wire::Plain,
            Some(identity) if both => Wire::Either(identity.acceptor),
            Some(identity) => Wire::Tls(identity.acceptor),
        };

        let listener = TcpListener::bind((options.host, options.port))
            .await
            .map_err(during("listening"))?;
        let socket = listener.local_addr().map_err(during("listening"))?;
        let scheme = if only_tls { "https" } else { "http" };
        let address = format!("{scheme}://{socket}{}", options.subpath);
        let canonical = match &options.canonical {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            // The address http callers are sent to.
            None if both => address.replacen("http:", "https:", 1),
            None => address.clone(),
        };

        let world = World::seeded(Clock::ahead_by(options.clock).now());
        for project in world.projects.values() {
            repository::create(
                &repositories,
                &home,
                &project.path,
                project.created_at.as_second(),
            )
            .await
            .map_err(during("making a repository"))?;
        }
        let instance = Arc::new(Instance::new(
            &options,
            elsewhere(&options),
            address,
            canonical,
            repositories,
            home,
            world,
        ));
        let ready = Ready::of(&instance, ca_file);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve::run(instance, listener, wire, stopped));
        Ok(Running {
            ready,
            stop: Some(stop),
            task,
            _directory: directory,
        })
    }
}

/// Where the redirecting personas point.
#[expect(clippy::expect_used, reason = "a constant that a test parses")]
fn elsewhere(options: &Options) -> Url {
    options
        .redirect_target
        .clone()
        .unwrap_or_else(|| Url::parse("https://elsewhere.example.test/").expect("a constant address parses"))
}

impl Running {
    /// What there is at start.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Scheme, host, port and subpath; no slash at its end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.ready.address
    }

    /// Stops serving, closes what is open, removes what is on disk.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // It ends by itself; a panic of it has been printed already.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
