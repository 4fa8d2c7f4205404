//! The component as its owner sees it: started once, told which rooms to open, asked who is there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use schema::event::{RoomEvent, TrackSource};
use schema::moment::Clock;
use tokio::sync::mpsc;

use crate::config::{Grant, RoomSettings, SignalingConfig, TurnConfig};
use crate::host::{Desk, Directory, EventTap, Front, Gauges, Order, SignalingError, Tenancy};
use crate::media;
use crate::net::relay::{Ports, RelayError, RelayHandle, Sockets};
use crate::net::{self, Door, WorkerConfig};
use crate::room::{Change, Command, Message, ParticipantSnapshot, Rights, Which};
use crate::turn::{IceServers, Relay, Targets};
use crate::wire::{self, Tokens};

/// Shorter secrets can be guessed.
const SECRET_BYTES_MIN: usize = 32;

/// Rooms and their media, running. Cheap to clone; the workers stop when the last clone is gone.
#[derive(Clone)]
pub struct Signaling {
    front: Arc<Front>,
    turn: Option<Arc<RelayHandle>>,
}

/// Why signaling did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The secret is too short to be one.
    #[error("the API secret must have at least {SECRET_BYTES_MIN} bytes")]
    WeakSecret,
    /// A port for media could not be opened.
    #[error("media cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// TURN does not run.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The system has no randomness, or no cryptography.
    #[error("TURN has no keys: {0}")]
    Keys(String),
}

/// Figures for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Rooms open.
    pub rooms: usize,
    /// Participants in them.
    pub participants: usize,
    /// Signaling sockets.
    pub connections: usize,
    /// Where media arrives, one port for each worker.
    pub media_ports: Vec<u16>,
    /// Where TURN listens, as far as it does.
    pub turn_ports: Ports,
    /// Events that wait because nobody takes them.
    pub events_waiting: usize,
    /// Events that were thrown away. Anything but 0 is an alarm: the record has a hole.
    pub events_lost: usize,
}

impl Signaling {
    /// Starts the workers. The receiver has to be emptied for as long as rooms are open.
    pub fn start(
        config: SignalingConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, mpsc::Receiver<RoomEvent>), StartError> {
        let SignalingConfig { media_listen, advertise, workers, api_key, api_secret, limits, turn } = config;
        if api_secret.len() < SECRET_BYTES_MIN {
            return Err(StartError::WeakSecret);
        }
        let tokens = Arc::new(Tokens::new(&api_key, &api_secret));
        let gauges = Arc::new(Gauges::default());
        let directory = Arc::new(Directory::default());
        let (tap, events) = EventTap::new(Arc::clone(&gauges));
        // Opened before the workers, so that a port that is taken is told before anything runs.
        let turn = turn.map(|turn| Sockets::open(turn.listen.clone()).map(|sockets| (turn, sockets)));
        let turn = turn.transpose()?;
        let (mut desks, mut doors) = (Vec::new(), Vec::new());
        for index in 0..workers.max(1) {
            let (tokens, directory, gauges) =
                (Arc::clone(&tokens), Arc::clone(&directory), Arc::clone(&gauges));
            let pipe = tap.pipe();
            let make = move || Tenancy::new(tokens, limits, directory, gauges, pipe);
            let worker = WorkerConfig {
                listen: nth_port(media_listen, index)?,
                advertise: advertise.clone(),
                limits: media::Limits {
                    data_frame_bytes: limits.data_bytes,
                    description_bytes: limits.frame_bytes,
                    ..Default::default()
                },
            };
            let (desk, door) = hire(worker, Arc::clone(&clock), make)?;
            desks.push(desk);
            doors.push(door);
        }
        let turn = turn
            .map(|(turn, sockets)| open_relay(turn, sockets, doors, api_secret.as_bytes(), &clock))
            .transpose()?;
        let (turn, ice_servers) =
            turn.map_or((None, None), |(handle, ice)| (Some(Arc::new(handle)), Some(ice)));
        let front = Front::new(desks, directory, tokens, limits, gauges, clock, ice_servers);
        Ok((Self { front: Arc::new(front), turn }, events))
    }

    /// Opens a room. One that is open stays as it is.
    pub async fn open(&self, name: &str, settings: RoomSettings) -> Result<(), SignalingError> {
        self.front.open(name, settings).await
    }

    /// Closes a room: everybody in it leaves for good.
    pub async fn close(&self, name: &str) -> Result<(), SignalingError> {
        self.front.command(name, Command::Close).await
    }

    /// Sends a participant away. With a token that still holds it can come back: do not give it another.
    pub async fn remove(&self, room: &str, identity: &str) -> Result<(), SignalingError> {
        self.front.command(room, Command::Remove { identity: identity.to_owned() }).await
    }

    /// Silences a participant's tracks of that source at the server, or lets them be heard again.
    pub async fn mute(
        &self,
        room: &str,
        identity: &str,
        source: TrackSource,
        muted: bool,
    ) -> Result<(), SignalingError> {
        self.front
            .command(
                room,
                Command::Mute { identity: identity.to_owned(), track: Which::Source(source), muted },
            )
            .await
    }

