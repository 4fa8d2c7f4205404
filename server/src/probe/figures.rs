//! From counts to figures.

use std::time::Duration;

use serde::Serialize;

use super::{
    endpoint::Endpoint,
    meter::{Received, Tally},
};

/// What was measured.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// How long was measured after joining, in seconds.
    pub seconds: f64,
    /// From the first byte to the room until media flowed both ways, as far as there was any; `None` when some of it
    /// never did.
    pub join_ms: Option<f64>,
    /// Until the room let the probe in.
    pub signaling_ms: Option<f64>,
    /// Until what it publishes had arrived.
    pub up_ms: Option<f64>,
    /// Until something of somebody else had arrived.
    pub down_ms: Option<f64>,
    /// Round trip to the server: the median of one connectivity check a second.
    pub rtt_ms: Option<f64>,
    /// The connection ended before the time was over.
    pub cut_off: bool,
    /// What it sent; `None` when it only watched.
    pub up: Option<Direction>,
    /// What it received; `None` when nobody sent.
    pub down: Option<Direction>,
    /// The endpoints that only receive; `None` when there were none.
    pub subscribers: Option<Crowd>,
}

/// One way.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Direction {
    /// There was a picture among it.
    pub picture: bool,
    /// Bit rate of what arrived, in kbit/s, headers left out.
    pub kbps: f64,
    /// Packets that should have arrived, of which some are lost.
    pub packets: u64,
    /// Packets lost on the way, before any repair.
    pub lost: u64,
    /// The same in hundredths; `None` while the other side has told nothing.
    pub loss_percent: Option<f64>,
    /// How unevenly the sound arrived.
    pub jitter_ms: Option<f64>,
}

/// Many endpoints that only receive.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Crowd {
    /// So many were to join.
    pub wanted: usize,
    /// So many did, with all media that was there.
    pub joined: usize,
    /// Their join time.
    pub join_ms_median: Option<f64>,
    /// The longest.
    pub join_ms_worst: Option<f64>,
    /// Packets that all of them received.
    pub packets: u64,
    /// Gaps in the sequences of all of them.
    pub lost: u64,
    /// The same in hundredths.
    pub loss_percent: f64,
    /// Packets that all of them received in each second of the measured time.
    pub packets_per_second: f64,
    /// Each of them.
    pub each: Vec<Subscriber>,
}

/// One of many.
#[derive(Debug, Clone, Serialize)]
pub struct Subscriber {
    /// Join time; `None` when some media never came.
    pub join_ms: Option<f64>,
    /// Packets received.
    pub packets: u64,
    /// Gaps in their sequences.
    pub lost: u64,
}

/// Counts at one moment, from which rates are made.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    sent_bytes: u64,
    received_bytes: u64,
    crowd_packets: u64,
}

impl Mark {
    /// Now.
    pub fn of(endpoint: &Endpoint, crowd: &[Endpoint]) -> Self {
        let peers = endpoint.peers();
        let packets = |one: &Endpoint| one.peers().down.map_or(0, |peer| counts(&peer.meter.tally()).0);
        Self {
            sent_bytes: peers.up.map_or(0, |peer| peer.meter.tally().sent_bytes),
            received_bytes: peers.down.map_or(0, |peer| received_bytes(&peer.meter.tally())),
            crowd_packets: crowd.iter().map(packets).sum(),
        }
    }
}

