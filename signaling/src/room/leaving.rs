//! Going: by itself, by losing its line for good, by being replaced or removed, or because the room closes.

use livekit_protocol as proto;
use proto::leave_request::Action;
use schema::event::{LeaveReason, RoomEventKind};
use schema::moment::Moment;

use super::media::MediaKind;
use super::participant::Link;
use super::{ConnId, Departed, Output, Pid, Response, Room, Story, Timer, Turn};

/// So many of those who left are remembered for clients that come back.
const DEPARTED_MAX: usize = 256;

impl Room {
    /// The client says that it goes.
    pub(super) fn client_leaves(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        self.depart(turn, pid, LeaveReason::Left);
    }

    /// The lost participant did not come back in time.
    pub(super) fn linger_over(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        self.depart(turn, pid, LeaveReason::Lost);
    }

    /// The client did not answer an offer: its session descriptions are of no use any more, it must start afresh.
    pub(super) fn negotiation_failed(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let conn = self.conn_of(pid);
        let leave = leave_request(proto::DisconnectReason::MediaFailure, Action::Reconnect);
        turn.signal(conn, Response::Leave(leave));
    }

    /// The client sent something that no client sends: this connection ends.
    pub(super) fn expel(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        self.depart_with(
            turn,
            pid,
            LeaveReason::Lost,
            proto::DisconnectReason::MediaFailure,
            Action::Disconnect,
        );
    }

    /// The client sent something that is no message at all. Of a lost socket it would not learn that, would come back to
    /// its place and send the same again: it has to be told to stay away.
    pub(super) fn unreadable(&mut self, turn: &mut Turn<'_>, conn: ConnId) {
        let Some(pid) = self.by_conn.get(&conn).copied() else { return };
        let told = proto::DisconnectReason::SignalClose;
        self.depart_with(turn, pid, LeaveReason::Lost, told, Action::Disconnect);
    }

    /// Takes a participant out of the room, with the farewell that fits.
    pub(super) fn depart(&mut self, turn: &mut Turn<'_>, pid: Pid, reason: LeaveReason) {
        let told = match reason {
            LeaveReason::Left => proto::DisconnectReason::ClientInitiated,
            LeaveReason::Lost => proto::DisconnectReason::ConnectionTimeout,
            LeaveReason::Replaced => proto::DisconnectReason::DuplicateIdentity,
            LeaveReason::Removed => proto::DisconnectReason::ParticipantRemoved,
            LeaveReason::RoomClosed => proto::DisconnectReason::RoomDeleted,
        };
        self.depart_with(turn, pid, reason, told, Action::Disconnect);
    }

    fn depart_with(
        &mut self,
        turn: &mut Turn<'_>,
        pid: Pid,
        reason: LeaveReason,
        told: proto::DisconnectReason,
        action: Action,
    ) {
        let Some((end, who)) = self.end_of(turn.now, pid) else { return };
        let sids: Vec<String> =
            self.people.get(&pid).into_iter().flat_map(|p| &p.tracks).map(|t| t.sid.clone()).collect();
        for sid in &sids {
            self.withdraw(turn, sid);
        }
        self.tell_unpublished(turn, pid, end);
        let Some(mut participant) = self.people.remove(&pid) else { return };
        if let Some(conn) = participant.conn {
            self.by_conn.remove(&conn);
            if reason != LeaveReason::Left {
                turn.signal(Some(conn), Response::Leave(leave_request(told, action)));
            }
            turn.out.push(Output::Close(conn));
        }
        self.by_identity.remove(&who.identity);
        self.unsettled.remove(&pid);
        for timer in [Timer::Linger, Timer::Refresh, Timer::Negotiation, Timer::Layers] {
            self.timers.stop(Some(pid), timer);
        }
        for subscription in participant.subscriptions.values() {
            turn.media.unforward(subscription.forward);
        }
        match participant.link {
            Link::Dual { publisher, subscriber } => {
                turn.media.close(publisher);
                turn.media.close(subscriber);
            }
            Link::Single(peer) => turn.media.close(peer),
        }
        // Of one whose media never flowed LiveKit does not say that it left.
        let flowed = participant.state == proto::participant_info::State::Active;
        let event = if flowed { "participant_left" } else { "participant_connection_aborted" };
        participant.tracks.clear();
        participant.version += 1;
        participant.state = proto::participant_info::State::Disconnected;
        let mut info = participant.info();
        info.disconnect_reason = told.into();
        let left = Story::of(event, info.clone());
        self.record_as(turn.out, end, RoomEventKind::Left { who, reason }, left);
        if !participant.grant.hidden {
            self.tell_gone(turn, pid, info);
        }
        if self.people.is_empty() {
            self.timers.stop(None, Timer::Round);
        }
        self.watch_emptiness(turn.now);
    }

