//! The sockets of TURN: UDP, TCP and TLS on one thread of their own, so that neither the HTTP side nor the workers feel
//! them.

mod stream;
mod tls;
mod udp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use std::{io, thread};

use schema::moment::Clock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use tls::{CertificateError, CertificateFiles};

use crate::net::door::Door;
use crate::net::seats::Seats;
use crate::turn::{self, Now, Relay};
use tls::Tls;
use udp::Datagrams;

/// Where TURN listens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listen {
    /// UDP.
    pub udp: Option<SocketAddr>,
    /// TCP.
    pub tcp: Option<SocketAddr>,
    /// TLS over TCP.
    pub tls: Option<(SocketAddr, CertificateFiles)>,
}

/// Where it really listens, which port 0 leaves to the system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// UDP.
    pub udp: Option<u16>,
    /// TCP.
    pub tcp: Option<u16>,
    /// TLS over TCP.
    pub tls: Option<u16>,
}

impl Ports {
    /// What clients are told of them. TLS last: browsers try all at once, and what they prefer is up to them.
    pub fn urls(&self, host: &str) -> Vec<String> {
        let udp = self.udp.map(|port| turn::url(host, port, false, "udp"));
        let tcp = self.tcp.map(|port| turn::url(host, port, false, "tcp"));
        let tls = self.tls.map(|port| turn::url(host, port, true, "tcp"));
        [udp, tcp, tls].into_iter().flatten().collect()
    }
}

/// Why TURN does not run.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A port could not be opened.
    #[error("TURN cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// There is no certificate.
    #[error("TURN over TLS has no certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// The thread could not be started.
    #[error("TURN cannot start: {0}")]
    Thread(#[source] io::Error),
}

/// Opened sockets that nobody serves yet: until then it is not known what the workers are.
pub struct Sockets {
    udp: Option<std::net::UdpSocket>,
    tcp: Option<std::net::TcpListener>,
    tls: Option<(std::net::TcpListener, Tls)>,
    /// Where they are.
    pub ports: Ports,
}

/// Keeps TURN running until it is dropped.
#[derive(Debug)]
pub struct RelayHandle {
    /// Where it listens.
    pub ports: Ports,
    _running: oneshot::Sender<()>,
}

/// What the tasks share.
struct House {
    relay: Arc<Relay>,
    doors: Vec<Door>,
    clock: Arc<dyn Clock>,
    seats: Arc<Seats>,
}

impl House {
    fn now(&self) -> Now {
        Now { instant: instant(), wall: self.clock.now() }
    }
}

impl Sockets {
    /// Opens them.
    pub fn open(listen: Listen) -> Result<Self, RelayError> {
        let mut ports = Ports::default();
        let udp = match listen.udp {
            Some(address) => {
                let failed = |error| RelayError::Listen(address, error);
                let socket = std::net::UdpSocket::bind(address).map_err(failed)?;
                socket.set_nonblocking(true).map_err(failed)?;
                ports.udp = Some(socket.local_addr().map_err(failed)?.port());
                Some(socket)
            }
            None => None,
        };
        let tcp = match listen.tcp {
            Some(address) => {
                let (listener, port) = listener(address)?;
                ports.tcp = Some(port);
                Some(listener)
            }
            None => None,
        };
        let tls = match listen.tls {
            Some((address, files)) => {
                let tls = Tls::new(files)?;
                let (listener, port) = listener(address)?;
                ports.tls = Some(port);
                Some((listener, tls))
            }
            None => None,
        };
        Ok(Self { udp, tcp, tls, ports })
    }

    /// Serves them on a thread of their own; worker *n* of `doors` is target *n* of `relay`.
    pub fn serve(
        self,
        relay: Arc<Relay>,
        doors: Vec<Door>,
        clock: Arc<dyn Clock>,
    ) -> Result<RelayHandle, RelayError> {
        let limits = relay.limits();
        let (all, per_address) = (limits.connections, limits.connections_per_address);
        let seats = Seats::new(all, per_address, "giaoban_turn_connections");
        let house = Arc::new(House { relay, doors, clock, seats });
        let (running, stop) = oneshot::channel::<()>();
        let ports = self.ports;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RelayError::Thread)?;
        let serve = move || {
            runtime.block_on(async move {
                if let Err(error) = self.spawn(&house) {
                    tracing::error!(%error, "the sockets of TURN cannot be used");
                }
                // Ends when the handle is dropped, and all tasks with it.
                let _ = stop.await;
            });
        };
        thread::Builder::new().name("turn".to_owned()).spawn(serve).map_err(RelayError::Thread)?;
        Ok(RelayHandle { ports, _running: running })
    }

    fn spawn(self, house: &Arc<House>) -> io::Result<()> {
        if let Some(socket) = self.udp {
            let house = Arc::clone(house);
            tokio::spawn(async move {
                if let Err(error) = Datagrams::serve(socket, house).await {
                    tracing::error!(%error, "the UDP socket of TURN has failed");
                }
            });
        }
        if let Some(listener) = self.tcp {
            tokio::spawn(stream::serve(TcpListener::from_std(listener)?, None, Arc::clone(house)));
        }
        if let Some((listener, tls)) = self.tls {
            let tls = Arc::new(tls);
            let kept = Arc::clone(&tls);
            tokio::spawn(async move { kept.look_after().await });
            tokio::spawn(stream::serve(TcpListener::from_std(listener)?, Some(tls), Arc::clone(house)));
        }
        Ok(())
    }
}

fn listener(address: SocketAddr) -> Result<(std::net::TcpListener, u16), RelayError> {
    let failed = |error| RelayError::Listen(address, error);
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok((listener, port))
}

/// Bytes relayed, by direction as the server sees it.
fn count(direction: &'static str, bytes: usize) {
    metrics::counter!("giaoban_turn_relayed_bytes_total", "direction" => direction).increment(bytes as u64);
}

#[expect(clippy::disallowed_methods, reason = "sockets live at the edge, where the time is read")]
fn instant() -> Instant {
    Instant::now()
}
