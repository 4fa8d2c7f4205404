//! ICE over TCP, passive side: each connection is a task that reads datagrams and one that writes them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::framing;
use super::relay::Delivery;
use crate::media::Source;

/// Connections of one worker at once.
const MAX_CONNECTIONS: usize = 512;
/// Batches of datagrams that wait for a slow connection; what comes on top is lost, as on any line.
const MAX_WAITING: usize = 256;
/// Datagrams read and not yet looked at, for all connections.
pub const MAX_READ: usize = 1024;
/// A connection that says nothing for this long is closed: browsers check every 2.5 s.
const SILENCE: Duration = Duration::from_secs(30);

/// What a connection's reader tells the worker, and what TURN does.
pub enum Arrival {
    /// A datagram.
    Datagram(Source, BytesMut),
    /// A line through TURN begins; what is to go out on it goes there.
    Opened(Source, mpsc::Sender<Delivery>),
    /// The end of a connection or of a line.
    Closed(Source),
}

/// The connections of a worker.
pub struct Connections {
    writers: HashMap<Source, mpsc::Sender<Vec<u8>>>,
    next: u64,
    arrivals: mpsc::Sender<Arrival>,
}

impl Connections {
    /// None yet; readers tell `arrivals`.
    pub fn new(arrivals: mpsc::Sender<Arrival>) -> Self {
        Self { writers: HashMap::new(), next: 0, arrivals }
    }

    /// Takes a connection in.
    pub fn accept(&mut self, stream: TcpStream, address: SocketAddr) {
        if self.writers.len() >= MAX_CONNECTIONS {
            tracing::warn!("a media connection over TCP was refused: there are too many");
            return;
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a media connection over TCP keeps its delay");
        }
        self.next += 1;
        let source = Source::Tcp(self.next, address);
        let (reader, writer) = stream.into_split();
        let (sender, waiting) = mpsc::channel(MAX_WAITING);
        self.writers.insert(source, sender);
        tokio::spawn(read(reader, source, self.arrivals.clone()));
        tokio::spawn(write(writer, waiting));
    }

    /// Sends datagrams of one size (the last may be shorter).
    pub fn send(&mut self, to: Source, bytes: &[u8], size: usize) {
        let Some(writer) = self.writers.get(&to) else { return };
        let mut framed = Vec::with_capacity(bytes.len() + 2 * bytes.len().div_ceil(size.max(1)));
        bytes.chunks(size.max(1)).for_each(|datagram| framing::write(&mut framed, datagram));
        if writer.try_send(framed).is_err() {
            metrics::counter!("giaoban_media_tcp_dropped_total").increment(1);
        }
    }

    /// Forgets a connection; its writer ends by itself.
    pub fn forget(&mut self, source: Source) {
        self.writers.remove(&source);
    }
}

async fn read(mut stream: OwnedReadHalf, source: Source, arrivals: mpsc::Sender<Arrival>) {
    let mut buffer = vec![0; framing::MAX_BYTES];
    while let Ok(Ok(Some(length))) = timeout(SILENCE, framing::read(&mut stream, &mut buffer)).await {
        if arrivals.send(Arrival::Datagram(source, BytesMut::from(&buffer[..length]))).await.is_err() {
            return;
        }
    }
    // The worker may be gone already; then nobody needs to know.
    let _ = arrivals.send(Arrival::Closed(source)).await;
}

async fn write(mut stream: OwnedWriteHalf, mut waiting: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = waiting.recv().await {
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
