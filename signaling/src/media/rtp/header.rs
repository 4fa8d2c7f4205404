//! Reading a header.

use super::extension::{Extension, ExtensionIds};
use super::{ONE_BYTE, TWO_BYTES};

/// What the extensions of one packet say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extensions<'a> {
    /// Section.
    pub mid: Option<&'a [u8]>,
    /// Layer.
    pub rid: Option<&'a [u8]>,
    /// Layer repaired.
    pub repaired_rid: Option<&'a [u8]>,
    /// Transport-wide sequence number.
    pub transport_cc: Option<u16>,
    /// Loudness in −dBov (0 loudest, 127 silence), and the voice flag in the top bit.
    pub audio_level: Option<u8>,
    /// Orientation byte.
    pub orientation: Option<u8>,
    /// Dependency descriptor: 1 to 255 bytes.
    pub descriptor: Option<&'a [u8]>,
}

/// The fixed part of a header, with the place of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Marker bit.
    pub marker: bool,
    /// Payload type.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Source.
    pub ssrc: u32,
    /// Whether the payload ends in padding.
    pub padding: bool,
    /// Length of the whole header in bytes.
    pub length: usize,
    profile: u16,
    extension: (usize, usize),
}

impl Header {
    /// Parses a header; `None` when it is not RTP or cut short.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; 12] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut length = 12 + 4 * usize::from(fixed[0] & 0x0F);
        let (mut profile, mut extension) = (0, (0, 0));
        if fixed[0] & 0x10 != 0 {
            let head: &[u8; 4] = packet.get(length..)?.first_chunk()?;
            profile = u16::from_be_bytes([head[0], head[1]]);
            let bytes = 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
            extension = (length + 4, bytes);
            length += 4 + bytes;
        }
        if packet.len() < length {
            return None;
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7F,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            padding: fixed[0] & 0x20 != 0,
            length,
            profile,
            extension,
        })
    }

    /// The payload without its padding; `None` when the padding lies about its length.
    pub fn payload<'a>(&self, packet: &'a [u8]) -> Option<&'a [u8]> {
        let payload = packet.get(self.length..)?;
        if !self.padding {
            return Some(payload);
        }
        let padding = usize::from(*payload.last()?);
        if padding == 0 { None } else { payload.get(..payload.len().checked_sub(padding)?) }
    }

    /// Reads the extensions that this connection knows.
    pub fn extensions<'a>(&self, packet: &'a [u8], ids: ExtensionIds) -> Extensions<'a> {
        let mut found = Extensions::default();
        let (start, length) = self.extension;
        let Some(mut rest) = packet.get(start..start + length) else { return found };
        let two_bytes = self.profile & 0xFFF0 == TWO_BYTES;
        if self.profile != ONE_BYTE && !two_bytes {
            return found;
        }
        while let [first, tail @ ..] = rest {
            if *first == 0 {
                rest = tail;
                continue;
            }
            let (id, size, tail) = if two_bytes {
                let [size, tail @ ..] = tail else { break };
                (*first, usize::from(*size), tail)
            } else {
                (first >> 4, usize::from(first & 0x0F) + 1, tail)
            };
            // RFC 8285 section 4.2: what stands behind these is not to be understood.
            if matches!(id, 0 | 15) && !two_bytes {
                break;
            }
            let Some((value, tail)) = tail.split_at_checked(size) else { break };
            rest = tail;
            match (ids.find(id), value) {
                (Some(Extension::Mid), _) => found.mid = Some(value),
                (Some(Extension::Rid), _) => found.rid = Some(value),
                (Some(Extension::RepairedRid), _) => found.repaired_rid = Some(value),
                (Some(Extension::TransportCc), [high, low, ..]) => {
                    found.transport_cc = Some(u16::from_be_bytes([*high, *low]));
                }
                (Some(Extension::AudioLevel), [level, ..]) => found.audio_level = Some(*level),
                (Some(Extension::Orientation), [way, ..]) => found.orientation = Some(*way),
                (Some(Extension::DependencyDescriptor), [_, ..]) => found.descriptor = Some(value),
                _ => {}
            }
        }
        found
    }
}
