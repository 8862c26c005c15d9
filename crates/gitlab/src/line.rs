//! The way to a server: a connection of its own for every exchange, through the proxy that is on the way, encrypted where
//! the address says so.

use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Uri, header, uri::Scheme};
use hyper::rt::{Read, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use tower_service::Service;

/// Why no connection stands.
pub(crate) type NoLine = Box<dyn Error + Send + Sync>;

/// What bytes go over, whatever is below.
pub(crate) trait Carrier: Read + Write + Unpin + Send {}

impl<T: Read + Write + Unpin + Send> Carrier for T {}

/// The way to one server.
pub(crate) struct Line {
    connector: HttpsConnector<HttpConnector>,
    tls: Arc<ClientConfig>,
    /// Which addresses go through a proxy; nothing where none does.
    proxies: Option<Matcher>,
    /// The `User-Agent`, for the proxy, too.
    agent: HeaderValue,
}

impl Line {
    /// A line that waits `connect` for the other side to take it up.
    pub(crate) fn new(
        tls: ClientConfig,
        proxies: Option<Matcher>,
        agent: HeaderValue,
        connect: Duration,
    ) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // A request is written in one piece and waited for: holding it back would only cost time.
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect));
        let tls = Arc::new(tls);
        Self {
            connector: HttpsConnector::from((tcp, Arc::clone(&tls))),
            tls,
            proxies,
            agent,
        }
    }

    /// The `User-Agent`.
    pub(crate) fn agent(&self) -> &HeaderValue {
        &self.agent
    }

    /// The proxy a request to `to` goes through.
    pub(crate) fn proxy(&self, to: &Uri) -> Option<Intercept> {
        self.proxies.as_ref()?.intercept(to)
    }

    /// The proxy that reads a request to `to` itself and hands it on: where nothing is encrypted.
    pub(crate) fn forwarder(&self, to: &Uri) -> Option<Intercept> {
        self.proxy(to).filter(|_| !is_https(to))
    }

    /// A connection over which `to` can be asked.
    pub(crate) async fn open(&self, to: &Uri) -> Result<Box<dyn Carrier>, NoLine> {
        let connector = self.connector.clone();
        match self.proxy(to) {
            None => Ok(Box::new(connected(connector, to.clone()).await?)),
            Some(proxy) if is_https(to) => {
                let mut headers = HeaderMap::new();
                headers.insert(header::USER_AGENT, self.agent.clone());
                let mut tunnel = Tunnel::new(proxy.uri().clone(), connector).with_headers(headers);
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                let through = HttpsConnector::from((tunnel, Arc::clone(&self.tls)));
                Ok(Box::new(connected(through, to.clone()).await?))
            }
            Some(proxy) => Ok(Box::new(connected(connector, proxy.uri().clone()).await?)),
        }
    }
}

fn is_https(to: &Uri) -> bool {
    to.scheme() == Some(&Scheme::HTTPS)
}

async fn connected<C>(mut connector: C, to: Uri) -> Result<C::Response, NoLine>
where
    C: Service<Uri>,
    C::Error: Into<NoLine>,
{
    poll_fn(|context| connector.poll_ready(context))
        .await
        .map_err(Into::into)?;
    connector.call(to).await.map_err(Into::into)
}
