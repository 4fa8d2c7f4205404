//! TURN over UDP: one socket, all clients.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use super::{House, instant};
use crate::media::Source;
use crate::net::door::{Delivery, Door, MAX_WAITING};
use crate::net::udp::Udp;
use crate::turn::{Reaction, Session, Transport};

/// Batches read before everything else gets its turn.
const MAX_BATCHES: usize = 8;
/// Deliveries taken before everything else gets its turn.
const MAX_DELIVERIES: usize = 64;
/// How often ended allocations are looked for. Nothing depends on it: one whose time is over serves nobody.
const SWEEP: Duration = Duration::from_secs(5);

/// The socket and who talks on it. Only those who hold an allocation are remembered.
pub struct Datagrams {
    socket: Udp,
    house: Arc<House>,
    sessions: HashMap<SocketAddr, Session>,
    clients: HashMap<Source, SocketAddr>,
    deliveries: mpsc::Sender<Delivery>,
    news: News,
    out: Vec<u8>,
}

/// What workers are to be told, in order.
#[derive(Default)]
struct News(Vec<Item>);

enum Item {
    Opened(Source, usize),
    Datagram(Source, usize, Vec<u8>),
    Closed(Source, usize),
}

impl News {
    /// A datagram for a worker. It goes there at once, unless the worker has yet to hear of its line: then it waits behind
    /// that, and so does what comes on the line before it was told.
    fn bring(&mut self, doors: &[Door], line: (Source, usize), first: bool, payload: &[u8]) {
        let (source, worker) = line;
        if first {
            self.0.push(Item::Opened(source, worker));
        }
        if self.0.iter().any(|item| matches!(item, Item::Opened(opened, _) if *opened == source)) {
            self.0.push(Item::Datagram(source, worker, payload.to_vec()));
        } else {
            throw(doors.get(worker), source, payload);
        }
    }

    fn closed(&mut self, source: Source, worker: usize) {
        self.0.push(Item::Closed(source, worker));
    }

    async fn tell(&mut self, doors: &[Door], deliveries: &mpsc::Sender<Delivery>) {
        for item in self.0.drain(..) {
            let (Item::Opened(_, worker) | Item::Datagram(_, worker, _) | Item::Closed(_, worker)) = &item;
            let Some(door) = doors.get(*worker) else { continue };
            match item {
                Item::Opened(source, _) => door.open(source, deliveries.clone()).await,
                Item::Datagram(source, _, payload) => throw(Some(door), source, &payload),
                Item::Closed(source, _) => door.close(source).await,
            }
        }
    }
}

fn throw(door: Option<&Door>, source: Source, payload: &[u8]) {
    if !door.is_some_and(|door| door.throw(source, payload)) {
        metrics::counter!("giaoban_turn_dropped_total").increment(1);
    }
}