    /// Everybody loses sight of a participant, whoever is away for a moment as well.
    fn tell_gone(&mut self, turn: &mut Turn<'_>, pid: Pid, info: proto::ParticipantInfo) {
        let update = proto::ParticipantUpdate { participants: vec![info.clone()] };
        self.broadcast(turn, Some(pid), Response::Update(update));
        if self.departed.len() == DEPARTED_MAX {
            self.departed.pop_front();
        }
        self.departed.push_back(Departed { at: turn.now, info });
    }

    /// To the others it is as if a participant had left, whom they knew; the record says that it is there.
    pub(super) fn hide(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        self.hush(turn, pid, MediaKind::Audio);
        let Some(participant) = self.people.get_mut(&pid) else { return };
        participant.version += 1;
        let mut info = participant.info();
        info.state = proto::participant_info::State::Disconnected.into();
        info.disconnect_reason = proto::DisconnectReason::ClientInitiated.into();
        let tracks = std::mem::take(&mut info.tracks);
        info.is_publisher = false;
        for track in tracks {
            self.withdraw(turn, &track.sid);
        }
        self.tell_gone(turn, pid, info);
    }

    /// Whoever leaves takes along what it sends.
    fn tell_unpublished(&mut self, turn: &mut Turn<'_>, pid: Pid, at: Moment) {
        let Some(participant) = self.people.get(&pid) else { return };
        let live = participant.tracks.iter().filter(|track| track.is_live());
        let gone: Vec<_> = live
            .map(|track| {
                let kind = RoomEventKind::TrackUnpublished { who: participant.who(), source: track.source };
                (kind, Story::of_track("track_unpublished", participant.info(), track.info.clone()))
            })
            .collect();
        for (kind, story) in gone {
            self.record_as(turn.out, at, kind, story);
        }
    }

    /// Closes the room: everybody leaves for good.
    pub(super) fn close(&mut self, turn: &mut Turn<'_>) {
        self.end(turn, LeaveReason::RoomClosed, proto::DisconnectReason::RoomDeleted, Action::Disconnect);
    }

    /// The process stops: everybody is told to come back by joining anew.
    pub(super) fn suspend(&mut self, turn: &mut Turn<'_>) {
        self.end(turn, LeaveReason::Lost, proto::DisconnectReason::ServerShutdown, Action::Reconnect);
    }

    fn end(
        &mut self,
        turn: &mut Turn<'_>,
        reason: LeaveReason,
        told: proto::DisconnectReason,
        action: Action,
    ) {
        if self.over {
            return;
        }
        // First the farewells, so that nobody is told of each of the others.
        let everybody: Vec<Pid> = self.people.keys().copied().collect();
        let conns = self.conns_except(None);
        if !conns.is_empty() {
            turn.out.push(Output::Broadcast(conns, Box::new(Response::Leave(leave_request(told, action)))));
        }
        for pid in &everybody {
            // What was heard until now counts, whether or not the socket is closed below.
            let heard = self.end_of(turn.now, *pid).map(|(end, _)| end);
            if let Some(participant) = self.people.get_mut(pid) {
                if let Some(conn) = participant.conn.take() {
                    self.by_conn.remove(&conn);
                    turn.out.push(Output::Close(conn));
                }
                participant.last_heard = heard.unwrap_or(participant.last_heard);
            }
        }
        for pid in everybody {
            self.depart_with(turn, pid, reason, told, action);
        }
        self.over = true;
        self.timers.stop(None, Timer::Empty);
        self.record_as(turn.out, turn.now, RoomEventKind::Closed, Story::of_room("room_finished"));
    }
}

/// The farewell in the protocol's words; clients older than protocol 13 read `can_reconnect`.
pub(super) fn leave_request(reason: proto::DisconnectReason, action: Action) -> proto::LeaveRequest {
    proto::LeaveRequest {
        can_reconnect: action != Action::Disconnect,
        reason: reason.into(),
        action: action.into(),
        ..Default::default()
    }
}
