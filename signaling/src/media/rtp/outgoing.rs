//! Writing a header.

use super::extension::{Extension, ExtensionIds};
use super::{ONE_BYTE, TWO_BYTES};
use crate::media::descriptor::renumber;

/// Bytes of the longest header that is written: elements of 2, 3, 16, 1, 1 and 255 bytes, each behind two of its own, all
/// of them behind 16, made up to a multiple of four.
pub const MAX_HEADER: usize = 308;
/// The same in the one-byte form: elements of 2, 3, 16, 1, 1 and 16 bytes, each behind one of its own.
const MAX_SHORT_HEADER: usize = 64;

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
    /// Dependency descriptor; empty where there is none.
    pub descriptor: &'a [u8],
    /// The frame number that it is to say.
    pub frame: u16,
}

impl Outgoing<'_> {
    /// Appends the header to `out`; returns its length. It has the one-byte form unless the descriptor needs the other.
    pub fn write(&self, out: &mut Vec<u8>, ids: ExtensionIds) -> usize {
        let id = ids.get(Extension::DependencyDescriptor);
        let fits = self.descriptor.is_empty() || self.descriptor.len() <= 16 && id <= 14;
        if id == 0 || fits {
            self.form::<false, MAX_SHORT_HEADER>(out, ids)
        } else {
            self.form::<true, MAX_HEADER>(out, ids)
        }
    }

    /// The same in the one-byte form, or the two-byte one (`LONG`). All fits into `ROOM` bytes, and is appended at once.
    fn form<const LONG: bool, const ROOM: usize>(&self, out: &mut Vec<u8>, ids: ExtensionIds) -> usize {
        let profile = if LONG { TWO_BYTES } else { ONE_BYTE };
        let mut head = [0_u8; ROOM];
        head[0] = 0x90;
        head[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        head[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        head[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        head[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        head[12..14].copy_from_slice(&profile.to_be_bytes());
        let mut at = 16;
        if let Some(sequence) = self.transport_cc {
            at = element::<LONG>(&mut head, at, ids.get(Extension::TransportCc), &sequence.to_be_bytes());
        }
        let [_, clock @ ..] = self.abs_send_time.to_be_bytes();
        at = element::<LONG>(&mut head, at, ids.get(Extension::AbsSendTime), &clock);
        at = element::<LONG>(&mut head, at, ids.get(Extension::Mid), self.mid);
        if let Some(level) = self.audio_level {
            at = element::<LONG>(&mut head, at, ids.get(Extension::AudioLevel), &[level]);
        }
        if let Some(way) = self.orientation {
            at = element::<LONG>(&mut head, at, ids.get(Extension::Orientation), &[way]);
        }
        let end = element::<LONG>(&mut head, at, ids.get(Extension::DependencyDescriptor), self.descriptor);
        if end > at {
            renumber(&mut head[end - self.descriptor.len()..end], self.frame);
            at = end;
        }
        if at == 16 {
            head[0] = 0x80;
            at = 12;
        } else {
            at = at.next_multiple_of(4);
            head[15] = u8::try_from((at - 16) / 4).unwrap_or_default();
        }
        // All of it is copied faster than a part whose size is known only now.
        let start = out.len();
        out.extend_from_slice(&head);
        out.truncate(start + at);
        at
    }
}

/// Writes one element behind `at`; where the next goes. What the form has no room for is left out.
fn element<const LONG: bool>(head: &mut [u8], at: usize, id: u8, value: &[u8]) -> usize {
    let (1.., Ok(size @ 1..)) = (id, u8::try_from(value.len())) else { return at };
    if !LONG && (id > 14 || size > 16) {
        return at;
    }
    let start = at + if LONG { 2 } else { 1 };
    let end = start + value.len();
    let Some(place) = head.get_mut(at..end) else { return at };
    if LONG {
        place[..2].copy_from_slice(&[id, size]);
    } else {
        place[0] = id << 4 | (size - 1);
    }
    place[start - at..].copy_from_slice(value);
    end
}
