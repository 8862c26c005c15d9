//! One request and its answer as it comes, over a line of its own. Reading is driven by whoever waits for the answer:
//! nothing goes on behind their back, and when they stop waiting, it stops.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, HeaderValue, Request, Uri, header};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::ext::on_informational;
use hyper_util::client::proxy::matcher::Intercept;
use tokio::task::coop::consume_budget;

use crate::connection::Reach;
use crate::line::NoLine;
use crate::unpacking::Unpacking;

/// The most bytes of an answer's headers, and of anything that is read at once.
pub(crate) const HEADERS_LIMIT: usize = 256 * 1024;

/// How many interim answers (`100 Continue`, `103 Early Hints`) are taken before the answer. Honest servers send a few.
const INTERIM_LIMIT: u32 = 64;

/// Why there is no answer, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// No connection stands.
    #[error("no connection")]
    Line(#[source] NoLine),
    /// What came over it is no HTTP, or broke off.
    #[error("no HTTP")]
    Http(#[source] hyper::Error),
    /// Interim answers without end.
    #[error("nothing but interim answers")]
    Interim,
    /// What is compressed cannot be unpacked.
    #[error("damaged compression")]
    Compression,
}

/// An answer whose body is still to come.
pub(crate) struct Coming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    unpacking: Option<Unpacking>,
    talk: Talk,
}

/// The connection at work.
struct Talk(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Talk {
    /// Has it go on. What goes wrong with it is told to whoever waits for the answer or its body.
    fn go_on(&mut self, context: &mut Context<'_>) {
        if let Some(talk) = &mut self.0
            && talk.as_mut().poll(context).is_ready()
        {
            self.0 = None;
        }
    }
}

/// How many interim answers came.
#[derive(Clone, Default)]
struct Interim(Arc<AtomicU32>);

impl Interim {
    /// One more. The HTTP library reads on until the answer comes, as long as there is something to read, and a server
    /// that floods it sees to that. To the runtime a read is work, whatever is in it, and a hundred of them are let
    /// through at a time; a read may hold ten thousand interim answers. So each of them counts as much as a read: the
    /// library is made to pause, and clocks are looked at.
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        let paid = pin!(consume_budget());
        // Not waited for: what is overdrawn is asked for at the next read.
        let _ = paid.poll(&mut Context::from_waker(Waker::noop()));
    }

    fn too_many(&self) -> bool {
        self.0.load(Ordering::Relaxed) > INTERIM_LIMIT
    }
}

/// Whether the connection for a request stands, through a proxy and all.
#[derive(Clone, Default)]
pub(crate) struct Stands(Arc<AtomicBool>);

impl Stands {
    /// The same request, which tells when it does.
    pub(crate) fn told_of<B>(&self, mut request: Request<B>) -> Request<B> {
        request.extensions_mut().insert(self.clone());
        request
    }

    pub(crate) fn connected(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The body of a request that has none.
pub(crate) struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

impl Reach {
    /// Sends a request to the whole address it names, and waits for the answer's head.
    pub(crate) async fn send<B>(&self, mut request: Request<B>) -> Result<Coming, Broken>
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
    {
        let to = request.uri().clone();
        self.address(&mut request, &to);
        let interim = Interim::default();
        let counted = interim.clone();
        on_informational(&mut request, move |_| counted.count());

        let carrier = self.line.open(&to).await.map_err(Broken::Line)?;
        if let Some(stands) = request.extensions().get::<Stands>() {
            stands.0.store(true, Ordering::Release);
        }
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEADERS_LIMIT)
            .handshake(carrier)
            .await
            .map_err(Broken::Http)?;
        let mut talk = Talk(Some(Box::pin(async move {
            let _told = connection.await;
        })));
        let mut answer = pin!(sender.send_request(request));
        let response = poll_fn(|context| {
            talk.go_on(context);
            if interim.too_many() {
                return Poll::Ready(Err(Broken::Interim));
            }
            answer.as_mut().poll(context).map_err(Broken::Http)
        })
        .await?;
        let (head, body) = response.into_parts();
        Ok(Coming {
            status: head.status.as_u16(),
            unpacking: is_gzip(&head.headers).then(Unpacking::default),
            headers: head.headers,
            body,
            talk,
        })
    }

    /// Puts on a request what every request carries.
    fn address<B>(&self, request: &mut Request<B>, to: &Uri) {
        let forwarder = self.line.forwarder(to);
        if forwarder.is_none() {
            let path = to.path_and_query().cloned();
            *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
        }
        let headers = request.headers_mut();
        let host = to.authority().map(|host| HeaderValue::from_str(host.as_str()));
        if let Some(Ok(host)) = host {
            headers.insert(header::HOST, host);
        }
        headers.insert(header::USER_AGENT, self.line.agent().clone());
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if let Some(auth) = forwarder.as_ref().and_then(Intercept::basic_auth) {
            headers.insert(header::PROXY_AUTHORIZATION, auth.clone());
        }
    }
}

impl Coming {
    /// The next piece of the body, unpacked; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if let Some(unpacking) = &mut self.unpacking {
                let piece = unpacking.piece().map_err(|_| Broken::Compression)?;
                if piece.is_some() {
                    return Ok(piece);
                }
            }
            let Self { talk, body, .. } = self;
            let frame = poll_fn(|context| {
                talk.go_on(context);
                Pin::new(&mut *body).poll_frame(context)
            });
            match (frame.await, &mut self.unpacking) {
                (Some(Err(error)), _) => return Err(Broken::Http(error)),
                (Some(Ok(frame)), unpacking) => match (frame.into_data(), unpacking) {
                    (Ok(data), None) => return Ok(Some(data)),
                    (Ok(data), Some(unpacking)) => unpacking.take(data),
                    // Trailers are of no interest.
                    (Err(_), _) => {}
                },
                (None, None) => return Ok(None),
                (None, Some(unpacking)) => return unpacking.end().map_err(|_| Broken::Compression),
            }
        }
    }
}

fn is_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

#[cfg(test)]
mod tests {
    use tokio::task::coop::has_budget_remaining;

    use super::*;

    #[tokio::test]
    async fn an_interim_answer_costs_what_a_read_costs() {
        let task = tokio::spawn(async {
            let interim = Interim::default();
            for _ in 0..INTERIM_LIMIT {
                interim.count();
            }
            assert!(has_budget_remaining() && !interim.too_many());
            for _ in 0..200 {
                interim.count();
            }
            assert!(!has_budget_remaining() && interim.too_many());
        });
        task.await.unwrap();
    }
}
