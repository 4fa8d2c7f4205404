//! What reaches a worker past its UDP socket: from connections over TCP, and through TURN.

use bytes::BytesMut;
use tokio::sync::mpsc;

use super::door::Delivery;
use crate::media::Source;

/// Datagrams read and not yet looked at, of all connections; and as many of all lines through TURN.
const MAX_READ: usize = 1024;

/// What a connection's reader tells the worker, and what TURN does.
pub enum Arrival {
    /// A datagram.
    Datagram(Source, BytesMut),
    /// A connection, or a line through TURN, begins; what is to go out on it goes there.
    Opened(Source, mpsc::Sender<Delivery>),
    /// The end of a connection or of a line.
    Closed(Source),
}

/// The worker's end of the queues. TURN has one of its own: whoever it lets in has shown credentials, and strangers on TCP
/// must not crowd it out.
pub struct Arrivals {
    connections: mpsc::Receiver<Arrival>,
    lines: mpsc::Receiver<Arrival>,
    /// Whose turn it is.
    line_next: bool,
}

/// The ways in for connections and for TURN, and where they lead.
pub fn queues() -> (mpsc::Sender<Arrival>, mpsc::Sender<Arrival>, Arrivals) {
    let (from_connections, connections) = mpsc::channel(MAX_READ);
    let (from_lines, lines) = mpsc::channel(MAX_READ);
    (from_connections, from_lines, Arrivals { connections, lines, line_next: false })
}

impl Arrivals {
    /// The next, of both in turn.
    pub fn try_recv(&mut self) -> Option<Arrival> {
        self.line_next = !self.line_next;
        let (first, second) = if self.line_next {
            (&mut self.lines, &mut self.connections)
        } else {
            (&mut self.connections, &mut self.lines)
        };
        first.try_recv().or_else(|_| second.try_recv()).ok()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::bell::Sleeper;
    use crate::net::door::Door;

    #[test]
    fn however_much_comes_from_connections_what_turn_brings_has_its_place() {
        let (connections, lines, mut arrivals) = queues();
        let stranger = Source::Tcp(1, ([192, 0, 2, 1], 4000).into());
        while connections.try_send(Arrival::Datagram(stranger, BytesMut::new())).is_ok() {}
        let bell = Sleeper::new().unwrap().bell();
        let (door, line) =
            (Door::new(lines, bell, [].into()), Source::Relay(1, ([10, 0, 0, 5], 49_152).into()));
        assert!(door.throw(line, b"x"));
        let mut next = || matches!(arrivals.try_recv(), Some(Arrival::Datagram(source, _)) if source == line);
        assert!([next(), next()].contains(&true), "nor does it wait for all of them");
        drop((door, connections));
        while arrivals.try_recv().is_some() {}
        assert!(arrivals.is_empty());
    }
}
