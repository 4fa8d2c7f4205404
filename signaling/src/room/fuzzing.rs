//! Way in to a room for the fuzz targets: see [`crate::fuzzing`].

use std::time::{Duration, Instant};

use livekit_protocol as proto;
use prost::Message as _;
use schema::moment::Moment;

use super::media::MediaEvent;
use super::{Arrival, ConnId, Ids, Input, JoinPath, Output, Response, Room};
use crate::config::{Grant, Limits, RoomSettings};
use crate::fuzzing::{pieces, start};
use crate::media::Engine;
use crate::media::fuzzing::{WALL, engine};

/// The room that all targets use.
pub const ROOM: &str = "room";
/// The one who only sits by.
const BYSTANDER: ConnId = ConnId(1);
/// The one who says what stands in the input.
const SPEAKER: ConnId = ConnId(2);

/// First byte: which way the speaker joined. Then its messages: by their lowest two bits over the socket (0 and 1), or
/// over a data channel; time passes before each, in steps of 64 ms. Whatever it says, the other one stays.
pub fn requests(bytes: &[u8]) {
    let (Some((first, rest)), Some(mut stage)) = (bytes.split_first(), Stage::new()) else { return };
    let path = if first & 1 == 0 { JoinPath::Single } else { JoinPath::Dual };
    stage.input(Input::Arrive(Box::new(arrival(SPEAKER, path))));
    for (kind, frame) in pieces(rest) {
        stage.pass(i64::from(kind >> 2) * 64);
        if kind & 2 == 0 {
            match proto::SignalRequest::decode(frame) {
                Ok(proto::SignalRequest { message: Some(message) }) => {
                    stage.input(Input::Signal(SPEAKER, Box::new(message)));
                }
                Ok(_) => stage.input(Input::Heard(SPEAKER)),
                Err(_) => stage.input(Input::Unreadable(SPEAKER)),
            }
        } else if let Some(pid) = stage.room.by_conn.get(&SPEAKER) {
            let peer = stage.room.peer_id(*pid, false);
            let frame = frame.to_vec();
            stage.input(Input::Media(MediaEvent::Data { peer, reliable: kind & 1 == 0, frame }));
        }
    }
    for _ in 0..4 {
        stage.pass(5_000);
    }
    stage.check();
}

/// A room with somebody in it, on a true media plane.
pub struct Stage {
    room: Room,
    engine: Engine,
    now: Instant,
    out: Vec<Output>,
    /// The bystander was told to go.
    dismissed: bool,
}

impl Stage {
    /// The room with the bystander in it.
    pub fn new() -> Option<Self> {
        let mut out = Vec::new();
        let (settings, limits) = (RoomSettings::default(), Limits::default());
        let room = Room::open(WALL, ROOM.to_owned(), 0, settings, limits, Ids::new([7; 32]), &mut out);
        let mut stage = Self { room, engine: engine()?, now: start(), out, dismissed: false };
        stage.input(Input::Arrive(Box::new(arrival(BYSTANDER, JoinPath::Dual))));
        Some(stage)
    }

    /// Something happens.
    pub fn input(&mut self, input: Input) {
        let now = self.wall();
        self.room.handle(now, input, &mut self.engine, &mut self.out);
        while let Some(event) = self.engine.poll_event() {
            self.room.handle(now, Input::Media(event), &mut self.engine, &mut self.out);
        }
        for output in self.out.drain(..) {
            // To be asked to come back is not to be dismissed: this one never answers offers.
            let dismissal =
                |message: &Response| matches!(message, Response::Leave(leave) if !leave.can_reconnect);
            self.dismissed |= match output {
                Output::Signal(conn, message) => conn == BYSTANDER && dismissal(&message),
                Output::Broadcast(conns, message) => conns.contains(&BYSTANDER) && dismissal(&message),
                Output::Close(conn) => conn == BYSTANDER,
                Output::Refresh(..) | Output::Event(_) => false,
            };
        }
    }

    /// Time passes; the bystander goes on giving signs of life.
    pub fn pass(&mut self, millis: i64) {
        self.now += Duration::from_millis(millis.unsigned_abs());
        self.engine.tick(self.now);
        self.engine.transmit(|_, _, _| {});
        self.input(Input::Heard(BYSTANDER));
        self.input(Input::Timeout);
    }

    /// Nothing that one client does costs another its place.
    pub fn check(&self) {
        let stays = self.room.by_conn.contains_key(&BYSTANDER);
        assert!(stays && !self.dismissed, "a bystander has lost its place");
    }

    fn wall(&self) -> Moment {
        let passed = self.now.saturating_duration_since(start());
        WALL.plus_millis(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Somebody at the door.
pub fn arrival(conn: ConnId, path: JoinPath) -> Arrival {
    Arrival {
        conn,
        grant: Grant {
            can_update_own_metadata: true,
            ..Grant::endpoint(ROOM, format!("endpoint:{}", conn.0), "Mường Nhé")
        },
        expires_at: WALL.plus_millis(600_000),
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
