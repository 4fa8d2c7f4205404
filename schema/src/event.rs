//! What a room tells: who came, who went, when. The only thing that signaling and the store both know.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// One thing that happened in a room. `(incarnation, seq)` is unique for ever, so an event may be delivered
/// twice and still be counted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    /// The room's name: the session's id as text.
    pub room: String,
    /// This opening of the room (`RM_…`); a restart of the process opens a new one.
    pub incarnation: String,
    /// Rises by one per event within an incarnation, from 1.
    pub seq: u64,
    /// When it happened, by the server's clock.
    pub at: Moment,
    /// What happened.
    pub kind: RoomEventKind,
    /// The same in LiveKit's words, for programs outside: the JSON of its webhook. `None` for kinds of which LiveKit
    /// tells nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
}

/// The kinds of [`RoomEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RoomEventKind {
    /// The room opened.
    Opened,
    /// The room closed; everybody in it has left.
    Closed,
    /// A participant came in: its signaling socket is up.
    Joined(Who),
    /// Still there. At most one heartbeat ([`HEARTBEAT_MS`]) passes between two of these.
    Alive(Who),
    /// The line is lost; the place is kept for the linger window.
    LinkDown(Who),
    /// The line is back within the linger window.
    LinkUp(Who),
    /// The participant is gone. `at` of the event is when it was last heard, not when that was noticed.
    Left {
        /// Who.
        who: Who,
        /// Why.
        reason: LeaveReason,
    },
    /// Media of a track arrives.
    TrackPublished {
        /// Who sends.
        who: Who,
        /// What is sent.
        source: TrackSource,
    },
    /// The track is gone.
    TrackUnpublished {
        /// Who sent.
        who: Who,
        /// What was sent.
        source: TrackSource,
    },
    /// The track is muted or heard again.
    TrackMuted {
        /// Who sends.
        who: Who,
        /// What is sent.
        source: TrackSource,
        /// Silent from now on, or not.
        muted: bool,
    },
}

impl RoomEventKind {
    /// Whom it is about; `None` when it is about the whole room.
    pub fn who(&self) -> Option<&Who> {
        match self {
            Self::Opened | Self::Closed => None,
            Self::Joined(who)
            | Self::Alive(who)
            | Self::LinkDown(who)
            | Self::LinkUp(who)
            | Self::Left { who, .. }
            | Self::TrackPublished { who, .. }
            | Self::TrackUnpublished { who, .. }
            | Self::TrackMuted { who, .. } => Some(who),
        }
    }
}

/// A participant as the room knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Who {
    /// `sub` of the token: `endpoint:<EndpointId>` or `account:<AccountId>`.
    pub identity: String,
    /// This coming-in (`PA_…`); a resume keeps it, a new join has a new one.
    pub sid: String,
}

crate::words::words! {
    /// Why a participant left.
    pub enum LeaveReason {
        /// It said so.
        Left = "left",
        /// Its line was lost and did not come back within the linger window.
        Lost = "lost",
        /// The same identity came in elsewhere.
        Replaced = "replaced",
        /// A moderator removed it.
        Removed = "removed",
        /// The room was closed.
        RoomClosed = "room_closed",
    }
}

crate::words::words! {
    /// What a track carries.
    pub enum TrackSource {
        /// Camera.
        Camera = "camera",
        /// Microphone.
        Microphone = "microphone",
        /// Picture of a shared screen.
        ScreenShare = "screen_share",
        /// Sound of a shared screen.
        ScreenShareAudio = "screen_share_audio",
        /// Something the client did not name.
        Unknown = "unknown",
    }
}

/// Longest time between two signs of life of a participant: 10 s, the most that a power cut may cost
/// (design: "a crash or power cut loses at most one heartbeat").
pub const HEARTBEAT_MS: i64 = 10_000;
