//! The seam of the room, filled in: [`Media`] for [`Engine`].

use std::collections::HashMap;

use schema::moment::Moment;

use super::allocate::Share;
use super::bandwidth::Bandwidth;
use super::channels::Channels;
use super::egress::Egress;
use super::engine::Engine;
use super::forward::Forward;
use super::negotiate::{agree_extensions, answered_extensions, keep_agreed, offered_extensions, prefer};
use super::pacer::Pacer;
use super::path::mark;
use super::peer::{Inbound, Peer, Quality, Section};
use super::sdp::{self, Direction, OutMedia, OutSection, SectionKind};
use crate::room::media::{
    Answer, CodecWish, ForwardId, ForwardSpec, Media, MediaError, MediaKind, PeerId, PeerRole, Sections,
    Tuning,
};

impl Media for Engine {
    fn open(&mut self, _: Moment, peer: PeerId, role: PeerRole) {
        if self.peers.len() >= self.limits.peers || self.peer_ids.contains_key(&peer) {
            return;
        }
        let local = self.credentials();
        let fragment = local.ufrag.clone();
        let index = self.peers.insert(Peer {
            id: peer,
            role,
            session: (u64::from_be_bytes(self.random()) >> 2, 1),
            local,
            fresh: None,
            remote_ufrag: None,
            fingerprint: None,
            remote: None,
            chosen: None,
            addresses: Vec::new(),
            since: None,
            heard: self.now,
            dtls: None,
            early: Vec::new(),
            connected: false,
            lost: false,
            channels: Box::new(Channels::new(role == PeerRole::Subscriber, &self.limits)),
            open: None,
            egress: Egress::default(),
            inbound: Box::new(Inbound::new()),
            sections: Vec::new(),
            offered: false,
            forwards: Vec::new(),
            bandwidth: Bandwidth::default(),
            pacer: Pacer::default(),
            share: Share::default(),
            ssrc: u32::from_be_bytes(self.random()),
            reported: self.now,
            quality: Quality::default(),
            quality_told: self.now,
        });
        self.fragments.insert(fragment, index);
        self.peer_ids.insert(peer, index);
        self.agenda.wake(index, self.now);
    }

    fn close(&mut self, peer: PeerId) {
        let Some(index) = self.peer_ids.remove(&peer) else { return };
        let now = self.now;
        let mids: Vec<String> = self
            .peers
            .get(index)
            .map(|peer| peer.inbound.tracks.keys().cloned().collect())
            .unwrap_or_default();
        for mid in mids {
            self.remove_track(index, &mid);
        }
        let forwards: Vec<ForwardId> = self.peers.get(index).map_or_else(Vec::new, |peer| {
            peer.forwards.iter().filter_map(|f| self.forwards.get(*f)).map(|f| f.id).collect()
        });
        for forward in forwards {
            self.unforward(forward);
        }
        let Some(mut peer) = self.peers.try_remove(index) else { return };
        // A last word, so that the client need not wait for a timeout.
        if let (Some(mut dtls), Some(remote)) = (peer.dtls.take(), peer.remote) {
            self.contain(index, |engine| {
                dtls.close(now, |record| engine.replies.push((remote, record.to_vec())));
            });
        }
        self.fragments.retain(|_, owner| *owner != index);
        self.addresses.retain(|_, owner| *owner != index);
    }

