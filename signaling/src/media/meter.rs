//! The rate that leaves, cheap enough for every packet.

use std::time::{Duration, Instant};

/// Over which a rate is taken.
const WINDOW: Duration = Duration::from_millis(200);

/// Bits per second, evened out over half a second: a key frame is not a rise.
#[derive(Default)]
pub struct Meter {
    since: Option<Instant>,
    bytes: usize,
    rate: f64,
}

impl Meter {
    /// Counts a packet.
    pub fn add(&mut self, now: Instant, size: usize) {
        let since = *self.since.get_or_insert(now);
        self.bytes += size;
        let span = now.saturating_duration_since(since);
        if span >= WINDOW {
            let rate = per_second(self.bytes, span);
            self.rate = if self.rate > 0.0 { 0.6 * self.rate + 0.4 * rate } else { rate };
            (self.since, self.bytes) = (Some(now), 0);
        }
    }

    /// The rate. Where nothing leaves any more nothing counts, so a silence is told from here.
    pub fn rate(&self, now: Instant) -> f64 {
        let span = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        if span >= 2 * WINDOW { self.rate.min(per_second(self.bytes, span)) } else { self.rate }
    }
}

/// Bytes in a span as bits per second.
pub fn per_second(bytes: usize, span: Duration) -> f64 {
    f64::from(u32::try_from(bytes.saturating_mul(8)).unwrap_or(u32::MAX)) / span.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    #[test]
    fn a_rate_is_followed_and_a_silence_is_not_taken_for_the_last_rate() {
        let (start, mut meter) = (any_instant(), Meter::default());
        let mut now = start;
        for step in 0..100 {
            now = start + Duration::from_millis(10 * step);
            meter.add(now, 1000);
        }
        assert!((700_000.0..900_000.0).contains(&meter.rate(now)), "{}", meter.rate(now));
        assert!(meter.rate(now + Duration::from_secs(2)) < 100_000.0);
    }
}
