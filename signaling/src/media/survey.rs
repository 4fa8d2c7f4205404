//! Looks at every track a few times a second: which layers live, who should get which, who is loud.

use std::time::{Duration, Instant};

use super::engine::Engine;
use super::forward::Forward;
use super::track::Track;
use crate::room::media::{MediaEvent, MediaKind};

impl Engine {
    /// Looks at every track.
    pub(super) fn survey(&mut self, now: Instant) {
        let peers: Vec<usize> = self.peers.iter().map(|(index, _)| index).collect();
        for index in peers {
            self.allocate(now, index);
        }
        let mut levels = Vec::new();
        for (_, track) in &mut self.tracks {
            let Some(peer) = self.peers.get(track.peer) else { continue };
            if track.kind == MediaKind::Audio {
                levels.extend(track.level.tell(now).map(|level| (peer.id, track.mid.clone(), level)));
                continue;
            }
            for index in track.forwards.clone() {
                let Some(forward) = self.forwards.get_mut(index) else { continue };
                let Some(reader) = self.peers.get(forward.subscriber).filter(|peer| peer.reached()) else {
                    continue;
                };
                choose(now, track, forward, self.limits.layer_alive);
                if forward.fails(track) {
                    self.events.push_back(MediaEvent::Unsupported { peer: reader.id, forward: forward.id });
                }
            }
            let forwards = track.forwards.iter().filter_map(|index| self.forwards.get(*index));
            let wanted = wanted_layers(forwards.filter(|forward| forward.suits(track)), track.layers.len());
            let mut lacks = (0_u8..).zip(&track.layers).filter(|(layer, _)| wanted & 1 << layer != 0);
            let lacks = lacks.any(|(_, layer)| !layer.alive(now, self.limits.layer_alive));
            if track.live && track.wanted.tell(now, wanted, lacks) {
                let (peer, mid) = (peer.id, track.mid.clone());
                self.events.push_back(MediaEvent::Wanted { peer, mid, layers: wanted });
            }
        }
        if !levels.is_empty() {
            self.events.push_back(MediaEvent::Levels(levels));
        }
    }

    /// One that was lost is back: what it did not get meanwhile is no loss, and pictures begin with a key frame.
    pub(super) fn resume(&mut self, subscriber: usize) {
        let Some(peer) = self.peers.get(subscriber) else { return };
        for index in &peer.forwards {
            if let Some(forward) = self.forwards.get_mut(*index) {
                forward.interrupt();
            }
        }
        self.retarget(subscriber);
    }

    /// Looks at what one subscriber gets, at once: its wishes or its formats have changed.
    pub(super) fn retarget(&mut self, subscriber: usize) {
        let now = self.now;
        let Some(peer) = self.peers.get(subscriber).filter(|peer| peer.reached()) else { return };
        let forwards = peer.forwards.clone();
        for index in forwards {
            let Some(forward) = self.forwards.get_mut(index) else { continue };
            let Some(track) = forward.track else { continue };
            if let Some(track) = self.tracks.get_mut(track) {
                choose(now, track, forward, self.limits.layer_alive);
            }
            self.ask_keyframes(now, track);
        }
    }
}

/// Chooses the layer that a subscriber should get; a key frame is wanted when it is another than now.
fn choose(now: Instant, track: &mut Track, forward: &mut Forward, patience: Duration) {
    if track.kind == MediaKind::Audio || !forward.open() || !forward.suits(track) || track.silent {
        return;
    }
    let highest = forward.tuning.max_layer.min(forward.room.unwrap_or_default());
    forward.target = track.best_layer(now, highest, patience).or(forward.target);
    let current =
        forward.era.filter(|era| track.layers.get(era.layer).is_some_and(|layer| era.belongs_to(layer)));
    let Some(layer) = forward.target.filter(|target| current.is_none_or(|era| era.layer != *target)) else {
        return;
    };
    // It may have come already, and leave in a moment.
    if !track.waiting.iter().any(|waiting| waiting.layer == layer && waiting.packet.keyframe) {
        track.layers[layer].want_keyframe();
    }
}

/// Bit i is set when somebody wants layer i. Clients switch off from the top, so all below a wanted one are wanted.
fn wanted_layers<'a>(forwards: impl Iterator<Item = &'a Forward>, layers: usize) -> u8 {
    let all = u8::MAX >> (8 - layers.min(8));
    let wanted = forwards
        .filter(|forward| !forward.tuning.paused)
        .fold(0, |wanted, forward| wanted | u8::MAX >> (7 - forward.tuning.max_layer.min(7)));
    wanted & all
}
