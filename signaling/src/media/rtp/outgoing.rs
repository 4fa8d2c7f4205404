//! Writing a header.

use super::extension::{Extension, ExtensionIds};
use super::{ONE_BYTE, TWO_BYTES};
use crate::media::descriptor::renumber;

/// Bytes of the longest header that is written: elements of 2, 3, 16, 1, 1 and 255 bytes, each behind two of its own, all
/// of them behind 16, made up to a multiple of four.
pub const MAX_HEADER: usize = 308;

/// What the header of an outgoing packet says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outgoing<'a> {
    /// Marker bit.
    pub marker: bool,
    /// Payload type.
    pub payload_type: u8,
    /// Timestamp.
    pub timestamp: u32,
    /// Source.
    pub ssrc: u32,
    /// Section; written when its id is known.
    pub mid: &'a [u8],
    /// Loudness.
    pub audio_level: Option<u8>,
    /// Orientation.
    pub orientation: Option<u8>,
    /// Dependency descriptor; empty where there is none.
    pub descriptor: &'a [u8],
    /// The frame number that it is to say.
    pub frame: u16,
}

/// What a header says of how the packet leaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Leaving {
    /// Sequence number.
    pub sequence: u16,
    /// Transport-wide sequence number.
    pub transport_cc: Option<u16>,
    /// 24-bit sender's clock.
    pub abs_send_time: u32,
}

impl Outgoing<'_> {
    /// Writes the header; its length. It has the one-byte form unless the descriptor needs the other.
    pub fn write(&self, leaving: Leaving, out: &mut [u8; MAX_HEADER], ids: ExtensionIds) -> usize {
        let id = ids.get(Extension::DependencyDescriptor);
        let fits = self.descriptor.is_empty() || self.descriptor.len() <= 16 && id <= 14;
        if id == 0 || fits {
            self.form::<false>(leaving, out, ids)
        } else {
            self.form::<true>(leaving, out, ids)
        }
    }

    /// The same in the one-byte form, or the two-byte one (`LONG`).
    fn form<const LONG: bool>(
        &self,
        leaving: Leaving,
        head: &mut [u8; MAX_HEADER],
        ids: ExtensionIds,
    ) -> usize {
        let profile = if LONG { TWO_BYTES } else { ONE_BYTE };
        head[0] = 0x90;
        head[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        head[2..4].copy_from_slice(&leaving.sequence.to_be_bytes());
        head[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        head[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        head[12..14].copy_from_slice(&profile.to_be_bytes());
        let mut at = 16;
        if let Some(sequence) = leaving.transport_cc {
            at = element::<LONG>(head, at, ids.get(Extension::TransportCc), &sequence.to_be_bytes());
        }
        let [_, clock @ ..] = leaving.abs_send_time.to_be_bytes();
        at = element::<LONG>(head, at, ids.get(Extension::AbsSendTime), &clock);
        at = element::<LONG>(head, at, ids.get(Extension::Mid), self.mid);
        if let Some(level) = self.audio_level {
            at = element::<LONG>(head, at, ids.get(Extension::AudioLevel), &[level]);
        }
        if let Some(way) = self.orientation {
            at = element::<LONG>(head, at, ids.get(Extension::Orientation), &[way]);
        }
        let end = element::<LONG>(head, at, ids.get(Extension::DependencyDescriptor), self.descriptor);
        if end > at {
            renumber(&mut head[end - self.descriptor.len()..end], self.frame);
            at = end;
        }
        if at == 16 {
            head[0] = 0x80;
            return 12;
        }
        let end = at.next_multiple_of(4);
        head[at..end].fill(0);
        head[14..16].copy_from_slice(&u16::try_from((end - 16) / 4).unwrap_or_default().to_be_bytes());
        end
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
