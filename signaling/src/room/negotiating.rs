//! Negotiating what the server sends: its own offers on the dual path, requests for sections on the single path. One
//! round at a time for each participant; whatever changes meanwhile goes into the next one.

use std::collections::HashMap;

use livekit_protocol as proto;

use super::media::{Answer, MediaError, MediaKind};
use super::participant::{Link, Participant};
use super::{NEGOTIATION_MS, Pid, Response, Room, Timer, Turn};

impl Room {
    /// Starts the rounds that have become necessary. Called once at the end of every input, so that a change of many
    /// tracks is one round.
    pub(super) fn settle(&mut self, turn: &mut Turn<'_>) {
        for pid in std::mem::take(&mut self.unsettled) {
            let Some(participant) = self.people.get_mut(&pid) else { continue };
            let state = &participant.negotiation;
            if participant.conn.is_none() || state.standing || !state.needed {
                continue;
            }
            match participant.link {
                Link::Dual { subscriber, .. } => {
                    let restart = std::mem::take(&mut participant.negotiation.restart_ice);
                    match turn.media.create_offer(turn.now, subscriber, restart) {
                        Ok(sdp) => {
                            let offer = server_offer(participant, sdp);
                            turn.signal(participant.conn, Response::Offer(offer));
                        }
                        Err(error) => {
                            tracing::warn!(room = %self.name, sid = %participant.sid, %error, "no offer could be made");
                            participant.negotiation.needed = false;
                            self.negotiation_failed(turn, pid);
                            continue;
                        }
                    }
                }
                Link::Single(_) => {
                    let requirement = sections_needed(participant);
                    turn.signal(participant.conn, Response::MediaSectionsRequirement(requirement));
                }
            }
            participant.negotiation.needed = false;
            participant.negotiation.standing = true;
            self.timers.set(Some(pid), Timer::Negotiation, turn.now.plus_millis(NEGOTIATION_MS));
        }
    }

    /// Dual: the client answers the server's offer. Clients that number nothing send 0.
    pub(super) fn client_answer(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        answer: &proto::SessionDescription,
    ) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let Link::Dual { subscriber, .. } = participant.link else { return };
        let state = &mut participant.negotiation;
        if !state.standing || (answer.id != 0 && answer.id != state.offer_id) {
            return;
        }
        match turn.media.answer(turn.now, subscriber, &answer.sdp) {
            Ok(()) => {
                state.standing = false;
                self.timers.stop(Some(pid), Timer::Negotiation);
                self.unsettled.insert(pid);
            }
            Err(MediaError::Stale) => {}
            Err(MediaError::NoPeer) => self.negotiation_failed(turn, pid),
            Err(error) => {
                tracing::warn!(room = %self.name, sid = %participant.sid, %error, "an answer was refused");
                self.expel(turn, pid);
            }
        }
    }

    /// Single: the client's offer was answered. Tells which section carries which track, and sees whether all found
    /// one.
    pub(super) fn single_answered(&mut self, pid: Pid, answer: &Answer) -> HashMap<String, String> {
        let Some(participant) = self.people.get_mut(&pid) else { return HashMap::new() };
        if !matches!(participant.link, Link::Single(_)) {
            return HashMap::new();
        }
        let state = &mut participant.negotiation;
        state.carried = answer.carried.iter().map(|(mid, forward)| (*forward, mid.clone())).collect();
        state.spare = answer.spare;
        state.standing = false;
        state.needed = participant.subscriptions.values().any(|s| !state.carried.contains_key(&s.forward));
        self.timers.stop(Some(pid), Timer::Negotiation);
        self.unsettled.insert(pid);
        participant
            .subscriptions
            .iter()
            .filter_map(|(sid, s)| {
                Some((participant.negotiation.carried.get(&s.forward)?.clone(), sid.clone()))
            })
            .collect()
    }
}

fn server_offer(participant: &mut Participant, sdp: String) -> proto::SessionDescription {
    let state = &mut participant.negotiation;
    state.offer_id += 1;
    proto::SessionDescription { r#type: "offer".to_owned(), sdp, id: state.offer_id, ..Default::default() }
}

/// How many sections the client must add so that every forward finds one. Zero of each is legal: it makes the client
/// offer again with those it has.
fn sections_needed(participant: &Participant) -> proto::MediaSectionsRequirement {
    let state = &participant.negotiation;
    let waiting = |kind: MediaKind| {
        let count = participant
            .subscriptions
            .values()
            .filter(|s| s.kind == kind && !state.carried.contains_key(&s.forward))
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    proto::MediaSectionsRequirement {
        num_audios: waiting(MediaKind::Audio).saturating_sub(state.spare.audio),
        num_videos: waiting(MediaKind::Video).saturating_sub(state.spare.video),
    }
}
