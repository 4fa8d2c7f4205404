//! Sharing a subscriber's line: sound first, then a small picture of everybody, then better ones.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::path::mark;
use super::track::Track;
use crate::room::media::{MediaEvent, MediaKind};

/// What a layer is taken to need until it has been measured, in bits per second.
const ASSUMED: [u64; 3] = [150_000, 500_000, 1_700_000];
/// What is kept free for sound at least: one voice in Opus with redundancy, headers and tags. What more there is counts as
/// measured: of fifty microphones in a room few are heard at a time, and all of them would leave no room for a picture.
const SOUND: u64 = 60_000;
/// Speech is repeated where, said once, it takes no more than this part of the line. On a thinner one what is lost is lost for
/// want of room, and the smallest picture (150 kbit/s) has to fit beside it. A line that was thin must show some more.
const THIN: u64 = 8;
const THIN_NO_MORE: u64 = 10;
/// A better choice must leave this much of a hundred free.
const HEADROOM: u64 = 110;
/// What may wait for its turn before cameras pause, in milliseconds of the line: a slide of 50 kB takes 1.3 s of 300 kbit/s,
/// and with a camera beside it would hold up everything for five.
const CROWDED_MS: u64 = 700;
/// A video that was taken away comes back no sooner.
const REST: Duration = Duration::from_secs(2);
/// The line must have carried everything for so long before the limit is forgotten.
const SETTLED: Duration = Duration::from_secs(5);
/// Payload of a padding packet: the most that its one byte of length can say.
const PADDING: u8 = 255;

/// A video of the subscriber's: forward, what each layer needs, the layer that there is room for now, and what was chosen.
struct Candidate {
    forward: usize,
    /// A shared screen that is looked at.
    screen: bool,
    needs: Vec<u64>,
    wished: usize,
    current: Option<usize>,
    chosen: Option<usize>,
}

impl Candidate {
    /// A shared screen goes first: slides cost little, and a meeting about a slide that nobody can read is no use. Then
    /// large tiles before small ones; equals in a fixed order.
    fn rank(&self) -> (bool, Reverse<usize>, usize) {
        (!self.screen, Reverse(self.wished), self.forward)
    }
}

/// How a subscriber's line is shared.
#[derive(Default)]
pub struct Share {
    /// What everything that it wishes for would need, in bits per second.
    wish: u64,
    /// Since when the line has carried every wish.
    settled: Option<Instant>,
    /// Whether there is no room for speech to be repeated.
    pub thin: bool,
}

impl Engine {
    /// Chooses what one subscriber gets, within what its line carries.
    pub(super) fn allocate(&mut self, now: Instant, index: usize) {
        let Some(peer) = self.peers.get(index) else { return };
        let Some(capacity) = peer.bandwidth.capacity() else { return };
        let (mut sound, mut voices, mut repeated) = (0, 0, 0);
        let mut videos = Vec::new();
        for forward in &peer.forwards {
            let Some(entry) =
                self.forwards.get(*forward).filter(|f| !f.tuning.paused && !f.formats.is_empty())
            else {
                continue;
            };
            let Some(track) = entry.track.and_then(|track| self.tracks.get(track)) else { continue };
            if !entry.suits(track) {
                continue;
            }
            match entry.kind {
                MediaKind::Audio => {
                    let voice = spoken(now, track, self.limits.layer_alive);
                    (sound, voices) = (SOUND, voices + voice);
                    if track.sends.is_some_and(|codec| entry.repeats(track, codec)) {
                        // Frames go twice, headers once.
                        repeated += voice / 2;
                    }
                }
                MediaKind::Video => {
                    let needs = needs(now, track, self.limits.layer_alive, entry.screen);
                    let wished = usize::from(entry.tuning.max_layer).min(needs.len() - 1);
                    let current = entry.room.map(usize::from);
                    let screen = entry.screen && (wished > 0 || needs.len() == 1);
                    videos.push(Candidate {
                        forward: *forward,
                        screen,
                        needs,
                        wished,
                        current,
                        chosen: None,
                    });
                }
            }
        }
        // A line that nothing limits carries speech with all that repeats it.
        let (once, whole) = (sound.max(voices), sound.max(voices + repeated));
        let thin = capacity < once * if peer.share.thin { THIN_NO_MORE } else { THIN };
        let sound = if thin { once } else { whole };
        let backlog = u64::try_from(peer.pacer.backlog()).unwrap_or(u64::MAX);
        let screens = videos.iter().filter(|video| video.screen).count();
        let crowded = screens > 0 && backlog.saturating_mul(8 * 1000) / capacity.max(1) > CROWDED_MS;
        let wish = whole + videos.iter().map(|video| video.needs[video.wished]).sum::<u64>();
        videos.sort_by_key(Candidate::rank);
        // Screens come first.
        let served = if crowded { screens } else { videos.len() };
        share(&mut videos[..served], capacity.saturating_sub(sound));
        for video in &videos {
            self.give(now, index, video);
        }
        if let Some(peer) = self.peers.get_mut(index) {
            peer.share.thin = thin;
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
            peer.share.settled = None;
        } else if now.saturating_duration_since(*peer.share.settled.get_or_insert(now)) >= SETTLED {
            (peer.share.settled, peer.share.thin) = (None, false);
            peer.bandwidth.release();
            for forward in &peer.forwards {
                let Some(forward) = self.forwards.get_mut(*forward) else { continue };
                if forward.room.replace(u8::MAX).is_none() {
                    let (peer, forward) = (peer.id, forward.id);
                    self.events.push_back(MediaEvent::Paused { peer, forward, paused: false });
                }
            }
        }
        if let Some(peer) = self.peers.get_mut(index) {
            peer.share.wish = wish * HEADROOM / 100;
        }
    }

