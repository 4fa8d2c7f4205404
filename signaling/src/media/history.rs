//! The plaintext of a layer's last packets, once for all its subscribers: what retransmissions are made from. The counters of
//! VP8 in it are those of whoever it was last sent to; the publisher's stand in [`Packet`].
//!
//! Packets lie behind each other in one ring of bytes, so memory follows the bitrate and nothing is allocated per
//! packet. The ring grows when it turns over faster than a retransmission may be asked for.

use std::time::{Duration, Instant};

use super::descriptor::Descriptor;
use super::forward::Rewritten;
use super::pacer::LONGEST;
use super::payload::Vp8;
use super::sdp::Codec;

/// How long a packet should be kept: as long as a picture may wait for its turn, and then for a request.
const KEEP: Duration = LONGEST.saturating_add(Duration::from_millis(500));
/// Packets remembered.
const SLOTS: usize = 1024;
/// Bytes to begin with.
const FIRST_BYTES: usize = 16 * 1024;

/// What is known of a packet of a publisher, beside its payload.
#[derive(Debug, Clone, Copy)]
pub struct Packet {
    /// Place in the layer, without the padding that was taken out.
    pub index: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// What it carries.
    pub codec: Codec,
    /// Whether a key frame begins here.
    pub keyframe: bool,
    /// Whether it came as a repetition.
    pub repaired: bool,
    /// Loudness.
    pub audio_level: Option<u8>,
    /// Orientation.
    pub orientation: Option<u8>,
    /// Counters to be rewritten.
    pub vp8: Option<Vp8>,
    /// What its dependency descriptor says.
    pub descriptor: Option<Descriptor>,
}

impl Packet {
    /// One of sound that was found inside a later packet, which says nothing more of it.
    pub fn restored(index: u64, timestamp: u32, codec: Codec) -> Self {
        Self {
            index,
            timestamp,
            marker: false,
            codec,
            keyframe: false,
            repaired: true,
            audio_level: None,
            orientation: None,
            vp8: None,
            descriptor: None,
        }
    }

    /// Bytes of its descriptor, which stands in front of its payload; zero without one.
    pub fn descriptor_length(&self) -> usize {
        self.descriptor.map_or(0, |descriptor| usize::from(descriptor.length))
    }

    /// The frame number of its descriptor; zero without one.
    pub fn frame(&self) -> u16 {
        self.descriptor.map_or(0, |descriptor| descriptor.frame)
    }
}

/// What of a packet is passed on as it came.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The dependency descriptor; empty where there is none.
    pub descriptor: &'a [u8],
    /// The payload.
    pub payload: &'a [u8],
}

impl<'a> Content<'a> {
    /// That of a packet whose payload lies behind its descriptor.
    #[inline]
    pub fn of(packet: &Packet, bytes: &'a [u8]) -> Self {
        let (descriptor, payload) = bytes.split_at_checked(packet.descriptor_length()).unwrap_or_default();
        Self { descriptor, payload }
    }

    /// Bytes of both.
    pub fn length(&self) -> usize {
        self.descriptor.len() + self.payload.len()
    }
}

#[derive(Clone, Copy)]
struct Slot {
    packet: Packet,
    start: usize,
    length: usize,
    turn: u32,
}

/// The ring of one layer.
pub struct History {
    slots: Vec<Option<Slot>>,
    bytes: Vec<u8>,
    /// Where the next content goes.
    at: usize,
    /// How often the ring went round, and when it last did.
    turn: u32,
    turned: Option<Instant>,
    limit: usize,
}

impl History {
    /// An empty ring that grows to `limit` bytes at most.
    pub fn new(limit: usize) -> Self {
        Self { slots: Vec::new(), bytes: Vec::new(), at: 0, turn: 0, turned: None, limit }
    }

