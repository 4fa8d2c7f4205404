//! One PeerConnection of a client, as the server holds it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::allocate::Share;
use super::bandwidth::Bandwidth;
use super::channels::Channels;
use super::dtls::Dtls;
use super::egress::Egress;
use super::pacer::Pacer;
use super::rtp::ExtensionIds;
use super::sdp::{Codec, Credentials, Format};
use super::srtp::Open;
use super::twcc::Recorder;
use crate::room::media::{MediaKind, PeerId, PeerRole};

/// How long a path is believed to be chosen: browsers check the one in use every 2.5 s.
const CHOSEN: Duration = Duration::from_secs(4);

/// Where a datagram came from, and where one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// An address over UDP.
    Udp(SocketAddr),
    /// A TCP connection: its number on this worker, and the address at its other end.
    Tcp(u64, SocketAddr),
    /// A line through this server's own TURN: its number in this process, and the relayed address, which is the one that
    /// the client knows for its own.
    Relay(u64, SocketAddr),
}

impl Source {
    /// How good a path is, as ICE orders them (RFC 8445 section 5.1.2, RFC 6544 section 4.2): over TCP a lost packet holds
    /// up all that follow, and on a narrow line what waits is old before it arrives.
    pub fn rank(self) -> u8 {
        match self {
            Self::Udp(_) => 2,
            Self::Tcp(..) => 1,
            Self::Relay(..) => 0,
        }
    }

    /// The client's address.
    pub fn address(self) -> SocketAddr {
        match self {
            Self::Udp(address) | Self::Tcp(_, address) | Self::Relay(_, address) => address,
        }
    }
}

/// What a payload type of the client's carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Payload {
    /// Not agreed.
    #[default]
    Unknown,
    /// A codec.
    Media(Codec),
    /// Retransmissions of another payload type.
    Repair(u8),
}

/// What an incoming source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// The track.
    pub track: usize,
    /// Its layer.
    pub layer: usize,
    /// Whether it repeats packets of that layer.
    pub repair: bool,
}

/// What the client sends.
pub struct Inbound {
    /// Header extensions that it uses.
    pub ids: ExtensionIds,
    /// By payload type.
    pub formats: [Payload; 128],
    /// By source. Remembered over renegotiations: browsers name layers only in their first packets.
    pub sources: HashMap<u32, Role>,
    /// By section.
    pub tracks: HashMap<String, usize>,
    /// Arrivals to report.
    pub arrivals: Recorder,
    /// Their NTP clock to ours: to be added, wrapping. Fixed at the first sender report, so that sound and picture
    /// stay together.
    pub clock_offset: Option<u64>,
}

/// A section as agreed.
pub struct Section {
    /// Its name.
    pub mid: String,
    /// Audio or video; `None` for data channels.
    pub kind: Option<MediaKind>,
    /// Payload types that we offered.
    pub formats: Vec<Format>,
    /// What it carries to the client; `None` when that is over: sections are never used twice.
    pub forward: Option<usize>,
}

/// Loss as the two ends see it, since it was last told.
#[derive(Default)]
pub struct Quality {
    /// Packets expected.
    pub expected: u64,
    /// Packets of them lost.
    pub lost: u64,
    /// Last known round trip.
    pub round_trip: Option<Duration>,
}

