//! Pacing: on a line whose limit is known, pictures leave evenly, so that sound need not queue behind a key frame
//! somewhere in the network.
//!
//! What waits is not copied: it is a reference into the history from which repetitions are made as well. Lines without a
//! known limit are not paced: publishers pace themselves, and a forwarder passes on as things come.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::forward::Rewritten;
use crate::room::media::ForwardId;

/// Nothing waits longer: a longer queue leaves faster. As long as in browsers (libwebrtc, `kMaxExpectedQueueLength`): a
/// slide of 50 kB takes 1.3 s on a line of 300 kbit/s, and sent faster it would cost the sound behind it.
pub const LONGEST: Duration = Duration::from_secs(2);
/// What has left ahead of time is held against pictures no longer than this.
const DEBT: Duration = Duration::from_millis(250);
/// Repetitions leave ahead of time by no more than this.
const AHEAD: Duration = Duration::from_millis(50);
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

    /// Bytes that wait.
    pub fn backlog(&self) -> usize {
        self.bytes
    }

    /// Takes a packet in.
    pub fn hold(&mut self, held: Held) {
        self.bytes += held.size;
        self.held.push_back(held);
    }

    /// Nobody waits for them any more.
    pub fn clear(&mut self) {
        self.held.clear();
        self.bytes = 0;
    }

    /// Notes bytes that have left, in turn or ahead of it: sound and repetitions do not wait.
    pub fn spend(&mut self, bytes: usize) {
        self.credit -= bits(bytes);
    }

    /// Whether a repetition may leave now, ahead of the pictures that wait: what is asked for again goes first, but not
    /// faster than the line carries. A client that has lost much asks for all of it at once.
    pub fn has_room(&mut self, now: Instant, pace: Option<u64>) -> bool {
        let Some(pace) = pace else { return true };
        let rate = self.accrue(now, pace);
        self.credit > -of(rate, AHEAD)
    }

    /// The next packet whose turn has come. `pace` is what may leave in bits per second; without a limit nothing waits.
    pub fn next(&mut self, now: Instant, pace: Option<u64>) -> Option<Held> {
        if let Some(pace) = pace {
            self.accrue(now, pace);
            if self.credit <= 0 {
                return None;
            }
        } else {
            self.accrued = None;
        }
        let held = self.held.pop_front()?;
        self.bytes -= held.size;
        Some(held)
    }

    /// Adds what time has brought; the rate at which things leave.
    fn accrue(&mut self, now: Instant, pace: u64) -> i64 {
        let emptied = bits(self.bytes) * 1000 / i64::try_from(LONGEST.as_millis()).unwrap_or(i64::MAX);
        let rate = i64::try_from(pace).unwrap_or(i64::MAX).max(emptied);
        // What left before the limit was known is not held against anybody.
        match self.accrued.replace(now) {
            None => self.credit = 0,
            Some(before) => {
                let (least, most) = (-of(rate, DEBT), of(rate, SAVED));
                let accrued = of(rate, now.saturating_duration_since(before));
                self.credit = self.credit.saturating_add(accrued).clamp(least, most);
            }
        }
        rate
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
    fn leave(pacer: &mut Pacer, pace: Option<u64>, packets: u64) -> Vec<u64> {
        let start = any_instant();
        for index in 0..packets {
            pacer.hold(held(index, 1200));
        }
        let mut left = Vec::new();
        for millis in 0..2000 {
            while let Some(held) = pacer.next(start + Duration::from_millis(millis), pace) {
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
    fn a_burst_leaves_at_its_pace() {
        // Six packets are 57.6 kbit, and the last leaves after five: 160 ms at 300 kbit/s.
        let left = leave(&mut Pacer::default(), Some(300_000), 6);
        assert_eq!(left.len(), 6);
        assert!(left[1] >= 20 && (150..=170).contains(&left[5]), "{left:?}");
    }

    #[test]
    fn nothing_waits_much_longer_than_two_seconds() {
        // 960 kbit would take 9.6 s at 100 kbit/s. The queue shortens as it empties, so its rate falls.
        let left = leave(&mut Pacer::default(), Some(100_000), 100);
        assert!(left[60] <= 2000, "{left:?}");
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

    #[test]
    fn what_is_asked_for_again_leaves_first_but_no_faster_than_the_line_carries() {
        let (start, mut pacer) = (any_instant(), Pacer::default());
        let mut repeated = 0;
        for millis in 0..1000 {
            // A hundred packets were lost at once.
            while repeated < 100 && pacer.has_room(start + Duration::from_millis(millis), Some(240_000)) {
                pacer.spend(1200);
                repeated += 1;
            }
        }
        assert!((25..=29).contains(&repeated), "{repeated} in a second, of 25 that fit");
        assert!(
            pacer.has_room(start + Duration::from_secs(1), None),
            "nothing is held back on a line without a limit"
        );
    }
}
