//! A room as a state machine: messages and time in, messages out. Pure.
//!
//! [`Room::handle`] takes one [`Input`] at a time and writes down what is to be done as [`Output`]s, in order; what
//! concerns media it tells the [`Media`] it is given. It knows no socket, no thread and no clock. Each file beside
//! this one holds one concern as an `impl Room`; [`Turn`] is what they pass around.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod ids;
mod io;
mod joining;
mod leaving;
pub mod media;
mod messaging;
mod metering;
mod moderating;
mod negotiating;
mod participant;
mod presence;
mod profile;
mod publishing;
mod stories;
mod subscribing;
mod timers;
mod track;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use livekit_protocol as proto;
use schema::event::{RoomEvent, RoomEventKind};
use schema::moment::Moment;

pub use ids::Ids;
pub use io::{
    Arrival, Change, Command, ConnId, Input, JoinPath, Message, Output, Refusal, Request, Response, Rights,
    Which,
};
use media::{Media, MediaEvent, PeerId};
use participant::Participant;
pub use participant::{ParticipantSnapshot, Pid};
use stories::Story;
use timers::Timers;
use track::Track;
pub use track::source_of;

use crate::config::{Limits, RoomSettings};

/// How often a client is to ping, in seconds.
pub const PING_INTERVAL_S: i32 = 4;
/// How long a client waits for anything from the server before it takes the socket for dead, in seconds.
pub const PING_TIMEOUT_S: i32 = 12;
/// How long the server waits for anything on a socket before it takes it for dead, in milliseconds.
const SOCKET_SILENCE_MS: i64 = 15_000;
/// How often the room looks who was heard. Pings come every [`PING_INTERVAL_S`], so two signs of life of a
/// participant are never further apart than [`schema::event::HEARTBEAT_MS`].
const ROUND_MS: i64 = 5_000;
/// How long a client may take to answer an offer, or to make one when asked.
const NEGOTIATION_MS: i64 = 15_000;

/// Whom a deadline belongs to; `None` is the room itself.
type Owner = Option<Pid>;

/// The kinds of deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// The lost participant's place is given up.
    Linger,
    /// The client needs a fresh token.
    Refresh,
    /// The client owes an answer or an offer.
    Negotiation,
    /// The publisher can be told which layers are wanted.
    Layers,
    /// Look who was heard.
    Round,
    /// The room has stood empty long enough.
    Empty,
}

/// What one call of [`Room::handle`] works with.
struct Turn<'a> {
    now: Moment,
    media: &'a mut dyn Media,
    out: &'a mut Vec<Output>,
}

impl Turn<'_> {
    fn signal(&mut self, conn: Option<ConnId>, message: Response) {
        if let Some(conn) = conn {
            self.out.push(Output::Signal(conn, Box::new(message)));
        }
    }

    /// A client does not get a track that it asked for.
    fn refuse(&mut self, conn: Option<ConnId>, sid: &str, error: proto::SubscriptionError) {
        let (track_sid, err) = (sid.to_owned(), error.into());
        self.signal(conn, Response::SubscriptionResponse(proto::SubscriptionResponse { track_sid, err }));
    }
}

/// Somebody who left a moment ago: a client that comes back must hear of it.
#[derive(Debug)]
struct Departed {
    at: Moment,
    info: proto::ParticipantInfo,
}

/// One open room.
#[derive(Debug)]
pub struct Room {
    name: String,
    sid: String,
    number: u32,
    settings: RoomSettings,
    limits: Limits,
    metadata: String,
    opened_at: Moment,
    ids: Ids,
    people: BTreeMap<Pid, Participant>,
    by_identity: HashMap<String, Pid>,
    by_conn: HashMap<ConnId, Pid>,
    departed: VecDeque<Departed>,
    timers: Timers<Owner, Timer>,
    unsettled: BTreeSet<Pid>,
    /// Participants and publishers, as everybody was last told.
    counts_told: (u32, u32),
    last_pid: u32,
    seq: u64,
    over: bool,
}

impl Room {
    /// Opens a room. `number` makes its PeerConnections' ids unique within the worker: it is their upper half.
    pub fn open(
        now: Moment,
        name: String,
        number: u32,
        settings: RoomSettings,
        limits: Limits,
        mut ids: Ids,
        out: &mut Vec<Output>,
    ) -> Self {
        let mut room = Self {
            name,
            sid: ids.room(),
            number,
            metadata: settings.metadata.clone(),
            settings,
            limits,
            opened_at: now,
            ids,
            people: BTreeMap::new(),
            by_identity: HashMap::new(),
            by_conn: HashMap::new(),
            departed: VecDeque::new(),
            timers: Timers::new(),
            unsettled: BTreeSet::new(),
            counts_told: (0, 0),
            last_pid: 0,
            seq: 0,
            over: false,
        };
        room.record_as(out, now, RoomEventKind::Opened, Story::of_room("room_started"));
        room.watch_emptiness(now);
        room
    }

