//! The rate that leaves, cheap enough for every packet, and the rate that arrives, report by report.

use std::collections::VecDeque;
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

/// Over which the rate that arrives is taken.
const REPORTED: Duration = Duration::from_millis(500);

/// Bits per second that arrive, by reports each of which says how much has come since the one before.
///
/// What the first report of the window says came before its span begins, and is left out: counted in, ten reports look
/// like eleven hundredths more than the line carries, and that much too fast fills a queue.
#[derive(Default)]
pub struct Delivery {
    reports: VecDeque<(Instant, usize)>,
    /// What all of them say.
    bytes: usize,
}

impl Delivery {
    /// Takes a report.
    pub fn add(&mut self, now: Instant, bytes: usize) {
        self.expire(now);
        self.reports.push_back((now, bytes));
        self.bytes += bytes;
    }

    /// The rate; `None` where there are too few reports to tell.
    pub fn rate(&mut self, now: Instant) -> Option<f64> {
        self.expire(now);
        let (first, before) = *self.reports.front()?;
        let span = now.saturating_duration_since(first);
        let bytes = self.bytes - before;
        (self.reports.len() > 1 && !span.is_zero()).then(|| per_second(bytes, span))
    }

    /// The rate of the last two reports alone.
    pub fn latest(&self) -> Option<f64> {
        let mut reports = self.reports.iter().rev();
        let ((last, bytes), (_, more), (first, _)) = (reports.next()?, reports.next()?, reports.next()?);
        let span = last.saturating_duration_since(*first);
        (!span.is_zero()).then(|| per_second(bytes + more, span))
    }

    fn expire(&mut self, now: Instant) {
        while let Some((at, bytes)) = self.reports.front()
            && now.saturating_duration_since(*at) > REPORTED
        {
            self.bytes -= bytes;
            self.reports.pop_front();
        }
    }
}

/// Bytes in a span as bits per second.
pub fn per_second(bytes: usize, span: Duration) -> f64 {
    f64::from(u32::try_from(bytes.saturating_mul(8)).unwrap_or(u32::MAX)) / span.as_secs_f64()
}

/// One number as a share of another.
pub fn share(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(part) / float(whole.max(1))
}

/// A rate or a number of bytes without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and far below 2^53"
)]
pub fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
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

    #[test]
    fn what_arrives_is_told_to_the_bit_once_two_reports_are_there() {
        let (start, mut delivery) = (any_instant(), Delivery::default());
        assert_eq!(delivery.rate(start), None);
        for step in 0..40 {
            let now = start + Duration::from_millis(50 * step);
            delivery.add(now, 1875);
            let rate = delivery.rate(now);
            assert!(step == 0 || rate.is_some_and(|rate| (rate - 300_000.0).abs() < 1.0), "{step}: {rate:?}");
        }
        assert_eq!(delivery.rate(start + Duration::from_secs(5)), None, "nobody reports any more");
    }
}
