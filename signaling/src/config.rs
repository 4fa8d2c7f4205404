//! What the owner of the process decides about its rooms.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use schema::event::TrackSource;

use crate::net::relay::Listen;
use crate::turn::Limits as TurnLimits;

/// How the signaling component is started.
#[derive(Clone)]
pub struct SignalingConfig {
    /// Where media arrives, over UDP and over TCP on the same port number. Worker *n* listens on `port + n`; with port 0
    /// each worker takes a free one.
    pub media_listen: SocketAddr,
    /// Addresses that clients are told to send media to. Empty: the address of `media_listen`, or, when that is the
    /// unspecified one, those of the machine's interfaces.
    pub advertise: Vec<IpAddr>,
    /// How many media workers; each owns whole rooms.
    pub workers: usize,
    /// `iss` of tokens.
    pub api_key: String,
    /// Signs tokens (HMAC-SHA-256). At least 32 bytes.
    pub api_secret: String,
    /// What one client, room and process may take.
    pub limits: Limits,
    /// The way in for clients that can reach nothing but a TURN server; `None` leaves it closed.
    pub turn: Option<TurnConfig>,
}

/// How clients reach the rooms through TURN. It relays to this process's own media and to nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnConfig {
    /// Where it listens.
    pub listen: Listen,
    /// Name or address under which clients reach it; with TLS the certificate has to be good for it. `None` is the first
    /// of the media addresses.
    pub host: Option<String>,
    /// What clients are told, where that is not the host with the ports listened on: `turns:name:443?transport=tcp`.
    pub urls: Vec<String>,
    /// What its clients may take.
    pub limits: TurnLimits,
}

/// Never prints the secret.
impl std::fmt::Debug for SignalingConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignalingConfig")
            .field("media_listen", &self.media_listen)
            .field("advertise", &self.advertise)
            .field("workers", &self.workers)
            .field("limits", &self.limits)
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

/// Ceilings. What goes over one is answered with the protocol's own error, or ends that one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rooms open at once.
    pub rooms: usize,
    /// Signaling connections open at once.
    pub connections: usize,
    /// Largest signaling frame in bytes. A browser describes each picture it could receive in 7 kB, so that an offer in a
    /// session of 200 endpoints is near 2 MB.
    pub frame_bytes: usize,
    /// Tracks one participant may publish.
    pub tracks_per_participant: usize,
    /// Longest data packet in bytes.
    pub data_bytes: usize,
    /// Longest metadata in bytes; attributes together may be as long.
    pub metadata_bytes: usize,
    /// Longest name of a participant in bytes: names of endpoints and people have up to 200 letters, each of up to four bytes.
    pub name_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms: 512,
            connections: 4096,
            frame_bytes: 4 * 1024 * 1024,
            tracks_per_participant: 16,
            data_bytes: 64 * 1024,
            metadata_bytes: 16 * 1024,
            name_bytes: 1024,
        }
    }
}

impl Limits {
    /// Whether what is told of a participant is as short as it has to be. Attributes count together.
    pub fn fits(&self, grant: &Grant) -> bool {
        let attributes: usize = grant.attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
        grant.name.len() <= self.name_bytes
            && grant.metadata.len() <= self.metadata_bytes
            && attributes <= self.metadata_bytes
    }
}

/// How one room behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSettings {
    /// Most participants at once.
    pub max_participants: usize,
    /// How long a participant's place is kept after its line is lost, in milliseconds.
    pub linger_ms: i64,
    /// Closes the room when nobody has come in for this long, in milliseconds; `None` keeps it until it is closed.
    pub empty_timeout_ms: Option<i64>,
    /// How long the room outlives its last participant, in milliseconds; `None` keeps it until it is closed. A place that
    /// is kept counts as a participant.
    pub departure_timeout_ms: Option<i64>,
    /// Room metadata, passed to every client.
    pub metadata: String,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            max_participants: 400,
            linger_ms: 15_000,
            empty_timeout_ms: None,
            departure_timeout_ms: None,
            metadata: String::new(),
        }
    }
}

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one grant of the protocol")]
pub struct Grant {
    /// The room's name.
    pub room: String,
    /// `sub`: who it is, unique in the room.
    pub identity: String,
    /// What others see.
    pub name: String,
    /// May send microphone, camera and screen.
    pub can_publish: bool,
    /// Only these of them; all where none is named.
    pub sources: Vec<TrackSource>,
    /// May receive others' tracks.
    pub can_subscribe: bool,
    /// May send data messages (chat, hands).
    pub can_publish_data: bool,
    /// May change its own name, metadata and attributes.
    pub can_update_own_metadata: bool,
    /// Is not shown to others.
    pub hidden: bool,
    /// Participant metadata, passed to every client.
    pub metadata: String,
    /// Participant attributes, passed to every client.
    pub attributes: BTreeMap<String, String>,
    /// How long the token can be used to come in. Clients that stay get fresh ones by themselves.
    pub ttl: Duration,
}

impl Grant {
    /// May do what an endpoint of a session does: see, hear, send, write.
    pub fn endpoint(room: impl Into<String>, identity: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            room: room.into(),
            identity: identity.into(),
            name: name.into(),
            can_publish: true,
            sources: Vec::new(),
            can_subscribe: true,
            can_publish_data: true,
            can_update_own_metadata: false,
            hidden: false,
            metadata: String::new(),
            attributes: BTreeMap::new(),
            ttl: Duration::from_mins(10),
        }
    }

    /// The same with what is told of the participant changed. An attribute with an empty value is taken away.
    #[must_use]
    pub fn with(
        &self,
        name: Option<String>,
        metadata: Option<String>,
        attributes: BTreeMap<String, String>,
    ) -> Self {
        let mut grant = self.clone();
        grant.name = name.unwrap_or(grant.name);
        grant.metadata = metadata.unwrap_or(grant.metadata);
        grant.attributes.extend(attributes);
        grant.attributes.retain(|_, value| !value.is_empty());
        grant
    }

    /// Whether it may send a track that carries this.
    pub fn may_publish(&self, source: TrackSource) -> bool {
        self.can_publish && (self.sources.is_empty() || self.sources.contains(&source))
    }

    /// May see and hear, and nobody sees it.
    pub fn observer(room: impl Into<String>, identity: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            can_publish: false,
            can_publish_data: false,
            hidden: true,
            ..Self::endpoint(room, identity, name)
        }
    }
}

/// How long a token lives that a client gets while it is connected: long enough to survive an outage of some minutes,
/// short enough that one removed from a session is soon shut out.
pub const FRESH_TOKEN_TTL: Duration = Duration::from_mins(10);
