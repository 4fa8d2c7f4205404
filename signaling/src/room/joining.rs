//! Coming in, and coming back.

use livekit_protocol as proto;
use proto::leave_request::Action;
use schema::event::{LeaveReason, RoomEventKind};
use schema::moment::Moment;

use super::media::PeerRole;
use super::participant::{Link, Negotiation, Participant};
use super::{
    Arrival, ConnId, JoinPath, NEGOTIATION_MS, Output, PING_INTERVAL_S, PING_TIMEOUT_S, Pid, ROUND_MS,
    Response, Room, Timer, Turn,
};

/// The version of LiveKit's server whose protocol this crate speaks; clients switch features by it.
const SERVER_VERSION: &str = "1.9.0";
/// The protocol's own number.
const PROTOCOL: i32 = 16;
/// A client's token is renewed this long before it expires, at the latest…
const REFRESH_AHEAD_MS: i64 = 300_000;
/// …but not more often than this.
const REFRESH_MIN_MS: i64 = 10_000;
/// Codecs that may be published. The first one of pictures is what clients send whose own is not among them.
const CODECS: [&str; 6] = ["audio/opus", "audio/red", "video/VP8", "video/H264", "video/VP9", "video/AV1"];

impl Room {
    /// Somebody is at the door, the token verified.
    pub(super) fn arrive(&mut self, turn: &mut Turn<'_>, mut arrival: Arrival) {
        if self.over {
            return dismiss(turn, arrival.conn, proto::DisconnectReason::RoomDeleted, Action::Disconnect);
        }
        if let Some(sid) = arrival.resume.take() {
            return self.resume(turn, arrival, &sid);
        }
        let former = self.by_identity.get(&arrival.grant.identity).copied();
        if let Some(former) = former {
            self.depart(turn, former, LeaveReason::Replaced);
        }
        if self.people.len() >= self.settings.max_participants {
            return dismiss(turn, arrival.conn, proto::DisconnectReason::JoinFailure, Action::Disconnect);
        }
        self.last_pid += 1;
        let pid = Pid(self.last_pid);
        let link = self.open_link(turn, pid, arrival.path);
        let participant = Participant {
            sid: self.ids.participant(),
            grant: arrival.grant,
            conn: Some(arrival.conn),
            link,
            client: arrival.client,
            auto_subscribe: arrival.auto_subscribe,
            joined_at: turn.now,
            last_heard: turn.now,
            socket_heard: turn.now,
            told_at: turn.now,
            state: proto::participant_info::State::Joined,
            media_down: false,
            version: 1,
            tracks: Vec::new(),
            sections: Vec::new(),
            live_mids: std::collections::BTreeSet::new(),
            orphans: std::collections::BTreeSet::new(),
            subscriptions: std::collections::BTreeMap::new(),
            choices: std::collections::BTreeMap::new(),
            forbidden: std::collections::BTreeSet::new(),
            wishes: std::collections::BTreeMap::new(),
            permissions: None,
            // Dual: the first offer carries the data channels. Single: the client offers by itself.
            negotiation: Negotiation {
                needed: arrival.path == JoinPath::Dual,
                standing: arrival.path == JoinPath::Single,
                ..Negotiation::default()
            },
            last_data_seq: 0,
            lines: [proto::ConnectionQuality::Excellent; 2],
            quality: None,
            loudness: 0,
        };
        let who = participant.who();
        self.by_identity.insert(who.identity.clone(), pid);
        self.by_conn.insert(arrival.conn, pid);
        self.people.insert(pid, participant);
        self.unsettled.insert(pid);
        self.watch_emptiness(turn.now);
        // It hears of as many as there are now: the others' last number is not its own.
        self.counts_told = (0, 0);
        if !self.timers.is_set(None, Timer::Round) {
            self.timers.set(None, Timer::Round, turn.now.plus_millis(ROUND_MS));
        }
        self.watch_token(turn.now, pid, arrival.expires_at);
        self.timers.set(Some(pid), Timer::Negotiation, turn.now.plus_millis(NEGOTIATION_MS));
        self.record(turn.out, turn.now, RoomEventKind::Joined(who));
        self.welcome(turn, pid, arrival.ice_servers);
        self.announce(turn, pid);
        self.subscribe_to_all(turn, pid);
        for wish in arrival.add_tracks {
            self.add_track(turn, pid, wish);
        }
        if let Some(offer) = arrival.offer {
            self.client_offer(turn, pid, &offer);
        }
    }

