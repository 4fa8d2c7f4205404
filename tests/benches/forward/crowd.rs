//! A publisher and its subscribers at one server.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use signaling::media::double::Client;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::{
    cpu,
    end::{End, Shared, Tally, now},
    pattern::Pattern,
    subject::Turn,
};

/// Section, source and payload type of each track of the publisher.
pub const SOUND: (&str, u32, u8) = ("0", 1111, 111);
/// The same of its picture.
pub const PICTURE: (&str, u32, u8) = ("1", 2222, 96);

/// Longest wait for anything that has to happen once.
const PATIENCE: Duration = Duration::from_mins(1);
/// What flows before a turn is measured.
const WARM_UP: Duration = Duration::from_millis(500);
/// Time for the last packets to arrive.
const REST: Duration = Duration::from_millis(200);

/// The clients of one server.
pub struct Crowd {
    /// Who sends.
    pub publisher: Shared,
    /// Who reads.
    pub subscribers: Vec<Shared>,
    frame: u32,
    sequences: [u64; 2],
}

/// The address in a server's description at which it takes media.
pub fn candidate(description: &str) -> Option<SocketAddr> {
    let line = description.lines().find(|line| line.starts_with("a=candidate:") && line.contains(" udp "))?;
    let words: Vec<&str> = line.split(' ').collect();
    let ip: IpAddr = words.get(4)?.parse().ok()?;
    Some(SocketAddr::new(ip, words.get(5)?.parse().ok()?))
}

/// Sources of a description that carry retransmissions: the second of each group.
pub fn repairs(description: &str) -> Vec<u32> {
    let groups = description.lines().filter_map(|line| line.strip_prefix("a=ssrc-group:FID "));
    groups.filter_map(|pair| pair.split(' ').nth(1)?.trim().parse().ok()).collect()
}

impl End {
    /// Takes the server's offer; the answer to it.
    pub fn answer(&mut self, offer: &str) -> String {
        self.server = candidate(offer).or(self.server);
        self.repairs = repairs(offer);
        let answer = self.client.as_mut().expect("it has keys").answer(offer);
        self.flush();
        answer
    }

    /// Takes the server's answer.
    pub fn learn(&mut self, answer: &str) {
        self.server = candidate(answer).or(self.server);
        self.client.as_mut().expect("it has keys").learn(answer);
        self.flush();
    }
}

impl Crowd {
    /// A crowd that has been let in.
    pub fn new(publisher: Shared, subscribers: Vec<Shared>) -> Self {
        // Far from the wrap of the sequence numbers' first turn, as browsers begin.
        Self { publisher, subscribers, frame: 0, sequences: [1000, 1000] }
    }

    /// Waits until the publisher's connection is up.
    pub async fn connected(&self) {
        let up = || self.publisher.lock().client.as_ref().is_some_and(Client::connected);
        wait("the publisher's connection", up).await;
    }

    /// Sends for a second, so that the server knows of the track.
    pub async fn announce(&mut self, pattern: Pattern) {
        self.flow(pattern, Duration::from_secs(1)).await;
    }

    /// Sends until every subscriber gets it.
    pub async fn everybody_gets(&mut self, pattern: Pattern) {
        // A late packet of what was sent before would pass for one of these, and a picture wait for its key frame unseen.
        sleep(REST).await;
        let before: Vec<Tally> = self.subscribers.iter().map(Shared::tally).collect();
        let all = timeout(PATIENCE, async {
            loop {
                self.send(pattern);
                sleep(pattern.spacing()).await;
                let got = |(end, before): (&Shared, &Tally)| end.tally().received > before.received;
                if self.subscribers.iter().zip(&before).all(got) {
                    return;
                }
            }
        });
        assert!(all.await.is_ok(), "somebody gets nothing of {pattern}");
    }

    /// Sends for a while; what that cost the process.
    pub async fn turn(&mut self, pattern: Pattern, window: Duration, pid: u32) -> Turn {
        self.flow(pattern, WARM_UP).await;
        let (before, began) = (self.tally(), cpu::time(pid));
        self.flow(pattern, window).await;
        sleep(REST).await;
        let (after, ended) = (self.tally(), cpu::time(pid));
        Turn {
            packets: after.received - before.received,
            missing: after.missing - before.missing,
            used: ended.saturating_sub(began),
        }
    }

    /// The sum of what all have counted.
    pub fn tally(&self) -> Tally {
        self.subscribers.iter().map(Shared::tally).fold(Tally::default(), |sum, one| Tally {
            received: sum.received + one.received,
            missing: sum.missing + one.missing,
        })
    }

    async fn flow(&mut self, pattern: Pattern, span: Duration) {
        let until = Instant::from_std(now() + span);
        let mut due = interval(pattern.spacing());
        // A late burst is followed by the next at its own time: none are lost, none come twice as fast for long.
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        while due.tick().await < until {
            self.send(pattern);
        }
    }

    /// One burst.
    fn send(&mut self, pattern: Pattern) {
        let ((mid, ssrc, payload_type), clock) =
            if pattern.video() { (PICTURE, 90_000) } else { (SOUND, 48_000) };
        let sequence = &mut self.sequences[usize::from(pattern.video())];
        let mut end = self.publisher.lock();
        let Some(client) = end.client.as_mut() else { return };
        self.frame = self.frame.wrapping_add(1);
        let timestamp = self.frame.wrapping_mul(pattern.ticks(clock));
        let mut payload = vec![0x5A; pattern.payload_bytes()];
        for packet in 0..pattern.burst() {
            if pattern.video() {
                // A VP8 descriptor with picture id and TL0PICIDX; a key frame twenty times in a thousand.
                let starts = packet == 0;
                let key = self.frame % 50 == 1;
                let picture = self.frame.to_be_bytes();
                payload[..6].copy_from_slice(&[
                    0x80 | u8::from(starts) << 4,
                    0xE0,
                    picture[2] | 0x80,
                    picture[3],
                    picture[3],
                    0x20,
                ]);
                payload[6] = u8::from(!(starts && key));
            }
            client.rtp(ssrc, payload_type, *sequence, timestamp, mid, "", &payload);
            *sequence += 1;
        }
        end.flush();
    }
}

/// Waits until something holds.
pub async fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waiting.await.is_ok(), "no {what} in {PATIENCE:?}");
}
