//! Between streams (TURN, and ICE over TCP) and the workers: datagrams go in through a worker's [`Door`], and come out as
//! [`Delivery`]s on [`Lines`].

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::sync::mpsc;

use super::arrivals::Arrival;
use super::bell::Bell;
use crate::media::Source;

/// Deliveries that wait for a slow client; what comes on top is lost, as on any line.
pub const MAX_WAITING: usize = 256;

/// Datagrams that a worker sends on a line.
pub struct Delivery {
    /// Which line.
    pub line: Source,
    /// The datagrams.
    pub bytes: Vec<u8>,
    /// Size of each; the last may be shorter.
    pub size: usize,
}

impl Delivery {
    /// One by one.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.size.max(1))
    }
}

/// The way into one worker, past its sockets.
#[derive(Debug, Clone)]
pub struct Door {
    arrivals: mpsc::Sender<Arrival>,
    bell: Bell,
    candidates: Arc<[SocketAddr]>,
}

impl Door {
    /// The way to whoever takes `arrivals` and wakes up at the `bell`, known to clients under these addresses.
    pub fn new(arrivals: mpsc::Sender<Arrival>, bell: Bell, candidates: Arc<[SocketAddr]>) -> Self {
        Self { arrivals, bell, candidates }
    }

    /// What clients are told of this worker.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    /// A line begins. Waits while the worker is busy: that is how a stream is slowed down.
    pub async fn open(&self, line: Source, deliveries: mpsc::Sender<Delivery>) {
        self.tell(Arrival::Opened(line, deliveries)).await;
    }

    /// A datagram from a stream, which can wait.
    pub async fn bring(&self, line: Source, datagram: BytesMut) {
        self.tell(Arrival::Datagram(line, datagram)).await;
    }

    /// A datagram that is lost when the worker is busy, as on its own socket; false when it is.
    pub fn throw(&self, line: Source, datagram: &[u8]) -> bool {
        let Ok(place) = self.arrivals.try_reserve() else { return false };
        place.send(Arrival::Datagram(line, BytesMut::from(datagram)));
        self.bell.ring();
        true
    }

    /// A line ends.
    pub async fn close(&self, line: Source) {
        self.tell(Arrival::Closed(line)).await;
    }

    /// Waits until the worker has stopped.
    pub async fn closed(&self) {
        self.arrivals.closed().await;
    }

    async fn tell(&self, arrival: Arrival) {
        // A worker that has stopped needs to hear nothing.
        if self.arrivals.send(arrival).await.is_ok() {
            self.bell.ring();
        }
    }
}

/// The lines of one worker.
#[derive(Default)]
pub struct Lines(HashMap<Source, mpsc::Sender<Delivery>>);

impl Lines {
    /// A line begins.
    pub fn opened(&mut self, line: Source, deliveries: mpsc::Sender<Delivery>) {
        self.0.insert(line, deliveries);
    }

    /// A line ends.
    pub fn closed(&mut self, line: Source) {
        self.0.remove(&line);
    }

    /// Sends datagrams of one size (the last may be shorter).
    pub fn send(&self, line: Source, bytes: &[u8], size: usize) {
        let Some(deliveries) = self.0.get(&line) else { return };
        if deliveries.try_send(Delivery { line, bytes: bytes.to_vec(), size }).is_err() {
            let dropped = match line {
                Source::Tcp(..) => "giaoban_media_tcp_dropped_total",
                Source::Udp(_) | Source::Relay(..) => "giaoban_turn_dropped_total",
            };
            metrics::counter!(dropped).increment(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use super::*;
    use crate::net::bell::Sleeper;

    /// Nothing here takes this long; a test that waits so long has failed.
    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn whatever_comes_in_wakes_the_worker_up() {
        let line = Source::Relay(1, ([10, 0, 0, 5], 49_152).into());
        let mut sleeper = Sleeper::new().unwrap();
        let (arrivals, mut heard) = mpsc::channel(16);
        let door = Door::new(arrivals, sleeper.bell(), [].into());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for what in ["opened", "brought", "thrown", "closed"] {
            let (asleep, sleeps) = tokio::sync::oneshot::channel();
            let (woken, wakes) = tokio::sync::oneshot::channel();
            let socket = socket.try_clone().unwrap();
            std::thread::spawn(move || {
                sleeper.sleep(&socket, 2 * LONG, || {
                    asleep.send(()).unwrap();
                    false
                });
                // Whoever waited for it may have gone.
                let _ = woken.send(sleeper);
            });
            sleeps.await.unwrap();
            match what {
                "opened" => door.open(line, mpsc::channel(1).0).await,
                "brought" => door.bring(line, BytesMut::from(&b"x"[..])).await,
                "thrown" => assert!(door.throw(line, b"x")),
                _ => door.close(line).await,
            }
            sleeper = tokio::time::timeout(LONG, wakes).await.expect(what).unwrap();
            assert!(heard.try_recv().is_ok(), "{what}");
        }
    }
}
