//! One layer of a publisher's track: a source, what is kept of it, and when it last gave a sign of life.

use std::time::{Duration, Instant};

use super::clock::low32;
use super::history::{Content, History, Packet};
use super::limits::Limits;
use super::path::HEADER;
use super::receive::{Arrival, Log};

/// Places of dropped padding that are remembered, for packets that arrive late.
const MAX_DROPS: usize = 32;
/// Longest time between two frames of a layer that is alive.
const LONGEST_GAP: Duration = Duration::from_secs(5);
/// Span over which the bitrate is measured.
const RATE_WINDOW: Duration = Duration::from_millis(500);

/// A layer.
pub struct Layer {
    /// Its source.
    pub ssrc: Option<u32>,
    /// The source of its retransmissions.
    pub repair_ssrc: Option<u32>,
    /// What arrived and what is missing.
    pub log: Log,
    /// The same of its retransmissions.
    pub repair_log: Log,
    /// Plaintext of the last packets.
    pub history: History,
    /// When its last packet arrived.
    seen: Option<Instant>,
    /// When its last frame began, the timestamp of that, and the usual time between two.
    frame: Option<(Instant, u32)>,
    gap: Duration,
    /// The publisher's clock: NTP time and the RTP timestamp of that time.
    pub clock: Option<(u64, u32)>,
    /// Changes when the source starts anew, so that old offsets are not applied to new counters.
    pub generation: u32,
    /// Bits per second, recently.
    pub bitrate: u64,
    /// The same over some five seconds: what a screen takes that stands still between two slides.
    pub steady: u64,
    window: (Option<Instant>, usize),
    /// Places of padding, rising; what lies below `floor` is forgotten.
    drops: Vec<u64>,
    floor: u64,
    dropped: u64,
    newest: Option<u64>,
    keyframe: Keyframe,
}

#[derive(Default)]
struct Keyframe {
    wanted: bool,
    asked: Option<Instant>,
}

impl Layer {
    /// A layer that nothing has been heard of.
    pub fn new(limits: &Limits) -> Self {
        Self {
            ssrc: None,
            repair_ssrc: None,
            log: Log::default(),
            repair_log: Log::default(),
            history: History::new(limits.history_bytes),
            seen: None,
            frame: None,
            gap: Duration::ZERO,
            clock: None,
            generation: 0,
            bitrate: 0,
            steady: 0,
            window: (None, 0),
            drops: Vec::new(),
            floor: 0,
            dropped: 0,
            newest: None,
            keyframe: Keyframe::default(),
        }
    }

    /// Gives the layer a source, or another one.
    pub fn bind(&mut self, ssrc: u32) {
        if self.ssrc != Some(ssrc) {
            self.ssrc = Some(ssrc);
            self.log = Log::default();
            self.clock = None;
            self.restart();
        }
    }

    fn restart(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.drops.clear();
        (self.dropped, self.floor) = (0, 0);
        self.newest = None;
    }

    /// Whether something arrived within `patience`, or within a few of its usual times between frames: a slide that nobody
    /// touches is sent once in a second or two.
    pub fn alive(&self, now: Instant, patience: Duration) -> bool {
        let patience = patience.max((4 * self.gap).min(LONGEST_GAP));
        self.seen.is_some_and(|seen| now.saturating_duration_since(seen) < patience)
    }

    fn begin_frame(&mut self, now: Instant, timestamp: u32) {
        if self.frame.is_some_and(|(_, known)| known == timestamp) {
            return;
        }
        if let Some((began, _)) = self.frame.replace((now, timestamp)) {
            let gap = now.saturating_duration_since(began).min(LONGEST_GAP);
            self.gap = (7 * self.gap + gap) / 8;
        }
    }

    /// Records a packet; its place in the layer when it is to be passed on. `padding` means it carries nothing: it is
    /// dropped and those behind it close the gap.
    pub fn arrived(
        &mut self,
        now: Instant,
        sequence: u16,
        timestamp: u32,
        clock_rate: u32,
        repaired: bool,
        padding: bool,
    ) -> Option<u64> {
        let before = self.log.newest();
        let index = match self.log.arrived(now, sequence, timestamp, clock_rate, repaired) {
            Arrival::Stale => return None,
            Arrival::Filled(index) => index,
            Arrival::Ahead(index) => {
                if before.is_some_and(|before| index < before || index - before > 3000) {
                    self.restart();
                }
                index
            }
        };
        if padding {
            // Behind a packet that was passed on already the gap has been seen, and stays.
            if self.newest.is_none_or(|newest| index > newest) {
                let at = self.drops.partition_point(|known| *known < index);
                self.drops.insert(at, index);
                self.dropped += 1;
                if self.drops.len() > MAX_DROPS {
                    self.floor = self.drops.remove(0);
                }
            }
            return None;
        }
        if index < self.floor {
            // How much padding lay before it is forgotten: its place would be a guess, and another packet's.
            return None;
        }
        self.seen = Some(now);
        self.begin_frame(now, timestamp);
        self.newest = Some(self.newest.map_or(index, |newest| newest.max(index)));
        let ahead = self.drops.iter().rev().take_while(|drop| **drop > index).count();
        let shift = self.dropped - u64::try_from(ahead).unwrap_or_default();
        index.checked_sub(shift)
    }

