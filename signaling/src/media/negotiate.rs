//! What descriptions do to connections: who the client is, what it sends, which section carries what.

use std::sync::Arc;

use super::dtls::Dtls;
use super::engine::Engine;
use super::peer::{Peer, Section};
use super::rtp::{EXTENSIONS, Extension, ExtensionIds};
use super::sdp::{self, Codec, Credentials, Description, Local, OutSection, SectionKind};
use super::track::Track;
use crate::room::media::{CodecWish, MediaError, MediaKind, PeerId, PeerRole, SendingSection};

impl Engine {
    pub(super) fn credentials(&self) -> Credentials {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        Credentials { ufrag: hex(&self.random::<8>()), password: hex(&self.random::<16>()) }
    }

    pub(super) fn peer_index(&self, peer: PeerId) -> Result<usize, MediaError> {
        self.peer_ids.get(&peer).copied().ok_or(MediaError::NoPeer)
    }

    /// Notes who the client says it is; starts the association when that is new. An ICE restart gets credentials.
    pub(super) fn meet(&mut self, index: usize, description: &Description) -> Result<(), MediaError> {
        let now = self.now;
        if description.passive {
            return Err(MediaError::BadDescription("the client must open the DTLS association".to_owned()));
        }
        let fresh = self.credentials();
        let peer = self.peers.get_mut(index).ok_or(MediaError::NoPeer)?;
        match &peer.fingerprint {
            Some(known) if *known != description.fingerprint => {
                return Err(MediaError::BadDescription("the certificate has changed".to_owned()));
            }
            Some(_) => {}
            None => {
                let dtls = Dtls::new(Arc::clone(&self.identity), description.fingerprint.clone());
                peer.dtls = Some(Box::new(dtls));
                peer.fingerprint = Some(description.fingerprint.clone());
                peer.since = Some(now);
                self.agenda.wake(index, now);
            }
        }
        let ufrag = &description.ice.0;
        let restarted = peer.remote_ufrag.as_ref().is_some_and(|known| known != ufrag);
        peer.remote_ufrag = Some(ufrag.clone());
        if restarted && peer.role != PeerRole::Subscriber {
            self.restart(index, fresh);
        }
        let early = self.peers.get_mut(index).map(|peer| std::mem::take(&mut peer.early)).unwrap_or_default();
        for record in early {
            self.contain(index, |engine| engine.record(now, index, &record));
        }
        Ok(())
    }

    pub(super) fn restart(&mut self, index: usize, fresh: Credentials) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        self.fragments.insert(fresh.ufrag.clone(), index);
        if let Some(abandoned) = peer.fresh.replace(fresh) {
            self.fragments.remove(&abandoned.ufrag);
        }
    }

    pub(super) fn remove_track(&mut self, peer: usize, mid: &str) {
        let Some(peer) = self.peers.get_mut(peer) else { return };
        let Some(index) = peer.inbound.tracks.remove(mid) else { return };
        peer.forget_sources(|role| role.track == index);
        if let Some(track) = self.tracks.try_remove(index) {
            for forward in track.forwards {
                if let Some(forward) = self.forwards.get_mut(forward) {
                    forward.track = None;
                    forward.interrupt();
                }
            }
        }
    }

    /// Takes a section in which the client sends.
    pub(super) fn publish(
        &mut self,
        index: usize,
        section: &sdp::Section,
        kind: MediaKind,
    ) -> Option<SendingSection> {
        let codec = section.formats.iter().find_map(|format| format.codec)?;
        let peer = self.peers.get_mut(index)?;
        peer.inbound.agree(&section.formats);
        agree_extensions(&mut peer.inbound.ids, &section.extensions);
        let known = peer.inbound.tracks.get(&section.mid).copied();
        let same = known.filter(|track| {
            self.tracks.get(*track).is_some_and(|track| track.kind == kind && track.rids == section.rids)
        });
        let track = if let Some(track) = same {
            track
        } else {
            self.remove_track(index, &section.mid);
            let track = Track::new(index, &section.mid, kind, &section.rids, &self.limits);
            let track = self.tracks.insert(track);
            self.peers.get_mut(index)?.inbound.tracks.insert(section.mid.clone(), track);
            track
        };
        let entry = self.tracks.get_mut(track)?;
        if entry.codec.replace(codec) != Some(codec) {
            entry.sends = None;
        }
        entry.repeats =
            section.formats.iter().any(|format| format.feedback.iter().any(|wish| wish == "nack"));
        // Where layers have names, the sources of the description stand in no known order.
        if section.rids.is_empty() {
            while entry.layers.len() < section.sources.len().min(3) {
                entry.layers.push(super::layer::Layer::new(&self.limits));
            }
            let peer = self.peers.get_mut(index)?;
            for (layer, (ssrc, repair)) in section.sources.iter().enumerate() {
                let role = |repair| super::peer::Role { track, layer, repair };
                if peer.inbound.sources.len() + 2 > self.limits.ssrcs {
                    break;
                }
                entry.layers[layer].bind(*ssrc);
                peer.forget_sources(|known| *known == role(false));
                peer.employ_source(*ssrc, role(false));
                if let Some(repair) = repair {
                    entry.layers[layer].repair_ssrc = Some(*repair);
                    peer.employ_source(*repair, role(true));
                }
            }
        }
        Some(SendingSection {
            mid: section.mid.clone(),
            kind,
            cid: section.track.clone(),
            rids: section.rids.clone(),
            mime_type: codec.mime_type().to_owned(),
        })
    }

    /// Single path: the forward that a receiving section carries, a waiting one if it is free.
    pub(super) fn carry(&mut self, index: usize, section: &sdp::Section, kind: MediaKind) -> Option<usize> {
        let peer = self.peers.get_mut(index)?;
        if let Some(known) = peer.sections.iter().find(|known| known.mid == section.mid) {
            return known.forward;
        }
        let waiting = peer.forwards.iter().copied().find(|forward| {
            self.forwards.get(*forward).is_some_and(|forward| forward.kind == kind && forward.mid.is_none())
        })?;
        peer.sections.push(Section {
            mid: section.mid.clone(),
            kind: Some(kind),
            formats: Vec::new(),
            forward: Some(waiting),
        });
        Some(waiting)
    }

    /// The text of a description of ours: an answer, or an offer (`setup`). Header extensions may have both forms if
    /// `mixed`.
    pub(super) fn describe(
        &self,
        peer: &Peer,
        sections: &[OutSection<'_>],
        setup: &'static str,
        mixed: bool,
    ) -> String {
        let local = Local {
            session: peer.session.0,
            version: peer.session.1,
            fingerprint: &self.identity.fingerprint,
            credentials: peer.fresh.as_ref().unwrap_or(&peer.local),
            candidates: &self.candidates,
            setup,
            mixed,
        };
        sdp::write(&local, sections)
    }
}

