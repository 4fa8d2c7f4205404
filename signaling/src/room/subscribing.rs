//! Subscribing: who receives which track, and how much of it.

use std::collections::BTreeSet;

use livekit_protocol as proto;
use schema::event::TrackSource;

use super::media::{ForwardSpec, MediaKind, Tuning};
use super::participant::Subscription;
use super::track::Track;
use super::{Pid, Response, Room, Turn};

/// So many tracks can be named in one message of a client.
const NAMED_MAX: usize = 1024;

impl Room {
    /// Makes what a participant receives agree with what it may and wants to: a newcomer gets what there is.
    pub(super) fn subscribe_to_all(&mut self, turn: &mut Turn<'_>, reader: Pid) {
        let live: Vec<(Pid, String)> = self
            .people
            .iter()
            .flat_map(|(pid, p)| p.tracks.iter().filter(|t| t.is_live()).map(|t| (*pid, t.sid.clone())))
            .collect();
        for (publisher, sid) in live {
            self.fit_subscription(turn, reader, publisher, &sid);
        }
    }

    /// A new track goes to all who want it.
    pub(super) fn offer_to_all(&mut self, turn: &mut Turn<'_>, publisher: Pid, sid: &str) {
        let readers: Vec<Pid> = self.people.keys().copied().collect();
        for reader in readers {
            self.fit_subscription(turn, reader, publisher, sid);
        }
    }

    /// A participant that was hidden is shown, with all that it sends: first itself, or nobody would know whose that is.
    pub(super) fn show(&mut self, turn: &mut Turn<'_>, publisher: Pid) {
        let Some(participant) = self.people.get_mut(&publisher) else { return };
        participant.grant.hidden = false;
        // To the others it is new: they know nothing of its line.
        participant.quality = None;
        let live = participant.tracks.iter().filter(|track| track.is_live());
        let sids: Vec<String> = live.map(|track| track.sid.clone()).collect();
        // Whoever missed that it was gone has all of it still.
        self.departed.retain(|gone| gone.info.sid != participant.sid);
        self.announce(turn, publisher);
        for sid in sids {
            self.offer_to_all(turn, publisher, &sid);
        }
        self.tell_quality(turn, publisher);
    }

    /// A track is gone: nobody receives it any more, and nobody's wishes about it are kept.
    pub(super) fn withdraw(&mut self, turn: &mut Turn<'_>, sid: &str) {
        for (pid, reader) in &mut self.people {
            reader.choices.remove(sid);
            reader.forbidden.remove(sid);
            reader.wishes.remove(sid);
            if let Some(subscription) = reader.subscriptions.remove(sid) {
                turn.media.unforward(subscription.forward);
                reader.negotiation.carried.remove(&subscription.forward);
                reader.negotiation.needed = true;
                self.unsettled.insert(*pid);
            }
        }
    }

