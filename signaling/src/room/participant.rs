//! A participant: one coming-in of one identity, resumes included.

use std::collections::{BTreeMap, BTreeSet};

use livekit_protocol as proto;
use schema::event::Who;
use schema::moment::Moment;

use super::io::ConnId;
use super::media::{ForwardId, MediaKind, PeerId, Sections, SendingSection};
use super::track::{Track, named};
use crate::config::Grant;

/// A participant's number in its room. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub u32);

/// The PeerConnections of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// `/rtc`.
    Dual {
        /// The client sends on it.
        publisher: PeerId,
        /// The server sends on it.
        subscriber: PeerId,
    },
    /// `/rtc/v1`.
    Single(PeerId),
}

impl Link {
    /// The connection that the client sends on.
    pub const fn publishing(self) -> PeerId {
        match self {
            Self::Dual { publisher, .. } => publisher,
            Self::Single(peer) => peer,
        }
    }

    /// The connection that the client receives on. Clients take it to be the main one.
    pub const fn receiving(self) -> PeerId {
        match self {
            Self::Dual { subscriber, .. } => subscriber,
            Self::Single(peer) => peer,
        }
    }
}

/// Where the negotiation of the receiving connection stands.
#[derive(Debug, Default)]
pub struct Negotiation {
    /// Number of the last offer of the server.
    pub offer_id: u32,
    /// Dual: that offer waits for its answer. Single: the client was asked to offer.
    pub standing: bool,
    /// Something changed since, so that another round is needed.
    pub needed: bool,
    /// The next offer restarts ICE.
    pub restart_ice: bool,
    /// Single: forwards that have found their section.
    pub carried: BTreeMap<ForwardId, String>,
    /// Single: sections of the client that carry nothing yet.
    pub spare: Sections,
}

/// One track on its way to this participant.
#[derive(Debug)]
pub struct Subscription {
    /// Who publishes it.
    pub publisher: Pid,
    /// Its way through the media plane.
    pub forward: ForwardId,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Held back because the line is too narrow.
    pub paused: bool,
}

/// One participant.
#[derive(Debug)]
pub struct Participant {
    /// `PA_…`.
    pub sid: String,
    /// What it may do; name, metadata and attributes in force stand here too.
    pub grant: Grant,
    /// Its socket, while there is one.
    pub conn: Option<ConnId>,
    /// Its PeerConnections.
    pub link: Link,
    /// What kind of program it is.
    pub client: proto::ClientInfo,
    /// Wants every track without asking.
    pub auto_subscribe: bool,
    /// When it came in.
    pub joined_at: Moment,
    /// Last sign of life of any kind.
    pub last_heard: Moment,
    /// Last sign of life on the socket.
    pub socket_heard: Moment,
    /// `at` of the last event told about it: events of one participant never run backwards.
    pub told_at: Moment,
    /// Media of its receiving connection flows, or has flowed and is looked for again.
    pub state: proto::participant_info::State,
    /// Media was there and is lost.
    pub media_down: bool,
    /// Rises with every change that others are told of.
    pub version: u32,
    /// What it publishes, in order.
    pub tracks: Vec<Track>,
    /// Sections of its last offer in which it sends.
    pub sections: Vec<SendingSection>,
    /// Sections whose media has arrived.
    pub live_mids: BTreeSet<String>,
    /// Sections whose tracks the server has taken away: what still comes there belongs to nothing.
    pub orphans: BTreeSet<String>,
    /// What it receives, by the track's sid.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// What it asked for or refused expressly, by the track's sid.
    pub choices: BTreeMap<String, bool>,
    /// What it was told that it may not receive, by the track's sid.
    pub forbidden: BTreeSet<String>,
    /// How it wants tracks, by the track's sid.
    pub wishes: BTreeMap<String, proto::UpdateTrackSettings>,
    /// Who may receive its tracks; `None` is everybody.
    pub permissions: Option<Vec<proto::TrackPermission>>,
    /// State of its receiving connection's negotiation.
    pub negotiation: Negotiation,
    /// Sequence number of the last reliable data packet it sent.
    pub last_data_seq: u32,
    /// How good the line of each of its connections is (first: the one it sends on).
    pub lines: [proto::ConnectionQuality; 2],
    /// The worse of them, as last told; nothing is told before media flows.
    pub quality: Option<proto::ConnectionQuality>,
    /// How loud it speaks, in steps as told to others; 0 is silent.
    pub loudness: u8,
}

