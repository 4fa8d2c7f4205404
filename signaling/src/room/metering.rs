//! What the media plane measures, told to those whom it concerns: who speaks, how good lines are, which layers are
//! wanted, which pictures are held back.

use livekit_protocol as proto;
use proto::ConnectionQuality as Quality;
use schema::moment::Moment;

use super::media::{ForwardId, MediaKind, PeerId};
use super::participant::Participant;
use super::{Pid, Response, Room, Timer, Turn};

/// From this loudness on somebody counts as speaking: 35 dB below full scale.
const SPEAKING: f32 = 0.0178;
/// From its first packet on, a track's publisher takes about so long to have it in its books.
const PUBLISHING_MS: i64 = 1_000;
/// Loudness is told in so many steps, so that a steady voice is not news.
const STEPS: f32 = 8.0;

impl Room {
    /// How loud publishers are.
    pub(super) fn levels(&mut self, turn: &mut Turn<'_>, levels: &[(PeerId, String, f32)]) {
        let mut loudest: std::collections::BTreeMap<Pid, f32> = std::collections::BTreeMap::new();
        for (peer, mid, level) in levels {
            let Some(pid) = self.heard_media(turn.now, *peer) else { continue };
            let Some(participant) = self.people.get(&pid) else { continue };
            if participant.track_at(mid).is_some_and(|track| track.is_live() && !track.info.muted) {
                let known = loudest.entry(pid).or_default();
                *known = known.max(*level);
            }
        }
        let mut speakers = Vec::new();
        for (pid, level) in loudest {
            self.set_loudness(pid, steps(level), &mut speakers);
        }
        self.tell_speakers(turn, speakers);
    }

    /// A microphone was muted or taken away: whoever spoke on it does not speak now.
    pub(super) fn hush(&mut self, turn: &mut Turn<'_>, pid: Pid, kind: MediaKind) {
        if kind == MediaKind::Audio {
            let mut speakers = Vec::new();
            self.set_loudness(pid, 0, &mut speakers);
            self.tell_speakers(turn, speakers);
        }
    }

