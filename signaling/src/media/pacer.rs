//! Pacing: on a line whose limit is known, pictures leave evenly, so that sound need not queue behind a key frame
//! somewhere in the network.
//!
//! What waits is not copied: it is a reference into the history from which repetitions are made as well. Lines without a
//! known limit are not paced: publishers pace themselves, and a forwarder passes on as things come.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::forward::Rewritten;
use crate::room::media::ForwardId;

/// Share of the line's capacity at which packets leave, in hundredths: a little above, so that a wrong estimate does not
/// build a queue here instead of there.
const PACE: u64 = 120;
/// Nothing waits longer: a longer queue leaves faster. A second of delay is worse than a queue in the network.
const LONGEST: Duration = Duration::from_millis(250);
/// Credit that a pause may save up: what leaves at once afterwards.
const SAVED: Duration = Duration::from_millis(10);

/// A packet that waits for its turn.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// The forward: its place, and its name to be sure.
    pub forward: (usize, ForwardId),
    /// Where its payload is: layer, generation and place in it.
    pub layer: (usize, u32, u64),
    /// Its numbers on the subscriber's side.
    pub rewritten: Rewritten,
    /// Its size, roughly, in bytes.
    pub size: usize,
}

/// The queue of one connection.
#[derive(Default)]
pub struct Pacer {
    held: VecDeque<Held>,
    bytes: usize,
    /// Bits that may leave now; below zero, what has left ahead of time.
    credit: i64,
    accrued: Option<Instant>,
}

impl Pacer {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes a packet in.
    pub fn hold(&mut self, held: Held) {
        self.bytes += held.size;
        self.held.push_back(held);
    }

    /// Notes bytes that have left, in turn or ahead of it: sound and repetitions do not wait.
    pub fn spend(&mut self, bytes: usize) {
        self.credit -= bits(bytes);
    }

    /// The next packet whose turn has come. `capacity` is that of the line in bits per second; without a limit nothing
    /// waits.
    pub fn next(&mut self, now: Instant, capacity: Option<u64>) -> Option<Held> {
        if let Some(capacity) = capacity {
            let emptied = bits(self.bytes) * 1000 / i64::try_from(LONGEST.as_millis()).unwrap_or(i64::MAX);
            let rate = i64::try_from(capacity * PACE / 100).unwrap_or(i64::MAX).max(emptied);
            // What left before the limit was known is not held against anybody.
            let Some(before) = self.accrued.replace(now) else {
                self.credit = 0;
                return None;
            };
            let (least, most) = (-of(rate, LONGEST), of(rate, SAVED));
            let accrued = of(rate, now.saturating_duration_since(before));
            self.credit = self.credit.saturating_add(accrued).clamp(least, most);
            if self.credit <= 0 {
                return None;
            }
        }
        if capacity.is_none() {
            self.accrued = None;
        }
        let held = self.held.pop_front()?;
        self.bytes -= held.size;
        Some(held)
    }
}

fn bits(bytes: usize) -> i64 {
    i64::try_from(bytes * 8).unwrap_or(i64::MAX)
}

/// Bits of a rate in a span.
fn of(rate: i64, span: Duration) -> i64 {
    let micros = i128::try_from(span.as_micros()).unwrap_or(i128::MAX);
    i64::try_from(i128::from(rate) * micros / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    fn held(index: u64, size: usize) -> Held {
        let rewritten = Rewritten { index, timestamp: 0, picture: 0, base: 0, frame: 0 };
        Held { forward: (0, ForwardId(1)), layer: (0, 0, index), rewritten, size }
    }

    /// Lets everything leave that may; when each packet left, in milliseconds.
    fn leave(pacer: &mut Pacer, capacity: Option<u64>, packets: u64) -> Vec<u64> {
        let start = any_instant();
        for index in 0..packets {
            pacer.hold(held(index, 1200));
        }
        let mut left = Vec::new();
        for millis in 0..2000 {
            while let Some(held) = pacer.next(start + Duration::from_millis(millis), capacity) {
                pacer.spend(held.size);
                left.push(millis);
            }
        }
        left
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        assert_eq!(leave(&mut Pacer::default(), None, 20), [0; 20]);
    }

    #[test]
    fn a_burst_leaves_a_little_faster_than_the_line_carries() {
        // Six packets are 57.6 kbit: 160 ms at 1.2 times 300 kbit/s.
        let left = leave(&mut Pacer::default(), Some(300_000), 6);
        assert_eq!(left.len(), 6);
        assert!(left[1] >= 20 && left[5] >= 120 && left[5] <= 160, "{left:?}");
    }

    #[test]
    fn nothing_waits_longer_than_a_quarter_of_a_second_or_so() {
        // 960 kbit would take 3.2 s at 1.2 times 250 kbit/s. The queue shortens as it empties, so its rate falls.
        let left = leave(&mut Pacer::default(), Some(250_000), 100);
        assert!(left[90] <= 650, "{left:?}");
    }

    #[test]
    fn sound_that_leaves_ahead_is_paid_for_by_pictures() {
        let (start, mut pacer) = (any_instant(), Pacer::default());
        pacer.hold(held(0, 1200));
        assert!(pacer.next(start, Some(100_000)).is_none(), "no credit yet");
        pacer.spend(1500);
        let at = |millis| start + Duration::from_millis(millis);
        assert!(pacer.next(at(90), Some(100_000)).is_none(), "12 kbit at 120 kbit/s are 100 ms");
        assert!(pacer.next(at(130), Some(100_000)).is_some());
    }
}
