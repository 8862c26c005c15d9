//! Bodies that are sent: whole, streamed from a child process, or endless on purpose. Knows no GitLab.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

/// What follows the headers of an answer.
pub(crate) enum Body {
    /// All of it, with a `Content-Length`.
    Whole(Bytes),
    /// The same chunk again and again, with a `Content-Length` that says how much is to come.
    Repeated {
        first: Bytes,
        chunk: Bytes,
        times: u64,
        last: Bytes,
    },
    /// Whatever arrives, chunked.
    Streamed(mpsc::Receiver<io::Result<Bytes>>),
}

impl Body {
    pub(crate) fn empty() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}

fn data(bytes: Bytes) -> Poll<Option<io::Result<Frame<Bytes>>>> {
    Poll::Ready(Some(Ok(Frame::data(bytes))))
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => data(std::mem::take(bytes)),
            Self::Repeated { first, .. } if !first.is_empty() => data(std::mem::take(first)),
            Self::Repeated { chunk, times, .. } if *times > 0 => {
                *times -= 1;
                data(chunk.clone())
            }
            Self::Repeated { last, .. } if !last.is_empty() => data(std::mem::take(last)),
            Self::Repeated { .. } => Poll::Ready(None),
            Self::Streamed(receiver) => receiver
                .poll_recv(cx)
                .map(|next| next.map(|part| part.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        let len = |bytes: &Bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(len(bytes)),
            Self::Repeated {
                first,
                chunk,
                times,
                last,
            } => SizeHint::with_exact(len(first) + len(chunk).saturating_mul(*times) + len(last)),
            Self::Streamed(_) => SizeHint::default(),
        }
    }
}

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the simulator closed this connection on purpose")]
pub(crate) struct Hangup;
