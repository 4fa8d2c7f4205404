//! TURN over TCP and TLS: a task for each connection that reads and thinks, and one that writes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::tls::Tls;
use super::{House, instant};
use crate::media::Source;
use crate::net::door::{Delivery, MAX_WAITING};
use crate::net::seats::{self, WRITE_TIMEOUT};
use crate::turn::{Reaction, Session, Transport, framing};

/// Batches that wait to be written; what comes on top is lost, as on any line.
const MAX_BATCHES: usize = 64;
/// Deliveries written together.
const MAX_TOGETHER: usize = 32;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// Takes connections for ever.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, house: Arc<House>) {
    loop {
        let (stream, client) = seats::accept(&listener).await;
        let Some(seat) = house.seats.take(client.ip()) else {
            metrics::counter!("giaoban_turn_refused_total", "code" => "connections").increment(1);
            continue;
        };
        let (house, tls) = (Arc::clone(&house), tls.clone());
        tokio::spawn(async move {
            begin(stream, client, tls, &house).await;
            drop(seat);
        });
    }
}

async fn begin(stream: TcpStream, client: SocketAddr, tls: Option<Arc<Tls>>, house: &House) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection to TURN keeps its delay");
    }
    let deadline = instant() + house.relay.limits().idle;
    match tls {
        None => Connection::run(stream, client, house, deadline).await,
        Some(tls) => {
            let patience = deadline.saturating_duration_since(instant());
            match timeout(patience, tls.accept(stream)).await {
                Ok(Ok(stream)) => Connection::run(stream, client, house, deadline).await,
                Ok(Err(error)) => tracing::debug!(%error, "no TLS with a client of TURN"),
                Err(_) => {}
            }
        }
    }
}

struct Connection<'a> {
    house: &'a House,
    session: Session,
    deliveries: mpsc::Sender<Delivery>,
    writer: mpsc::Sender<Vec<u8>>,
}

impl<'a> Connection<'a> {
    /// Serves a connection to its end. One without an allocation ends at `deadline`.
    async fn run(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        client: SocketAddr,
        house: &'a House,
        deadline: Instant,
    ) {
        let (mut reader, writer) = tokio::io::split(stream);
        let (deliveries, mut queue) = mpsc::channel(MAX_WAITING);
        let (batches, waiting) = mpsc::channel(MAX_BATCHES);
        let task = tokio::spawn(write(writer, waiting));
        let mut connection =
            Self { house, session: Session::new(client, Transport::Stream), deliveries, writer: batches };
        let mut read = BytesMut::with_capacity(READ_BYTES);
        loop {
            let end = connection.session.next_deadline().unwrap_or(deadline);
            tokio::select! {
                outcome = reader.read_buf(&mut read) => {
                    if !matches!(outcome, Ok(1..)) || !connection.messages(&mut read).await {
                        break;
                    }
                    read.reserve(READ_BYTES);
                }
                Some(delivery) = queue.recv() => {
                    let mut out = Vec::new();
                    connection.deliver(&delivery, &mut out);
                    for _ in 1..MAX_TOGETHER {
                        let Ok(delivery) = queue.try_recv() else { break };
                        connection.deliver(&delivery, &mut out);
                    }
                    if !out.is_empty() && connection.writer.try_send(out).is_err() {
                        metrics::counter!("giaoban_turn_dropped_total").increment(1);
                    }
                }
                // An allocation that was refreshed, or just made, has another deadline.
                () = tokio::time::sleep_until(end.into()) => break,
                () = connection.writer.closed() => break,
            }
            connection.tell_closed().await;
        }
        connection.session.end();
        connection.tell_closed().await;
        drop(connection);
        // What was written is on its way; the writer ends with its queue.
        let _ = task.await;
    }

    /// Takes what was read; false when the connection is to end.
    async fn messages(&mut self, read: &mut BytesMut) -> bool {
        loop {
            let mut message = match framing::next(read) {
                Ok(Some(message)) => message,
                Ok(None) => return true,
                Err(_) => return false,
            };
            match self.session.message(&self.house.relay, self.house.now(), &message) {
                Reaction::Nothing => {}
                Reaction::HangUp => return false,
                Reaction::Reply(reply) => {
                    // A client that asks and does not read is not waited for.
                    if self.writer.try_send(reply).is_err() {
                        return false;
                    }
                }
                Reaction::HandOver { source, worker, first, payload } => {
                    let Some(door) = self.house.doors.get(worker) else { continue };
                    super::count("in", payload.len());
                    if first {
                        door.open(source, self.deliveries.clone()).await;
                    }
                    message.truncate(payload.end);
                    door.bring(source, message.split_off(payload.start)).await;
                }
            }
        }
    }

    fn deliver(&mut self, delivery: &Delivery, out: &mut Vec<u8>) {
        let now = instant();
        for datagram in delivery.datagrams() {
            if self.session.deliver(&self.house.relay, now, delivery.line, datagram, out) {
                super::count("out", datagram.len());
            } else {
                metrics::counter!("giaoban_turn_dropped_total").increment(1);
            }
        }
    }

    async fn tell_closed(&mut self) {
        let closed: Vec<(Source, usize)> = std::iter::from_fn(|| self.session.poll_closed()).collect();
        for (source, worker) in closed {
            if let Some(door) = self.house.doors.get(worker) {
                door.close(source).await;
            }
        }
    }
}

async fn write(
    mut stream: WriteHalf<impl AsyncRead + AsyncWrite + Send>,
    mut waiting: mpsc::Receiver<Vec<u8>>,
) {
    while let Some(bytes) = waiting.recv().await {
        if !seats::write(&mut stream, &bytes).await {
            return;
        }
    }
    // The client may be gone already.
    let _ = timeout(WRITE_TIMEOUT, stream.shutdown()).await;
}