impl Datagrams {
    /// Takes a bound, non-blocking socket, and serves it for ever.
    pub async fn serve(socket: std::net::UdpSocket, house: Arc<House>) -> io::Result<()> {
        // One queue for all clients: a burst to many at once has to fit.
        let (deliveries, mut queue) = mpsc::channel(16 * MAX_WAITING);
        // For what comes in alone: each run that the network takes makes room, and who watched for room would be told every
        // time.
        #[expect(
            deprecated,
            reason = "sound for sockets of the standard library, and the other way is unsafe"
        )]
        let watched = AsyncFd::with_interest(socket.try_clone()?, Interest::READABLE)?;
        let mut datagrams = Self {
            socket: Udp::new(socket)?,
            house,
            sessions: HashMap::new(),
            clients: HashMap::new(),
            deliveries,
            news: News::default(),
            out: Vec::new(),
        };
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                readable = watched.readable() => {
                    let mut readable = readable?;
                    if datagrams.read().await {
                        // Others are to have their turn all the same.
                        tokio::task::yield_now().await;
                    } else {
                        readable.clear_ready();
                    }
                }
                Some(delivery) = queue.recv() => {
                    datagrams.deliver(&delivery);
                    for _ in 1..MAX_DELIVERIES {
                        let Ok(delivery) = queue.try_recv() else { break };
                        datagrams.deliver(&delivery);
                    }
                }
                _ = sweep.tick() => datagrams.sweep(),
            }
            datagrams.tell().await;
        }
    }

    /// Reads some batches; whether more waits.
    async fn read(&mut self) -> bool {
        for _ in 0..MAX_BATCHES {
            let mut replies = Vec::new();
            let (house, sessions, clients, news) =
                (&self.house, &mut self.sessions, &mut self.clients, &mut self.news);
            let more = self.socket.read(|from, _, datagram| {
                let now = house.now();
                let mut stranger = Session::new(from, Transport::Udp);
                let known = sessions.get_mut(&from);
                let is_known = known.is_some();
                let session = known.unwrap_or(&mut stranger);
                match session.message(&house.relay, now, datagram) {
                    Reaction::Nothing | Reaction::HangUp => {}
                    Reaction::Reply(reply) => replies.push((from, reply)),
                    Reaction::HandOver { source, worker, first, payload } => {
                        let Some(payload) = datagram.get(payload) else { return };
                        super::count("in", payload.len());
                        if first {
                            clients.insert(source, from);
                        }
                        news.bring(&house.doors, (source, worker), first, payload);
                    }
                }
                let over = !session.holds();
                while let Some((source, worker)) = session.poll_closed() {
                    clients.remove(&source);
                    news.closed(source, worker);
                }
                match (is_known, over) {
                    (true, true) => {
                        sessions.remove(&from);
                    }
                    (false, false) => {
                        sessions.insert(from, stranger);
                    }
                    (true, false) | (false, true) => {}
                }
            });
            for (to, reply) in replies {
                self.socket.send(to, &reply, reply.len());
            }
            self.tell().await;
            if !more {
                return false;
            }
        }
        true
    }

    fn deliver(&mut self, delivery: &Delivery) {
        let Some(client) = self.clients.get(&delivery.line).copied() else { return };
        let Some(session) = self.sessions.get_mut(&client) else { return };
        let now = instant();
        self.out.clear();
        // All but the last are of one size, and stay so when they are wrapped.
        let mut size = 0;
        for datagram in delivery.datagrams() {
            let before = self.out.len();
            if session.deliver(&self.house.relay, now, delivery.line, datagram, &mut self.out) {
                super::count("out", datagram.len());
            } else {
                metrics::counter!("giaoban_turn_dropped_total").increment(1);
            }
            size = size.max(self.out.len() - before);
        }
        if !self.out.is_empty() {
            self.socket.send(client, &self.out, size);
        }
    }

    fn sweep(&mut self) {
        let now = instant();
        let (clients, news) = (&mut self.clients, &mut self.news);
        self.sessions.retain(|_, session| {
            session.timeout(now);
            while let Some((source, worker)) = session.poll_closed() {
                clients.remove(&source);
                news.closed(source, worker);
            }
            session.holds()
        });
    }

    async fn tell(&mut self) {
        self.news.tell(&self.house.doors, &self.deliveries).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::arrivals::Arrival;
    use crate::net::bell::Sleeper;

    #[tokio::test]
    async fn nothing_on_a_line_overtakes_the_news_of_it() {
        let (arrivals, mut heard) = mpsc::channel(16);
        let doors = [Door::new(arrivals, Sleeper::new().unwrap().bell(), [].into())];
        let (deliveries, _queue) = mpsc::channel(1);
        let line = |number| Source::Relay(number, ([10, 0, 0, 5], 49_152).into());
        let mut news = News::default();
        for (number, first, payload) in [(1, true, b"a"), (1, false, b"b"), (2, true, b"c"), (1, false, b"d")]
        {
            news.bring(&doors, (line(number), 0), first, payload);
        }
        news.closed(line(2), 0);
        assert!(heard.try_recv().is_err(), "nothing yet");
        news.tell(&doors, &deliveries).await;
        news.bring(&doors, (line(1), 0), false, b"e");
        let mut order = Vec::new();
        while let Ok(arrival) = heard.try_recv() {
            order.push(match arrival {
                Arrival::Opened(source, _) => (source, "opened".to_owned()),
                Arrival::Datagram(source, bytes) => (source, String::from_utf8_lossy(&bytes).into_owned()),
                Arrival::Closed(source) => (source, "closed".to_owned()),
            });
        }
        let expected = [(1, "opened"), (1, "a"), (1, "b"), (2, "opened"), (2, "c"), (1, "d"), (2, "closed")];
        let expected = expected.into_iter().chain([(1, "e")]);
        assert_eq!(order, expected.map(|(number, what)| (line(number), what.to_owned())).collect::<Vec<_>>());
    }
}
