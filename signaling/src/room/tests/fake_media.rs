//! A media plane that understands descriptions of one line and remembers what it was asked.
//!
//! An offer reads `send:<mid>:<a|v>:<cid> recv:<mid>:<a|v> …`; `bad` is refused.

use std::collections::{BTreeMap, BTreeSet};

use schema::moment::Moment;

use crate::room::media::{
    Answer, CodecWish, ForwardId, ForwardSpec, Media, MediaError, MediaKind, PeerId, PeerRole, Sections,
    SendingSection, Tuning,
};

/// One PeerConnection as the fake remembers it.
#[derive(Debug, Default)]
pub struct FakePeer {
    pub role: Option<PeerRole>,
    pub standing_offer: bool,
    pub restarts: usize,
    /// Single: which section carries which forward.
    pub carried: BTreeMap<String, ForwardId>,
    pub data: Vec<(bool, Vec<u8>)>,
    pub silent: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub struct FakeMedia {
    pub peers: BTreeMap<PeerId, FakePeer>,
    pub forwards: BTreeMap<ForwardId, (PeerId, ForwardSpec)>,
    pub tunings: BTreeMap<ForwardId, Tuning>,
    /// What the last offer was to be answered with.
    pub wishes: Vec<CodecWish>,
    last_forward: u64,
}

impl Media for FakeMedia {
    fn open(&mut self, _now: Moment, peer: PeerId, role: PeerRole) {
        let former = self.peers.insert(peer, FakePeer { role: Some(role), ..FakePeer::default() });
        assert!(former.is_none(), "a PeerConnection's id is used once");
    }

    fn close(&mut self, peer: PeerId) {
        assert!(self.peers.remove(&peer).is_some(), "only what is open is closed");
        self.forwards.retain(|_, (to, spec)| *to != peer && spec.source != peer);
    }

    fn offer(
        &mut self,
        _now: Moment,
        peer: PeerId,
        sdp: &str,
        wishes: &[CodecWish],
    ) -> Result<Answer, MediaError> {
        self.wishes = wishes.to_vec();
        if sdp == "long" {
            return Err(MediaError::Limit("sections"));
        }
        let state = self.peers.get_mut(&peer).ok_or(MediaError::NoPeer)?;
        let mut sending = Vec::new();
        let mut receiving = Vec::new();
        for word in sdp.split_whitespace() {
            let parts: Vec<&str> = word.split(':').collect();
            let kind = |text: &str| if text == "a" { MediaKind::Audio } else { MediaKind::Video };
            match parts.as_slice() {
                ["send", mid, kind_text, cid] => sending.push(SendingSection {
                    mid: (*mid).to_owned(),
                    kind: kind(kind_text),
                    cid: Some((*cid).to_owned()),
                    rids: Vec::new(),
                    mime_type: if *kind_text == "a" { "audio/opus".into() } else { "video/VP8".into() },
                }),
                ["recv", mid, kind_text] => receiving.push(((*mid).to_owned(), kind(kind_text))),
                _ => return Err(MediaError::BadDescription(word.to_owned())),
            }
        }
        state.carried.retain(|mid, forward| {
            receiving.iter().any(|(known, _)| known == mid) && self.forwards.contains_key(forward)
        });
        let mut spare = Sections::default();
        for (mid, kind) in receiving {
            if state.carried.contains_key(&mid) {
                continue;
            }
            let waiting = self.forwards.iter().find(|(id, (to, spec))| {
                *to == peer && spec.kind == kind && !state.carried.values().any(|carried| carried == *id)
            });
            match (waiting, kind) {
                (Some((id, _)), _) => {
                    state.carried.insert(mid, *id);
                }
                (None, MediaKind::Audio) => spare.audio += 1,
                (None, MediaKind::Video) => spare.video += 1,
            }
        }
        let carried = state.carried.iter().map(|(mid, id)| (mid.clone(), *id)).collect();
        Ok(Answer { sdp: "answer".into(), sending, carried, spare })
    }

    fn create_offer(&mut self, _now: Moment, peer: PeerId, restart_ice: bool) -> Result<String, MediaError> {
        let state = self.peers.get_mut(&peer).ok_or(MediaError::NoPeer)?;
        assert_eq!(
            state.role,
            Some(PeerRole::Subscriber),
            "the server offers on the subscriber's connection only"
        );
        assert!(!state.standing_offer || restart_ice, "one offer at a time");
        state.standing_offer = true;
        state.restarts += usize::from(restart_ice);
        let sent = self.forwards.values().filter(|(to, _)| *to == peer);
        Ok(sent.map(|(_, spec)| spec.track_id.as_str()).collect::<Vec<_>>().join(" "))
    }

    fn answer(&mut self, _now: Moment, peer: PeerId, sdp: &str) -> Result<(), MediaError> {
        let state = self.peers.get_mut(&peer).ok_or(MediaError::NoPeer)?;
        if !std::mem::take(&mut state.standing_offer) {
            return Err(MediaError::Stale);
        }
        if sdp == "bad" { Err(MediaError::BadDescription(sdp.to_owned())) } else { Ok(()) }
    }

    fn forward(
        &mut self,
        _now: Moment,
        subscriber: PeerId,
        spec: &ForwardSpec,
    ) -> Result<ForwardId, MediaError> {
        if !self.peers.contains_key(&subscriber) || !self.peers.contains_key(&spec.source) {
            return Err(MediaError::NoPeer);
        }
        self.last_forward += 1;
        let id = ForwardId(self.last_forward);
        self.forwards.insert(id, (subscriber, spec.clone()));
        Ok(id)
    }

    fn unforward(&mut self, forward: ForwardId) {
        self.forwards.remove(&forward);
    }

    fn tune(&mut self, _now: Moment, forward: ForwardId, tuning: Tuning) {
        self.tunings.insert(forward, tuning);
    }

    fn silence(&mut self, peer: PeerId, mid: &str, silent: bool) {
        if let Some(state) = self.peers.get_mut(&peer) {
            if silent {
                state.silent.insert(mid.to_owned());
            } else {
                state.silent.remove(mid);
            }
        }
    }

    fn send_data(&mut self, _now: Moment, peer: PeerId, reliable: bool, frame: &[u8]) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.data.push((reliable, frame.to_vec()));
        }
    }
}
