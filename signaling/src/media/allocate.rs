//! Sharing a subscriber's line: sound first, then a small picture of everybody, then better ones.

use std::time::{Duration, Instant};

use super::engine::Engine;
use super::path::mark;
use super::track::Track;
use crate::room::media::{MediaEvent, MediaKind};

/// What a layer is taken to need until it has been measured, in bits per second.
const ASSUMED: [u64; 3] = [150_000, 500_000, 1_700_000];
/// What sound is taken to need: Opus with redundancy, headers and tags.
const SOUND: u64 = 50_000;
/// A better choice must leave this much of a hundred free.
const HEADROOM: u64 = 110;
/// A video that was taken away comes back no sooner.
const REST: Duration = Duration::from_secs(2);
/// The line must have carried everything for so long before the limit is forgotten.
const SETTLED: Duration = Duration::from_secs(5);
/// Payload of a padding packet: the most that its one byte of length can say.
const PADDING: u8 = 255;

/// A video of the subscriber's: forward, what each layer needs, and what was chosen.
struct Candidate {
    forward: usize,
    needs: Vec<u64>,
    wished: usize,
    chosen: Option<usize>,
}

impl Engine {
    /// Chooses what one subscriber gets, within what its line carries.
    pub(super) fn allocate(&mut self, now: Instant, index: usize) {
        let Some(peer) = self.peers.get(index) else { return };
        let Some(capacity) = peer.bandwidth.capacity() else { return };
        let mut sound = 0;
        let mut videos = Vec::new();
        for forward in &peer.forwards {
            let Some(entry) =
                self.forwards.get(*forward).filter(|f| !f.tuning.paused && !f.formats.is_empty())
            else {
                continue;
            };
            let Some(track) = entry.track.and_then(|track| self.tracks.get(track)) else { continue };
            match entry.kind {
                MediaKind::Audio => sound += SOUND,
                MediaKind::Video => {
                    let needs = needs(now, track, self.limits.layer_alive);
                    let wished = usize::from(entry.tuning.max_layer).min(needs.len() - 1);
                    videos.push(Candidate { forward: *forward, needs, wished, chosen: None });
                }
            }
        }
        let wish = sound + videos.iter().map(|video| video.needs[video.wished]).sum::<u64>();
        // Large tiles before small ones; equals in a fixed order.
        videos.sort_by_key(|video| (std::cmp::Reverse(video.wished), video.forward));
        share(&mut videos, capacity.saturating_sub(sound), |forward| {
            self.forwards.get(forward).is_some_and(|forward| forward.room.is_some())
        });
        for video in &videos {
            self.give(now, index, video);
        }
        self.settle_line(now, index, capacity, wish);
    }

    fn give(&mut self, now: Instant, peer: usize, video: &Candidate) {
        let Some(forward) = self.forwards.get_mut(video.forward) else { return };
        let room = video.chosen.and_then(|layer| u8::try_from(layer).ok());
        if room.is_some() && forward.room.is_none() && now.saturating_duration_since(forward.rested) < REST {
            return;
        }
        let before = std::mem::replace(&mut forward.room, room);
        if before.is_some() == room.is_some() {
            return;
        }
        forward.rested = now;
        if room.is_none() {
            forward.interrupt();
        }
        let (forward, paused) = (forward.id, room.is_none());
        if let Some(peer) = self.peers.get(peer) {
            self.events.push_back(MediaEvent::Paused { peer: peer.id, forward, paused });
        }
    }

    /// Forgets the limit once the line has carried every wish for a while.
    fn settle_line(&mut self, now: Instant, index: usize, capacity: u64, wish: u64) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        if capacity < wish * HEADROOM / 100 {
            peer.settled = None;
        } else if now.saturating_duration_since(*peer.settled.get_or_insert(now)) >= SETTLED {
            peer.settled = None;
            peer.bandwidth.release();
            for forward in peer.forwards.clone() {
                if let Some(forward) = self.forwards.get_mut(forward) {
                    forward.room = Some(u8::MAX);
                }
            }
        }
        if let Some(peer) = self.peers.get_mut(index) {
            peer.wish = wish * HEADROOM / 100;
        }
    }

    /// Sends padding where the line is to be probed.
    pub(super) fn probe(&mut self, now: Instant, index: usize) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let mut bytes = peer.bandwidth.padding(now, peer.wish);
        if bytes == 0 {
            return;
        }
        let carrier = peer.forwards.iter().copied().find(|forward| {
            self.forwards
                .get(*forward)
                .is_some_and(|f| f.kind == MediaKind::Video && f.any_repair_type().is_some())
        });
        let Some(forward) = carrier.and_then(|forward| self.forwards.get_mut(forward)) else { return };
        mark(&mut self.dirty, index, &peer.egress);
        while bytes > 0 {
            let Some(size) = forward.pad(now, peer, PADDING) else { return };
            bytes = bytes.saturating_sub(size);
        }
    }
}

/// What each layer of a track needs, in bits per second; layers that are not sent count as what they usually need.
fn needs(now: Instant, track: &Track, patience: Duration) -> Vec<u64> {
    let assumed = |index: usize| ASSUMED[index.min(2)];
    let needs = track.layers.iter().enumerate().map(|(index, layer)| {
        if layer.bitrate > 0 && layer.alive(now, patience) { layer.bitrate } else { assumed(index) }
    });
    needs.collect()
}

/// First the lowest layer for each in turn, then one step after the other for all, while there is room.
fn share(videos: &mut [Candidate], mut budget: u64, flows: impl Fn(usize) -> bool) {
    for video in videos.iter_mut() {
        // What has been taken away needs some room to spare, or it would come and go.
        let need = video.needs[0] * if flows(video.forward) { 100 } else { HEADROOM } / 100;
        if need <= budget {
            budget -= video.needs[0].min(budget);
            video.chosen = Some(0);
        }
    }
    for layer in 1..3 {
        for video in
            videos.iter_mut().filter(|video| video.wished >= layer && video.chosen == Some(layer - 1))
        {
            let step = video.needs[layer].saturating_sub(video.needs[layer - 1]);
            if step * HEADROOM / 100 <= budget {
                budget -= step.min(budget);
                video.chosen = Some(layer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn videos(wishes: &[usize]) -> Vec<Candidate> {
        let candidate = |(forward, wished): (usize, &usize)| Candidate {
            forward,
            needs: ASSUMED.to_vec(),
            wished: *wished,
            chosen: None,
        };
        wishes.iter().enumerate().map(candidate).collect()
    }

    fn chosen(wishes: &[usize], budget: u64) -> Vec<Option<usize>> {
        let mut videos = videos(wishes);
        share(&mut videos, budget, |_| true);
        videos.iter().map(|video| video.chosen).collect()
    }

    #[test]
    fn everybody_is_seen_before_anybody_is_seen_well() {
        assert_eq!(chosen(&[2, 0, 0], 500_000), [Some(0), Some(0), Some(0)]);
        assert_eq!(chosen(&[2, 0, 0], 900_000), [Some(1), Some(0), Some(0)]);
        assert_eq!(chosen(&[2, 2, 0], 10_000_000), [Some(2), Some(2), Some(0)]);
        assert_eq!(chosen(&[2, 0, 0], 200_000), [Some(0), None, None]);
    }

    proptest! {
        #[test]
        fn nothing_is_given_twice(wishes in prop::collection::vec(0_usize..3, 0..20), budget in 0_u64..20_000_000) {
            let spent: u64 = chosen(&wishes, budget).iter().flatten().map(|layer| ASSUMED[*layer]).sum();
            prop_assert!(spent <= budget);
        }
    }
}
