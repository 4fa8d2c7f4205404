//! What arrived of one source: how many packets, how many are missing, how unevenly they came.

use std::time::{Duration, Instant};

/// Packets behind the newest that are still told apart from ones seen before: three seconds of a picture of 3 Mbit/s.
const WINDOW: u64 = 1024;
/// A jump by more is no loss but a source that began anew.
const JUMP: u64 = 3000;

/// The log of one source.
#[derive(Debug)]
pub struct Stream {
    clock_rate: u32,
    first: u64,
    newest: u64,
    received: u64,
    /// Which of the last [`WINDOW`] packets arrived, by their index.
    seen: [u64; 16],
    /// When the last packet came, and its timestamp.
    last: Option<(Instant, u32)>,
    jitter: Duration,
    steps: u32,
    /// Received and lost before the source began anew.
    before: (u64, u64),
}

impl Stream {
    /// Begins with the first packet.
    pub fn new(clock_rate: u32, sequence: u16) -> Self {
        // One round above zero, so that what was sent before the first packet has an index too.
        let first = u64::from(sequence) + (1 << 16);
        Self {
            clock_rate: clock_rate.max(1),
            first,
            newest: first - 1,
            received: 0,
            seen: [0; 16],
            last: None,
            jitter: Duration::ZERO,
            steps: 0,
            before: (0, 0),
        }
    }

    /// Notes a packet.
    pub fn arrived(&mut self, now: Instant, sequence: u16, timestamp: u32) {
        let index = nearest(self.newest, sequence);
        if index > self.newest + JUMP || index + JUMP < self.newest {
            let before = (self.received(), self.lost());
            *self = Self { before, ..Self::new(self.clock_rate, sequence) };
            return self.arrived(now, sequence, timestamp);
        }
        if index > self.newest {
            for between in self.newest + 1..index {
                self.mark(between, false);
            }
            self.newest = index;
            self.measure(now, timestamp);
        } else if index < self.first || index + WINDOW <= self.newest || self.is_marked(index) {
            return;
        }
        self.mark(index, true);
        self.received += 1;
    }

    /// Packets that arrived, each counted once.
    pub fn received(&self) -> u64 {
        self.before.0 + self.received
    }

    /// Packets missing between the first and the newest.
    pub fn lost(&self) -> u64 {
        self.before.1 + (self.newest + 1 - self.first).saturating_sub(self.received)
    }

    /// By how much the spacing of arrivals differs from that of the timestamps, on the mean (RFC 3550 section 6.4.1
    /// without its smoothing); `None` before the second packet.
    pub fn jitter(&self) -> Option<Duration> {
        self.jitter.checked_div(self.steps)
    }

    fn measure(&mut self, now: Instant, timestamp: u32) {
        if let Some((at, stamp)) = self.last.replace((now, timestamp)) {
            let ticks = timestamp.wrapping_sub(stamp).cast_signed();
            // A silent source starts again with a leap of its timestamp.
            let Ok(ticks) = u32::try_from(ticks) else { return };
            if ticks > self.clock_rate {
                return;
            }
            let meant = Duration::from_secs(1) * ticks / self.clock_rate;
            self.jitter += now.saturating_duration_since(at).abs_diff(meant);
            self.steps += 1;
        }
    }

    fn mark(&mut self, index: u64, arrived: bool) {
        let (word, bit) = place(index);
        if arrived {
            self.seen[word] |= bit;
        } else {
            self.seen[word] &= !bit;
        }
    }

    fn is_marked(&self, index: u64) -> bool {
        let (word, bit) = place(index);
        self.seen[word] & bit != 0
    }
}

fn place(index: u64) -> (usize, u64) {
    let at = index % WINDOW;
    (usize::try_from(at / 64).unwrap_or_default(), 1 << (at % 64))
}

/// The index closest to `newest` whose low sixteen bits are `sequence`.
fn nearest(newest: u64, sequence: u16) -> u64 {
    let low = u16::try_from(newest & 0xFFFF).unwrap_or_default();
    let step = sequence.wrapping_sub(low).cast_signed();
    newest.saturating_add_signed(i64::from(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn stream_of(sequences: &[u16]) -> Stream {
        let mut stream = Stream::new(48_000, sequences[0]);
        for sequence in sequences {
            stream.arrived(start(), *sequence, 0);
        }
        stream
    }

    #[test]
    fn a_gap_is_a_loss_until_the_packet_comes_after_all() {
        let stream = stream_of(&[10, 11, 14]);
        assert_eq!((stream.received(), stream.lost()), (3, 2));
        let stream = stream_of(&[10, 11, 14, 12, 13]);
        assert_eq!((stream.received(), stream.lost()), (5, 0));
    }

    #[test]
    fn a_packet_that_comes_twice_counts_once() {
        let stream = stream_of(&[10, 11, 11, 10, 12]);
        assert_eq!((stream.received(), stream.lost()), (3, 0));
    }

    #[test]
    fn the_sequence_wraps() {
        let stream = stream_of(&[65_534, 65_535, 0, 2, 1]);
        assert_eq!((stream.received(), stream.lost()), (5, 0));
    }

    #[test]
    fn a_source_that_begins_anew_loses_nothing() {
        let stream = stream_of(&[10, 12, 40_000, 40_001, 40_003]);
        assert_eq!((stream.received(), stream.lost()), (5, 2));
    }

    #[test]
    fn packets_as_even_as_their_timestamps_have_no_jitter() {
        let at = start();
        let mut stream = Stream::new(48_000, 0);
        for n in 0..50_u16 {
            stream.arrived(at + Duration::from_millis(20) * u32::from(n), n, u32::from(n) * 960);
        }
        assert_eq!(stream.jitter(), Some(Duration::ZERO));
        stream.arrived(at + Duration::from_millis(20 * 50 + 100), 50, 50 * 960);
        assert_eq!(stream.jitter(), Some(Duration::from_millis(2)), "100 ms too late, once in fifty");
    }
}