    /// Sends padding where the line is to be probed.
    pub(super) fn probe(&mut self, now: Instant, index: usize) {
        let stamp = self.stamp(now);
        let Some(peer) = self.peers.get_mut(index).filter(|peer| peer.reached()) else { return };
        let mut bytes = peer.bandwidth.padding(now, peer.share.wish, peer.pacer.backlog());
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
            let Some(size) = forward.pad(stamp, peer, PADDING) else { return };
            bytes = bytes.saturating_sub(size);
        }
    }
}

/// What each layer of a track needs, in bits per second; layers that are not sent count as what they usually need. A new
/// slide is a burst that the pacer spreads: a screen that were paused for it would need a whole picture to come back.
fn needs(now: Instant, track: &Track, patience: Duration, screen: bool) -> Vec<u64> {
    let assumed = |index: usize| ASSUMED[index.min(2)];
    let needs = track.layers.iter().enumerate().map(|(index, layer)| {
        let measured = if screen { layer.steady } else { layer.bitrate };
        if measured > 0 && layer.alive(now, patience) { measured } else { assumed(index) }
    });
    needs.collect()
}

/// What a track of sound needs now.
fn spoken(now: Instant, track: &Track, patience: Duration) -> u64 {
    track.layers.iter().filter(|layer| layer.alive(now, patience)).map(|layer| layer.bitrate).sum()
}

/// First the lowest layer for each in turn, then one step after the other for all, while there is room. What does not
/// flow yet needs some room to spare, or it would come and go.
fn share(videos: &mut [Candidate], mut budget: u64) {
    let spare = |video: &Candidate, layer| if video.current >= Some(layer) { 100 } else { HEADROOM };
    for video in videos.iter_mut() {
        if video.needs[0] * spare(video, 0) / 100 <= budget {
            budget -= video.needs[0].min(budget);
            video.chosen = Some(0);
        }
    }
    for layer in 1..3 {
        for video in
            videos.iter_mut().filter(|video| video.wished >= layer && video.chosen == Some(layer - 1))
        {
            let step = video.needs[layer].saturating_sub(video.needs[layer - 1]);
            if step * spare(video, layer) / 100 <= budget {
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
            screen: false,
            needs: ASSUMED.to_vec(),
            wished: *wished,
            current: Some(0),
            chosen: None,
        };
        wishes.iter().enumerate().map(candidate).collect()
    }

    fn chosen(wishes: &[usize], budget: u64) -> Vec<Option<usize>> {
        let mut videos = videos(wishes);
        share(&mut videos, budget);
        videos.iter().map(|video| video.chosen).collect()
    }

    #[test]
    fn a_shared_screen_goes_before_the_largest_camera() {
        let mut videos = videos(&[2, 1, 0]);
        videos[1].screen = true;
        videos.sort_by_key(Candidate::rank);
        share(&mut videos, 600_000);
        let chosen: Vec<_> = videos.iter().map(|video| (video.forward, video.chosen)).collect();
        assert_eq!(chosen, [(1, Some(0)), (0, Some(0)), (2, Some(0))]);
        share(&mut videos, 840_000);
        assert_eq!(videos[0].chosen, Some(1), "the slide is legible before the speaker is");
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
