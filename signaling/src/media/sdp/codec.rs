//! The codecs that pass through, and how they are named in session descriptions.

use crate::room::media::MediaKind;

/// A codec, with what distinguishes incompatible forms of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Sound.
    Opus,
    /// Sound with redundancy (RFC 2198): packets that carry older Opus frames beside the newest.
    Red,
    /// Picture.
    Vp8,
    /// Picture; the profile follows.
    Vp9(u8),
    /// Picture; `profile_idc` and packetization mode.
    H264(u8, u8),
    /// Picture.
    Av1,
}

impl Codec {
    /// The MIME type that clients know.
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/opus",
            Self::Red => "audio/red",
            Self::Vp8 => "video/VP8",
            Self::Vp9(_) => "video/VP9",
            Self::H264(..) => "video/H264",
            Self::Av1 => "video/AV1",
        }
    }

    /// Whether one source may carry a picture in several layers, whose dependencies are worth a header extension.
    pub fn is_layered(self) -> bool {
        matches!(self, Self::Vp9(_) | Self::Av1)
    }

    /// Whether a decoder told to expect `self` can be given `other`.
    pub fn resembles(self, other: Self) -> bool {
        match (self, other) {
            (Self::H264(_, a), Self::H264(_, b)) => a == b,
            (a, b) => a == b,
        }
    }

    fn parse(kind: MediaKind, name: &str, fmtp: &str) -> Option<Self> {
        let parameter = |key: &str| {
            fmtp.split(';')
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(k, _)| *k == key)
                .map(|(_, v)| v)
        };
        let number = |key: &str| parameter(key).and_then(|value| value.parse().ok()).unwrap_or(0);
        Some(match (kind, name.to_ascii_lowercase().as_str()) {
            (MediaKind::Audio, "opus/48000/2") => Self::Opus,
            (MediaKind::Audio, "red/48000/2") => Self::Red,
            (MediaKind::Video, "vp8/90000") => Self::Vp8,
            (MediaKind::Video, "vp9/90000") => Self::Vp9(number("profile-id")),
            (MediaKind::Video, "av1/90000") => Self::Av1,
            (MediaKind::Video, "h264/90000") => {
                let profile = parameter("profile-level-id").unwrap_or("42000a");
                let idc = u8::from_str_radix(profile.get(..2)?, 16).ok()?;
                Self::H264(idc, number("packetization-mode"))
            }
            _ => return None,
        })
    }
}

/// One payload type of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Payload type.
    pub payload_type: u8,
    /// What it carries; `None` for retransmissions.
    pub codec: Option<Codec>,
    /// For retransmissions: the payload type that they repair.
    pub repairs: Option<u8>,
    /// Value of `a=rtpmap` behind the payload type.
    pub name: String,
    /// Value of `a=fmtp` behind the payload type; empty when there is none.
    pub parameters: String,
    /// Values of `a=rtcp-fb` behind the payload type.
    pub feedback: Vec<String>,
}

impl Format {
    /// Understands one payload type; `None` when it is not one of ours.
    pub fn parse(
        kind: MediaKind,
        payload_type: u8,
        name: &str,
        parameters: &str,
        feedback: Vec<String>,
    ) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let repairs = if kind == MediaKind::Video && lower == "rtx/90000" {
            Some(parameters.split(';').find_map(|pair| pair.trim().strip_prefix("apt="))?.parse().ok()?)
        } else {
            None
        };
        let codec = if repairs.is_some() { None } else { Some(Codec::parse(kind, name, parameters)?) };
        Some(Self {
            payload_type,
            codec,
            repairs,
            name: name.to_owned(),
            parameters: parameters.to_owned(),
            feedback,
        })
    }
}

/// Feedback we give and take for a kind of media.
pub fn feedback(kind: MediaKind) -> &'static [&'static str] {
    match kind {
        MediaKind::Audio => &["transport-cc", "nack"],
        MediaKind::Video => &["transport-cc", "ccm fir", "nack", "nack pli"],
    }
}

/// What the server offers for a track that it sends: payload type, name, parameters, and the payload type of
/// retransmissions.
const OURS: [(u8, &str, &str, u8); 12] = [
    (111, "opus/48000/2", "minptime=10;useinbandfec=1", 0),
    (63, "red/48000/2", "111/111", 0),
    (96, "VP8/90000", "", 97),
    (98, "VP9/90000", "profile-id=0", 99),
    (100, "VP9/90000", "profile-id=2", 101),
    (45, "AV1/90000", "", 46),
    (102, "H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 103),
    (104, "H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f", 105),
    (106, "H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f", 107),
    (108, "H264/90000", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f", 109),
    (112, "H264/90000", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f", 113),
    (114, "H264/90000", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=640c1f", 115),
];

/// The formats of an offer of ours, the track's own codec first.
pub fn offered(kind: MediaKind, first: Option<Codec>) -> Vec<Format> {
    // Audio feedback from the client would only ask for repetitions that cannot be made (see `history`).
    let wanted: &[&str] = if kind == MediaKind::Audio { &["transport-cc"] } else { feedback(kind) };
    let feedback: Vec<String> = wanted.iter().map(|text| (*text).to_owned()).collect();
    let mut formats = Vec::new();
    for (payload_type, name, parameters, repair) in OURS {
        let Some(format) = Format::parse(kind, payload_type, name, parameters, feedback.clone()) else {
            continue;
        };
        let leads = format.codec == first;
        let mut pair = vec![format];
        if repair != 0 {
            let apt = format!("apt={payload_type}");
            pair.extend(Format::parse(kind, repair, "rtx/90000", &apt, Vec::new()));
        }
        if leads {
            formats.splice(0..0, pair);
        } else {
            formats.extend(pair);
        }
    }
    formats
}
