//! What a room asks of the media plane, on one page. The room owns this seam; `crate::media` fills it in, and the
//! room's tests fill it with a fake. Everything is synchronous and told the time: no sockets, no threads.

use schema::moment::Moment;

/// One PeerConnection of one participant. Unique within a worker, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// One track on its way to one subscriber. Unique within a worker, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForwardId(pub u64);

/// Which way a PeerConnection carries media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRole {
    /// Dual path: the client offers and sends.
    Publisher,
    /// Dual path: the server offers and sends; carries the server's data channels too.
    Subscriber,
    /// Single path: the client always offers; both directions.
    Single,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// A section of the client's offer in which it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingSection {
    /// `a=mid`.
    pub mid: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// Track part of `a=msid:<stream> <track>`: the client's own id (`cid`) of the track.
    pub cid: Option<String>,
    /// RIDs in the offer's order, lowest layer first; empty without simulcast.
    pub rids: Vec<String>,
    /// MIME type of the codec the answer prefers, e.g. `video/VP8`.
    pub mime_type: String,
}

/// What a client wants to send a track in. Browsers leave the choice to the order of our answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecWish {
    /// The client's own id of the track.
    pub cid: String,
    /// MIME type, e.g. `video/VP9`.
    pub mime_type: String,
}

/// The answer to a client's offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The SDP to send back.
    pub sdp: String,
    /// Sections in which the client sends now. A section that was here before and is not now has been unpublished.
    pub sending: Vec<SendingSection>,
    /// Single path: which section carries which forward (`mid_to_track_id` of the protocol).
    pub carried: Vec<(String, ForwardId)>,
    /// Single path: sections of the offer in which the client could receive and that never carried anything.
    pub spare: Sections,
}

/// So many sections of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sections {
    /// `m=audio`.
    pub audio: u32,
    /// `m=video`.
    pub video: u32,
}

/// A track to be sent to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardSpec {
    /// Who publishes.
    pub source: PeerId,
    /// The publisher's section.
    pub source_mid: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// `PA_…|TR_…` (video) or the participant's stream: MediaStream id of `a=msid`.
    pub stream_id: String,
    /// `TR_…`: track id of `a=msid`.
    pub track_id: String,
    /// A shared screen: on a narrow line it goes before cameras of the same size.
    pub screen: bool,
    /// Speech whose frames may be repeated and put back (RFC 2198): it is not encrypted end to end, and its publisher does not
    /// object.
    pub redundant: bool,
}

/// How much of a track a subscriber wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Nothing is to be sent.
    pub paused: bool,
    /// Highest layer wanted, 0 lowest.
    pub max_layer: u8,
}

/// Why the media plane refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The description does not parse or asks for something that cannot be.
    #[error("session description refused: {0}")]
    BadDescription(String),
    /// No such peer (it may have been closed meanwhile).
    #[error("no such peer connection")]
    NoPeer,
    /// An answer without an offer, or to an older one.
    #[error("answer does not fit the offer that stands")]
    Stale,
    /// The limit of sections, tracks or peers is reached.
    #[error("limit reached: {0}")]
    Limit(&'static str),
}

/// The media plane of one worker.
pub trait Media {
    /// Opens a PeerConnection; nothing is sent before its first description.
    fn open(&mut self, now: Moment, peer: PeerId, role: PeerRole);
    /// Closes it at once, with all its forwards and those fed by it.
    fn close(&mut self, peer: PeerId);
    /// Takes the client's offer (publisher and single), answers it. An ICE restart is seen in the offer itself.
    fn offer(
        &mut self,
        now: Moment,
        peer: PeerId,
        sdp: &str,
        wishes: &[CodecWish],
    ) -> Result<Answer, MediaError>;
    /// Makes the server's offer (subscriber), with every forward there is. One offer stands at a time.
    fn create_offer(&mut self, now: Moment, peer: PeerId, restart_ice: bool) -> Result<String, MediaError>;
    /// Takes the client's answer to the offer that stands.
    fn answer(&mut self, now: Moment, peer: PeerId, sdp: &str) -> Result<(), MediaError>;
    /// Adds a track to a subscriber (subscriber or single peer). It flows once negotiated: the room makes a new offer
    /// (dual), or asks the client for sections (single).
    fn forward(
        &mut self,
        now: Moment,
        subscriber: PeerId,
        spec: &ForwardSpec,
    ) -> Result<ForwardId, MediaError>;
    /// Takes it away again; the section goes inactive with the next negotiation.
    fn unforward(&mut self, forward: ForwardId);
    /// Pauses, resumes or limits what a subscriber gets.
    fn tune(&mut self, now: Moment, forward: ForwardId, tuning: Tuning);
    /// Silences a publisher's section at the server, whatever the client sends.
    fn silence(&mut self, peer: PeerId, mid: &str, silent: bool);
    /// Sends a frame over `_reliable` (or `_lossy`). Dropped when the channel is not open or its buffer is full.
    fn send_data(&mut self, now: Moment, peer: PeerId, reliable: bool, frame: &[u8]);
}

/// What the media plane tells the room, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// DTLS is up: media can flow.
    Connected {
        /// Which connection.
        peer: PeerId,
    },
    /// The first RTP of a section arrived: the track may be announced.
    TrackLive {
        /// Which connection.
        peer: PeerId,
        /// Which section.
        mid: String,
    },
    /// Nothing authentic was heard from the client for the consent time, or DTLS failed or was closed.
    Lost {
        /// Which connection.
        peer: PeerId,
    },
    /// A data channel frame (one `DataPacket` of the protocol).
    Data {
        /// Which connection.
        peer: PeerId,
        /// `_reliable` or `_lossy`.
        reliable: bool,
        /// The frame.
        frame: Vec<u8>,
    },
    /// Loudness of publishers' sections, 0.0 silent … 1.0, at most every 300 ms and only when something changed.
    Levels(Vec<(PeerId, String, f32)>),
    /// The bandwidth to a subscriber forced a video off, or let it back.
    Paused {
        /// The subscriber's connection.
        peer: PeerId,
        /// Which track to it.
        forward: ForwardId,
        /// Off or on.
        paused: bool,
    },
    /// A subscriber cannot show what a track sends: it does not know the codec.
    Unsupported {
        /// The subscriber's connection.
        peer: PeerId,
        /// Which track to it.
        forward: ForwardId,
    },
    /// Loss and round trip of a connection, about once in 5 s.
    Quality {
        /// Which connection.
        peer: PeerId,
        /// Share of packets lost, 0.0–1.0, both ways together.
        loss: f32,
        /// Round-trip time where known.
        rtt_ms: Option<u32>,
    },
    /// Layers of a publisher's section that somebody wants (bit i = layer i), for dynacast.
    Wanted {
        /// Which connection.
        peer: PeerId,
        /// Which section.
        mid: String,
        /// Bit i is set when layer i is wanted.
        layers: u8,
    },
}
