//! One direction of a line, told packets and the time: when each comes out, if it does.

use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::weather::{Counts, Weather};

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// One direction. The same seed, packets and times give the same losses.
#[derive(Debug)]
pub struct Direction {
    way: Way,
    weather: Weather,
    since: Instant,
    rng: StdRng,
    /// When the limited rate has sent what waits.
    free_at: Instant,
    last_due: Instant,
    counts: Counts,
}

impl Direction {
    /// A perfect line from `now` on.
    pub fn new(way: Way, seed: u64, now: Instant) -> Self {
        Self {
            way,
            weather: Weather::default(),
            since: now,
            rng: StdRng::seed_from_u64(seed ^ way as u64),
            free_at: now,
            last_due: now,
            counts: Counts::default(),
        }
    }

    /// Other weather, beginning at `now`. What is under way arrives as it would have.
    pub fn set(&mut self, weather: Weather, now: Instant) {
        self.weather = weather;
        self.since = now;
    }

    /// What it did so far.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes an IP packet at `now`; returns when it comes out at the other end, or `None` when it is lost.
    pub fn offer(&mut self, now: Instant, packet: &[u8]) -> Option<Instant> {
        let kind = Kind::of(packet);
        self.counts.packets += 1;
        if let Kind::Media { payload, padded } = kind {
            self.counts.media += 1;
            if !padded {
                *self.counts.payloads.entry(payload).or_default() += 1;
            }
        }
        let due = self.passes(now, kind).then(|| self.sent(now, packet.len())).flatten();
        if due.is_none() {
            self.counts.lost += 1;
            self.counts.media_lost += u64::from(matches!(kind, Kind::Media { .. }));
        }
        due
    }

    fn passes(&mut self, now: Instant, kind: Kind) -> bool {
        let weather = self.weather;
        let since = now.duration_since(self.since).as_millis();
        let burst = weather.bursts.filter(|bursts| bursts.is_on(since)).map_or(0.0, |bursts| bursts.loss);
        let blocked = weather.udp_blocked && kind != Kind::Other;
        !(weather.down
            || blocked
            || self.rng.random::<f64>() < weather.loss
            || self.rng.random::<f64>() < burst)
    }

    fn sent(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let weather = self.weather;
        let rate = match self.way {
            Way::Up => weather.up_kbps,
            Way::Down => weather.down_kbps,
        };
        let mut leaves = now;
        if let Some(kbps) = rate {
            let begins = self.free_at.max(now);
            if begins - now > Duration::from_millis(weather.queue_ms.into()) {
                return None;
            }
            let bits = 8 * u64::try_from(bytes).unwrap_or(u64::MAX);
            leaves = begins + Duration::from_micros(1000 * bits / u64::from(kbps));
            self.free_at = leaves;
        }
        let jitter = self.rng.random_range(0.0..=f64::from(weather.jitter_ms));
        let travels = Duration::from_secs_f64((f64::from(weather.delay_ms) + jitter) / 1000.0);
        self.last_due = self.last_due.max(leaves + travels);
        Some(self.last_due)
    }
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// RTP on UDP, by RFC 7983 and RFC 5761. Its header can be read, encrypted or not.
    Media {
        payload: u8,
        padded: bool,
    },
    /// Any other UDP.
    Udp,
    Other,
}

impl Kind {
    /// Looks at an IPv4 packet.
    fn of(packet: &[u8]) -> Self {
        const UDP: u8 = 17;
        let header = packet.first().map_or(0, |first| usize::from(first & 0x0f) * 4);
        if packet.get(9) != Some(&UDP) {
            return Self::Other;
        }
        match packet.get(header + 8..header + 10) {
            Some([first @ 128..=191, second]) if !(192..=223).contains(second) => {
                Self::Media { payload: second & 0x7f, padded: first & 0x20 != 0 }
            }
            _ => Self::Udp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::weather::Bursts;

    const PACKET: [u8; 1000] = {
        let mut packet = [0; 1000];
        packet[0] = 0x45;
        packet[9] = 17;
        packet[28] = 0x80;
        packet[29] = 96;
        packet
    };

    #[expect(
        clippy::disallowed_methods,
        reason = "an instant can be made in no other way; it only counts from here"
    )]
    fn begin(weather: Weather) -> (Direction, Instant) {
        let now = Instant::now();
        let mut direction = Direction::new(Way::Down, 7, now);
        direction.set(weather, now);
        (direction, now)
    }

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn packets_keep_their_order_whatever_the_jitter() {
        let (mut line, start) = begin(Weather { delay_ms: 50, jitter_ms: 40, ..Weather::default() });
        let due: Vec<_> = (0..500).filter_map(|n| line.offer(after(start, n), &PACKET)).collect();
        assert_eq!(due.len(), 500);
        assert!(due.is_sorted() && due[0] >= after(start, 50) && due[499] <= after(start, 499 + 90));
    }

    #[test]
    fn a_limited_rate_lets_its_packets_out_one_after_the_other_and_loses_what_its_queue_does_not_hold() {
        let (mut line, start) = begin(Weather { down_kbps: Some(800), ..Weather::default() });
        let due: Vec<_> = (0..100).map_while(|_| line.offer(start, &PACKET)).collect();
        let gaps: Vec<_> = due.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
        assert!(gaps.iter().all(|gap| *gap == 10), "1000 bytes at 800 kbit/s take 10 ms: {gaps:?}");
        assert_eq!(due.len(), 21, "200 ms of waiting, and the one under way");
        assert!(line.offer(after(start, 50), &PACKET).is_some(), "later there is room again");
    }

    #[test]
    fn bursts_come_after_the_quiet_time_and_go_again() {
        let bursts = Bursts { loss: 1.0, lasts_ms: 1000, every_ms: 10_000 };
        let (mut line, start) = begin(Weather { bursts: Some(bursts), ..Weather::default() });
        let lost: Vec<u64> =
            (0..30).map(|n| n * 500).filter(|ms| line.offer(after(start, *ms), &PACKET).is_none()).collect();
        assert_eq!(lost, [9000, 9500]);
    }

    #[test]
    fn what_is_lost_is_counted_and_media_told_from_the_rest() {
        let (mut line, start) = begin(Weather { udp_blocked: true, ..Weather::default() });
        let mut rtcp = PACKET;
        rtcp[29] = 200;
        let mut tcp = PACKET;
        tcp[9] = 6;
        let passed: Vec<_> =
            [PACKET, rtcp, tcp].iter().map(|packet| line.offer(start, packet).is_some()).collect();
        assert_eq!(passed, [false, false, true]);
        let payloads = [(96, 1)].into();
        assert_eq!(*line.counts(), Counts { packets: 3, media: 1, lost: 2, media_lost: 1, payloads });
    }

    #[test]
    fn as_many_are_lost_as_asked_for_and_the_same_ones_with_the_same_seed() {
        let lost = || {
            let (mut line, start) = begin(Weather { loss: 0.05, ..Weather::default() });
            (0..20_000).filter(|n| line.offer(after(start, *n), &PACKET).is_none()).collect::<Vec<_>>()
        };
        let once = lost();
        assert!((900..1100).contains(&once.len()), "{} of 20,000", once.len());
        assert_eq!(once, lost());
    }
}
