//! What the server does to a room from outside.

use livekit_protocol as proto;
use schema::event::LeaveReason;

use super::track::Track;
use super::{Change, Command, Pid, Refusal, Response, Rights, Room, Turn, Which};

impl Room {
    pub(super) fn moderate(&mut self, turn: &mut Turn<'_>, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Remove { identity } => {
                let pid = self.find(&identity)?;
                self.depart(turn, pid, LeaveReason::Removed);
            }
            Command::Mute { identity, track, muted } => {
                let pid = self.find(&identity)?;
                self.moderator_mute(turn, pid, &track, muted)?;
            }
            Command::Change { identity, change } => {
                let pid = self.find(&identity)?;
                self.change(turn, pid, *change)?;
            }
            Command::Subscribe { identity, update } => {
                let pid = self.find(&identity)?;
                self.update_subscription(turn, pid, &update);
            }
            Command::SendData(message) => self.send_data(turn, *message),
            Command::SetMetadata(metadata) => {
                self.metadata = metadata;
                let update = proto::RoomUpdate { room: Some(self.info()) };
                self.broadcast(turn, None, Response::RoomUpdate(update));
            }
            Command::Close => self.close(turn),
            Command::Suspend => self.suspend(turn),
        }
        Ok(())
    }

    fn find(&self, identity: &str) -> Result<Pid, Refusal> {
        self.by_identity.get(identity).copied().ok_or(Refusal::NoParticipant)
    }

    /// Silences at the server, whatever the client does, and tells the client to show it. Only the participant itself ends
    /// that: nobody else opens a microphone or a camera, as LiveKit has it unless it is told otherwise.
    fn moderator_mute(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        which: &Which,
        muted: bool,
    ) -> Result<(), Refusal> {
        let participant = self.people.get_mut(&pid).ok_or(Refusal::NoParticipant)?;
        let (conn, peer) = (participant.conn, participant.link.publishing());
        let meant = |track: &Track| match which {
            Which::Source(source) => track.source == *source,
            Which::Sid(sid) => track.sid == *sid,
        };
        let mut tracks: Vec<&mut Track> =
            participant.tracks.iter_mut().filter(|track| track.section.is_some() && meant(track)).collect();
        if tracks.is_empty() {
            return Err(Refusal::NoTrack);
        }
        if !muted {
            let heard = tracks.iter().all(|track| !track.info.muted);
            return if heard { Ok(()) } else { Err(Refusal::Unmute) };
        }
        for track in &mut tracks {
            if !std::mem::replace(&mut track.silenced, true)
                && let Some(mid) = track.mid()
            {
                turn.media.silence(peer, mid, true);
            }
        }
        let sids: Vec<String> = tracks.iter().map(|track| track.sid.clone()).collect();
        for sid in sids {
            turn.signal(conn, Response::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted }));
            self.set_muted(turn, pid, &sid, muted);
        }
        Ok(())
    }

    /// Changes what a participant may do, or what is told of it. What it may no longer send or receive ends at once, and
    /// its next token says the same.
    fn change(&mut self, turn: &mut Turn<'_>, pid: Pid, change: Change) -> Result<(), Refusal> {
        let participant = self.people.get(&pid).ok_or(Refusal::NoParticipant)?;
        let mut grant = participant.grant.with(change.name, change.metadata, change.attributes);
        if !self.limits.fits(&grant) {
            return Err(Refusal::TooLong);
        }
        let hidden = change.rights.as_ref().map_or(grant.hidden, |rights| rights.hidden);
        let (hides, shows) = (hidden && !grant.hidden, grant.hidden && !hidden);
        if hides {
            // Before anything else: nobody is to see why, nor what is told of it from now on.
            self.hide(turn, pid);
            grant.hidden = true;
        }
        if let Some(participant) = self.people.get_mut(&pid) {
            participant.grant = grant;
        }
        if let Some(rights) = change.rights {
            self.set_rights(turn, pid, rights);
        }
        if shows {
            self.show(turn, pid);
        } else {
            self.announce(turn, pid);
        }
        self.refresh_token(turn, pid);
        Ok(())
    }

    fn set_rights(&mut self, turn: &mut Turn<'_>, pid: Pid, rights: Rights) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let grant = &mut participant.grant;
        grant.can_publish = rights.publish;
        grant.sources = rights.sources;
        grant.can_subscribe = rights.subscribe;
        grant.can_publish_data = rights.publish_data;
        grant.can_update_own_metadata = rights.update_own_metadata;
        let (conn, grant) = (participant.conn, &participant.grant);
        let ends = participant.tracks.iter().filter(|track| !grant.may_publish(track.source));
        let (sids, mids): (Vec<String>, Vec<_>) =
            ends.map(|track| (track.sid.clone(), track.mid().map(str::to_owned))).unzip();
        // Some clients go on sending: what still comes there is no track that they will ask for.
        participant.orphans.extend(mids.into_iter().flatten());
        for track_sid in sids {
            self.unpublish(turn, pid, &track_sid);
            turn.signal(conn, Response::TrackUnpublished(proto::TrackUnpublishedResponse { track_sid }));
        }
        self.subscribe_to_all(turn, pid);
    }
}