/// A connection. What each packet and each report needs of it stands first, side by side: between two pictures all of it leaves
/// the caches, and has to be fetched for each of fifty connections anew. What is large and rarely asked for lies elsewhere.
#[repr(C, align(64))]
pub struct Peer {
    /// Whether the handshake is complete.
    pub connected: bool,
    /// Whether the room has been told that it is gone.
    pub lost: bool,
    /// Whether an offer of ours waits for its answer.
    pub offered: bool,
    /// Our own source in feedback.
    pub ssrc: u32,
    /// Where packets go.
    pub remote: Option<Source>,
    /// Pictures that wait for their turn on a limited line.
    pub pacer: Pacer,
    /// The way out.
    pub egress: Egress,
    /// What its line carries.
    pub bandwidth: Bandwidth,
    /// Opens what arrives; `None` until the handshake is complete.
    pub open: Option<Open>,
    /// When something authentic last arrived.
    pub heard: Instant,
    /// When reports were last sent.
    pub reported: Instant,
    /// Loss and round trip.
    pub quality: Quality,
    /// When they were last told.
    pub quality_told: Instant,
    /// The room's name for it.
    pub id: PeerId,
    /// Which way it carries media.
    pub role: PeerRole,
    /// What it sends.
    pub inbound: Box<Inbound>,
    /// The association; `None` until the fingerprint is known.
    pub dtls: Option<Box<Dtls>>,
    /// Data channels.
    pub channels: Box<Channels>,
    /// Tracks that it receives.
    pub forwards: Vec<usize>,
    /// How its line is shared.
    pub share: Share,
    /// When the client last chose the path.
    pub chosen: Option<Instant>,
    /// Addresses that have proven to be the client's.
    pub addresses: Vec<Source>,
    /// When the first description was exchanged.
    pub since: Option<Instant>,
    /// Records that came before the fingerprint.
    pub early: Vec<Vec<u8>>,
    /// Sections of our offers (subscriber), or those in which the client receives (single).
    pub sections: Vec<Section>,
    /// `o=` line: session and version.
    pub session: (u64, u64),
    /// Credentials in use.
    pub local: Credentials,
    /// Credentials of a restart that the client has not completed.
    pub fresh: Option<Credentials>,
    /// The client's user name fragment: another one in an offer is a restart.
    pub remote_ufrag: Option<String>,
    /// The client's certificate.
    pub fingerprint: Option<String>,
}

impl Peer {
    /// Whether media reaches it: nothing is sent to one that has gone silent (RFC 7675 section 5.1) or said goodbye.
    pub fn reached(&self) -> bool {
        self.connected && !self.lost
    }

    /// Follows the client in its choice of a path. Some (Firefox) choose every path that works, and mean the best of them
    /// (RFC 5245 section 8.1.1.2, aggressive nomination): a lesser one is believed once the better has not been chosen for
    /// a while.
    pub fn choose(&mut self, now: Instant, path: Source, nominated: bool) {
        let held = self.chosen.is_some_and(|at| now.saturating_duration_since(at) < CHOSEN);
        let lesser = self.remote.is_some_and(|remote| path.rank() < remote.rank());
        if self.remote.is_none() || nominated && !(held && lesser) {
            self.remote = Some(path);
            self.chosen = nominated.then_some(now).or(self.chosen);
        }
    }

    /// Of the proven addresses the one to forget: not that in use, of the others the worst, of equals that checked longest ago.
    pub fn worst_address(&self) -> Option<usize> {
        let others = self.addresses.iter().enumerate().filter(|(_, path)| self.remote != Some(**path));
        others.min_by_key(|(_, path)| path.rank()).map(|(place, _)| place)
    }

    /// Sources with such a role are not used any more.
    pub fn forget_sources(&mut self, is_gone: impl Fn(&Role) -> bool) {
        let open = &mut self.open;
        self.inbound.sources.retain(|ssrc, role| {
            let gone = is_gone(role);
            if gone && let Some(open) = open.as_mut() {
                open.retire(*ssrc);
            }
            !gone
        });
    }

    /// A source has this role from now on.
    pub fn employ_source(&mut self, ssrc: u32, role: Role) {
        if let Some(open) = &mut self.open {
            open.employ(ssrc);
        }
        self.inbound.sources.insert(ssrc, role);
    }
}

impl Inbound {
    /// Nothing agreed yet.
    pub fn new() -> Self {
        Self {
            ids: ExtensionIds::default(),
            formats: [Payload::Unknown; 128],
            sources: HashMap::new(),
            tracks: HashMap::new(),
            arrivals: Recorder::default(),
            clock_offset: None,
        }
    }

    /// Agrees on the payload types of a section.
    pub fn agree(&mut self, formats: &[Format]) {
        for format in formats {
            let payload = match (format.codec, format.repairs) {
                (Some(codec), _) => Payload::Media(codec),
                (None, Some(repairs)) => Payload::Repair(repairs),
                (None, None) => continue,
            };
            if let Some(place) = self.formats.get_mut(usize::from(format.payload_type)) {
                *place = payload;
            }
        }
    }

    /// What a payload type carries.
    pub fn format(&self, payload_type: u8) -> Payload {
        self.formats.get(usize::from(payload_type)).copied().unwrap_or_default()
    }
}
