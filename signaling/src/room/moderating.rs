//! What the server does to a room from outside.

use livekit_protocol as proto;
use schema::event::{LeaveReason, TrackSource};

use super::{Command, Pid, Refusal, Response, Room, Turn};

impl Room {
    pub(super) fn moderate(&mut self, turn: &mut Turn<'_>, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Remove { identity } => {
                let pid = self.find(&identity)?;
                self.depart(turn, pid, LeaveReason::Removed);
            }
            Command::Mute { identity, source, muted } => {
                let pid = self.find(&identity)?;
                self.moderator_mute(turn, pid, source, muted)?;
            }
            Command::SendData { topic, payload, to } => self.send_data(turn, topic, payload, to),
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

    /// Silences at the server, whatever the client does, and tells the client to show it.
    fn moderator_mute(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        source: TrackSource,
        muted: bool,
    ) -> Result<(), Refusal> {
        let participant = self.people.get_mut(&pid).ok_or(Refusal::NoParticipant)?;
        let (conn, peer) = (participant.conn, participant.link.publishing());
        let mut sids = Vec::new();
        for track in
            participant.tracks.iter_mut().filter(|track| track.source == source && track.section.is_some())
        {
            if track.silenced != muted {
                track.silenced = muted;
                if let Some(mid) = track.mid() {
                    turn.media.silence(peer, mid, muted);
                }
            }
            sids.push(track.sid.clone());
        }
        if sids.is_empty() {
            return Err(Refusal::NoTrack);
        }
        for sid in sids {
            turn.signal(conn, Response::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted }));
            self.set_muted(turn, pid, &sid, muted);
        }
        Ok(())
    }
}
