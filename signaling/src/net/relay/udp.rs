//! TURN over UDP: one socket, all clients.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::door::{Delivery, MAX_WAITING};
use super::{House, instant};
use crate::media::Source;
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
    /// What workers are to be told, in order.
    news: Vec<News>,
    out: Vec<u8>,
}

enum News {
    Opened(Source, usize),
    Closed(Source, usize),
}

impl Datagrams {
    /// Takes a bound, non-blocking socket, and serves it for ever.
    pub async fn serve(socket: std::net::UdpSocket, house: Arc<House>) -> io::Result<()> {
        // One queue for all clients: a burst to many at once has to fit.
        let (deliveries, mut queue) = mpsc::channel(16 * MAX_WAITING);
        let mut datagrams = Self {
            socket: Udp::new(socket)?,
            house,
            sessions: HashMap::new(),
            clients: HashMap::new(),
            deliveries,
            news: Vec::new(),
            out: Vec::new(),
        };
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                readable = datagrams.socket.readable() => {
                    readable?;
                    datagrams.read().await;
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

    async fn read(&mut self) {
        for _ in 0..MAX_BATCHES {
            let mut replies = Vec::new();
            let (house, sessions, clients, news) =
                (&self.house, &mut self.sessions, &mut self.clients, &mut self.news);
            let mut held_back: Vec<(Source, usize, Vec<u8>)> = Vec::new();
            let more = self.socket.read(|from, datagram| {
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
                            news.push(News::Opened(source, worker));
                            // The worker must hear of the line before it hears on it.
                            held_back.push((source, worker, payload.to_vec()));
                        } else if !house.doors.get(worker).is_some_and(|door| door.throw(source, payload)) {
                            metrics::counter!("giaoban_turn_dropped_total").increment(1);
                        }
                    }
                }
                let over = !session.holds();
                while let Some((source, worker)) = session.poll_closed() {
                    clients.remove(&source);
                    news.push(News::Closed(source, worker));
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
            for (source, worker, payload) in held_back {
                if let Some(door) = self.house.doors.get(worker) {
                    door.throw(source, &payload);
                }
            }
            if !more {
                return;
            }
        }
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
                news.push(News::Closed(source, worker));
            }
            session.holds()
        });
    }

    async fn tell(&mut self) {
        for news in std::mem::take(&mut self.news) {
            match news {
                News::Opened(source, worker) => {
                    if let Some(door) = self.house.doors.get(worker) {
                        door.open(source, self.deliveries.clone()).await;
                    }
                }
                News::Closed(source, worker) => {
                    if let Some(door) = self.house.doors.get(worker) {
                        door.close(source).await;
                    }
                }
            }
        }
    }
}
