//! What arrived of one source, what is missing, and the report about it (RFC 3550 appendix A, RFC 4585).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtc_rtcp::reception_report::ReceptionReport;

use super::clock::{low16, low32, middle32, ticks};
use super::replay::nearest;

/// Missing packets remembered at once; more is not loss but a jump.
const MAX_MISSING: usize = 512;
/// Packets remembered whose repetition came first: one that is overtaken is so by few.
const MAX_REPEATED: usize = 32;
/// A jump of the sequence by more than this starts the source anew.
const MAX_GAP: u64 = 3000;
/// Wait before a missing packet is asked for: a reordered one comes by itself.
const REORDER: Duration = Duration::from_millis(10);
/// How long a packet is waited for, asked for or not.
const PATIENCE: Duration = Duration::from_secs(2);
/// Wait before it is asked for again while the round trip is not known.
const FIRST_RETRY: Duration = Duration::from_millis(80);
/// So many requests follow each other in less than a round trip: on a line that loses 5 of 100 either way every tenth
/// request or its answer is lost, and a picture must not wait for two of them in a row. It costs no bandwidth, because
/// clients repeat a packet only once in a round trip, however often they are asked.
const BRISK: u8 = 6;

struct Missing {
    index: u64,
    tries: u8,
    since: Instant,
    next: Instant,
    /// When it was first asked for.
    asked: Option<Instant>,
}

/// The log of one source.
#[derive(Default)]
pub struct Log {
    /// First and newest index; `None` before the first packet.
    span: Option<(u64, u64)>,
    received: u64,
    missing: Vec<Missing>,
    /// Those whose repetition came first, newest last: they may come yet, and then were not lost.
    repeated: VecDeque<u64>,
    /// In sixteenths of a tick.
    jitter: u64,
    last: Option<(Instant, u32)>,
    reported: (u64, u64),
    sender_report: Option<(u32, Instant)>,
    retry: Option<Duration>,
}

/// What a packet is to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// In order, or ahead of order: this is its index.
    Ahead(u64),
    /// One that was missing.
    Filled(u64),
    /// Not wanted: seen before, or given up.
    Stale,
}

impl Log {
    /// Records a packet. `repaired`: it came as a retransmission, which tells nothing about the line's loss or jitter.
    pub fn arrived(
        &mut self,
        now: Instant,
        sequence: u16,
        timestamp: u32,
        clock_rate: u32,
        repaired: bool,
    ) -> Arrival {
        let Some((first, newest)) = self.span else {
            if repaired {
                return Arrival::Stale;
            }
            let index = u64::from(sequence);
            self.span = Some((index, index));
            self.received = 1;
            return Arrival::Ahead(index);
        };
        let index = nearest(newest, sequence);
        if index <= newest {
            let Some(at) = self.missing.iter().position(|missing| missing.index == index) else {
                let late = self.repeated.iter().position(|repeated| *repeated == index && !repaired);
                if late.and_then(|at| self.repeated.remove(at)).is_some() {
                    self.received += 1;
                }
                return Arrival::Stale;
            };
            let missing = self.missing.swap_remove(at);
            if repaired {
                if self.repeated.len() == MAX_REPEATED {
                    self.repeated.pop_front();
                }
                self.repeated.push_back(index);
                // From the first request to the answer: the only round trip that an ICE-lite server sees. Where that
                // request was lost it seems longer than it is, so that shorter ones count more.
                if let Some(asked) = missing.asked {
                    let sample = now.saturating_duration_since(asked);
                    let mixed = |known: Duration| {
                        let weight = if sample < known { 2 } else { 8 };
                        (known * (weight - 1) + sample) / weight
                    };
                    self.retry = Some(self.retry.map_or(sample, mixed));
                }
            } else {
                self.received += 1;
            }
            return Arrival::Filled(index);
        }
        if index - newest > MAX_GAP {
            if repaired {
                // A repetition begins nothing anew.
                return Arrival::Stale;
            }
            *self = Self { sender_report: self.sender_report, retry: self.retry, ..Self::default() };
            self.span = Some((index, index));
            self.received = 1;
            return Arrival::Ahead(index);
        }
        for lost in (newest + 1..index).rev().take(MAX_MISSING) {
            self.missing.push(Missing {
                index: lost,
                tries: 0,
                since: now,
                next: now + REORDER,
                asked: None,
            });
        }
        let surplus = self.missing.len().saturating_sub(MAX_MISSING);
        self.missing.drain(..surplus);
        if repaired {
            // Probing repeats old packets; a repair ahead of the newest is the stream itself.
            self.span = Some((first, index));
            return Arrival::Ahead(index);
        }
        self.span = Some((first, index));
        self.received += 1;
        self.measure_jitter(now, timestamp, clock_rate);
        Arrival::Ahead(index)
    }

