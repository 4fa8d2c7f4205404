//! Session descriptions: what a client's says, as far as we care, and writing ours (RFC 8829, ICE-lite).

mod codec;
mod parse;
mod write;

pub use codec::{Codec, Format, feedback, offered};
pub use parse::parse;
pub use write::{Credentials, Local, OutMedia, OutSection, write};

use crate::room::media::MediaKind;

/// What a section carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// Sound or picture.
    Media(MediaKind),
    /// Data channels.
    Data,
    /// Something else, refused.
    Other,
}

/// Which way a section flows, as its writer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// Its writer sends.
    SendOnly,
    /// Its writer receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// Whether its writer sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether its writer receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The attribute's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// One section of a client's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `a=mid`.
    pub mid: String,
    /// What it carries.
    pub kind: SectionKind,
    /// The first word of its `m=` line.
    pub media: String,
    /// The protocol of its `m=` line.
    pub protocol: String,
    /// The formats of its `m=` line as written.
    pub raw_formats: String,
    /// Whether its port is zero and that means that it is not used.
    pub rejected: bool,
    /// Which way it flows.
    pub direction: Direction,
    /// Payload types we know, in order of preference.
    pub formats: Vec<Format>,
    /// Header extensions: id, URI.
    pub extensions: Vec<(u8, String)>,
    /// Layers it sends, lowest first.
    pub rids: Vec<String>,
    /// Source and its retransmission source, where the description names them.
    pub sources: Vec<(u32, Option<u32>)>,
    /// Track part of `a=msid`.
    pub track: Option<String>,
}

/// A client's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Sections in order.
    pub sections: Vec<Section>,
    /// User name fragment and password of the client's ICE agent.
    pub ice: (String, String),
    /// SHA-256 fingerprint of its certificate.
    pub fingerprint: String,
    /// Whether it insists on being the DTLS server.
    pub passive: bool,
    /// Whether it can take header extensions of both forms from one source (RFC 8285 section 6).
    pub mixed: bool,
}
