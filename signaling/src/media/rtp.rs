//! RTP on the wire: a borrowed view of a header, the header extensions we know, and writing both (RFC 3550, RFC 8285).

/// Header extensions that are read or rewritten. The number is an index into a per-connection table of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// `a=mid` of the section.
    Mid,
    /// Layer of a simulcast section.
    Rid,
    /// Layer that a retransmission stream repairs.
    RepairedRid,
    /// Transport-wide sequence number.
    TransportCc,
    /// Sender's clock, 6.18 fixed point seconds.
    AbsSendTime,
    /// Loudness of the sound in the packet.
    AudioLevel,
    /// How the camera is held.
    Orientation,
}

/// All of them, in the order of their index.
pub const EXTENSIONS: [(Extension, &str); 7] = [
    (Extension::Mid, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (Extension::Rid, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (Extension::RepairedRid, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
    (Extension::TransportCc, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
    (Extension::AbsSendTime, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    (Extension::AudioLevel, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
    (Extension::Orientation, "urn:3gpp:video-orientation"),
];

/// Which id each extension has on one connection; zero when it was not agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds([u8; EXTENSIONS.len()]);

impl ExtensionIds {
    /// The id of an extension; zero when it was not agreed.
    pub fn get(self, extension: Extension) -> u8 {
        self.0[extension as usize]
    }

    /// Agrees on an id. Ids above 14 would need the two-byte form and are not taken.
    pub fn set(&mut self, extension: Extension, id: u8) {
        if (1..=14).contains(&id) {
            self.0[extension as usize] = id;
        }
    }

    fn find(self, id: u8) -> Option<Extension> {
        EXTENSIONS.iter().map(|(extension, _)| *extension).find(|extension| self.get(*extension) == id)
    }
}

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

const ONE_BYTE: u16 = 0xBEDE;

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
        let two_bytes = self.profile & 0xFFF0 == 0x1000;
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
            if id == 15 && !two_bytes {
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
                _ => {}
            }
        }
        found
    }
}

/// What the header of an outgoing packet says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outgoing<'a> {
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
    /// Section; written when its id is known.
    pub mid: &'a [u8],
    /// Transport-wide sequence number.
    pub transport_cc: Option<u16>,
    /// 24-bit sender's clock.
    pub abs_send_time: u32,
    /// Loudness.
    pub audio_level: Option<u8>,
    /// Orientation.
    pub orientation: Option<u8>,
}

impl Outgoing<'_> {
    /// Appends the header to `out`; returns its length.
    pub fn write(&self, out: &mut Vec<u8>, ids: ExtensionIds) -> usize {
        // Five elements of 3, 4, 17, 2 and 2 bytes behind 16: all fits, and is appended at once.
        let mut head = [0; 48];
        head[0] = 0x90;
        head[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        head[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        head[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        head[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        head[12..14].copy_from_slice(&ONE_BYTE.to_be_bytes());
        let mut at = 16;
        if let Some(sequence) = self.transport_cc {
            at = element(&mut head, at, ids.get(Extension::TransportCc), &sequence.to_be_bytes());
        }
        at = element(&mut head, at, ids.get(Extension::AbsSendTime), &self.abs_send_time.to_be_bytes()[1..]);
        at = element(&mut head, at, ids.get(Extension::Mid), self.mid);
        if let Some(level) = self.audio_level {
            at = element(&mut head, at, ids.get(Extension::AudioLevel), &[level]);
        }
        if let Some(way) = self.orientation {
            at = element(&mut head, at, ids.get(Extension::Orientation), &[way]);
        }
        if at == 16 {
            head[0] = 0x80;
            at = 12;
        } else {
            at = at.next_multiple_of(4);
            head[15] = u8::try_from((at - 16) / 4).unwrap_or_default();
        }
        out.extend_from_slice(&head[..at]);
        at
    }
}

/// Writes one element behind `at`; where the next goes.
fn element(head: &mut [u8], at: usize, id: u8, value: &[u8]) -> usize {
    let (1..=14, Ok(size @ 1..=16)) = (id, u8::try_from(value.len())) else { return at };
    let end = at + 1 + value.len();
    let Some(place) = head.get_mut(at..end) else { return at };
    place[0] = id << 4 | (size - 1);
    place[1..].copy_from_slice(value);
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids() -> ExtensionIds {
        let mut ids = ExtensionIds::default();
        for (extension, id) in [
            (Extension::AudioLevel, 1),
            (Extension::AbsSendTime, 2),
            (Extension::TransportCc, 3),
            (Extension::Mid, 4),
        ] {
            ids.set(extension, id);
        }
        ids
    }

    proptest! {
        #[test]
        fn a_written_header_reads_back(
            marker: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32,
            transport_cc: Option<u16>, audio_level: Option<u8>, mid in prop::collection::vec(any::<u8>(), 0..16),
        ) {
            let out = Outgoing { marker, payload_type, sequence, timestamp, ssrc, mid: &mid, transport_cc,
                abs_send_time: 7, audio_level, orientation: None };
            let mut packet = vec![9; 3];
            let length = out.write(&mut packet, ids());
            packet.extend_from_slice(b"payload");
            let packet = &packet[3..];
            let header = Header::parse(packet).unwrap();
            prop_assert_eq!(header.length, length);
            prop_assert_eq!((header.marker, header.payload_type), (marker, payload_type));
            prop_assert_eq!((header.sequence, header.timestamp, header.ssrc), (sequence, timestamp, ssrc));
            prop_assert_eq!(header.payload(packet), Some(&b"payload"[..]));
            let read = header.extensions(packet, ids());
            prop_assert_eq!(read.transport_cc, transport_cc);
            prop_assert_eq!(read.audio_level, audio_level);
            prop_assert_eq!(read.mid.unwrap_or_default(), &mid[..]);
        }

        #[test]
        fn any_bytes_are_survived(packet in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(header) = Header::parse(&packet) {
                header.payload(&packet);
                header.extensions(&packet, ids());
            }
        }
    }

    #[test]
    fn padding_longer_than_the_payload_is_refused() {
        let mut packet = vec![0xA0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5];
        assert_eq!(Header::parse(&packet).unwrap().payload(&packet), None);
        packet.extend_from_slice(&[0, 0, 0, 5]);
        assert_eq!(Header::parse(&packet).unwrap().payload(&packet), Some(&[][..]));
    }
}