    /// Makes what a participant receives of a track agree with what it may and wants to receive.
    fn fit_subscription(&mut self, turn: &mut Turn<'_>, reader: Pid, publisher: Pid, sid: &str) {
        if reader == publisher {
            return;
        }
        self.tell_permission(turn, reader, publisher, sid);
        let Some((to, from)) = self.people.get(&reader).zip(self.people.get(&publisher)) else { return };
        let Some(track) = from.track(sid).filter(|track| track.is_live()) else { return };
        let Some(section) = &track.section else { return };
        let chosen = to.choices.get(sid).copied().unwrap_or(to.auto_subscribe);
        // Of somebody who is not shown nothing is passed on either: clients would not know whose it is.
        let wanted = chosen && to.grant.can_subscribe && !from.grant.hidden && from.permits(to, sid);
        let held = to.subscriptions.get(sid).map(|subscription| subscription.forward);
        match (wanted, held) {
            (true, None) => {
                let stream = if to.names_tracks_itself() { sid } else { &track.info.stream };
                let spec = ForwardSpec {
                    source: from.link.publishing(),
                    source_mid: section.mid.clone(),
                    kind: track.kind,
                    stream_id: format!("{}|{stream}", from.sid),
                    track_id: sid.to_owned(),
                    screen: track.source == TrackSource::ScreenShare,
                    redundant: track.allows_redundancy(),
                };
                let peer = to.link.receiving();
                match turn.media.forward(turn.now, peer, &spec) {
                    Ok(forward) => self.subscribed(turn, reader, publisher, sid, forward, spec.kind),
                    Err(error) => {
                        tracing::warn!(room = %self.name, reader = %to.sid, track = sid, %error, "not forwarded");
                        turn.refuse(to.conn, sid, proto::SubscriptionError::SeUnknown);
                    }
                }
            }
            (false, Some(forward)) => {
                turn.media.unforward(forward);
                if let Some(to) = self.people.get_mut(&reader) {
                    to.subscriptions.remove(sid);
                    to.negotiation.carried.remove(&forward);
                    to.negotiation.needed = true;
                    self.unsettled.insert(reader);
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    fn subscribed(
        &mut self,
        turn: &mut Turn<'_>,
        reader: Pid,
        publisher: Pid,
        sid: &str,
        forward: super::media::ForwardId,
        kind: MediaKind,
    ) {
        if let Some(to) = self.people.get_mut(&reader) {
            to.subscriptions.insert(sid.to_owned(), Subscription { publisher, forward, kind, paused: false });
            to.negotiation.needed = true;
            self.unsettled.insert(reader);
        }
        self.tune(turn, reader, sid);
        if let Some(from) = self.people.get_mut(&publisher) {
            let conn = from.conn;
            if let Some(track) = from.track_mut(sid).filter(|track| !track.subscribed) {
                track.subscribed = true;
                turn.signal(
                    conn,
                    Response::TrackSubscribed(proto::TrackSubscribed { track_sid: sid.to_owned() }),
                );
            }
        }
    }

    /// The client chooses tracks, or refuses them.
    pub(super) fn update_subscription(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        update: &proto::UpdateSubscription,
    ) {
        let named =
            update.track_sids.iter().chain(update.participant_tracks.iter().flat_map(|p| &p.track_sids));
        for sid in named.take(NAMED_MAX) {
            let Some(publisher) = self.publisher_of(pid, sid) else {
                turn.refuse(self.conn_of(pid), sid, proto::SubscriptionError::SeTrackNotfound);
                continue;
            };
            if let Some(reader) = self.people.get_mut(&pid) {
                reader.choices.insert(sid.clone(), update.subscribe);
                // A client that asks believes that it may.
                reader.forbidden.remove(sid);
            }
            self.fit_subscription(turn, pid, publisher, sid);
        }
    }

    /// The client says how much of tracks it wants.
    pub(super) fn tune_tracks(&mut self, turn: &mut Turn<'_>, pid: Pid, wish: &proto::UpdateTrackSettings) {
        for sid in wish.track_sids.iter().take(NAMED_MAX) {
            if self.publisher_of(pid, sid).is_none() {
                continue;
            }
            if let Some(reader) = self.people.get_mut(&pid) {
                let wish = proto::UpdateTrackSettings { track_sids: Vec::new(), ..wish.clone() };
                reader.wishes.insert(sid.clone(), wish);
            }
            self.tune(turn, pid, sid);
        }
    }

    fn tune(&self, turn: &mut Turn<'_>, pid: Pid, sid: &str) {
        let Some(reader) = self.people.get(&pid) else { return };
        let Some((subscription, wish)) = reader.subscriptions.get(sid).zip(reader.wishes.get(sid)) else {
            return;
        };
        let Some(track) = self.people.get(&subscription.publisher).and_then(|p| p.track(sid)) else { return };
        let tuning = Tuning { paused: wish.disabled, max_layer: track.layer_for(wish) };
        turn.media.tune(turn.now, subscription.forward, tuning);
    }

    /// The client says who may receive its tracks.
    pub(super) fn set_permissions(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        permission: proto::SubscriptionPermission,
    ) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let former = participant.permissions.take();
        let mut permissions = permission.track_permissions;
        permissions.truncate(NAMED_MAX);
        for permission in &mut permissions {
            permission.track_sids.truncate(NAMED_MAX);
        }
        participant.permissions = (!permission.all_participants).then_some(permissions);
        let changed = former != participant.permissions;
        let sids: Vec<String> =
            participant.tracks.iter().filter(|t| t.is_live()).map(|t| t.sid.clone()).collect();
        if !changed {
            return;
        }
        for sid in &sids {
            self.offer_to_all(turn, pid, sid);
        }
    }

    /// Tells a reader that it may not receive a track, and that it may again. Until it hears anything it believes that it may.
    fn tell_permission(&mut self, turn: &mut Turn<'_>, reader: Pid, publisher: Pid, sid: &str) {
        let Some((to, from)) = self.people.get(&reader).zip(self.people.get(&publisher)) else { return };
        let allowed = from.permits(to, sid);
        let shown = !from.grant.hidden && from.track(sid).is_some_and(Track::is_live);
        // Whoever is away is told when it is back.
        if !shown || to.conn.is_none() || allowed != to.forbidden.contains(sid) {
            return;
        }
        let (participant_sid, track_sid) = (from.sid.clone(), sid.to_owned());
        let update = proto::SubscriptionPermissionUpdate { participant_sid, track_sid, allowed };
        let Some(to) = self.people.get_mut(&reader) else { return };
        turn.signal(to.conn, Response::SubscriptionPermissionUpdate(update));
        if allowed {
            to.forbidden.remove(sid);
        } else {
            to.forbidden.insert(sid.to_owned());
        }
    }

    /// Tells a participant that came back once more what it may not receive: it may have missed the news.
    pub(super) fn tell_forbidden(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(reader) = self.people.get(&pid) else { return };
        let permits = |sid: &String| {
            let publisher = self.publisher_of(pid, sid).and_then(|publisher| self.people.get(&publisher));
            publisher.is_some_and(|from| from.permits(reader, sid))
        };
        // As if it had heard of those only that it may receive again.
        let again: BTreeSet<String> = reader.forbidden.iter().filter(|sid| permits(sid)).cloned().collect();
        if let Some(reader) = self.people.get_mut(&pid) {
            reader.forbidden = again;
        }
        self.subscribe_to_all(turn, pid);
    }
}
