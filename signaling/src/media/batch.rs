//! What has arrived and waits to be passed on: all packets of one read, kept until they leave together.
//!
//! A picture comes as a burst of packets. Passing each on to everybody before looking at the next would touch the state
//! of every subscriber once for every packet; so a burst is taken in whole, and then each subscriber gets all of it at
//! once, written into one buffer that stays warm and leaves in one system call.

use std::time::Instant;

use super::history::{Content, Packet};

/// A packet that waits.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// The layer that it belongs to.
    pub layer: usize,
    /// What is known of it.
    pub packet: Packet,
    start: usize,
    length: usize,
}

impl Waiting {
    /// Bytes of its content.
    pub fn length(&self) -> usize {
        self.length
    }
}

/// Packets that wait, over all tracks.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Tracks that have any, in the order of their first.
    pub tracks: Vec<usize>,
    /// When the earliest came in.
    pub since: Option<Instant>,
}

impl Batch {
    /// Keeps a packet of a track until the next flush; `waiting` are those of the same track.
    pub fn keep(
        &mut self,
        now: Instant,
        track: usize,
        waiting: &mut Vec<Waiting>,
        layer: usize,
        packet: Packet,
        content: Content<'_>,
    ) {
        if waiting.is_empty() {
            self.tracks.push(track);
        }
        self.since = Some(self.since.map_or(now, |since| since.min(now)));
        waiting.push(Waiting { layer, packet, start: self.bytes.len(), length: content.length() });
        self.bytes.extend_from_slice(content.descriptor);
        self.bytes.extend_from_slice(content.payload);
    }

    /// The content of a packet that waits.
    #[inline]
    pub fn content(&self, waiting: &Waiting) -> Content<'_> {
        let bytes = self.bytes.get(waiting.start..waiting.start + waiting.length).unwrap_or_default();
        Content::of(&waiting.packet, bytes)
    }

    /// The payload of a packet that waits.
    #[inline]
    pub fn payload_mut(&mut self, waiting: &Waiting) -> &mut [u8] {
        let start = waiting.start + waiting.packet.descriptor_length();
        self.bytes.get_mut(start..waiting.start + waiting.length).unwrap_or_default()
    }

    /// Everything has been passed on.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.tracks.clear();
        self.since = None;
    }
}
