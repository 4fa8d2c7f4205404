//! What sockets and the server hold of the workers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use schema::moment::{Clock, Moment};
use tokio::sync::{mpsc, oneshot};

use super::Gauges;
use super::order::{Description, Order, Reply, SignalingError};
use crate::config::{Grant, Limits, RoomSettings};
use crate::room::{Arrival, Command, ConnId, ParticipantSnapshot, Request};
use crate::turn::IceServers;
use crate::wire::{ManagerPass, Pass, TokenRefused, Tokens};

/// So many frames may wait for one client: a join of a full room, and some seconds of updates.
const FRAMES_QUEUED: usize = 512;

/// Which worker has which room. Looked into when somebody joins, never for a packet.
#[derive(Debug, Default)]
pub struct Directory(Mutex<HashMap<String, usize>>);

impl Directory {
    fn find(&self, room: &str) -> Option<usize> {
        self.rooms().get(room).copied()
    }

    /// Writes down that a worker has a room. False where another has it: the room had closed while it was asked for here,
    /// and was opened there meanwhile.
    pub fn opened(&self, room: &str, worker: usize) -> bool {
        *self.rooms().entry(room.to_owned()).or_insert(worker) == worker
    }

    /// A room is gone.
    pub fn closed(&self, room: &str) {
        self.rooms().remove(room);
    }