    fn offer(
        &mut self,
        _: Moment,
        peer: PeerId,
        sdp: &str,
        wishes: &[CodecWish],
    ) -> Result<Answer, MediaError> {
        let index = self.peer_index(peer)?;
        let mut description = sdp::parse(sdp, self.limits.sections, self.limits.description_bytes)?;
        for section in &mut description.sections {
            if section.direction.sends() {
                prefer(section, wishes);
            }
            keep_agreed(section, description.mixed);
        }
        self.meet(index, &description)?;
        let single = self.peers.get(index).is_some_and(|peer| peer.role == PeerRole::Single);
        let (mut sending, mut carried, mut spare) = (Vec::new(), Vec::new(), Sections::default());
        let mut roles: HashMap<&str, (Direction, Option<usize>)> = HashMap::new();
        for section in &description.sections {
            let SectionKind::Media(kind) = section.kind else { continue };
            let usable = !section.rejected && section.formats.iter().any(|format| format.codec.is_some());
            if usable && section.direction.sends() {
                sending.extend(self.publish(index, section, kind));
                roles.insert(&section.mid, (Direction::RecvOnly, None));
                continue;
            }
            self.remove_track(index, &section.mid);
            if !(usable && single && section.direction.receives()) {
                continue;
            }
            let Some(chosen) = self.carry(index, section, kind) else {
                let used = |peer: &Peer| peer.sections.iter().any(|known| known.mid == section.mid);
                if !self.peers.get(index).is_some_and(used) {
                    match kind {
                        MediaKind::Audio => spare.audio += 1,
                        MediaKind::Video => spare.video += 1,
                    }
                }
                continue;
            };
            let Some(forward) = self.forwards.get_mut(chosen) else { continue };
            forward.mid = Some(section.mid.as_bytes().into());
            forward.agree(&section.formats);
            carried.push((section.mid.clone(), forward.id));
            roles.insert(&section.mid, (Direction::SendOnly, Some(chosen)));
            if let Some(peer) = self.peers.get_mut(index) {
                agree_extensions(&mut peer.egress.ids, &section.extensions);
            }
        }
        let gone: Vec<String> = self.peers.get(index).map_or_else(Vec::new, |peer| {
            let still = |mid: &String| description.sections.iter().any(|section| section.mid == *mid);
            peer.inbound.tracks.keys().filter(|mid| !still(mid)).cloned().collect()
        });
        for mid in gone {
            self.remove_track(index, &mid);
        }
        let peer = self.peers.get_mut(index).ok_or(MediaError::NoPeer)?;
        peer.session.1 += 1;
        let sections: Vec<OutSection<'_>> = description
            .sections
            .iter()
            .map(|section| match section.kind {
                SectionKind::Data if !section.rejected => OutSection::Data(&section.mid),
                SectionKind::Media(kind) if !section.rejected && !section.formats.is_empty() => {
                    let (direction, chosen) =
                        roles.get(section.mid.as_str()).copied().unwrap_or((Direction::Inactive, None));
                    let receiving = direction == Direction::RecvOnly;
                    let forward = chosen.and_then(|index| self.forwards.get(index));
                    OutSection::Media(
                        &section.mid,
                        OutMedia {
                            kind,
                            direction,
                            formats: &section.formats,
                            extensions: answered_extensions(section),
                            rids: if receiving { &section.rids } else { &[] },
                            sends: forward.map(sent),
                        },
                    )
                }
                _ => OutSection::Refused(
                    &section.mid,
                    [&section.media, &section.protocol, &section.raw_formats],
                ),
            })
            .collect();
        let peer = self.peers.get(index).ok_or(MediaError::NoPeer)?;
        let sdp = self.describe(peer, &sections, "passive", description.mixed);
        Ok(Answer { sdp, sending, carried, spare })
    }

    fn create_offer(&mut self, _: Moment, peer: PeerId, restart_ice: bool) -> Result<String, MediaError> {
        let index = self.peer_index(peer)?;
        if restart_ice {
            let fresh = self.credentials();
            self.restart(index, fresh);
        }
        let peer = self.peers.get_mut(index).ok_or(MediaError::NoPeer)?;
        if peer.sections.is_empty() {
            peer.sections.push(Section {
                mid: "0".to_owned(),
                kind: None,
                formats: Vec::new(),
                forward: None,
            });
        }
        for carried in peer.forwards.clone() {
            let Some(forward) = self.forwards.get_mut(carried).filter(|forward| forward.mid.is_none()) else {
                continue;
            };
            if peer.sections.len() >= self.limits.sections {
                return Err(MediaError::Limit("sections of a connection"));
            }
            let codec = forward.track.and_then(|track| self.tracks.get(track)).and_then(|track| track.codec);
            let mid = peer.sections.len().to_string();
            forward.mid = Some(mid.as_bytes().into());
            peer.sections.push(Section {
                mid,
                kind: Some(forward.kind),
                formats: sdp::offered(forward.kind, codec),
                forward: Some(carried),
            });
        }
        peer.offered = true;
        peer.session.1 += 1;
        let peer = self.peers.get(index).ok_or(MediaError::NoPeer)?;
        let sections: Vec<OutSection<'_>> = peer
            .sections
            .iter()
            .map(|section| {
                let Some(kind) = section.kind else { return OutSection::Data(&section.mid) };
                let forward = section.forward.and_then(|forward| self.forwards.get(forward));
                OutSection::Media(
                    &section.mid,
                    OutMedia {
                        kind,
                        direction: if forward.is_some() { Direction::SendOnly } else { Direction::Inactive },
                        formats: &section.formats,
                        extensions: offered_extensions(kind),
                        rids: &[],
                        sends: forward.map(sent),
                    },
                )
            })
            .collect();
        Ok(self.describe(peer, &sections, "actpass", true))
    }

    fn answer(&mut self, _: Moment, peer: PeerId, sdp: &str) -> Result<(), MediaError> {
        let index = self.peer_index(peer)?;
        let mut description = sdp::parse(sdp, self.limits.sections, self.limits.description_bytes)?;
        for section in &mut description.sections {
            keep_agreed(section, description.mixed);
        }
        let peer = self.peers.get_mut(index).ok_or(MediaError::NoPeer)?;
        if !std::mem::take(&mut peer.offered) {
            return Err(MediaError::Stale);
        }
        for section in &description.sections {
            let Some(known) = peer.sections.iter().find(|known| known.mid == section.mid) else {
                return Err(MediaError::Stale);
            };
            let Some(forward) = known.forward.and_then(|forward| self.forwards.get_mut(forward)) else {
                continue;
            };
            if section.rejected || !section.direction.receives() {
                forward.formats.clear();
                continue;
            }
            forward.agree(&section.formats);
            agree_extensions(&mut peer.egress.ids, &section.extensions);
        }
        self.meet(index, &description)?;
        self.retarget(index);
        Ok(())
    }

