//! A room with its clients, as a test tells of it.

use std::collections::{BTreeMap, BTreeSet};

use livekit_protocol as proto;
use schema::event::{RoomEvent, RoomEventKind};
use schema::moment::Moment;

use super::fake_media::FakeMedia;
use crate::config::{Grant, Limits, RoomSettings};
use crate::room::media::{MediaEvent, PeerId};
use crate::room::{Arrival, Command, ConnId, Ids, Input, JoinPath, Output, Refusal, Request, Response, Room};

/// What one client has seen.
#[derive(Debug, Default)]
pub struct Inbox {
    pub messages: Vec<Response>,
    pub closed: bool,
}

pub struct World {
    pub now: Moment,
    pub room: Room,
    pub media: FakeMedia,
    pub events: Vec<RoomEvent>,
    pub inboxes: BTreeMap<ConnId, Inbox>,
    pub refreshed: Vec<ConnId>,
    out: Vec<Output>,
    last_conn: u64,
}

/// A client that joined.
#[derive(Debug, Clone)]
pub struct Client {
    pub conn: ConnId,
    pub sid: String,
    pub identity: String,
    pub path: JoinPath,
}

pub const START: Moment = Moment::from_millis(1_790_000_000_000);

impl World {
    pub fn new() -> Self {
        Self::with(RoomSettings::default())
    }

    pub fn with(settings: RoomSettings) -> Self {
        let mut out = Vec::new();
        let room =
            Room::open(START, "room".into(), 7, settings, Limits::default(), Ids::new([7; 32]), &mut out);
        let mut world = Self {
            now: START,
            room,
            media: FakeMedia::default(),
            events: Vec::new(),
            inboxes: BTreeMap::new(),
            refreshed: Vec::new(),
            out,
            last_conn: 0,
        };
        world.collect();
        world
    }

    pub fn input(&mut self, input: Input) {
        self.room.handle(self.now, input, &mut self.media, &mut self.out);
        self.collect();
    }

    pub fn command(&mut self, command: Command) -> Result<(), Refusal> {
        let done = self.room.command(self.now, command, &mut self.media, &mut self.out);
        self.collect();
        done
    }

