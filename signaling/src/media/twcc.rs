//! Transport-wide congestion control feedback to publishers: when each of their packets arrived
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::{Duration, Instant};

use super::replay::nearest;

/// Time between two feedback packets; they leave a little earlier where the worker is awake anyway.
const INTERVAL: Duration = Duration::from_millis(50);
/// Packets reported at once: keeps a feedback packet below 1200 bytes.
const MAX_REPORTED: usize = 400;
/// Unit of the reference time.
const REFERENCE_US: i64 = 64_000;
/// Unit of the deltas.
const DELTA_US: i64 = 250;

/// Arrivals not yet reported.
#[derive(Default)]
pub struct Recorder {
    epoch: Option<Instant>,
    /// (transport-wide index, arrival in µs since the epoch), by index.
    arrivals: Vec<(u64, i64)>,
    newest: Option<u64>,
    /// First index that has not been reported.
    next: u64,
    count: u8,
    sent: Option<Instant>,
}

impl Recorder {
    /// Records an arrival.
    pub fn record(&mut self, now: Instant, sequence: u16) {
        let epoch = *self.epoch.get_or_insert(now);
        let index = match self.newest {
            Some(newest) => nearest(newest, sequence),
            None => u64::from(sequence),
        };
        if self.newest.is_none() {
            self.next = index;
        }
        self.newest = Some(self.newest.map_or(index, |newest| newest.max(index)));
        if index < self.next || self.arrivals.len() >= 4 * MAX_REPORTED {
            return;
        }
        let at = i64::try_from(now.saturating_duration_since(epoch).as_micros()).unwrap_or(i64::MAX);
        let place = self.arrivals.partition_point(|(known, _)| *known < index);
        if self.arrivals.get(place).is_none_or(|(known, _)| *known != index) {
            self.arrivals.insert(place, (index, at));
        }
    }

    /// When the next feedback packet is due; `None` while nothing has arrived since the last.
    pub fn due(&self) -> Option<Instant> {
        let first = self.epoch.filter(|_| !self.arrivals.is_empty())?;
        Some(self.sent.map_or(first, |sent| sent + INTERVAL))
    }

    /// A feedback packet, if anything has arrived.
    pub fn feedback(&mut self, now: Instant, sender: u32, media: u32) -> Option<Vec<u8>> {
        if self.arrivals.is_empty() {
            return None;
        }
        self.sent = Some(now);
        let limit = self.next + u64::try_from(MAX_REPORTED).unwrap_or_default();
        if self.arrivals[0].0 >= limit {
            // A hole larger than a report: nothing can be said about it in one packet.
            self.next = self.arrivals[0].0;
        }
        let first_at = self.arrivals[0].1;
        let reference = first_at.div_euclid(REFERENCE_US);
        let mut at = reference * REFERENCE_US;
        let mut symbols = Vec::with_capacity(self.arrivals.len());
        let mut deltas = Vec::with_capacity(self.arrivals.len() + 8);
        let mut taken = 0;
        for (index, arrived) in &self.arrivals {
            let gap = usize::try_from(index - (self.next + as_u64(symbols.len()))).unwrap_or(MAX_REPORTED);
            if symbols.len() + gap >= MAX_REPORTED {
                break;
            }
            let ticks = (arrived - at).div_euclid(DELTA_US);
            let Ok(wide) = i16::try_from(ticks) else { break };
            symbols.resize(symbols.len() + gap, 0);
            if let Ok(narrow) = u8::try_from(ticks) {
                symbols.push(1);
                deltas.push(narrow);
            } else {
                symbols.push(2);
                deltas.extend_from_slice(&wide.to_be_bytes());
            }
            at += ticks * DELTA_US;
            taken += 1;
        }
        self.arrivals.drain(..taken);
        let base = self.next;
        self.next += as_u64(symbols.len());
        let count = self.count;
        self.count = self.count.wrapping_add(1);
        Some(write(sender, media, base, reference, count, &symbols, &deltas))
    }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn write(
    sender: u32,
    media: u32,
    base: u64,
    reference: i64,
    count: u8,
    symbols: &[u8],
    deltas: &[u8],
) -> Vec<u8> {
    let mut out = vec![0x8F, 205, 0, 0];
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&media.to_be_bytes());
    out.extend_from_slice(&base.to_be_bytes()[6..]);
    out.extend_from_slice(&u16::try_from(symbols.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(&reference.to_be_bytes()[5..]);
    out.push(count);
    let mut rest = symbols;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|symbol| *symbol == first).count();
        // A run pays from eight on; below, seven symbols go into a vector.
        let chunk = if run > 7 || run == rest.len() {
            let run = run.min(0x1FFF);
            rest = &rest[run..];
            u16::from(*first) << 13 | u16::try_from(run).unwrap_or_default()
        } else {
            let mut chunk = 0xC000;
            let (now, later) = rest.split_at(rest.len().min(7));
            for (place, symbol) in (0_u16..).zip(now) {
                chunk |= u16::from(*symbol) << (12 - 2 * place);
            }
            rest = later;
            chunk
        };
        out.extend_from_slice(&chunk.to_be_bytes());
    }
    out.extend_from_slice(deltas);
    let padding = (4 - out.len() % 4) % 4;
    if padding > 0 {
        out[0] |= 0x20;
        out.resize(out.len() + padding - 1, 0);
        out.push(u8::try_from(padding).unwrap_or_default());
    }
    let words = u16::try_from(out.len() / 4 - 1).unwrap_or(u16::MAX);
    out[2..4].copy_from_slice(&words.to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
    use rtc_shared::marshal::Unmarshal;

    use super::*;
    use crate::media::tests::any_instant;

    proptest! {
        #[test]
        fn every_arrival_is_reported_once_and_in_its_place(
            first: u16,
            packets in prop::collection::vec((any::<bool>(), 0_u64..300), 1..300),
        ) {
            let (start, mut recorder) = (any_instant(), Recorder::default());
            let (mut now, mut sequence, mut sent) = (start, first, Vec::new());
            recorder.record(now, sequence);
            sent.push(sequence);
            for (lost, gap_ms) in packets {
                sequence = sequence.wrapping_add(1);
                now += Duration::from_millis(gap_ms);
                if !lost {
                    recorder.record(now, sequence);
                    sent.push(sequence);
                }
            }
            let mut reported = Vec::new();
            for _ in 0..400 {
                now += INTERVAL;
                let Some(bytes) = recorder.feedback(now, 1, 2) else { continue };
                let parsed = TransportLayerCc::unmarshal(&mut &bytes[..]).unwrap();
                for ack in rtc_interceptor::convert_twcc(&parsed) {
                    if ack.arrived {
                        reported.push(ack.sequence_number);
                    }
                }
            }
            prop_assert_eq!(reported, sent);
        }
    }
}