    /// Takes one input; what is to be done is appended to `out`.
    pub fn handle(&mut self, now: Moment, input: Input, media: &mut dyn Media, out: &mut Vec<Output>) {
        let mut turn = Turn { now, media, out };
        match input {
            Input::Arrive(arrival) => self.arrive(&mut turn, *arrival),
            Input::Signal(conn, request) => {
                if let Some(pid) = self.heard(now, conn) {
                    self.request(&mut turn, pid, *request);
                }
            }
            Input::Heard(conn) => {
                self.heard(now, conn);
            }
            Input::Closed(conn) => self.socket_lost(&mut turn, conn),
            Input::Unreadable(conn) => self.unreadable(&mut turn, conn),
            Input::Media(event) => self.media_event(&mut turn, event),
            Input::Timeout => self.timeouts(&mut turn),
        }
        self.settle(&mut turn);
    }

    /// Carries out what the server wants.
    pub fn command(
        &mut self,
        now: Moment,
        command: Command,
        media: &mut dyn Media,
        out: &mut Vec<Output>,
    ) -> Result<(), Refusal> {
        let mut turn = Turn { now, media, out };
        let done = self.moderate(&mut turn, command);
        self.settle(&mut turn);
        done
    }

    /// When the room next wants [`Input::Timeout`].
    pub fn next_deadline(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// The room is closed and can be thrown away.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// The room's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The room and everybody in it, in the protocol's words.
    pub fn describe(&self) -> (proto::Room, Vec<proto::ParticipantInfo>) {
        (self.info(), self.people.values().map(Participant::info).collect())
    }

    /// Everybody in the room, in the order of coming in.
    pub fn snapshot(&self) -> Vec<ParticipantSnapshot> {
        self.people.values().map(ParticipantSnapshot::from).collect()
    }

    /// How many are in the room.
    pub fn headcount(&self) -> usize {
        self.people.len()
    }

    fn request(&mut self, turn: &mut Turn<'_>, pid: Pid, request: Request) {
        match request {
            Request::Offer(offer) => self.client_offer(turn, pid, &offer),
            Request::Answer(answer) => self.client_answer(turn, pid, &answer),
            Request::AddTrack(wish) => self.add_track(turn, pid, wish),
            Request::Mute(mute) => self.client_mute(turn, pid, &mute),
            Request::Subscription(update) => self.update_subscription(turn, pid, &update),
            Request::TrackSetting(wish) => self.tune_tracks(turn, pid, &wish),
            Request::SubscriptionPermission(permission) => self.set_permissions(turn, pid, permission),
            Request::SyncState(state) => self.sync_state(turn, pid, state),
            Request::UpdateMetadata(update) => self.update_profile(turn, pid, update),
            Request::UpdateAudioTrack(update) => self.update_audio(turn, pid, &update),
            Request::UpdateVideoTrack(update) => self.update_video(turn, pid, &update),
            Request::Leave(_) => self.client_leaves(turn, pid),
            Request::PublishDataTrackRequest(request) => {
                let request = proto::request_response::Request::PublishDataTrack(request);
                self.respond(turn, pid, 0, proto::request_response::Reason::UnsupportedType, Some(request));
            }
            // Pings are answered at the socket. Candidates stand in the descriptions; layers and scenarios are hints that need
            // no deed; blobs and data tracks are not offered, and clients see that from the missing reply.
            _ => {}
        }
    }

    fn media_event(&mut self, turn: &mut Turn<'_>, event: MediaEvent) {
        match event {
            MediaEvent::Connected { peer } => self.media_up(turn, peer),
            MediaEvent::Lost { peer } => self.media_lost(turn, peer),
            MediaEvent::TrackLive { peer, mid } => self.track_live(turn, peer, mid),
            MediaEvent::Data { peer, reliable, frame } => self.relay_data(turn, peer, reliable, &frame),
            MediaEvent::Levels(levels) => self.levels(turn, &levels),
            MediaEvent::Paused { peer, forward, paused } => self.stream_paused(turn, peer, forward, paused),
            MediaEvent::Unsupported { peer, forward } => self.unsupported(turn, peer, forward),
            MediaEvent::Quality { peer, loss, rtt_ms } => self.line_quality(turn, peer, loss, rtt_ms),
            MediaEvent::Wanted { peer, mid, layers } => self.layers_wanted(turn, peer, &mid, layers),
        }
    }

    fn timeouts(&mut self, turn: &mut Turn<'_>) {
        while let Some((owner, timer)) = self.timers.expired(turn.now) {
            match (owner, timer) {
                (Some(pid), Timer::Linger) => self.linger_over(turn, pid),
                (Some(pid), Timer::Refresh) => self.refresh_token(turn, pid),
                (Some(pid), Timer::Negotiation) => self.negotiation_failed(turn, pid),
                (Some(pid), Timer::Layers) => self.tell_layers(turn, pid),
                (_, Timer::Round) => self.round(turn),
                (_, Timer::Empty) => self.close(turn),
                (None, Timer::Linger | Timer::Refresh | Timer::Negotiation | Timer::Layers) => {}
            }
        }
    }

    /// Who a PeerConnection belongs to, if that participant is still here.
    fn owner_of(&self, peer: PeerId) -> Option<Pid> {
        let number = u32::try_from(peer.0 >> 32).ok()?;
        let pid = Pid(u32::try_from((peer.0 & 0xffff_ffff) >> 1).ok()?);
        (number == self.number && self.people.contains_key(&pid)).then_some(pid)
    }

    fn peer_id(&self, pid: Pid, second: bool) -> PeerId {
        PeerId(u64::from(self.number) << 32 | u64::from(pid.0) << 1 | u64::from(second))
    }

    fn conn_of(&self, pid: Pid) -> Option<ConnId> {
        self.people.get(&pid).and_then(|participant| participant.conn)
    }

    /// Everybody's sockets, but for one participant's.
    fn conns_except(&self, except: Option<Pid>) -> Vec<ConnId> {
        self.people.iter().filter(|(pid, _)| Some(**pid) != except).filter_map(|(_, p)| p.conn).collect()
    }

    fn broadcast(&self, turn: &mut Turn<'_>, except: Option<Pid>, message: Response) {
        let to = self.conns_except(except);
        if !to.is_empty() {
            turn.out.push(Output::Broadcast(to, Box::new(message)));
        }
    }

    /// Tells everybody (of a hidden participant: only itself) how a participant stands now.
    fn announce(&mut self, turn: &mut Turn<'_>, pid: Pid) {
        let Some(participant) = self.people.get_mut(&pid) else { return };
        participant.version += 1;
        let update = Response::Update(proto::ParticipantUpdate { participants: vec![participant.info()] });
        if participant.grant.hidden {
            turn.signal(participant.conn, update);
        } else {
            self.broadcast(turn, None, update);
        }
    }

    /// What everybody may know of the room.
    fn info(&self) -> proto::Room {
        let seen = || self.people.values().filter(|participant| !participant.grant.hidden);
        let seconds = |ms: Option<i64>| ms.and_then(|ms| u32::try_from(ms / 1000).ok()).unwrap_or(0);
        proto::Room {
            sid: self.sid.clone(),
            name: self.name.clone(),
            empty_timeout: seconds(self.settings.empty_timeout_ms),
            departure_timeout: seconds(self.settings.departure_timeout_ms),
            max_participants: u32::try_from(self.settings.max_participants).unwrap_or(u32::MAX),
            creation_time: self.opened_at.as_millis() / 1000,
            creation_time_ms: self.opened_at.as_millis(),
            metadata: self.metadata.clone(),
            num_participants: u32::try_from(seen().count()).unwrap_or(u32::MAX),
            num_publishers: u32::try_from(seen().filter(|p| p.tracks.iter().any(Track::is_live)).count())
                .unwrap_or(u32::MAX),
            ..Default::default()
        }
    }

    /// Writes an event into the record.
    fn record(&mut self, out: &mut Vec<Output>, at: Moment, kind: RoomEventKind) {
        self.write_down(out, at, kind, None);
    }

    /// Writes an event into the record, and what LiveKit says of it.
    fn record_as(&mut self, out: &mut Vec<Output>, at: Moment, kind: RoomEventKind, story: Story) {
        self.write_down(out, at, kind, Some(story));
    }

    fn write_down(&mut self, out: &mut Vec<Output>, at: Moment, kind: RoomEventKind, story: Option<Story>) {
        self.seq += 1;
        let webhook = story.and_then(|story| self.in_livekits_words(at, story));
        out.push(Output::Event(RoomEvent {
            room: self.name.clone(),
            incarnation: self.sid.clone(),
            seq: self.seq,
            at,
            kind,
            webhook,
        }));
    }
}