    /// Keeps a packet for retransmission and counts its bytes.
    pub fn keep(&mut self, now: Instant, packet: Packet, content: Content<'_>) {
        self.history.push(now, packet, content);
        let (since, bytes) = &mut self.window;
        let since = since.get_or_insert(now);
        *bytes += content.length() + HEADER;
        let span = now.saturating_duration_since(*since);
        if span >= RATE_WINDOW {
            let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
            let rate = u64::try_from(*bytes).unwrap_or_default() * 8000 / millis.max(1);
            // Evened out over two seconds, or a key frame would make the layer look too large for its line.
            self.bitrate = if self.bitrate > 0 { (3 * self.bitrate + rate) / 4 } else { rate };
            self.steady = if self.steady > 0 { (9 * self.steady + rate) / 10 } else { rate };
            self.window = (Some(now), 0);
        }
        if packet.keyframe {
            self.keyframe.wanted = false;
        }
    }

    /// Somebody cannot go on without a key frame.
    pub fn want_keyframe(&mut self) {
        self.keyframe.wanted = true;
    }

    /// Nobody waits for one of this layer any more.
    pub fn do_without(&mut self) {
        self.keyframe.wanted = false;
    }

    /// Whether to ask the publisher for one now: wanted, and not asked too recently.
    pub fn ask_keyframe(&mut self, now: Instant, interval: Duration) -> bool {
        let recently =
            self.keyframe.asked.is_some_and(|asked| now.saturating_duration_since(asked) < interval);
        let ask = self.keyframe.wanted && self.ssrc.is_some() && !recently;
        if ask {
            self.keyframe.asked = Some(now);
        }
        ask
    }

    /// Where in time (NTP, 32.32 fixed point) a timestamp of this layer lies.
    pub fn time_of(&self, timestamp: u32, clock_rate: u32) -> Option<u64> {
        let (ntp, rtp) = self.clock?;
        let ticks = i64::from(timestamp.wrapping_sub(rtp).cast_signed());
        ntp.checked_add_signed((ticks << 32) / i64::from(clock_rate))
    }

    /// The timestamp of this layer at a time.
    pub fn timestamp_at(&self, ntp: u64, clock_rate: u32) -> Option<u32> {
        let (known, rtp) = self.clock?;
        let step = i128::from(ntp) - i128::from(known);
        let ticks = i64::try_from((step * i128::from(clock_rate)) >> 32).ok()?;
        Some(rtp.wrapping_add(low32(ticks.cast_unsigned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    fn pass(layer: &mut Layer, now: Instant, sequence: u16, padding: bool) -> Option<u64> {
        layer.arrived(now, sequence, 0, 90_000, false, padding)
    }

    #[test]
    fn padding_leaves_no_gap_and_late_packets_still_find_their_place() {
        let (now, mut layer) = (any_instant(), Layer::new(&Limits::default()));
        assert_eq!(pass(&mut layer, now, 100, false), Some(100));
        assert_eq!(pass(&mut layer, now, 102, false), Some(102), "101 is late");
        assert_eq!(pass(&mut layer, now, 103, true), None);
        assert_eq!(pass(&mut layer, now, 104, true), None);
        assert_eq!(pass(&mut layer, now, 105, false), Some(103));
        assert_eq!(pass(&mut layer, now, 101, false), Some(101), "in front of the padding");
        assert_eq!(pass(&mut layer, now, 106, false), Some(104));
    }

    #[test]
    fn padding_that_comes_out_of_order_gives_no_place_twice() {
        let (now, mut layer) = (any_instant(), Layer::new(&Limits::default()));
        let mut places = Vec::new();
        for (sequence, padding) in
            [(100, false), (102, false), (105, true), (103, true), (104, false), (106, false)]
        {
            places.extend(pass(&mut layer, now, sequence, padding));
        }
        assert_eq!(places, [100, 102, 103, 104]);
    }

    #[test]
    fn a_packet_behind_more_padding_than_is_remembered_is_lost_rather_than_misplaced() {
        let (now, mut layer) = (any_instant(), Layer::new(&Limits::default()));
        let mut places: Vec<u64> = pass(&mut layer, now, 100, false).into_iter().collect();
        for padding in 102..142 {
            assert_eq!(pass(&mut layer, now, padding, true), None);
        }
        places.extend(pass(&mut layer, now, 142, false));
        places.extend(pass(&mut layer, now, 101, false));
        places.extend(pass(&mut layer, now, 143, false));
        assert_eq!(places, [100, 102, 103], "101 is given up");
    }

    #[test]
    fn key_frames_are_asked_for_no_more_often_than_allowed() {
        let (now, mut layer) = (any_instant(), Layer::new(&Limits::default()));
        let interval = Duration::from_millis(500);
        layer.bind(7);
        assert!(!layer.ask_keyframe(now, interval), "nobody wants one");
        layer.want_keyframe();
        assert!(layer.ask_keyframe(now, interval));
        assert!(!layer.ask_keyframe(now + Duration::from_millis(499), interval));
        assert!(layer.ask_keyframe(now + interval, interval), "the first request or its answer was lost");
    }

    #[test]
    fn timestamps_of_two_layers_meet_in_time() {
        let (mut low, mut high) = (Layer::new(&Limits::default()), Layer::new(&Limits::default()));
        low.clock = Some((10 << 32, 1000));
        high.clock = Some((11 << 32, 500_000));
        let time = high.time_of(500_000 + 90_000, 90_000).unwrap();
        assert_eq!(low.timestamp_at(time, 90_000), Some(1000 + 2 * 90_000));
    }
}