    fn collect(&mut self) {
        for output in self.out.drain(..) {
            match output {
                Output::Signal(conn, message) => {
                    self.inboxes.entry(conn).or_default().messages.push(*message);
                }
                Output::Broadcast(conns, message) => {
                    for conn in conns {
                        self.inboxes.entry(conn).or_default().messages.push((*message).clone());
                    }
                }
                Output::Refresh(conn, _) => self.refreshed.push(conn),
                Output::Close(conn) => self.inboxes.entry(conn).or_default().closed = true,
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    pub fn conn(&mut self) -> ConnId {
        self.last_conn += 1;
        ConnId(self.last_conn)
    }

    pub fn arrival(&mut self, identity: &str, path: JoinPath) -> Arrival {
        Arrival {
            conn: self.conn(),
            grant: Grant::endpoint("room", identity, identity),
            expires_at: self.now.plus_millis(600_000),
            path,
            auto_subscribe: true,
            client: proto::ClientInfo::default(),
            resume: None,
            failed: false,
            offer: None,
            add_tracks: Vec::new(),
            sync: None,
            ice_servers: Vec::new(),
        }
    }

    pub fn arrive(&mut self, arrival: Arrival) -> Option<Client> {
        let (conn, path, identity) = (arrival.conn, arrival.path, arrival.grant.identity.clone());
        self.input(Input::Arrive(Box::new(arrival)));
        let sid = self.inboxes.get(&conn)?.messages.iter().find_map(|message| match message {
            Response::Join(join) => join.participant.as_ref().map(|participant| participant.sid.clone()),
            _ => None,
        })?;
        Some(Client { conn, sid, identity, path })
    }

    /// Joins, negotiates, and has media flowing.
    pub fn join(&mut self, identity: &str, path: JoinPath) -> Client {
        let mut arrival = self.arrival(identity, path);
        if path == JoinPath::Single {
            arrival.offer = Some(offer("recv:0:a recv:1:v"));
        }
        let client = self.arrive(arrival).expect("the room lets in");
        self.answer_offers(&client);
        self.input(Input::Media(MediaEvent::Connected { peer: self.receiving(&client) }));
        client
    }

    pub fn resume(&mut self, client: &Client) -> Client {
        let mut arrival = self.arrival(&client.identity, client.path);
        arrival.resume = Some(client.sid.clone());
        let conn = arrival.conn;
        self.input(Input::Arrive(Box::new(arrival)));
        Client { conn, ..client.clone() }
    }

    /// Asks for a track, offers it, and lets its media arrive.
    pub fn publish(&mut self, client: &Client, cid: &str, source: proto::TrackSource, sdp: &str) -> String {
        self.say(client, Request::AddTrack(wish(cid, source)));
        self.say(client, Request::Offer(offer(sdp)));
        let mid = sdp
            .split_whitespace()
            .find_map(|word| {
                let parts: Vec<&str> = word.split(':').collect();
                (parts[0] == "send" && parts[3] == cid).then(|| parts[1].to_owned())
            })
            .expect("the offer sends the track");
        self.input(Input::Media(MediaEvent::TrackLive { peer: self.publishing(client), mid }));
        self.published(client, cid).expect("the wish was answered")
    }

    /// The sid under which the client's wish was answered.
    pub fn published(&self, client: &Client, cid: &str) -> Option<String> {
        self.inbox(client).messages.iter().rev().find_map(|message| match message {
            Response::TrackPublished(published) if published.cid == cid => {
                published.track.as_ref().map(|t| t.sid.clone())
            }
            _ => None,
        })
    }

    pub fn say(&mut self, client: &Client, request: Request) {
        self.input(Input::Signal(client.conn, Box::new(request)));
    }

    /// Answers the server's offers until none is open.
    pub fn answer_offers(&mut self, client: &Client) {
        if client.path == JoinPath::Dual {
            for _ in 0..8 {
                self.say(
                    client,
                    Request::Answer(proto::SessionDescription { sdp: "ok".into(), ..Default::default() }),
                );
            }
        }
    }

    pub fn inbox(&self, client: &Client) -> &Inbox {
        &self.inboxes[&client.conn]
    }

    /// Forgets what the client has seen so far.
    pub fn forget(&mut self, client: &Client) {
        self.inboxes.entry(client.conn).or_default().messages.clear();
    }

    pub fn lose_socket(&mut self, client: &Client) {
        self.input(Input::Closed(client.conn));
    }

    /// Lets time pass; clients whose sockets are named ping as they should.
    pub fn pass(&mut self, millis: i64, pinging: &[&Client]) {
        let end = self.now.plus_millis(millis);
        while self.now < end {
            self.now = self.now.plus_millis(1000).min(end);
            for client in pinging {
                self.input(Input::Heard(client.conn));
            }
            self.input(Input::Timeout);
        }
    }

    fn pid_of(&self, client: &Client) -> u64 {
        let (pid, _) = self
            .room
            .people
            .iter()
            .find(|(_, participant)| participant.sid == client.sid)
            .expect("the client is in");
        u64::from(pid.0)
    }

    pub fn publishing(&self, client: &Client) -> PeerId {
        PeerId(7 << 32 | self.pid_of(client) << 1)
    }

    pub fn receiving(&self, client: &Client) -> PeerId {
        PeerId(self.publishing(client).0 | u64::from(client.path == JoinPath::Dual))
    }

    /// Sids of the tracks on their way to a client.
    pub fn receives(&self, client: &Client) -> BTreeSet<String> {
        let peer = self.receiving(client);
        self.media
            .forwards
            .values()
            .filter(|(to, _)| *to == peer)
            .map(|(_, spec)| spec.track_id.clone())
            .collect()
    }

    /// What the record says of one identity, in order.
    pub fn record_of(&self, identity: &str) -> Vec<&'static str> {
        self.events
            .iter()
            .filter(|event| who(&event.kind).is_some_and(|who| who == identity))
            .map(|event| match &event.kind {
                RoomEventKind::Opened | RoomEventKind::Closed => "room",
                RoomEventKind::Joined(_) => "joined",
                RoomEventKind::Alive(_) => "alive",
                RoomEventKind::LinkDown(_) => "down",
                RoomEventKind::LinkUp(_) => "up",
                RoomEventKind::Left { .. } => "left",
                RoomEventKind::TrackPublished { .. } => "published",
                RoomEventKind::TrackUnpublished { .. } => "unpublished",
                RoomEventKind::TrackMuted { muted: true, .. } => "muted",
                RoomEventKind::TrackMuted { muted: false, .. } => "unmuted",
            })
            .filter(|word| *word != "alive")
            .collect()
    }
}

/// Whom an event is about.
pub fn who(kind: &RoomEventKind) -> Option<&str> {
    match kind {
        RoomEventKind::Opened | RoomEventKind::Closed => None,
        RoomEventKind::Joined(who)
        | RoomEventKind::Alive(who)
        | RoomEventKind::LinkDown(who)
        | RoomEventKind::LinkUp(who)
        | RoomEventKind::Left { who, .. }
        | RoomEventKind::TrackPublished { who, .. }
        | RoomEventKind::TrackUnpublished { who, .. }
        | RoomEventKind::TrackMuted { who, .. } => Some(&who.identity),
    }
}

pub fn offer(sdp: &str) -> proto::SessionDescription {
    proto::SessionDescription { r#type: "offer".into(), sdp: sdp.into(), id: 1, ..Default::default() }
}

pub fn wish(cid: &str, source: proto::TrackSource) -> proto::AddTrackRequest {
    let kind = match source {
        proto::TrackSource::Microphone | proto::TrackSource::ScreenShareAudio => proto::TrackType::Audio,
        _ => proto::TrackType::Video,
    };
    proto::AddTrackRequest {
        cid: cid.into(),
        source: source.into(),
        r#type: kind.into(),
        ..Default::default()
    }
}
