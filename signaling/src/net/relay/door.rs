//! Between TURN and the workers: datagrams go in through a worker's [`Door`], and come out as [`Delivery`]s on
//! [`Lines`].

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::sync::mpsc;

use crate::media::Source;
use crate::net::arrivals::Arrival;

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
    candidates: Arc<[SocketAddr]>,
}

impl Door {
    /// The way to whoever takes `arrivals`, known to clients under these addresses.
    pub fn new(arrivals: mpsc::Sender<Arrival>, candidates: Vec<SocketAddr>) -> Self {
        Self { arrivals, candidates: candidates.into() }
    }

    /// What clients are told of this worker.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    /// A line begins. Waits while the worker is busy: that is how a stream is slowed down.
    pub async fn open(&self, line: Source, deliveries: mpsc::Sender<Delivery>) {
        // A worker that has stopped needs to hear nothing; so also below.
        let _ = self.arrivals.send(Arrival::Opened(line, deliveries)).await;
    }

    /// A datagram from a stream, which can wait.
    pub async fn bring(&self, line: Source, datagram: BytesMut) {
        let _ = self.arrivals.send(Arrival::Datagram(line, datagram)).await;
    }

    /// A datagram that is lost when the worker is busy, as on its own socket; false when it is.
    pub fn throw(&self, line: Source, datagram: &[u8]) -> bool {
        let Ok(place) = self.arrivals.try_reserve() else { return false };
        place.send(Arrival::Datagram(line, BytesMut::from(datagram)));
        true
    }

    /// A line ends.
    pub async fn close(&self, line: Source) {
        let _ = self.arrivals.send(Arrival::Closed(line)).await;
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
            metrics::counter!("giaoban_turn_dropped_total").increment(1);
        }
    }
}