    fn forward(
        &mut self,
        _: Moment,
        subscriber: PeerId,
        spec: &ForwardSpec,
    ) -> Result<ForwardId, MediaError> {
        let index = self.peer_index(subscriber)?;
        let source = self.peer_index(spec.source)?;
        let track =
            self.peers.get(source).and_then(|peer| peer.inbound.tracks.get(&spec.source_mid)).copied();
        let track = track.ok_or(MediaError::NoPeer)?;
        if self.peers.get(index).is_none_or(|peer| peer.forwards.len() >= self.limits.sections) {
            return Err(MediaError::Limit("tracks of a connection"));
        }
        self.last_forward += 1;
        let id = ForwardId(self.last_forward);
        let random: [u8; 16] = self.random();
        let word =
            |at: usize| u32::from_be_bytes([random[at], random[at + 1], random[at + 2], random[at + 3]]);
        let seed = [word(0) | 1, word(4) & !1, word(8), word(12)];
        let names = (spec.stream_id.clone(), spec.track_id.clone());
        let mut forward = Forward::new(self.now, id, index, spec.kind, names, seed);
        (forward.track, forward.screen) = (Some(track), spec.screen);
        let forward = self.forwards.insert(forward);
        self.forward_ids.insert(id, forward);
        if let Some(track) = self.tracks.get_mut(track) {
            track.sound.redundant = spec.redundant;
            track.forwards.push(forward);
        }
        if let Some(peer) = self.peers.get_mut(index) {
            peer.forwards.push(forward);
        }
        Ok(id)
    }

    fn unforward(&mut self, forward: ForwardId) {
        let Some(index) = self.forward_ids.remove(&forward) else { return };
        let Some(forward) = self.forwards.try_remove(index) else { return };
        if let Some(track) = forward.track.and_then(|track| self.tracks.get_mut(track)) {
            track.forwards.retain(|known| *known != index);
        }
        if let Some(peer) = self.peers.get_mut(forward.subscriber) {
            peer.forwards.retain(|known| *known != index);
            for section in peer.sections.iter_mut().filter(|section| section.forward == Some(index)) {
                section.forward = None;
            }
        }
    }

    fn tune(&mut self, _: Moment, forward: ForwardId, tuning: Tuning) {
        let Some(index) = self.forward_ids.get(&forward).copied() else { return };
        let Some(forward) = self.forwards.get_mut(index) else { return };
        forward.tuning = tuning;
        if tuning.paused {
            forward.interrupt();
        }
        let subscriber = forward.subscriber;
        self.retarget(subscriber);
    }

    fn silence(&mut self, peer: PeerId, mid: &str, silent: bool) {
        let Ok(index) = self.peer_index(peer) else { return };
        let Some(track) = self.peers.get(index).and_then(|peer| peer.inbound.tracks.get(mid)) else { return };
        let Some(track) = self.tracks.get_mut(*track) else { return };
        if std::mem::replace(&mut track.silent, silent) != silent {
            for forward in &track.forwards {
                if let Some(forward) = self.forwards.get_mut(*forward) {
                    forward.interrupt();
                }
            }
        }
    }

    fn send_data(&mut self, _: Moment, peer: PeerId, reliable: bool, frame: &[u8]) {
        let Ok(index) = self.peer_index(peer) else { return };
        self.contain(index, |engine| engine.write_data(index, reliable, frame));
    }
}

impl Engine {
    /// Writes a data frame on a connection's channel.
    fn write_data(&mut self, index: usize, reliable: bool, frame: &[u8]) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else { return };
        let mut out = Vec::new();
        if !peer.channels.write(now, reliable, frame, |packet| out.push(packet.to_vec())) {
            tracing::debug!(reliable, "a data frame was dropped");
        }
        let Some(dtls) = &mut peer.dtls else { return };
        mark(&mut self.dirty, index, &peer.egress);
        self.agenda.wake(index, now);
        for packet in out {
            dtls.write(now, &packet, |record| peer.egress.raw(record));
        }
    }
}

/// What a section of ours says about the track that it carries.
fn sent(forward: &Forward) -> (&str, &str, u32, Option<u32>) {
    let repair = (forward.kind == MediaKind::Video).then_some(forward.repair_ssrc);
    (&forward.names.0, &forward.names.1, forward.ssrc, repair)
}