    fn set_loudness(&mut self, pid: Pid, steps: u8, changed: &mut Vec<proto::SpeakerInfo>) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        if participant.loudness == steps || participant.grant.hidden {
            return;
        }
        participant.loudness = steps;
        changed.push(speaker_info(participant));
    }

    fn tell_speakers(&self, turn: &mut Turn<'_>, speakers: Vec<proto::SpeakerInfo>) {
        if !speakers.is_empty() {
            self.broadcast(turn, None, Response::SpeakersChanged(proto::SpeakersChanged { speakers }));
        }
    }

    /// Tells one participant who is speaking: only changes are told otherwise.
    pub(super) fn tell_speaking(&self, turn: &mut Turn<'_>, pid: Pid) {
        let speaking = self.people.values().filter(|participant| participant.loudness > 0);
        let speakers: Vec<_> = speaking.map(speaker_info).collect();
        if !speakers.is_empty() {
            let message = proto::SpeakersChanged { speakers };
            turn.signal(self.conn_of(pid), Response::SpeakersChanged(message));
        }
    }

    /// Loss and round trip of one PeerConnection.
    pub(super) fn line_quality(&mut self, turn: &mut Turn<'_>, peer: PeerId, loss: f32, rtt_ms: Option<u32>) {
        let Some(pid) = self.heard_media(turn.now, peer) else { return };
        if let Some(participant) = self.people.get_mut(&pid) {
            let second = participant.link.publishing() != peer;
            participant.lines[usize::from(second)] = grade(loss, rtt_ms);
        }
        self.tell_quality(turn, pid);
    }

    /// Tells everybody how good a participant's line is, when that changed.
    pub(super) fn tell_quality(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let quality = if participant.is_down() {
            Quality::Lost
        } else if participant.subscriptions.values().any(|subscription| subscription.paused) {
            // Nothing may be lost, and yet it does not see everybody.
            Quality::Poor
        } else {
            // Poor is 0, excellent is 2: the worse of the two lines counts.
            participant
                .lines
                .into_iter()
                .min_by_key(|quality| i32::from(*quality))
                .unwrap_or(Quality::Excellent)
        };
        let flows = participant.state == proto::participant_info::State::Active;
        if participant.quality == Some(quality) || !flows {
            return;
        }
        participant.quality = Some(quality);
        let (conn, hidden) = (participant.conn, participant.grant.hidden);
        let update =
            proto::ConnectionQualityUpdate { updates: quality_info(participant).into_iter().collect() };
        if hidden {
            turn.signal(conn, Response::ConnectionQuality(update));
        } else {
            self.broadcast(turn, None, Response::ConnectionQuality(update));
        }
    }

    /// Tells one participant how good everybody's line is: clients know nothing of it until they are told.
    pub(super) fn tell_qualities(&self, turn: &mut Turn<'_>, pid: Pid) {
        let seen = self.people.iter().filter(|(other, p)| **other == pid || !p.grant.hidden);
        let updates: Vec<_> = seen.filter_map(|(_, participant)| quality_info(participant)).collect();
        if !updates.is_empty() {
            let update = proto::ConnectionQualityUpdate { updates };
            turn.signal(self.conn_of(pid), Response::ConnectionQuality(update));
        }
    }

    /// The bandwidth to a subscriber forced a picture off, or let it back.
    pub(super) fn stream_paused(
        &mut self,
        turn: &mut Turn<'_>,
        peer: PeerId,
        forward: ForwardId,
        paused: bool,
    ) {
        let Some(pid) = self.owner_of(peer) else { return };
        let Some(reader) = self.people.get_mut(&pid) else { return };
        let found = reader.subscriptions.iter_mut().find(|(_, subscription)| subscription.forward == forward);
        let Some((sid, subscription)) = found else { return };
        subscription.paused = paused;
        let (sid, publisher, conn) = (sid.clone(), subscription.publisher, reader.conn);
        let info = self.people.get(&publisher).map(|publisher| stream_state(publisher, sid, paused));
        let stream_states = info.into_iter().collect();
        turn.signal(conn, Response::StreamStateUpdate(proto::StreamStateUpdate { stream_states }));
        self.tell_quality(turn, pid);
    }

    /// A subscriber cannot show what a track sends.
    pub(super) fn unsupported(&self, turn: &mut Turn<'_>, peer: PeerId, forward: ForwardId) {
        let Some(reader) = self.owner_of(peer).and_then(|pid| self.people.get(&pid)) else { return };
        let found = reader.subscriptions.iter().find(|(_, subscription)| subscription.forward == forward);
        let Some((sid, _)) = found else { return };
        turn.refuse(reader.conn, sid, proto::SubscriptionError::SeCodecUnsupported);
    }

    /// Tells a participant that came back which pictures are held back and which are not: it may have missed the news.
    pub(super) fn tell_stream_states(&self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(reader) = self.people.get(&pid) else { return };
        let pictures = reader.subscriptions.iter().filter(|(_, s)| s.kind == MediaKind::Video);
        let stream_states: Vec<_> = pictures
            .filter_map(|(sid, s)| Some(stream_state(self.people.get(&s.publisher)?, sid.clone(), s.paused)))
            .collect();
        if !stream_states.is_empty() {
            turn.signal(reader.conn, Response::StreamStateUpdate(proto::StreamStateUpdate { stream_states }));
        }
    }

    /// Which layers of a publisher's section anybody wants. Media says so again where one of them does not come: then the
    /// publisher, unless it has muted the picture, is told again.
    pub(super) fn layers_wanted(&mut self, turn: &mut Turn<'_>, peer: PeerId, mid: &str, layers: u8) {
        let Some(pid) = self.owner_of(peer) else { return };
        let Some(publisher) = self.people.get_mut(&pid) else { return };
        let found = publisher.tracks.iter_mut().find(|track| track.mid() == Some(mid));
        if let Some(track) = found.filter(|track| track.kind == MediaKind::Video) {
            if track.wanted.replace(layers) == Some(layers) && layers != 0 && !track.info.muted {
                track.wanted_told = None;
            }
            self.tell_layers(turn, pid);
        }
    }

    /// Tells a publisher which layers are wanted, where that is news. Of a track that it has only just published it would
    /// not know what to make of it, and forget it: that waits a moment.
    pub(super) fn tell_layers(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(publisher) = self.people.get_mut(&pid) else { return };
        let conn = publisher.conn;
        let mut later = None;
        for track in publisher.tracks.iter_mut().filter(|track| track.wanted != track.wanted_told) {
            let Some((since, wanted)) = track.live_since.zip(track.wanted) else { continue };
            let ripe = since.plus_millis(PUBLISHING_MS);
            if turn.now >= ripe {
                track.wanted_told = track.wanted;
                turn.signal(conn, Response::SubscribedQualityUpdate(track.wanted_qualities(wanted)));
            } else {
                later = Some(later.map_or(ripe, |at: Moment| at.min(ripe)));
            }
        }
        if let Some(at) = later {
            self.timers.set(Some(pid), Timer::Layers, at);
        }
    }
}

fn speaker_info(participant: &Participant) -> proto::SpeakerInfo {
    let (level, active) = (f32::from(participant.loudness) / STEPS, participant.loudness > 0);
    proto::SpeakerInfo { sid: participant.sid.clone(), level, active }
}

fn stream_state(publisher: &Participant, track_sid: String, paused: bool) -> proto::StreamStateInfo {
    let state = if paused { proto::StreamState::Paused } else { proto::StreamState::Active };
    proto::StreamStateInfo { participant_sid: publisher.sid.clone(), track_sid, state: state.into() }
}

/// A participant's quality in the protocol's words; the score runs from 0 to 5.
fn quality_info(participant: &Participant) -> Option<proto::ConnectionQualityInfo> {
    let quality = participant.quality?;
    let score = match quality {
        Quality::Excellent => 4.5,
        Quality::Good => 3.5,
        Quality::Poor => 2.0,
        Quality::Lost => 0.0,
    };
    let participant_sid = participant.sid.clone();
    Some(proto::ConnectionQualityInfo { participant_sid, quality: quality.into(), score })
}

/// Loudness in steps; 0 is not speaking, anything that is speaking is at least 1.
fn steps(level: f32) -> u8 {
    if level < SPEAKING || level.is_nan() {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=8 before")]
    let steps = (level * STEPS).ceil().clamp(1.0, STEPS) as u8;
    steps
}

/// What loss and round trip make of a line. Speech with forward error correction is whole up to about 2 % loss and
/// understandable up to about 8 %; a dialogue suffers from half a second of delay on.
fn grade(loss: f32, rtt_ms: Option<u32>) -> Quality {
    let rtt_ms = rtt_ms.unwrap_or(0);
    if loss < 0.02 && rtt_ms < 400 {
        Quality::Excellent
    } else if loss < 0.08 && rtt_ms < 1000 {
        Quality::Good
    } else {
        Quality::Poor
    }
}
