//! Publishing: a track is asked for, found in an offer, announced when its media arrives, muted, and taken away.

use livekit_protocol as proto;
use schema::event::{RoomEventKind, TrackSource};

use super::media::{MediaError, PeerId, SendingSection};
use super::track::{Track, source_of};
use super::{Pid, Response, Room, Story, Turn};
use crate::config::Grant;

impl Room {
    /// The client wants to publish a track. The reply comes at once; others hear of it when its media arrives.
    pub(super) fn add_track(&mut self, turn: &mut Turn<'_>, pid: Pid, wish: proto::AddTrackRequest) {
        use proto::request_response::{Reason, Request};
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let conn = participant.conn;
        // A codec added to a track that stands is only ever sent when asked for, and this server never asks.
        if !wish.sid.is_empty() {
            return;
        }
        let refusal = if !may_publish(&participant.grant, &wish) {
            Some(Reason::NotAllowed)
        } else if participant.tracks.len() >= self.limits.tracks_per_participant {
            Some(Reason::LimitExceeded)
        } else if wish.cid.is_empty() || !is_modest(&wish) {
            Some(Reason::InvalidRequest)
        } else {
            None
        };
        if let Some(reason) = refusal {
            return self.respond(turn, pid, 0, reason, Some(Request::AddTrack(wish)));
        }
        // The same wish again (a client that resumed repeats itself) finds the track that stands.
        let standing =
            participant.tracks.iter().find(|track| track.cid == wish.cid && track.section.is_none());
        let (cid, info) = if let Some(track) = standing {
            (wish.cid, track.info.clone())
        } else {
            let Some(track) = Track::new(self.ids.track(), wish) else { return };
            let told = (track.cid.clone(), track.info.clone());
            participant.tracks.push(track);
            told
        };
        turn.signal(conn, Response::TrackPublished(proto::TrackPublishedResponse { cid, track: Some(info) }));
        self.bind_tracks(turn, pid);
    }

    /// The client's offer: answered, and compared with the one before.
    pub(super) fn client_offer(&mut self, turn: &mut Turn<'_>, pid: Pid, offer: &proto::SessionDescription) {
        let Some(participant) = self.people.get(&pid) else { return };
        let peer = participant.link.publishing();
        let wishes: Vec<_> = participant.tracks.iter().filter_map(Track::codec_wish).collect();
        let answer = match turn.media.offer(turn.now, peer, &offer.sdp, &wishes) {
            Ok(answer) => answer,
            // After a long session there may be too many used sections; a fresh start has none.
            Err(MediaError::NoPeer | MediaError::Limit(_)) => return self.negotiation_failed(turn, pid),
            Err(error) => {
                tracing::warn!(room = %self.name, sid = %participant.sid, %error, "an offer was refused");
                return self.expel(turn, pid);
            }
        };
        let mid_to_track_id = self.single_answered(pid, &answer);
        let description = proto::SessionDescription {
            r#type: "answer".to_owned(),
            sdp: answer.sdp,
            id: offer.id,
            mid_to_track_id,
        };
        let conn = self.conn_of(pid);
        turn.signal(conn, Response::Answer(description));
        self.take_away_missing(turn, pid, &answer.sending);
        if let Some(participant) = self.people.get_mut(&pid) {
            participant.live_mids.retain(|mid| answer.sending.iter().any(|section| section.mid == *mid));
            participant.orphans.retain(|mid| answer.sending.iter().any(|section| section.mid == *mid));
            participant.sections = answer.sending;
        }
        self.bind_tracks(turn, pid);
    }

    /// There is no message for unpublishing: a section that was sending and is not now tells it.
    fn take_away_missing(&mut self, turn: &mut Turn<'_>, pid: Pid, sending: &[SendingSection]) {
        let Some(participant) = self.people.get(&pid) else { return };
        let gone: Vec<String> = participant
            .tracks
            .iter()
            .filter(|track| track.mid().is_some_and(|mid| !sending.iter().any(|section| section.mid == mid)))
            .map(|track| track.sid.clone())
            .collect();
        for sid in gone {
            self.unpublish(turn, pid, &sid);
        }
    }