    fn open_link(&self, turn: &mut Turn<'_>, pid: Pid, path: JoinPath) -> Link {
        match path {
            JoinPath::Dual => {
                let (publisher, subscriber) = (self.peer_id(pid, false), self.peer_id(pid, true));
                turn.media.open(turn.now, publisher, PeerRole::Publisher);
                turn.media.open(turn.now, subscriber, PeerRole::Subscriber);
                Link::Dual { publisher, subscriber }
            }
            JoinPath::Single => {
                let peer = self.peer_id(pid, false);
                turn.media.open(turn.now, peer, PeerRole::Single);
                Link::Single(peer)
            }
        }
    }

    fn welcome(&self, turn: &mut Turn<'_>, pid: Pid, ice_servers: Vec<proto::IceServer>) {
        let Some(participant) = self.people.get(&pid) else { return };
        let dual = matches!(participant.link, Link::Dual { .. });
        let join = proto::JoinResponse {
            room: Some(self.info()),
            participant: Some(participant.info()),
            other_participants: self.others(pid),
            server_version: SERVER_VERSION.to_owned(),
            server_info: Some(server_info()),
            ice_servers,
            subscriber_primary: dual,
            // Without it livekit-client opens no data channels on the dual path until it publishes media.
            fast_publish: dual,
            ping_interval: PING_INTERVAL_S,
            ping_timeout: PING_TIMEOUT_S,
            enabled_publish_codecs: CODECS
                .iter()
                .map(|mime| proto::Codec { mime: (*mime).to_owned(), fmtp_line: String::new() })
                .collect(),
            ..Default::default()
        };
        turn.signal(participant.conn, Response::Join(join));
    }

    /// Everybody but one, as far as they may be seen.
    fn others(&self, pid: Pid) -> Vec<proto::ParticipantInfo> {
        self.people
            .iter()
            .filter(|(other, p)| **other != pid && !p.grant.hidden)
            .map(|(_, p)| p.info())
            .collect()
    }

    /// A client comes back to its place. If the place is gone, was taken by another path, or is of no use to it, it must join
    /// anew.
    fn resume(&mut self, turn: &mut Turn<'_>, arrival: Arrival, sid: &str) {
        let place = self.by_identity.get(&arrival.grant.identity).copied();
        let place = place.filter(|pid| {
            self.people.get(pid).is_some_and(|participant| {
                let path = match participant.link {
                    Link::Dual { .. } => JoinPath::Dual,
                    Link::Single(_) => JoinPath::Single,
                };
                participant.sid == sid && path == arrival.path
            })
        });
        let Some(pid) = place else {
            return dismiss(turn, arrival.conn, proto::DisconnectReason::StateMismatch, Action::Reconnect);
        };
        if let Some(old) = self.conn_of(pid) {
            turn.out.push(Output::Close(old));
            self.socket_lost(turn, old);
        }
        if arrival.failed && self.people.get(&pid).is_some_and(Participant::fails_for_good) {
            // Let back in, it would wait for its media for 15 s and join anew then.
            self.depart(turn, pid, LeaveReason::Lost);
            return dismiss(turn, arrival.conn, proto::DisconnectReason::MediaFailure, Action::Reconnect);
        }
        self.by_conn.insert(arrival.conn, pid);
        self.timers.stop(Some(pid), Timer::Linger);
        self.timers.set(Some(pid), Timer::Negotiation, turn.now.plus_millis(NEGOTIATION_MS));
        self.watch_token(turn.now, pid, arrival.expires_at);
        let Some(participant) = self.people.get_mut(&pid) else { return };
        let missed_since = participant.socket_heard;
        participant.socket_heard = turn.now;
        participant.last_heard = turn.now;
        let single = matches!(participant.link, Link::Single(_));
        // Dual: the server restarts ICE on the connection that it offers. Single: the client is about to offer.
        participant.negotiation.standing = single;
        participant.negotiation.needed = !single;
        participant.negotiation.restart_ice = !single;
        let last_message_seq = participant.last_data_seq;
        let silenced: Vec<String> =
            participant.tracks.iter().filter(|track| track.silenced).map(|track| track.sid.clone()).collect();
        turn.signal(
            Some(arrival.conn),
            Response::Reconnect(proto::ReconnectResponse {
                server_info: Some(server_info()),
                ice_servers: arrival.ice_servers,
                last_message_seq,
                ..Default::default()
            }),
        );
        self.note_link(turn, pid, |participant| participant.conn = Some(arrival.conn));
        // Before it reads of itself that it is muted: what a client finds out so it puts right by saying that it is not.
        for sid in silenced {
            turn.signal(Some(arrival.conn), Response::Mute(proto::MuteTrackRequest { sid, muted: true }));
        }
        // Clients go by the identity, and by what they hear last: whoever left and came in again is there.
        let gone = self.departed.iter().filter(|gone| gone.at >= missed_since);
        let gone = gone.filter(|gone| gone.info.identity != arrival.grant.identity);
        let mut participants: Vec<_> = gone.map(|gone| gone.info.clone()).collect();
        participants.extend(self.others(pid));
        participants.extend(self.people.get(&pid).map(Participant::info));
        turn.signal(Some(arrival.conn), Response::Update(proto::ParticipantUpdate { participants }));
        turn.signal(Some(arrival.conn), Response::RoomUpdate(proto::RoomUpdate { room: Some(self.info()) }));
        self.unsettled.insert(pid);
        self.tell_qualities(turn, pid);
        self.tell_stream_states(turn, pid);
        self.tell_speaking(turn, pid);
        self.tell_forbidden(turn, pid);
        for track in self.people.get_mut(&pid).into_iter().flat_map(|participant| &mut participant.tracks) {
            track.wanted_told = None;
        }
        self.tell_layers(turn, pid);
        if let Some(state) = arrival.sync {
            self.sync_state(turn, pid, state);
        }
        if let Some(offer) = arrival.offer {
            self.client_offer(turn, pid, &offer);
        }
    }