    /// Keeps a packet.
    pub fn push(&mut self, now: Instant, packet: Packet, content: Content<'_>) {
        if self.slots.is_empty() {
            self.slots = vec![None; SLOTS];
            self.bytes = vec![0; FIRST_BYTES.min(self.limit)];
        }
        let turned = *self.turned.get_or_insert(now);
        let length = content.length();
        // No content wraps around the end. There the ring either grows or begins again.
        if self.at + length > self.bytes.len() {
            if now.saturating_duration_since(turned) < KEEP && self.bytes.len() < self.limit {
                self.bytes.resize((self.bytes.len() * 2).min(self.limit), 0);
            }
            if self.at + length > self.bytes.len() {
                (self.at, self.turn, self.turned) = (0, self.turn.wrapping_add(1), Some(now));
            }
        }
        let Some(place) = self.bytes.get_mut(self.at..self.at + length) else { return };
        let (descriptor, payload) = place.split_at_mut(content.descriptor.len());
        descriptor.copy_from_slice(content.descriptor);
        payload.copy_from_slice(content.payload);
        let kept = Slot { packet, start: self.at, length, turn: self.turn };
        self.slots[slot(packet.index)] = Some(kept);
        self.at += length;
    }

    /// A packet that is still there.
    pub fn get(&self, index: u64) -> Option<(&Packet, Content<'_>)> {
        let found = self.find(index)?;
        let bytes = self.bytes.get(found.start..found.start + found.length)?;
        Some((&found.packet, Content::of(&found.packet, bytes)))
    }

    /// A packet that is still there, as it is sent under the numbers that it is given: those of VP8 stand in its payload then.
    pub fn renumbered(
        &mut self,
        index: u64,
        numbers: impl FnOnce(&Packet) -> Option<Rewritten>,
    ) -> Option<(&Packet, Content<'_>, Rewritten)> {
        let Slot { packet, start, length, .. } = *self.find(index)?;
        let rewritten = numbers(&packet)?;
        rewritten.renumber(&packet, self.bytes.get_mut(start + packet.descriptor_length()..start + length)?);
        let (packet, content) = self.get(index)?;
        Some((packet, content, rewritten))
    }

    fn find(&self, index: u64) -> Option<&Slot> {
        let found = self.slots.get(slot(index))?.as_ref().filter(|found| found.packet.index == index)?;
        let whole = match self.turn.wrapping_sub(found.turn) {
            0 => true,
            1 => found.start >= self.at,
            _ => false,
        };
        whole.then_some(found)
    }
}

fn slot(index: u64) -> usize {
    usize::try_from(index % (1 << 10)).unwrap_or_default()
}

const _: () = assert!(SLOTS == 1 << 10, "slot() and SLOTS belong together");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::tests::any_instant;

    fn packet(index: u64, length: u8) -> Packet {
        let descriptor = Descriptor { frame: 0, begins: false, length };
        Packet {
            index,
            timestamp: 0,
            marker: false,
            codec: Codec::Vp8,
            keyframe: false,
            repaired: false,
            audio_level: None,
            orientation: None,
            vp8: None,
            descriptor: (length > 0).then_some(descriptor),
        }
    }

    proptest! {
        #[test]
        fn what_comes_back_is_what_went_in(
            sizes in prop::collection::vec((0_u8..=255, 0_usize..1500), 1..400), spacing_ms in 0_u64..20,
        ) {
            let (start, mut history) = (any_instant(), History::new(64 * 1024));
            let went_in = |index: u64, (descriptor, payload): (u8, usize)| {
                let byte = u8::try_from(index % 251).unwrap();
                (vec![!byte; usize::from(descriptor)], vec![byte; payload])
            };
            for (index, size) in (0..).zip(&sizes) {
                let (descriptor, payload) = went_in(index, *size);
                let content = Content { descriptor: &descriptor, payload: &payload };
                history.push(start + Duration::from_millis(spacing_ms * index), packet(index, size.0), content);
            }
            for (index, size) in (0..).zip(&sizes) {
                if let Some((found, content)) = history.get(index) {
                    prop_assert_eq!(found.index, index);
                    let (descriptor, payload) = went_in(index, *size);
                    prop_assert_eq!(content.descriptor, &descriptor[..]);
                    prop_assert_eq!(content.payload, &payload[..]);
                }
            }
            let last = u64::try_from(sizes.len()).unwrap() - 1;
            prop_assert!(history.get(last).is_some());
        }
    }

    #[test]
    fn a_second_at_full_rate_is_kept() {
        let (start, mut history) = (any_instant(), History::new(512 * 1024));
        // 2.5 Mbit/s in packets of 1200 bytes.
        for index in 0..2600 {
            let content = Content { descriptor: &[], payload: &[1; 1200] };
            history.push(start + Duration::from_micros(3840 * index), packet(index, 0), content);
        }
        assert!(history.get(2600 - 260).is_some());
    }
}