impl Participant {
    /// The participant in the words of the record.
    pub fn who(&self) -> Who {
        Who { identity: self.grant.identity.clone(), sid: self.sid.clone() }
    }

    /// The line is down: no socket, or no media.
    pub const fn is_down(&self) -> bool {
        self.conn.is_none() || self.media_down
    }

    /// The track with this sid.
    pub fn track(&self, sid: &str) -> Option<&Track> {
        self.tracks.iter().find(|track| track.sid == sid)
    }

    /// The track with this sid, to change it.
    pub fn track_mut(&mut self, sid: &str) -> Option<&mut Track> {
        self.tracks.iter_mut().find(|track| track.sid == sid)
    }

    /// The track that stands in this section.
    pub fn track_at(&self, mid: &str) -> Option<&Track> {
        self.tracks.iter().find(|track| track.mid() == Some(mid))
    }

    /// Whether `reader` may receive this participant's track.
    pub fn permits(&self, reader: &Self, track_sid: &str) -> bool {
        let Some(permissions) = &self.permissions else { return true };
        permissions.iter().any(|permission| {
            let meant = if permission.participant_identity.is_empty() {
                permission.participant_sid == reader.sid
            } else {
                permission.participant_identity == reader.grant.identity
            };
            meant && (permission.all_tracks || permission.track_sids.iter().any(|sid| sid == track_sid))
        })
    }

    /// Plays tracks in step only when each has its own stream (Firefox makes up track ids of its own, so that the
    /// stream must name the track).
    pub fn names_tracks_itself(&self) -> bool {
        self.is_firefox()
    }

    /// Whether a PeerConnection of this client that has failed stays so. In Firefox (153) what the operating system will not
    /// send is the end of DTLS: one heartbeat of SCTP, every 30 s, while its network is away. Restarting ICE does not bring
    /// DTLS back.
    pub fn fails_for_good(&self) -> bool {
        self.is_firefox()
    }

    fn is_firefox(&self) -> bool {
        self.client.browser.eq_ignore_ascii_case("firefox")
    }

    /// What everybody may know.
    pub fn info(&self) -> proto::ParticipantInfo {
        let live: Vec<proto::TrackInfo> =
            self.tracks.iter().filter(|track| track.is_live()).map(|track| track.info.clone()).collect();
        proto::ParticipantInfo {
            sid: self.sid.clone(),
            identity: self.grant.identity.clone(),
            state: self.state.into(),
            is_publisher: !live.is_empty(),
            tracks: live,
            metadata: self.grant.metadata.clone(),
            joined_at: self.joined_at.as_millis() / 1000,
            joined_at_ms: self.joined_at.as_millis(),
            name: self.grant.name.clone(),
            version: self.version,
            permission: Some(permission(&self.grant)),
            attributes: self.grant.attributes.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            client_protocol: self.client.client_protocol,
            capabilities: self.client.capabilities.clone(),
            ..Default::default()
        }
    }
}

/// A grant in the protocol's words.
fn permission(grant: &Grant) -> proto::ParticipantPermission {
    proto::ParticipantPermission {
        can_subscribe: grant.can_subscribe,
        can_publish: grant.can_publish,
        can_publish_sources: grant.sources.iter().map(|source| named(*source).into()).collect(),
        can_publish_data: grant.can_publish_data,
        can_update_metadata: grant.can_update_own_metadata,
        hidden: grant.hidden,
        ..Default::default()
    }
}

/// What the server is told about a participant when it asks who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantSnapshot {
    /// Who.
    pub who: Who,
    /// What others see.
    pub name: String,
    /// Is not shown to others.
    pub hidden: bool,
    /// When it came in.
    pub joined_at: Moment,
    /// Last sign of life.
    pub last_heard: Moment,
    /// The line is down; the place is kept.
    pub down: bool,
    /// What it sends, and whether that is muted.
    pub tracks: Vec<(schema::event::TrackSource, bool)>,
}

impl From<&Participant> for ParticipantSnapshot {
    fn from(participant: &Participant) -> Self {
        Self {
            who: participant.who(),
            name: participant.grant.name.clone(),
            hidden: participant.grant.hidden,
            joined_at: participant.joined_at,
            last_heard: participant.last_heard,
            down: participant.is_down(),
            tracks: participant
                .tracks
                .iter()
                .filter(|track| track.is_live())
                .map(|track| (track.source, track.info.muted))
                .collect(),
        }
    }
}