/// All figures of a run. `before`: the counts when the measured time began.
pub fn of(
    endpoint: &Endpoint,
    crowd: &[Endpoint],
    wanted: usize,
    mut round_trips: Vec<Duration>,
    before: Mark,
    span: Duration,
) -> Figures {
    let now = Mark::of(endpoint, crowd);
    let progress = *endpoint.progress.borrow();
    let peers = endpoint.peers();
    let kbps = |now: u64, before: u64| per_second(now - before, span) * 8.0 / 1000.0;
    let up = peers.up.map(|peer| sent(&peer.meter.tally(), kbps(now.sent_bytes, before.sent_bytes)));
    let down =
        peers.down.map(|peer| received(&peer.meter.tally(), kbps(now.received_bytes, before.received_bytes)));
    let packets_per_second = round(per_second(now.crowd_packets - before.crowd_packets, span));
    Figures {
        seconds: round(span.as_secs_f64()),
        join_ms: progress.joined().map(ms),
        signaling_ms: progress.signaled.map(ms),
        up_ms: progress.up.map(ms),
        down_ms: progress.down.map(ms),
        rtt_ms: median(&mut round_trips).map(ms),
        cut_off: progress.ended,
        up,
        down: down.filter(|down| down.packets > 0),
        subscribers: (wanted > 0).then(|| Crowd { packets_per_second, ..together(crowd, wanted) }),
    }
}

fn sent(tally: &Tally, kbps: f64) -> Direction {
    let packets = tally.told.values().map(|told| told.expected).sum();
    let lost = tally.told.values().map(|told| told.lost).sum();
    let share = percent(lost, packets);
    let sound = tally.told.values().find(|told| told.clock_rate == 48_000);
    let jitter = sound.and_then(|told| told.jitter.0.checked_div(told.jitter.1));
    Direction {
        picture: true,
        kbps: round(kbps * (1.0 - share / 100.0)),
        packets,
        lost,
        loss_percent: (packets > 0).then_some(share),
        jitter_ms: jitter.map(ms),
    }
}

fn received(tally: &Tally, kbps: f64) -> Direction {
    let (arrived, lost) = counts(tally);
    let sound = tally.received.values().filter(|source| source.sound);
    let jitter = sound.filter_map(|source| source.stream.jitter()).max();
    Direction {
        picture: tally.received.values().any(|source| !source.sound),
        kbps: round(kbps),
        packets: arrived + lost,
        lost,
        loss_percent: Some(percent(lost, arrived + lost)),
        jitter_ms: jitter.map(ms),
    }
}

fn together(crowd: &[Endpoint], wanted: usize) -> Crowd {
    let each: Vec<Subscriber> = crowd
        .iter()
        .map(|endpoint| {
            let down = endpoint.peers().down;
            let (packets, lost) = down.map_or((0, 0), |peer| counts(&peer.meter.tally()));
            Subscriber { join_ms: endpoint.progress.borrow().joined().map(ms), packets, lost }
        })
        .collect();
    let mut joins: Vec<f64> = each.iter().filter_map(|one| one.join_ms).collect();
    joins.sort_by(f64::total_cmp);
    let packets = each.iter().map(|one| one.packets).sum();
    let lost = each.iter().map(|one| one.lost).sum();
    Crowd {
        wanted,
        joined: joins.len(),
        join_ms_median: joins.get(joins.len() / 2).copied(),
        join_ms_worst: joins.last().copied(),
        packets,
        lost,
        loss_percent: percent(lost, packets + lost),
        packets_per_second: 0.0,
        each,
    }
}

fn counts(tally: &Tally) -> (u64, u64) {
    let streams = || tally.received.values().map(|source| &source.stream);
    (streams().map(super::stream::Stream::received).sum(), streams().map(super::stream::Stream::lost).sum())
}

fn received_bytes(tally: &Tally) -> u64 {
    tally.received.values().map(|Received { bytes, .. }| bytes).sum()
}

fn median(times: &mut [Duration]) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn ms(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1000.0)
}

/// Two places behind the point.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn per_second(count: u64, span: Duration) -> f64 {
    float(count) / span.as_secs_f64().max(0.001)
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { round(100.0 * float(part) / float(whole)) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_in_hundredths_and_of_nothing_it_is_none() {
        assert!((percent(1, 8) - 12.5).abs() < f64::EPSILON);
        assert!(percent(0, 0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_rate_is_by_the_second() {
        assert!((per_second(500, Duration::from_secs(2)) - 250.0).abs() < f64::EPSILON);
    }
}