    /// The index of the newest packet.
    pub fn newest(&self) -> Option<u64> {
        self.span.map(|(_, newest)| newest)
    }

    /// Round trip to the sender, where a retransmission has shown it.
    pub fn round_trip(&self) -> Option<Duration> {
        self.retry
    }

    /// Packets to ask for now.
    pub fn ask(&mut self, now: Instant, retries: u8, batch: usize, out: &mut Vec<u16>) -> bool {
        let wait = self.retry.map_or(FIRST_RETRY, |rtt| (rtt * 5 / 8).max(Duration::from_millis(20)));
        self.missing.retain(|missing| now.saturating_duration_since(missing.since) < PATIENCE);
        for missing in &mut self.missing {
            if missing.next <= now && missing.tries < retries && out.len() < batch {
                missing.tries += 1;
                // Later ones wait longer: the line is full, not deaf.
                missing.next = now + wait * u32::from(missing.tries.saturating_sub(BRISK).min(3) + 1);
                missing.asked.get_or_insert(now);
                out.push(low16(missing.index));
            }
        }
        out.sort_unstable();
        !self.missing.is_empty()
    }

    /// Notes a sender report, to be echoed.
    pub fn sender_report(&mut self, now: Instant, ntp: u64) {
        self.sender_report = Some((middle32(ntp), now));
    }

    /// The report about this source since the last one, and (lost, expected) of that time.
    pub fn report(&mut self, now: Instant, ssrc: u32) -> Option<(ReceptionReport, (u64, u64))> {
        let (first, newest) = self.span?;
        let expected = newest - first + 1;
        let (expected_before, received_before) =
            std::mem::replace(&mut self.reported, (expected, self.received));
        let expected_now = expected.saturating_sub(expected_before);
        let lost_now = expected_now.saturating_sub(self.received.saturating_sub(received_before));
        let fraction = (lost_now * 256).checked_div(expected_now).unwrap_or_default().min(255);
        let (echo, delay) = self.sender_report.map_or((0, 0), |(middle, at)| {
            (middle, low32(ticks(now.saturating_duration_since(at), 1 << 16)))
        });
        let report = ReceptionReport {
            ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            total_lost: u32::try_from(expected.saturating_sub(self.received).min(0x7F_FFFF))
                .unwrap_or_default(),
            last_sequence_number: low32(newest),
            jitter: low32(self.jitter / 16),
            last_sender_report: echo,
            delay,
        };
        Some((report, (lost_now, expected_now)))
    }