    /// Sends a reliable data message in the server's name to these identities; to everybody when there are none.
    pub async fn send_data(
        &self,
        room: &str,
        topic: &str,
        payload: Vec<u8>,
        to: Vec<String>,
    ) -> Result<(), SignalingError> {
        let topic = Some(topic.to_owned());
        let message = Message { topic, payload, to, to_sids: Vec::new(), reliable: true };
        self.front.command(room, Command::SendData(Box::new(message))).await
    }

    /// Changes what a participant may do; what it may no longer send or receive ends at once.
    pub async fn permit(&self, room: &str, identity: &str, rights: Rights) -> Result<(), SignalingError> {
        let change = Box::new(Change { rights: Some(rights), ..Change::default() });
        self.front.command(room, Command::Change { identity: identity.to_owned(), change }).await
    }

    /// Changes the room's metadata, which every client is told.
    pub async fn set_room_metadata(&self, room: &str, metadata: String) -> Result<(), SignalingError> {
        self.front.command(room, Command::SetMetadata(metadata)).await
    }

    /// Everybody in the room, those whose line is down included.
    pub async fn connected(&self, room: &str) -> Result<Vec<ParticipantSnapshot>, SignalingError> {
        self.front.snapshot(room).await
    }

    /// Signs a token with which a client can join.
    pub fn mint_token(&self, grant: &Grant) -> String {
        self.front.mint(grant)
    }

    /// The paths that clients know, to be merged into the product's router.
    pub fn router(&self) -> axum::Router {
        wire::router(Arc::clone(&self.front))
    }

    /// The figures of this moment.
    pub fn stats(&self) -> Stats {
        let gauges = self.front.gauges();
        Stats {
            rooms: gauges.rooms.load(Relaxed),
            participants: gauges.participants.load(Relaxed),
            connections: gauges.connections.load(Relaxed),
            media_ports: self.front.ports(),
            turn_ports: self.turn.as_ref().map(|turn| turn.ports).unwrap_or_default(),
            events_waiting: gauges.events_waiting.load(Relaxed),
            events_lost: gauges.events_lost.load(Relaxed),
        }
    }

    /// Before the process ends: clients are told to come back by themselves, and everybody's presence is closed. When
    /// the receiver of events has been emptied after this, it ends.
    pub async fn stop(&self) {
        self.front.suspend().await;
    }
}

/// Each worker has a port of its own: a kernel that spreads datagrams over sockets of one port does not know which
/// connection they belong to.
fn nth_port(first: SocketAddr, index: usize) -> Result<SocketAddr, StartError> {
    if first.port() == 0 {
        return Ok(first);
    }
    let port = u16::try_from(index).ok().and_then(|index| first.port().checked_add(index));
    let port =
        port.ok_or_else(|| StartError::Listen(first, io::Error::from(io::ErrorKind::AddrNotAvailable)))?;
    Ok(SocketAddr::new(first.ip(), port))
}

fn hire(
    worker: WorkerConfig,
    clock: Arc<dyn Clock>,
    make: impl FnOnce() -> Tenancy + Send + 'static,
) -> Result<(Desk, Door), StartError> {
    let listen = worker.listen;
    let handle = net::spawn(worker, clock, make).map_err(|error| StartError::Listen(listen, error))?;
    let (port, door) = (handle.port(), handle.door());
    let send = move |order: Order| {
        if order.can_wait() { handle.outbox.leave(order) } else { handle.outbox.send(order) }
    };
    Ok((Desk { send: Box::new(send), port }, door))
}

/// Begins to serve TURN, with these workers behind it.
fn open_relay(
    turn: TurnConfig,
    sockets: Sockets,
    doors: Vec<Door>,
    secret: &[u8],
    clock: &Arc<dyn Clock>,
) -> Result<(RelayHandle, IceServers), StartError> {
    let mut fresh = [0; 32];
    aws_lc_rs::rand::fill(&mut fresh).map_err(|error| StartError::Keys(error.to_string()))?;
    let targets = Targets::new(doors.iter().map(Door::candidates));
    let host = turn.host.or_else(|| targets.first().map(|ip| ip.to_string())).unwrap_or_default();
    let urls = if turn.urls.is_empty() { sockets.ports.urls(&host) } else { turn.urls };
    let relay = Relay::new(instant(), secret, fresh, targets, turn.limits)
        .map_err(|error| StartError::Keys(error.to_string()))?;
    let relay = Arc::new(relay);
    let handle = sockets.serve(Arc::clone(&relay), doors, Arc::clone(clock))?;
    Ok((handle, IceServers::new(relay, urls)))
}

#[expect(clippy::disallowed_methods, reason = "the start, from which lifetimes count")]
fn instant() -> std::time::Instant {
    std::time::Instant::now()
}
