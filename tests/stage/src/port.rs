//! Ports at which nothing listens, and that nobody else gets.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use tokio::net::TcpSocket;

use crate::wait::until;

/// A port of this computer (IPv4) where nothing listens, held until dropped.
///
/// It is bound and not listened at, so connections are refused. Linux gives it to nobody who asks for any free port
/// and takes it for no connection that goes out: a port that was only free a moment ago may be another test's simulator
/// by now. Who names it may listen there while it is held, if both say that addresses may be used again, as this does,
/// and the listeners of `std` and tokio.
pub struct ClosedPort {
    _held: TcpSocket,
    number: u16,
}

impl ClosedPort {
    /// Any that is free.
    pub fn any() -> Result<Self> {
        Self::bind(0).context("no port is free")
    }

    /// This one. Waits for the end of whoever still listens there.
    pub fn at(number: u16) -> Result<Self> {
        until(&format!("port {number} to be left"), || {
            match Self::bind(number) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
                bound => Ok(Some(bound?)),
            }
        })
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    fn bind(number: u16) -> std::io::Result<Self> {
        let held = TcpSocket::new_v4()?;
        held.set_reuseaddr(true)?;
        held.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
        let number = held.local_addr()?.port();
        Ok(Self { _held: held, number })
    }
}
