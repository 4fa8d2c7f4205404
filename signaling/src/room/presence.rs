//! Presence: who was heard when, whose line is down, and what of it goes into the record.
//!
//! An interval opens when a participant comes in and ends when it leaves, with the time it was last heard. Between the
//! two it gives a sign of life at least every [`schema::event::HEARTBEAT_MS`], so that a crash costs no more than that.

use livekit_protocol as proto;
use schema::event::{HEARTBEAT_MS, RoomEventKind, Who};
use schema::moment::Moment;

use super::media::PeerId;
use super::participant::Participant;
use super::{ConnId, Output, Pid, ROUND_MS, Response, Room, SOCKET_SILENCE_MS, Story, Timer, Turn};

impl Room {
    /// Notes a sign of life on a socket; tells whose it is.
    pub(super) fn heard(&mut self, now: Moment, conn: ConnId) -> Option<Pid> {
        let pid = *self.by_conn.get(&conn)?;
        let participant = self.people.get_mut(&pid)?;
        participant.socket_heard = now;
        participant.last_heard = now;
        Some(pid)
    }

    /// Notes a sign of life on a PeerConnection.
    pub(super) fn heard_media(&mut self, now: Moment, peer: PeerId) -> Option<Pid> {
        let pid = self.owner_of(peer)?;
        self.people.get_mut(&pid)?.last_heard = now;
        Some(pid)
    }

    /// Somebody has set the clock, by so many milliseconds, or the machine has slept: what was a while ago still is, and what
    /// is due in a while as well. The record stays as it was: nobody was there in between. Tokens go by the clock; the old
    /// ones may be over, or not hold yet, so everybody gets a fresh one.
    pub fn clock_was_set(&mut self, now: Moment, millis: i64) {
        self.timers.shift(millis);
        for participant in self.people.values_mut() {
            participant.socket_heard = participant.socket_heard.plus_millis(millis);
            participant.told_at = participant.told_at.min(now);
            for since in participant.tracks.iter_mut().filter_map(|track| track.live_since.as_mut()) {
                *since = since.plus_millis(millis);
            }
        }
        for departed in &mut self.departed {
            departed.at = departed.at.plus_millis(millis);
        }
        for owner in self.timers.owners(Timer::Refresh) {
            self.timers.set(owner, Timer::Refresh, now);
        }
    }

    /// Every few seconds: tells the record who is alive, and gives up sockets that went silent.
    pub(super) fn round(&mut self, turn: &mut Turn<'_>) {
        let mut silent = Vec::new();
        let mut alive = Vec::new();
        for participant in self.people.values_mut() {
            if participant.last_heard > participant.told_at {
                participant.told_at = participant.last_heard;
                alive.push((participant.last_heard, participant.who()));
            }
            if let Some(conn) = participant.conn
                && turn.now.millis_since(participant.socket_heard) >= SOCKET_SILENCE_MS
            {
                silent.push(conn);
            }
        }
        for (at, who) in alive {
            self.record(turn.out, at, RoomEventKind::Alive(who));
        }
        for conn in silent {
            turn.out.push(Output::Close(conn));
            self.socket_lost(turn, conn);
        }
        let horizon = turn.now.plus_millis(-2 * self.settings.linger_ms);
        self.departed.retain(|departed| departed.at > horizon);
        self.tell_counts(turn);
        if !self.people.is_empty() {
            self.timers.set(None, Timer::Round, turn.now.plus_millis(ROUND_MS));
        }
    }

    /// Tells everybody how many there are, when that has changed: of others' coming and going clients are told, but they do
    /// not count.
    fn tell_counts(&mut self, turn: &mut Turn<'_>) {
        let room = self.info();
        let counts = (room.num_participants, room.num_publishers);
        if std::mem::replace(&mut self.counts_told, counts) != counts {
            self.broadcast(turn, None, Response::RoomUpdate(proto::RoomUpdate { room: Some(room) }));
        }
    }

    /// A socket is gone: the place is kept for the linger window.
    pub(super) fn socket_lost(&mut self, turn: &mut Turn<'_>, conn: ConnId) {
        let Some(pid) = self.by_conn.remove(&conn) else { return };
        self.note_link(turn, pid, |participant| participant.conn = None);
        self.timers.stop(Some(pid), Timer::Refresh);
        self.timers.stop(Some(pid), Timer::Negotiation);
        self.timers.set(Some(pid), Timer::Linger, turn.now.plus_millis(self.settings.linger_ms));
    }

    /// Media flows.
    pub(super) fn media_up(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(pid) = self.heard_media(turn.now, peer) else { return };
        let Some(participant) = self.people.get(&pid) else { return };
        if participant.link.receiving() != peer {
            return;
        }
        let first = participant.state != proto::participant_info::State::Active;
        self.note_link(turn, pid, |participant| {
            participant.media_down = false;
            participant.state = proto::participant_info::State::Active;
        });
        if first {
            self.tell_joined(turn, pid);
            self.announce(turn, pid);
            self.tell_quality(turn, pid);
            self.tell_qualities(turn, pid);
            self.tell_speaking(turn, pid);
        }
    }

    /// LiveKit says of somebody that it has joined when its media flows: of one whose media never does, only that its
    /// connection was aborted.
    fn tell_joined(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        participant.told_at = turn.now;
        let (who, joined) = (participant.who(), Story::of("participant_joined", participant.info()));
        self.record_as(turn.out, turn.now, RoomEventKind::Alive(who), joined);
    }

    /// Media flowed, and nothing is heard any more.
    pub(super) fn media_lost(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(pid) = self.owner_of(peer) else { return };
        let Some(participant) = self.people.get(&pid) else { return };
        let flowed = participant.state == proto::participant_info::State::Active;
        if flowed && participant.link.receiving() == peer {
            self.note_link(turn, pid, |participant| participant.media_down = true);
        }
    }

    /// Changes something about a participant's line, and records it when the line went down or came back by it.
    pub(super) fn note_link(&mut self, turn: &mut Turn<'_>, pid: Pid, change: impl FnOnce(&mut Participant)) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let was_down = participant.is_down();
        change(participant);
        let is_down = participant.is_down();
        if was_down == is_down {
            return;
        }
        let at = if is_down { participant.last_heard } else { turn.now };
        let at = at.max(participant.told_at);
        participant.told_at = at;
        let who = participant.who();
        let kind = if is_down { RoomEventKind::LinkDown(who) } else { RoomEventKind::LinkUp(who) };
        self.record(turn.out, at, kind);
        self.tell_quality(turn, pid);
    }

    /// When a participant that leaves now was last heard. With its socket up that is now, unless it is overdue.
    pub(super) fn end_of(&self, now: Moment, pid: Pid) -> Option<(Moment, Who)> {
        let participant = self.people.get(&pid)?;
        let last = if participant.conn.is_some() {
            now.min(participant.last_heard.plus_millis(HEARTBEAT_MS))
        } else {
            participant.last_heard
        };
        Some((last.max(participant.told_at), participant.who()))
    }

    /// Closes the room by itself when it stands empty for long, if it is set up so: one into which nobody has come yet
    /// waits for another time than one that everybody has left.
    pub(super) fn watch_emptiness(&mut self, now: Moment) {
        let somebody_was_in = self.last_pid > 0;
        let patience =
            if somebody_was_in { self.settings.departure_timeout_ms } else { self.settings.empty_timeout_ms };
        match patience {
            Some(after) if self.people.is_empty() => {
                self.timers.set(None, Timer::Empty, now.plus_millis(after));
            }
            _ => self.timers.stop(None, Timer::Empty),
        }
    }
}