    /// A track is gone.
    pub(super) fn unpublish(&mut self, turn: &mut Turn<'_>, pid: Pid, sid: &str) {
        self.withdraw(turn, sid);
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let Some(index) = participant.tracks.iter().position(|track| track.sid == sid) else { return };
        let track = participant.tracks.remove(index);
        if track.silenced
            && let Some(mid) = track.mid()
        {
            turn.media.silence(participant.link.publishing(), mid, false);
        }
        if track.is_live() {
            let (who, source) = (participant.who(), track.source);
            let gone = Story::of_track("track_unpublished", participant.info(), track.info);
            self.record_as(turn.out, turn.now, RoomEventKind::TrackUnpublished { who, source }, gone);
            self.announce(turn, pid);
            self.hush(turn, pid, track.kind);
        }
    }

    /// Brings together the tracks that were asked for and the sections of the offer: by the client's own id, else (the
    /// id in the offer may differ from the one in the request) the oldest of the same kind.
    fn bind_tracks(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let mut replaced = Vec::new();
        for by_cid in [true, false] {
            for section in &participant.sections {
                let holder =
                    participant.tracks.iter().find(|track| track.mid() == Some(section.mid.as_str()));
                let waiting = participant.tracks.iter().position(|track| {
                    let named = section.cid.as_deref() == Some(track.cid.as_str());
                    let fits = if by_cid { named } else { !participant.orphans.contains(&section.mid) };
                    track.section.is_none() && track.kind == section.kind && fits
                });
                match (holder, waiting) {
                    (None, Some(index)) => participant.tracks[index].bind(section),
                    // Only when the section's own track changed: a client that publishes a track again asks for it
                    // before the offer in which the old section falls silent.
                    (Some(old), Some(index))
                        if by_cid && old.section.as_ref().is_some_and(|s| s.cid != section.cid) =>
                    {
                        replaced.push(old.sid.clone());
                        participant.tracks[index].bind(section);
                    }
                    _ => {}
                }
            }
        }
        for sid in replaced {
            self.unpublish(turn, pid, &sid);
        }
        self.announce_live(turn, pid);
    }

    /// The first packet of a section arrived.
    pub(super) fn track_live(&mut self, turn: &mut Turn<'_>, peer: PeerId, mid: String) {
        let Some(pid) = self.heard_media(turn.now, peer) else { return };
        let Some(participant) = self.people.get_mut(&pid) else { return };
        if participant.link.publishing() == peer
            && participant.sections.iter().any(|section| section.mid == mid)
        {
            participant.live_mids.insert(mid);
            self.announce_live(turn, pid);
        }
    }

    /// Announces the tracks that have become live. A muted track sends nothing, so its section is enough.
    fn announce_live(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let who = participant.who();
        let mut born = Vec::new();
        for track in &mut participant.tracks {
            let arrived = track.mid().is_some_and(|mid| participant.live_mids.contains(mid));
            if !track.is_live() && track.section.is_some() && (arrived || track.info.muted) {
                track.live_since = Some(turn.now);
                born.push((track.sid.clone(), track.source, track.info.muted));
            }
        }
        if born.is_empty() {
            return;
        }
        let info = participant.info();
        for (sid, source, muted) in &born {
            let kind = RoomEventKind::TrackPublished { who: who.clone(), source: *source };
            let track = info.tracks.iter().find(|track| track.sid == *sid).cloned().unwrap_or_default();
            let published = Story::of_track("track_published", info.clone(), track);
            self.record_as(turn.out, turn.now, kind, published);
            if *muted {
                let kind = RoomEventKind::TrackMuted { who: who.clone(), source: *source, muted: true };
                self.record(turn.out, turn.now, kind);
            }
        }
        self.announce(turn, pid);
        for (sid, ..) in &born {
            self.offer_to_all(turn, pid, sid);
        }
        self.tell_layers(turn, pid);
    }

