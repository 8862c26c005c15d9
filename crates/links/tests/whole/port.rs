//! Ports of this computer on which something listens no more.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

/// A program that another test is starting has a copy of every socket of this process until it becomes that program:
/// for so long a port stays taken that nobody here listens on any more. Bounds failure only.
const COPIES: Duration = Duration::from_secs(10);

const BREATH: Duration = Duration::from_millis(5);

/// Whether something listens on a port and does not stop.
pub(crate) fn goes_on_listening(port: u16) -> bool {
    let end = Instant::now() + COPIES;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
        if Instant::now() > end {
            return true;
        }
        std::thread::sleep(BREATH);
    }
    false
}

/// Listens on a port that was left.
pub(crate) fn take(port: u16) -> TcpListener {
    let end = Instant::now() + COPIES;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < end => {
                std::thread::sleep(BREATH);
            }
            bound => return bound.unwrap(),
        }
    }
}

/// A port that no other test gets, held until dropped.
///
/// It is bound and not listened at, so connections are refused. Linux gives it to nobody who asks for any free port; who
/// names it may listen there while it is held, if both say that addresses may be used again, as this does, and the
/// listeners of `std` and tokio.
pub(crate) struct HeldPort {
    _held: Option<TcpSocket>,
    number: u16,
}

impl HeldPort {
    pub(crate) fn any() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        Self {
            number: socket.local_addr().unwrap().port(),
            // Elsewhere nobody could listen beside it: there the port is one that was free a moment ago.
            _held: cfg!(target_os = "linux").then_some(socket),
        }
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
