//! Whether the queue before a subscriber grows: the delay trend of Google Congestion Control (draft-ietf-rmcat-gcc-02
//! section 5), made to outlive machines that stand still.

use std::time::{Duration, Instant};

use rtc_interceptor::{ArrivalGroupAccumulator, Kalman, OveruseDetector, PacketReport, Usage};
use rtc_rtcp::transport_feedbacks::cc_feedback_report::Ecn;

/// Most that one measurement counts, in milliseconds. A client or a server that got no processor for seconds shows a
/// gap as long; squared it would make the filter deaf for minutes, and it would hold on to whatever it believed last.
const MOST_MS: f64 = 50.0;
/// A leap in the delay beyond this is no queue but somebody who stood still. What he then takes all at once, each packet
/// less late than the one before, says nothing either: the filter begins anew when that is over.
const STOOD_STILL_MS: f64 = 1000.0;
/// By how much the fastest way is taken to get longer with every group of packets: of some fifty in a second, clocks that
/// differ by one in ten thousand.
const DRIFT_US: i64 = 2;
/// What was believed so long ago is no news.
const STALE: Duration = Duration::from_millis(500);

/// Packets that left at the same instant.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// When they left.
    pub departure: Instant,
    /// When the last of them arrived, on the receiver's clock.
    pub arrival: Duration,
    /// Their bytes.
    pub size: usize,
}

/// How much longer packets take than the fastest of late: what stands in the line's queue.
#[derive(Default)]
pub struct Queue {
    began: Option<Instant>,
    /// Microseconds on the way, by two clocks that have nothing in common: only differences mean something.
    fastest: Option<i64>,
    latest: i64,
}

impl Queue {
    /// Takes what was reported of packets.
    pub fn note(&mut self, group: &Group) {
        let began = *self.began.get_or_insert(group.departure);
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let left = micros(group.departure.saturating_duration_since(began));
        let way = micros(group.arrival).saturating_sub(left);
        // Two clocks drift apart: the fastest is forgotten little by little.
        let fastest = self.fastest.map_or(way, |fastest| fastest.saturating_add(DRIFT_US).min(way));
        (self.fastest, self.latest) = (Some(fastest), way.saturating_sub(fastest));
    }

    /// How long the last packet reported stood in it.
    pub fn length(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.latest).unwrap_or_default())
    }
}

/// The trend of one subscriber's line.
#[derive(Default)]
pub struct Trend {
    groups: ArrivalGroupAccumulator,
    filter: Kalman,
    overuse: OveruseDetector,
    measured: Option<Instant>,
    catching_up: bool,
}

impl Trend {
    /// Takes what was reported of packets.
    pub fn accumulate(&mut self, now: Instant, group: &Group) {
        let report = PacketReport {
            ssrc: 0,
            id: 0,
            rtp_sequence_number: 0,
            is_twcc: true,
            twcc_sequence_number: 0,
            size: group.size,
            arrived: true,
            departure: group.departure,
            arrival: Some(group.arrival),
            ecn: Ecn::NotEct,
        };
        let Some(delay) = self.groups.accumulate(&report) else { return };
        if delay.delta_ms > STOOD_STILL_MS {
            self.catching_up = true;
        }
        if self.catching_up {
            if delay.delta_ms < 0.0 || delay.delta_ms > STOOD_STILL_MS {
                return;
            }
            let groups = std::mem::take(&mut self.groups);
            *self = Self { groups, ..Self::default() };
        }
        let estimate_ms = self.filter.update(delay.delta_ms.clamp(-MOST_MS, MOST_MS));
        self.overuse.update(delay.at, estimate_ms);
        self.measured = Some(now);
    }

    /// What the queue does, as far as it is known now.
    pub fn usage(&self, now: Instant) -> Usage {
        let known = self.measured.is_some_and(|at| now.saturating_duration_since(at) < STALE);
        if known { self.overuse.usage() } else { Usage::Normal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    /// A packet every 20 ms; `arrivals` says by how much later than before each arrives.
    fn feed(trend: &mut Trend, start: Instant, first: u64, queues_ms: impl Iterator<Item = u64>) -> Instant {
        let mut now = start;
        for (id, queue_ms) in (first..).zip(queues_ms) {
            now = start + Duration::from_millis(20 * (id - first));
            let arrival = Duration::from_millis(1_000_000 + 20 * id + queue_ms);
            trend.accumulate(now, &Group { departure: now, arrival, size: 1000 });
        }
        now
    }

    #[test]
    fn a_queue_that_grows_is_seen_and_forgotten_when_nothing_more_is_heard() {
        let (start, mut trend) = (any_instant(), Trend::default());
        let now = feed(&mut trend, start, 0, (0..40).map(|step| step * 20));
        assert_eq!(trend.usage(now), Usage::Over);
        assert_eq!(trend.usage(now + STALE), Usage::Normal);
    }

    #[test]
    fn a_machine_that_stood_still_does_not_make_it_deaf() {
        let (start, mut trend) = (any_instant(), Trend::default());
        // It grows, then the receiver stands still for six seconds and takes everything at once.
        let now = feed(&mut trend, start, 0, (0..40).map(|step| step * 20));
        let now = feed(&mut trend, now, 40, (0..300).map(|step| 6800 - 20 * step));
        let now = feed(&mut trend, now, 340, (0..100).map(|_| 800));
        assert_eq!(trend.usage(now), Usage::Normal, "the queue stands");
        let now = feed(&mut trend, now, 440, (0..60).map(|step| 800 + step * 30));
        assert_eq!(trend.usage(now), Usage::Over, "and grows again");
    }
}
