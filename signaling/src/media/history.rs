//! The plaintext of a layer's last packets, once for all its subscribers: what retransmissions are made from.
//!
//! Packets lie behind each other in one ring of bytes, so memory follows the bitrate and nothing is allocated per
//! packet. The ring grows when it turns over faster than a retransmission may be asked for.

use std::time::{Duration, Instant};

use super::payload::Vp8;
use super::sdp::Codec;

/// How long a packet should be kept.
const KEEP: Duration = Duration::from_secs(1);
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
    /// Loudness.
    pub audio_level: Option<u8>,
    /// Orientation.
    pub orientation: Option<u8>,
    /// Counters to be rewritten.
    pub vp8: Option<Vp8>,
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
    /// Where the next payload goes.
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
    pub fn push(&mut self, now: Instant, packet: Packet, payload: &[u8]) {
        if self.slots.is_empty() {
            self.slots = vec![None; SLOTS];
            self.bytes = vec![0; FIRST_BYTES.min(self.limit)];
        }
        let turned = *self.turned.get_or_insert(now);
        // A payload never wraps around the end. There the ring either grows or begins again.
        if self.at + payload.len() > self.bytes.len() {
            if now.saturating_duration_since(turned) < KEEP && self.bytes.len() < self.limit {
                self.bytes.resize((self.bytes.len() * 2).min(self.limit), 0);
            }
            if self.at + payload.len() > self.bytes.len() {
                (self.at, self.turn, self.turned) = (0, self.turn.wrapping_add(1), Some(now));
            }
        }
        let Some(place) = self.bytes.get_mut(self.at..self.at + payload.len()) else { return };
        place.copy_from_slice(payload);
        let kept = Slot { packet, start: self.at, length: payload.len(), turn: self.turn };
        self.slots[slot(packet.index)] = Some(kept);
        self.at += payload.len();
    }

    /// A packet that is still there.
    pub fn get(&self, index: u64) -> Option<(&Packet, &[u8])> {
        let found = self.slots.get(slot(index))?.as_ref().filter(|found| found.packet.index == index)?;
        let whole = match self.turn.wrapping_sub(found.turn) {
            0 => true,
            1 => found.start >= self.at,
            _ => false,
        };
        let payload = self.bytes.get(found.start..found.start + found.length)?;
        whole.then_some((&found.packet, payload))
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

    fn packet(index: u64) -> Packet {
        Packet {
            index,
            timestamp: 0,
            marker: false,
            codec: Codec::Vp8,
            keyframe: false,
            audio_level: None,
            orientation: None,
            vp8: None,
        }
    }

    proptest! {
        #[test]
        fn what_comes_back_is_what_went_in(sizes in prop::collection::vec(0_usize..1500, 1..400), spacing_ms in 0_u64..20) {
            let (start, mut history) = (any_instant(), History::new(64 * 1024));
            for (index, size) in (0..).zip(&sizes) {
                let byte = u8::try_from(index % 251).unwrap();
                history.push(start + Duration::from_millis(spacing_ms * index), packet(index), &vec![byte; *size]);
            }
            for (index, size) in (0..).zip(&sizes) {
                if let Some((found, payload)) = history.get(index) {
                    prop_assert_eq!(found.index, index);
                    let byte = u8::try_from(index % 251).unwrap();
                    prop_assert_eq!(payload, &vec![byte; *size][..]);
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
            history.push(start + Duration::from_micros(3840 * index), packet(index), &[1; 1200]);
        }
        assert!(history.get(2600 - 260).is_some());
    }
}
