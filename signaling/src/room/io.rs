//! What goes into a room and what comes out of it.

use std::collections::BTreeMap;

use livekit_protocol as proto;
use schema::event::{RoomEvent, TrackSource};
use schema::moment::Moment;

use super::media::MediaEvent;
use crate::config::Grant;

/// What a client says.
pub type Request = proto::signal_request::Message;
/// What a client is told.
pub type Response = proto::signal_response::Message;

/// One signaling socket. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// Which of the two ways of joining a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinPath {
    /// `/rtc`: the client publishes on one PeerConnection, the server offers on another.
    Dual,
    /// `/rtc/v1`: one PeerConnection, the client always offers.
    Single,
}

/// A client at the door, its token verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Its socket.
    pub conn: ConnId,
    /// What its token allows.
    pub grant: Grant,
    /// When its token expires.
    pub expires_at: Moment,
    /// How it wants to talk.
    pub path: JoinPath,
    /// Wants every track without asking.
    pub auto_subscribe: bool,
    /// What kind of program it is.
    pub client: proto::ClientInfo,
    /// Comes back to the place with this sid.
    pub resume: Option<String>,
    /// Does so because a PeerConnection of its own has failed.
    pub failed: bool,
    /// Single path: the offer that rides in the join request.
    pub offer: Option<proto::SessionDescription>,
    /// Tracks announced in the join request.
    pub add_tracks: Vec<proto::AddTrackRequest>,
    /// Single path: what it remembers of its former connection.
    pub sync: Option<proto::SyncState>,
    /// Where it may have its media relayed, with credentials made for it a moment ago.
    pub ice_servers: Vec<proto::IceServer>,
}

/// What happens to a room.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Somebody comes in or back.
    Arrive(Box<Arrival>),
    /// A message of a client.
    Signal(ConnId, Box<Request>),
    /// A sign of life on a socket that carries no message.
    Heard(ConnId),
    /// A socket is gone.
    Closed(ConnId),
    /// A client sent what cannot be read, and will not be listened to any more.
    Unreadable(ConnId),
    /// The media plane tells something.
    Media(MediaEvent),
    /// A deadline has passed.
    Timeout,
}

/// What the server tells a room to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Sends a participant away.
    Remove {
        /// Whom.
        identity: String,
    },
    /// Silences a track of a participant.
    Mute {
        /// Whose.
        identity: String,
        /// Which of its tracks.
        track: Which,
        /// False is refused where it is muted: that its participant does itself.
        muted: bool,
    },
    /// Changes what a participant may do, or what is told of it.
    Change {
        /// Whose.
        identity: String,
        /// What.
        change: Box<Change>,
    },
    /// Has a participant receive tracks, or not.
    Subscribe {
        /// Who.
        identity: String,
        /// Which tracks.
        update: proto::UpdateSubscription,
    },
    /// Sends a data message in the server's name.
    SendData(Box<Message>),
    /// Changes the room's metadata.
    SetMetadata(String),
    /// Everybody leaves for good.
    Close,
    /// The process stops: everybody is told to come back.
    Suspend,
}

/// A track of a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those that carry this.
    Source(TrackSource),
    /// The one with this sid.
    Sid(String),
}

/// What is to be different about a participant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// Its metadata.
    pub metadata: Option<String>,
    /// Attributes to set; those with an empty value are taken away.
    pub attributes: BTreeMap<String, String>,
    /// What it may do.
    pub rights: Option<Rights>,
}

/// What a participant may do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one grant of the protocol")]
pub struct Rights {
    /// Send microphone, camera and screen.
    pub publish: bool,
    /// Only these of them; all where none is named.
    pub sources: Vec<TrackSource>,
    /// Receive others' tracks.
    pub subscribe: bool,
    /// Send data messages.
    pub publish_data: bool,
    /// Change its own name, metadata and attributes.
    pub update_own_metadata: bool,
    /// Be in the room unseen.
    pub hidden: bool,
}

/// A data message in the server's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What about.
    pub topic: Option<String>,
    /// What.
    pub payload: Vec<u8>,
    /// Identities of the readers; with no sids either, everybody.
    pub to: Vec<String>,
    /// Sids of the readers.
    pub to_sids: Vec<String>,
    /// Repeated until it arrives.
    pub reliable: bool,
}

/// Why a [`Command`] was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
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
}

/// What a room wants done, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A message to one client.
    Signal(ConnId, Box<Response>),
    /// The same message to several.
    Broadcast(Vec<ConnId>, Box<Response>),
    /// A fresh token for a client whose own is running out.
    Refresh(ConnId, Box<Grant>),
    /// The socket is to be closed, after what was sent before.
    Close(ConnId),
    /// Something for the record.
    Event(RoomEvent),
}
