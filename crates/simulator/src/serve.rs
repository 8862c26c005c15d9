//! The listener: takes connections, speaks TLS where it is spoken to in TLS, hands requests on. One task per connection;
//! all end with the simulator.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::body::{Body, Hangup};
use crate::reply::Outcome;
use crate::route;
use crate::state::Instance;

/// How a listener decides between TLS and plain.
#[derive(Clone)]
pub(crate) enum Wire {
    Plain,
    Tls(TlsAcceptor),
    /// Both on one port, told apart by the first byte: for the persona that sends http callers to https.
    Either(TlsAcceptor),
}

/// The first byte of every TLS connection.
const TLS_HANDSHAKE: u8 = 0x16;

/// Serves until told to stop.
pub(crate) async fn run(
    instance: Arc<Instance>,
    listener: TcpListener,
    wire: Wire,
    mut stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(connection(instance.clone(), stream, peer.ip(), wire.clone()));
                }
            }
        }
    }
    connections.shutdown().await;
}

async fn connection(instance: Arc<Instance>, stream: TcpStream, peer: IpAddr, wire: Wire) {
    // Small answers should not wait for more.
    let _ = stream.set_nodelay(true);
    let acceptor = match wire {
        Wire::Plain => None,
        Wire::Tls(acceptor) => Some(acceptor),
        Wire::Either(acceptor) => {
            let mut first = [0_u8; 1];
            match stream.peek(&mut first).await {
                Ok(1) if first == [TLS_HANDSHAKE] => Some(acceptor),
                Ok(1) => None,
                _ => return,
            }
        }
    };
    match acceptor {
        None => speak(instance, stream, peer, false).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                speak(instance, stream, peer, true).await;
            }
        }
    }
}

async fn speak(
    instance: Arc<Instance>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    over_tls: bool,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let instance = instance.clone();
        async move { sent(route::answer(instance, request, peer, over_tls).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A caller that goes away, or is hung up on, is not a fault of ours.
    let _ = connection.await;
}

fn sent(outcome: Outcome) -> Result<Response<Body>, Hangup> {
    match outcome {
        Outcome::Answer(reply) => Ok(reply.into_response()),
        Outcome::Close | Outcome::Silence => Err(Hangup),
    }
}