    fn measure_jitter(&mut self, now: Instant, timestamp: u32, clock_rate: u32) {
        // RFC 3550 section 6.4.1: how much the spacing of arrivals differs from the spacing of timestamps.
        if let Some((at, stamp)) = self.last.replace((now, timestamp)) {
            let arrival = low32(ticks(now.saturating_duration_since(at), clock_rate));
            let step = arrival.wrapping_sub(timestamp.wrapping_sub(stamp)).cast_signed().unsigned_abs();
            // A wrap of the timestamp is no jitter.
            if step < clock_rate {
                self.jitter += u64::from(step);
                self.jitter -= self.jitter / 16;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    const AUDIO: u32 = 48_000;

    fn asked(log: &mut Log, now: Instant) -> Vec<u16> {
        let mut out = Vec::new();
        log.ask(now, 3, 100, &mut out);
        out
    }

    #[test]
    fn a_reordered_packet_is_not_asked_for() {
        let (now, mut log) = (any_instant(), Log::default());
        log.arrived(now, 10, 0, AUDIO, false);
        log.arrived(now, 12, 0, AUDIO, false);
        assert_eq!(asked(&mut log, now), [0; 0]);
        assert_eq!(log.arrived(now, 11, 0, AUDIO, false), Arrival::Filled(11));
        assert_eq!(asked(&mut log, now + Duration::from_secs(1)), [0; 0]);
    }

    #[test]
    fn a_lost_packet_is_asked_for_a_few_times_and_then_given_up() {
        let (mut now, mut log) = (any_instant(), Log::default());
        log.arrived(now, 65_534, 0, AUDIO, false);
        log.arrived(now, 1, 0, AUDIO, false);
        let mut requests = 0;
        for _ in 0..1000 {
            now += Duration::from_millis(10);
            let out = asked(&mut log, now);
            assert!(out.is_empty() || out == [0, 65_535]);
            requests += out.len();
        }
        assert_eq!(requests, 2 * 3);
        assert_eq!(log.arrived(now, 0, 0, AUDIO, true), Arrival::Stale, "given up");
    }

    /// A log that knows a round trip of 100 ms, and has missed packet 5 since.
    fn missed_one(start: Instant) -> (Instant, Log) {
        let mut log = Log::default();
        log.arrived(start, 0, 0, AUDIO, false);
        log.arrived(start, 2, 0, AUDIO, false);
        let asked_at = start + REORDER;
        assert_eq!(asked(&mut log, asked_at), [1]);
        log.arrived(asked_at + Duration::from_millis(100), 1, 0, AUDIO, true);
        assert_eq!(log.round_trip(), Some(Duration::from_millis(100)));
        let now = start + Duration::from_secs(1);
        for sequence in [3, 4, 6] {
            log.arrived(now, sequence, 0, AUDIO, false);
        }
        (now, log)
    }

    #[test]
    fn three_requests_in_a_row_may_be_lost_before_a_picture_stands_for_half_a_second() {
        let (start, mut log) = missed_one(any_instant());
        // A request after 350 ms is answered after 450 ms; the rest is for the frames before and after.
        let mut requests = 0;
        for ms in (0..=350).step_by(10) {
            let mut out = Vec::new();
            log.ask(start + Duration::from_millis(ms), 8, 100, &mut out);
            requests += out.len();
        }
        assert!(requests >= 4, "{requests} requests");
    }

    #[test]
    fn a_round_trip_that_a_lost_request_made_longer_is_soon_forgotten() {
        let (start, mut log) = missed_one(any_instant());
        log.ask(start + REORDER, 8, 100, &mut Vec::new());
        log.arrived(start + REORDER + Duration::from_millis(200), 5, 0, AUDIO, true);
        assert_eq!(log.round_trip(), Some(Duration::from_micros(112_500)), "longer, but not by much");
        log.arrived(start + Duration::from_secs(1), 8, 0, AUDIO, false);
        let asked_at = start + Duration::from_secs(1) + REORDER;
        assert_eq!(asked(&mut log, asked_at), [7]);
        log.arrived(asked_at + Duration::from_millis(100), 7, 0, AUDIO, true);
        assert!(log.round_trip() < Some(Duration::from_millis(107)));
    }

    #[test]
    fn a_repaired_packet_counts_as_lost_on_the_line_but_is_new() {
        let (now, mut log) = (any_instant(), Log::default());
        for sequence in [0, 1, 3] {
            log.arrived(now, sequence, 0, AUDIO, false);
        }
        assert_eq!(log.arrived(now, 2, 0, AUDIO, true), Arrival::Filled(2));
        assert_eq!(log.arrived(now, 2, 0, AUDIO, true), Arrival::Stale, "once");
        let (report, (lost, expected)) = log.report(now, 7).unwrap();
        assert_eq!((report.fraction_lost, report.total_lost, lost, expected), (64, 1, 1, 4));
        let (report, _) = log.report(now, 7).unwrap();
        assert_eq!((report.fraction_lost, report.total_lost), (0, 1), "nothing new");
    }

    #[test]
    fn a_packet_whose_repetition_overtook_it_was_not_lost() {
        let (now, mut log) = (any_instant(), Log::default());
        for sequence in [10, 12] {
            log.arrived(now, sequence, 0, AUDIO, false);
        }
        assert_eq!(log.arrived(now, 11, 0, AUDIO, true), Arrival::Filled(11));
        assert_eq!(log.arrived(now, 11, 0, AUDIO, false), Arrival::Stale);
        assert_eq!(log.arrived(now, 11, 0, AUDIO, false), Arrival::Stale, "a copy");
        let (report, (lost, expected)) = log.report(now, 7).unwrap();
        assert_eq!((report.fraction_lost, report.total_lost, lost, expected), (0, 0, 0, 3));
    }

    #[test]
    fn a_probe_that_repeats_an_old_packet_is_dropped() {
        let (now, mut log) = (any_instant(), Log::default());
        log.arrived(now, 5, 0, AUDIO, false);
        log.arrived(now, 6, 0, AUDIO, false);
        assert_eq!(log.arrived(now, 5, 0, AUDIO, true), Arrival::Stale);
    }
}