    /// What a client that comes back remembers of its subscriptions.
    pub(super) fn sync_state(&mut self, turn: &mut Turn<'_>, pid: Pid, state: proto::SyncState) {
        if let Some(subscription) = state.subscription {
            let known: Vec<String> = subscription
                .track_sids
                .into_iter()
                .filter(|sid| self.publisher_of(pid, sid).is_some())
                .collect();
            let update = proto::UpdateSubscription { track_sids: known, ..subscription };
            self.update_subscription(turn, pid, &update);
        }
        // What it wanted again while its line was down it could not say.
        let enabled: Vec<String> = self
            .people
            .get(&pid)
            .into_iter()
            .flat_map(|participant| &participant.wishes)
            .filter(|(sid, wish)| wish.disabled && !state.track_sids_disabled.contains(sid))
            .map(|(sid, _)| sid.clone())
            .collect();
        if !enabled.is_empty() {
            let wish = proto::UpdateTrackSettings {
                track_sids: enabled,
                quality: proto::VideoQuality::High.into(),
                ..Default::default()
            };
            self.tune_tracks(turn, pid, &wish);
        }
        if !state.track_sids_disabled.is_empty() {
            let wish = proto::UpdateTrackSettings {
                track_sids: state.track_sids_disabled,
                disabled: true,
                ..Default::default()
            };
            self.tune_tracks(turn, pid, &wish);
        }
    }

    fn watch_token(&mut self, now: Moment, pid: Pid, expires_at: Moment) {
        let left = expires_at.millis_since(now);
        let wait = (left - REFRESH_AHEAD_MS).max(left / 2).clamp(REFRESH_MIN_MS, REFRESH_AHEAD_MS);
        self.timers.set(Some(pid), Timer::Refresh, now.plus_millis(wait));
    }

    /// A client that stays always holds a token with which it can come back.
    pub(super) fn refresh_token(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(participant) = self.people.get(&pid) else { return };
        let Some(conn) = participant.conn else { return };
        let mut grant = participant.grant.clone();
        grant.ttl = crate::config::FRESH_TOKEN_TTL;
        let lifetime = i64::try_from(grant.ttl.as_millis()).unwrap_or(i64::MAX);
        turn.out.push(Output::Refresh(conn, Box::new(grant)));
        self.watch_token(turn.now, pid, turn.now.plus_millis(lifetime));
    }
}

/// Turns a client away before it is in.
fn dismiss(turn: &mut Turn<'_>, conn: ConnId, reason: proto::DisconnectReason, action: Action) {
    turn.signal(Some(conn), Response::Leave(super::leaving::leave_request(reason, action)));
    turn.out.push(Output::Close(conn));
}

fn server_info() -> proto::ServerInfo {
    proto::ServerInfo {
        edition: proto::server_info::Edition::Standard.into(),
        version: SERVER_VERSION.to_owned(),
        protocol: PROTOCOL,
        ..Default::default()
    }
}

/// Whether a codec may be published.
pub(super) fn is_published(mime_type: &str) -> bool {
    CODECS.iter().any(|known| known.eq_ignore_ascii_case(mime_type))
}