    /// Where the room is, or is to be: with the worker that has the fewest.
    fn place(&self, room: &str, workers: usize, limit: usize) -> Option<usize> {
        let mut rooms = self.rooms();
        if let Some(worker) = rooms.get(room) {
            return Some(*worker);
        }
        if rooms.len() >= limit {
            return None;
        }
        let worker =
            (0..workers).min_by_key(|worker| rooms.values().filter(|held| *held == worker).count())?;
        rooms.insert(room.to_owned(), worker);
        Some(worker)
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        // A map of names stays sound whatever the thread did that held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to one worker.
pub struct Desk {
    /// Hands over an order; never waits. False when the worker has stopped.
    pub send: Box<dyn Fn(Order) -> bool + Send + Sync>,
    /// Where the worker listens for media.
    pub port: u16,
}

/// The way to the workers.
pub struct Front {
    workers: Vec<Desk>,
    directory: Arc<Directory>,
    tokens: Arc<Tokens>,
    limits: Limits,
    gauges: Arc<Gauges>,
    clock: Arc<dyn Clock>,
    ice_servers: Option<IceServers>,
    last_conn: AtomicU64,
}

impl Front {
    /// The way to these workers.
    pub fn new(
        workers: Vec<Desk>,
        directory: Arc<Directory>,
        tokens: Arc<Tokens>,
        limits: Limits,
        gauges: Arc<Gauges>,
        clock: Arc<dyn Clock>,
        ice_servers: Option<IceServers>,
    ) -> Self {
        Self { workers, directory, tokens, limits, gauges, clock, ice_servers, last_conn: AtomicU64::new(0) }
    }

    /// The ceilings in force.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The figures.
    pub fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    /// The port of each worker.
    pub fn ports(&self) -> Vec<u16> {
        self.workers.iter().map(|worker| worker.port).collect()
    }

    /// Signs a token.
    pub fn mint(&self, grant: &Grant) -> String {
        self.tokens.mint(self.now(), grant)
    }

    /// Checks a token.
    pub fn verify(&self, token: &str) -> Result<Pass, TokenRefused> {
        self.tokens.verify(self.now(), token)
    }

    /// Checks a token of a program that manages rooms.
    pub fn verify_manager(&self, token: &str) -> Result<ManagerPass, TokenRefused> {
        self.tokens.verify_manager(self.now(), token)
    }

    /// Whether the room is open.
    pub fn is_open(&self, room: &str) -> bool {
        self.directory.find(room).is_some()
    }

    /// A seat for one more socket, if there is one.
    pub fn take_seat(&self) -> Option<Seat> {
        let gauges = Arc::clone(&self.gauges);
        if gauges.connections.fetch_add(1, Relaxed) >= self.limits.connections {
            gauges.connections.fetch_sub(1, Relaxed);
            return None;
        }
        Some(Seat { conn: ConnId(self.last_conn.fetch_add(1, Relaxed) + 1), gauges })
    }

    /// Brings a client to its room; what it is to be told comes out of the queue.
    pub fn arrive(&self, room: &str, mut arrival: Arrival) -> Option<mpsc::Receiver<Bytes>> {
        if let Some(servers) = &self.ice_servers {
            arrival.ice_servers = servers.mint(self.now(), &arrival.grant.identity);
        }
        let (frames, queue) = mpsc::channel(FRAMES_QUEUED);
        let order = Order::Arrive { arrival: Box::new(arrival), frames };
        self.send(room, order).then_some(queue)
    }

    /// Passes on a client's message. False when the room is gone.
    pub fn signal(&self, room: &str, conn: ConnId, request: Box<Request>) -> bool {
        self.send(room, Order::Signal(conn, request))
    }

    /// Passes on a sign of life. False when the room is gone.
    pub fn heard(&self, room: &str, conn: ConnId) -> bool {
        self.send(room, Order::Heard(conn))
    }

    /// A socket is gone.
    pub fn closed(&self, room: &str, conn: ConnId) {
        self.send(room, Order::Closed(conn));
    }

    /// A client sent what cannot be read; the room's last words to it come out of its queue. False when the room is gone.
    pub fn unreadable(&self, room: &str, conn: ConnId) -> bool {
        self.send(room, Order::Unreadable(conn))
    }

    /// Opens a room.
    pub async fn open(&self, name: &str, settings: RoomSettings) -> Result<(), SignalingError> {
        loop {
            let worker = self
                .directory
                .place(name, self.workers.len(), self.limits.rooms)
                .ok_or(SignalingError::Limit("rooms"))?;
            let (seed, settings) = (randomness(), settings.clone());
            let order = |reply| Order::Open { name: name.to_owned(), worker, settings, seed, reply };
            self.ask(worker, order).await?;
            // It had closed, and another was asked to open it: who may not have done so yet.
            if self.directory.find(name).is_none_or(|found| found == worker) {
                return Ok(());
            }
        }
    }

    /// Has a room carry out a command.
    pub async fn command(&self, room: &str, command: Command) -> Result<(), SignalingError> {
        let worker = self.directory.find(room).ok_or(SignalingError::NoRoom)?;
        let room = room.to_owned();
        self.ask(worker, |reply| Order::Command { room, command, reply }).await
    }

    /// Who is in the room.
    pub async fn snapshot(&self, room: &str) -> Result<Vec<ParticipantSnapshot>, SignalingError> {
        let worker = self.directory.find(room).ok_or(SignalingError::NoRoom)?;
        let room = room.to_owned();
        self.ask(worker, |reply| Order::Snapshot { room, reply }).await
    }

    /// What the room is, in the protocol's words.
    pub async fn describe(&self, room: &str) -> Result<Description, SignalingError> {
        let worker = self.directory.find(room).ok_or(SignalingError::NoRoom)?;
        let room = room.to_owned();
        self.ask(worker, |reply| Order::Describe { room, reply }).await
    }

    /// Names of the rooms that are open.
    pub fn rooms(&self) -> Vec<String> {
        let mut names: Vec<String> = self.directory.rooms().keys().cloned().collect();
        names.sort();
        names
    }

    /// Tells everybody in all rooms to come back later.
    pub async fn suspend(&self) {
        for worker in 0..self.workers.len() {
            // A worker that has stopped has nobody to tell.
            let _ = self.ask(worker, |reply| Order::Suspend { reply }).await;
        }
    }

    async fn ask<T>(
        &self,
        worker: usize,
        order: impl FnOnce(Reply<T>) -> Order,
    ) -> Result<T, SignalingError> {
        let (reply, answer) = oneshot::channel();
        let worker = self.workers.get(worker).ok_or(SignalingError::Stopped)?;
        if !(worker.send)(order(reply)) {
            return Err(SignalingError::Stopped);
        }
        answer.await.map_err(|_| SignalingError::Stopped)?
    }

    fn send(&self, room: &str, order: Order) -> bool {
        let worker = self.directory.find(room).and_then(|worker| self.workers.get(worker));
        worker.is_some_and(|worker| (worker.send)(order))
    }

    /// The time on the wall.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }
}

/// One of the sockets that the process may hold; given back when dropped.
pub struct Seat {
    conn: ConnId,
    gauges: Arc<Gauges>,
}

impl Seat {
    /// The socket's number.
    pub const fn conn(&self) -> ConnId {
        self.conn
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.gauges.connections.fetch_sub(1, Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: rooms are pure, and are handed their randomness when they open"
)]
fn randomness() -> [u8; 32] {
    rand::random()
}