    /// The client mutes or unmutes its own track.
    pub(super) fn client_mute(&mut self, turn: &mut Turn<'_>, pid: Pid, mute: &proto::MuteTrackRequest) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let peer = participant.link.publishing();
        let Some(track) = participant.track_mut(&mute.sid) else { return };
        if !mute.muted && track.silenced {
            track.silenced = false;
            if let Some(mid) = track.mid() {
                turn.media.silence(peer, mid, false);
            }
        }
        self.set_muted(turn, pid, &mute.sid, mute.muted);
    }

    /// Marks a track as muted or heard, for the record and for everybody.
    pub(super) fn set_muted(&mut self, turn: &mut Turn<'_>, pid: Pid, sid: &str, muted: bool) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let who = participant.who();
        let Some(track) = participant.track_mut(sid) else { return };
        if track.info.muted == muted {
            return;
        }
        track.info.muted = muted;
        let (live, source, kind) = (track.is_live(), track.source, track.kind);
        if live {
            self.record(turn.out, turn.now, RoomEventKind::TrackMuted { who, source, muted });
            self.announce(turn, pid);
            if muted {
                self.hush(turn, pid, kind);
            }
        } else {
            self.announce_live(turn, pid);
        }
    }

    /// Features of a microphone track changed.
    pub(super) fn update_audio(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        update: &proto::UpdateLocalAudioTrack,
    ) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let Some(track) = participant.track_mut(&update.track_sid) else { return };
        track.info.audio_features = update.features.iter().copied().take(16).collect();
        self.announce(turn, pid);
    }

    /// The size of a picture changed.
    pub(super) fn update_video(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        update: &proto::UpdateLocalVideoTrack,
    ) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let Some(track) = participant.track_mut(&update.track_sid) else { return };
        track.info.width = update.width;
        track.info.height = update.height;
        self.announce(turn, pid);
    }

    /// Whose track this is, as far as a reader may know.
    pub(super) fn publisher_of(&self, reader: Pid, sid: &str) -> Option<Pid> {
        let (pid, publisher) =
            self.people.iter().find(|(_, participant)| participant.track(sid).is_some())?;
        (*pid == reader || !publisher.grant.hidden).then_some(*pid)
    }
}

/// Whether the grant allows such a track. Where it names sources, a picture does not pass for a microphone, nor does what
/// has no name.
fn may_publish(grant: &Grant, wish: &proto::AddTrackRequest) -> bool {
    let carries = match source_of(wish.source()) {
        TrackSource::Camera | TrackSource::ScreenShare => Some(proto::TrackType::Video),
        TrackSource::Microphone | TrackSource::ScreenShareAudio => Some(proto::TrackType::Audio),
        TrackSource::Unknown => None,
    };
    let honest = grant.sources.is_empty() || carries == Some(wish.r#type());
    honest && grant.may_publish(source_of(wish.source()))
}

/// What a client says of a track is told to everybody in the room, so it must be short.
fn is_modest(wish: &proto::AddTrackRequest) -> bool {
    /// Letters of a name.
    const NAME: usize = 256;
    /// Entries of a list: three layers, two codecs, seven features are in use.
    const ENTRIES: usize = 16;
    let codec = |codec: &proto::SimulcastCodec| {
        codec.codec.len() <= NAME && codec.cid.len() <= NAME && codec.layers.len() <= ENTRIES
    };
    wish.cid.len() <= NAME
        && wish.name.len() <= NAME
        && wish.layers.len() <= ENTRIES
        && wish.audio_features.len() <= ENTRIES
        && wish.simulcast_codecs.len() <= ENTRIES
        && wish.simulcast_codecs.iter().all(codec)
}
