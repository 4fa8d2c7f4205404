//! What the schedule needs of the rooms. Owned here, by the side that uses it; an engine implements it.

mod embedded;
mod fake;

use futures::future::BoxFuture;
use schema::{event::TrackSource, id::SessionId, moment::Moment};

pub use embedded::Embedded;
pub use fake::FakeRooms;

/// Who holds the rooms of sessions: the embedded engine, a cluster, or a fake in tests.
pub trait Rooms: Send + Sync {
    /// Opens the room of a session. Opening an open room changes nothing.
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<(), RoomsError>>;

    /// Closes it; everybody in it leaves. Closing a closed room changes nothing.
    fn close(&self, session: SessionId) -> BoxFuture<'_, Result<(), RoomsError>>;

    /// A token that lets `pass.identity` into the room.
    fn token(&self, pass: &Pass) -> String;

    /// Who is in the room now.
    fn connected(&self, session: SessionId) -> BoxFuture<'_, Result<Vec<Connected>, RoomsError>>;

    /// For the system page.
    fn figures(&self) -> RoomFigures;
}

/// Right to enter one room once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Which room.
    pub session: SessionId,
    /// `endpoint:<id>` or `account:<id>`.
    pub identity: String,
    /// What the others read on the tile.
    pub display_name: String,
    /// May send camera, microphone and screen. One that only watches is hidden from the others.
    pub publish: bool,
    /// How long the pass opens the door, in seconds.
    pub seconds: u32,
}

/// One participant in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// As in its pass.
    pub identity: String,
    /// What it sends, and whether each is muted.
    pub tracks: Vec<(TrackSource, bool)>,
    /// Since when.
    pub since: Moment,
}

/// Load of the rooms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomFigures {
    /// Open rooms.
    pub rooms: usize,
    /// Participants in them.
    pub participants: usize,
    /// Ports of the media plane.
    pub ports: Vec<u16>,
    /// Events that the engine dropped because nobody took them: must stay 0.
    pub events_lost: usize,
}

/// Why the rooms did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomsError {
    /// The engine is stopped or cannot be reached.
    #[error("the rooms cannot be reached: {0}")]
    Unreachable(String),
    /// A ceiling of the engine.
    #[error("the rooms are full: {0}")]
    Full(String),
}
