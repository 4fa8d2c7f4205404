//! What reaches a worker from other threads.

use bytes::Bytes;
use livekit_protocol as proto;
use tokio::sync::{mpsc, oneshot};

use crate::config::RoomSettings;
use crate::room::{Arrival, Command, ConnId, ParticipantSnapshot, Refusal, Request};

/// Why the server's wish was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignalingError {
    /// The room is not open.
    #[error("the room is not open")]
    NoRoom,
    /// Nobody of that identity is in the room.
    #[error("no such participant")]
    NoParticipant,
    /// The participant sends no such track.
    #[error("no such track")]
    NoTrack,
    /// Only the participant itself opens a microphone or a camera that is muted.
    #[error("only the participant can unmute it")]
    Unmute,
    /// A name, metadata or attributes longer than is allowed.
    #[error("a name, metadata or attributes are too long")]
    TooLong,
    /// A ceiling is reached.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// The signaling component has stopped.
    #[error("signaling has stopped")]
    Stopped,
}

impl From<Refusal> for SignalingError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoParticipant => Self::NoParticipant,
            Refusal::NoTrack => Self::NoTrack,
            Refusal::Unmute => Self::Unmute,
            Refusal::TooLong => Self::TooLong,
        }
    }
}

/// A room and everybody in it, in the protocol's words.
pub type Description = (proto::Room, Vec<proto::ParticipantInfo>);

/// Where the answer to an order goes.
pub type Reply<T> = oneshot::Sender<Result<T, SignalingError>>;

/// An order to a worker.
pub enum Order {
    /// Opens a room; one that is open stays as it is.
    Open {
        /// Its name.
        name: String,
        /// Number of the worker that is to have it.
        worker: usize,
        /// How it behaves.
        settings: RoomSettings,
        /// Randomness for its identifiers.
        seed: [u8; 32],
        /// Done.
        reply: Reply<()>,
    },
    /// Something the server wants of a room.
    Command {
        /// Which room.
        room: String,
        /// What.
        command: Command,
        /// Done.
        reply: Reply<()>,
    },
    /// Who is there?
    Snapshot {
        /// Which room.
        room: String,
        /// They are.
        reply: Reply<Vec<ParticipantSnapshot>>,
    },
    /// What is the room, in the protocol's words?
    Describe {
        /// Which room.
        room: String,
        /// That.
        reply: Reply<Description>,
    },
    /// A client comes in.
    Arrive {
        /// Who.
        arrival: Box<Arrival>,
        /// Queue of its socket; dropping it closes the socket when the queue is empty.
        frames: mpsc::Sender<Bytes>,
    },
    /// A client says something.
    Signal(ConnId, Box<Request>),
    /// A client gives a sign of life.
    Heard(ConnId),
    /// A socket is gone.
    Closed(ConnId),
    /// A client sent what cannot be read.
    Unreadable(ConnId),
    /// Everybody is told to come back later; the process stops.
    Suspend {
        /// Done, all events told.
        reply: Reply<()>,
    },
}

impl Order {
    /// Whether it may be carried out when the worker is awake anyway, in a room with connections within a tenth of a second:
    /// a room looks but every few seconds who was heard. What waits is overtaken by the end of its socket, and a client whose
    /// last word was a ping was then heard by so much earlier.
    pub const fn can_wait(&self) -> bool {
        matches!(self, Self::Heard(_))
    }
}