/// Puts the codec that the client wants to send in first, with its repair types: what stands first is what it sends.
pub(super) fn prefer(section: &mut sdp::Section, wishes: &[CodecWish]) {
    let named = |wish: &&CodecWish| section.track.as_deref() == Some(wish.cid.as_str());
    let Some(wish) = wishes.iter().find(named) else { return };
    let wanted = |format: &&sdp::Format| {
        format.codec.is_some_and(|codec| codec.mime_type().eq_ignore_ascii_case(&wish.mime_type))
    };
    let types: Vec<u8> = section.formats.iter().filter(wanted).map(|format| format.payload_type).collect();
    section.formats.sort_by_key(|format| !types.contains(&format.repairs.unwrap_or(format.payload_type)));
}

/// Leaves of a section's header extensions those that are agreed on.
///
/// The dependency descriptor is one where both forms are allowed in one source (`mixed`): a key frame's is too long for the
/// one-byte form, and without it the others say nothing. A client that sends is asked for it in codecs that come in
/// layers; of a picture in another the payload says enough.
pub(super) fn keep_agreed(section: &mut sdp::Section, mixed: bool) {
    let codec = section.formats.iter().find_map(|format| format.codec);
    let described = mixed
        && section.kind == SectionKind::Media(MediaKind::Video)
        && (!section.direction.sends() || codec.is_some_and(Codec::is_layered));
    section.extensions.retain(|(id, uri)| {
        let known = EXTENSIONS.iter().find(|(_, known)| known == uri).map(|(extension, _)| *extension);
        known.is_some_and(|extension| {
            extension.takes(*id) && (described || extension != Extension::DependencyDescriptor)
        })
    });
    if section.direction.sends() && !described {
        withhold(section, Codec::Av1);
    }
}

/// Takes a codec, and what repeats it, from a section: nobody could decode what came of it.
fn withhold(section: &mut sdp::Section, codec: Codec) {
    let types: Vec<u8> =
        section.formats.iter().filter(|f| f.codec == Some(codec)).map(|f| f.payload_type).collect();
    section.formats.retain(|format| !types.contains(&format.repairs.unwrap_or(format.payload_type)));
}

pub(super) fn agree_extensions(ids: &mut ExtensionIds, offered: &[(u8, String)]) {
    for (extension, uri) in EXTENSIONS {
        if let Some((id, _)) = offered.iter().find(|(_, offered)| offered == uri) {
            ids.set(extension, *id);
        }
    }
}

/// Extensions of an answer: those that are agreed on, with the client's ids. Also in sections that carry nothing: Chromium
/// offers in a new section only what its bundle has negotiated before, and simulcast needs the RIDs there.
pub(super) fn answered_extensions(section: &sdp::Section) -> Vec<(u8, &str)> {
    section.extensions.iter().map(|(id, uri)| (*id, uri.as_str())).collect()
}

/// Extensions of our offers, with the ids that browsers use themselves.
pub(super) fn offered_extensions(kind: MediaKind) -> Vec<(u8, &'static str)> {
    EXTENSIONS
        .iter()
        .filter_map(|(extension, uri)| {
            let id = match (extension, kind) {
                (Extension::AudioLevel, MediaKind::Audio) => 1,
                (Extension::AbsSendTime, _) => 2,
                (Extension::TransportCc, _) => 3,
                (Extension::Mid, _) => 4,
                (Extension::DependencyDescriptor, MediaKind::Video) => 12,
                (Extension::Orientation, MediaKind::Video) => 13,
                _ => return None,
            };
            Some((id, *uri))
        })
        .collect()
}
