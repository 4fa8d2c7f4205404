//! A worker's rooms.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use livekit_protocol as proto;
use prost::Message as _;
use schema::moment::Moment;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Gauges;
use super::events::EventPipe;
use super::front::Directory;
use super::order::{Order, SignalingError};
use crate::config::{Limits, RoomSettings};
use crate::net::Tenant;
use crate::room::media::{Media, MediaEvent, PeerId};
use crate::room::{Arrival, Command, ConnId, Ids, Input, Output, Response, Room};
use crate::wire::Tokens;

/// How long to wait before events that could not be told are tried again, in milliseconds.
const EVENTS_RETRY_MS: i64 = 100;

/// A signaling socket as its worker sees it.
struct Line {
    room: u32,
    frames: mpsc::Sender<Bytes>,
}

/// All rooms of one worker.
pub struct Tenancy {
    rooms: BTreeMap<u32, Room>,
    numbers: HashMap<String, u32>,
    last_number: u32,
    lines: HashMap<ConnId, Line>,
    tokens: Arc<Tokens>,
    limits: Limits,
    directory: Arc<Directory>,
    gauges: Arc<Gauges>,
    events: EventPipe,
    retry_events_at: Option<Moment>,
    out: Vec<Output>,
    stopping: bool,
}

impl Tenancy {
    /// A worker without rooms.
    pub fn new(
        tokens: Arc<Tokens>,
        limits: Limits,
        directory: Arc<Directory>,
        gauges: Arc<Gauges>,
        events: EventPipe,
    ) -> Self {
        Self {
            rooms: BTreeMap::new(),
            numbers: HashMap::new(),
            last_number: 0,
            lines: HashMap::new(),
            tokens,
            limits,
            directory,
            gauges,
            events,
            retry_events_at: None,
            out: Vec::new(),
            stopping: false,
        }
    }

    fn open(&mut self, now: Moment, name: String, settings: RoomSettings, seed: [u8; 32]) {
        if self.numbers.contains_key(&name) {
            return;
        }
        self.last_number += 1;
        let number = self.last_number;
        let room =
            Room::open(now, name.clone(), number, settings, self.limits, Ids::new(seed), &mut self.out);
        self.rooms.insert(number, room);
        self.numbers.insert(name, number);
        self.gauges.rooms.fetch_add(1, Relaxed);
    }

    fn room_named(&mut self, name: &str) -> Option<&mut Room> {
        self.rooms.get_mut(self.numbers.get(name)?)
    }

    fn command_room(
        &mut self,
        now: Moment,
        room: &str,
        command: Command,
        media: &mut dyn Media,
    ) -> Result<(), SignalingError> {
        let number = *self.numbers.get(room).ok_or(SignalingError::NoRoom)?;
        let mut out = std::mem::take(&mut self.out);
        let room = self.rooms.get_mut(&number).ok_or(SignalingError::NoRoom);
        let before = room.as_ref().map_or(0, |room| room.headcount());
        let done = room.and_then(|room| Ok(room.command(now, command, media, &mut out)?));
        self.out = out;
        self.count(number, before);
        self.carry_out(now, media);
        done
    }

    fn arrive(
        &mut self,
        now: Moment,
        arrival: Box<Arrival>,
        frames: mpsc::Sender<Bytes>,
        media: &mut dyn Media,
    ) {
        // A room that closed a moment ago: the queue is dropped, the socket ends, the next join is refused at the door.
        let Some(&room) = self.numbers.get(&arrival.grant.room) else { return };
        self.lines.insert(arrival.conn, Line { room, frames });
        self.input(now, room, Input::Arrive(arrival), media);
    }

    fn input_from(&mut self, now: Moment, conn: ConnId, input: Input, media: &mut dyn Media) {
        if let Some(room) = self.lines.get(&conn).map(|line| line.room) {
            self.input(now, room, input, media);
        }
    }

    fn input(&mut self, now: Moment, number: u32, input: Input, media: &mut dyn Media) {
        let Some(room) = self.rooms.get_mut(&number) else { return };
        let before = room.headcount();
        room.handle(now, input, media, &mut self.out);
        self.count(number, before);
        self.carry_out(now, media);
    }

    fn count(&self, number: u32, before: usize) {
        let after = self.rooms.get(&number).map_or(0, Room::headcount);
        if after >= before {
            self.gauges.participants.fetch_add(after - before, Relaxed);
        } else {
            self.gauges.participants.fetch_sub(before - after, Relaxed);
        }
    }

    /// Does what rooms want done. A socket whose queue is full is given up, which may make its room want more.
    fn carry_out(&mut self, now: Moment, media: &mut dyn Media) {
        let mut outputs = std::mem::take(&mut self.out);
        let mut full = Vec::new();
        for output in outputs.drain(..) {
            match output {
                Output::Signal(conn, message) => self.send(&[conn], *message, &mut full),
                Output::Broadcast(conns, message) => self.send(&conns, *message, &mut full),
                Output::Refresh(conn, grant) => {
                    let token = self.tokens.mint(now, &grant);
                    self.send(&[conn], Response::RefreshToken(token), &mut full);
                }
                Output::Close(conn) => {
                    self.lines.remove(&conn);
                }
                Output::Event(event) => self.events.tell(event),
            }
        }
        self.out = outputs;
        self.retry_events_at = self.events.is_blocked().then(|| now.plus_millis(EVENTS_RETRY_MS));
        for conn in full {
            if let Some(line) = self.lines.remove(&conn) {
                tracing::warn!(conn = conn.0, "a signaling socket takes nothing any more and is given up");
                self.input(now, line.room, Input::Closed(conn), media);
            }
        }
        self.sweep();
    }

    fn send(&self, conns: &[ConnId], message: Response, full: &mut Vec<ConnId>) {
        let frame = Bytes::from(proto::SignalResponse { message: Some(message) }.encode_to_vec());
        for conn in conns {
            // A closed queue needs nothing: its socket has ended and says so itself.
            if let Some(line) = self.lines.get(conn)
                && let Err(TrySendError::Full(_)) = line.frames.try_send(frame.clone())
            {
                full.push(*conn);
            }
        }
    }

    /// Throws away rooms that are over.
    fn sweep(&mut self) {
        let over: Vec<u32> = self.rooms.iter().filter(|(_, room)| room.is_over()).map(|(n, _)| *n).collect();
        for number in over {
            if let Some(room) = self.rooms.remove(&number) {
                self.numbers.remove(room.name());
                self.directory.closed(room.name());
                self.gauges.rooms.fetch_sub(1, Relaxed);
            }
        }
    }

    fn suspend(&mut self, now: Moment, media: &mut dyn Media) {
        let names: Vec<String> = self.numbers.keys().cloned().collect();
        for name in names {
            // Suspending a room that stands cannot be refused.
            let _ = self.command_room(now, &name, Command::Suspend, media);
        }
        self.stopping = true;
        self.events.close();
    }
}

impl Tenant for Tenancy {
    type Command = Order;

    fn command(&mut self, now: Moment, order: Order, media: &mut dyn Media) {
        // Whoever asked may have stopped waiting: then nobody needs the reply.
        match order {
            Order::Open { reply, .. } if self.stopping => {
                let _ = reply.send(Err(SignalingError::Stopped));
            }
            Order::Open { name, worker, settings, seed, reply } => {
                if self.directory.opened(&name, worker) {
                    self.open(now, name, settings, seed);
                    self.carry_out(now, media);
                }
                let _ = reply.send(Ok(()));
            }
            Order::Command { room, command, reply } => {
                let done = self.command_room(now, &room, command, media);
                let _ = reply.send(done);
            }
            Order::Snapshot { room, reply } => {
                let people = self.room_named(&room).map(|room| room.snapshot()).ok_or(SignalingError::NoRoom);
                let _ = reply.send(people);
            }
            Order::Describe { room, reply } => {
                let description = self.room_named(&room).map(|room| room.describe());
                let _ = reply.send(description.ok_or(SignalingError::NoRoom));
            }
            Order::Arrive { arrival, frames } => self.arrive(now, arrival, frames, media),
            Order::Signal(conn, request) => self.input_from(now, conn, Input::Signal(conn, request), media),
            Order::Heard(conn) => self.input_from(now, conn, Input::Heard(conn), media),
            Order::Closed(conn) => {
                self.input_from(now, conn, Input::Closed(conn), media);
                self.lines.remove(&conn);
            }
            Order::Unreadable(conn) => {
                self.input_from(now, conn, Input::Unreadable(conn), media);
                self.lines.remove(&conn);
            }
            Order::Suspend { reply } => {
                self.suspend(now, media);
                let _ = reply.send(Ok(()));
            }
        }
    }

    fn media_event(&mut self, now: Moment, event: MediaEvent, media: &mut dyn Media) {
        match event {
            MediaEvent::Levels(levels) => {
                let mut by_room: BTreeMap<u32, Vec<_>> = BTreeMap::new();
                for level in levels {
                    by_room.entry(room_of(level.0)).or_default().push(level);
                }
                for (room, levels) in by_room {
                    self.input(now, room, Input::Media(MediaEvent::Levels(levels)), media);
                }
            }
            MediaEvent::Connected { peer }
            | MediaEvent::TrackLive { peer, .. }
            | MediaEvent::Lost { peer }
            | MediaEvent::Data { peer, .. }
            | MediaEvent::Paused { peer, .. }
            | MediaEvent::Unsupported { peer, .. }
            | MediaEvent::Quality { peer, .. }
            | MediaEvent::Wanted { peer, .. } => self.input(now, room_of(peer), Input::Media(event), media),
        }
    }

    fn clock_was_set(&mut self, now: Moment, millis: i64) {
        tracing::warn!(millis, "the clock was set");
        for room in self.rooms.values_mut() {
            room.clock_was_set(now, millis);
        }
        self.retry_events_at = self.retry_events_at.map(|at| at.plus_millis(millis));
    }

    fn timeout(&mut self, now: Moment, media: &mut dyn Media) {
        self.events.flush();
        let due: Vec<u32> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.next_deadline().is_some_and(|at| at <= now))
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            self.input(now, number, Input::Timeout, media);
        }
        self.carry_out(now, media);
    }

    fn next_deadline(&self) -> Option<Moment> {
        self.rooms.values().filter_map(Room::next_deadline).chain(self.retry_events_at).min()
    }
}

/// The upper half of a PeerConnection's id is its room's number.
const fn room_of(peer: PeerId) -> u32 {
    (peer.0 >> 32) as u32
}

#[cfg(test)]
mod tests {
    use schema::event::{RoomEvent, RoomEventKind};
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::Grant;
    use crate::host::EventTap;
    use crate::room::JoinPath;
    use crate::room::tests::fake_media::FakeMedia;

    const NOW: Moment = Moment::from_millis(1_790_000_000_000);

    fn tenancy() -> (Tenancy, mpsc::Receiver<RoomEvent>) {
        let gauges = Arc::new(Gauges::default());
        let (tap, events) = EventTap::new(Arc::clone(&gauges));
        let tokens = Arc::new(Tokens::new("key", "a secret of at least thirty-two bytes"));
        let mut tenancy = Tenancy::new(tokens, Limits::default(), Arc::default(), gauges, tap.pipe());
        tenancy.open(NOW, "room".into(), RoomSettings::default(), [7; 32]);
        (tenancy, events)
    }

    fn arrival(conn: u64) -> Box<Arrival> {
        Box::new(Arrival {
            conn: ConnId(conn),
            grant: Grant::endpoint("room", format!("e{conn}"), "name"),
            expires_at: NOW.plus_millis(600_000),
            path: JoinPath::Dual,
            auto_subscribe: true,
            client: proto::ClientInfo::default(),
            resume: None,
            failed: false,
            offer: None,
            add_tracks: Vec::new(),
            sync: None,
            ice_servers: Vec::new(),
        })
    }

    #[test]
    fn a_socket_that_takes_nothing_is_given_up_and_its_place_is_kept() {
        let (mut tenancy, mut events) = tenancy();
        let mut media = FakeMedia::default();
        let (frames, mut stuck) = mpsc::channel(1);
        tenancy.command(NOW, Order::Arrive { arrival: arrival(1), frames }, &mut media);
        let (frames, mut healthy) = mpsc::channel(64);
        tenancy.command(NOW, Order::Arrive { arrival: arrival(2), frames }, &mut media);
        assert!(stuck.try_recv().is_ok(), "the welcome fitted in");
        assert!(stuck.try_recv().is_err() && stuck.is_closed(), "then the queue was dropped");
        assert!(healthy.try_recv().is_ok() && !healthy.is_closed());
        let kinds: Vec<RoomEventKind> =
            std::iter::from_fn(|| events.try_recv().ok().map(|event| event.kind)).collect();
        assert!(
            kinds.iter().any(|kind| matches!(kind, RoomEventKind::LinkDown(who) if who.identity == "e1"))
        );
        assert_eq!(tenancy.gauges.participants.load(Relaxed), 2);
    }

    #[test]
    fn a_room_that_closed_while_it_was_asked_for_again_is_where_the_directory_says() {
        let (mut tenancy, _events) = tenancy();
        let mut media = FakeMedia::default();
        assert!(tenancy.directory.opened("elsewhere", 0), "it was opened there meanwhile");
        for (name, here) in [("again", true), ("elsewhere", false)] {
            let (reply, _) = oneshot::channel();
            let (settings, seed) = (RoomSettings::default(), [8; 32]);
            let order = Order::Open { name: name.into(), worker: 1, settings, seed, reply };
            tenancy.command(NOW, order, &mut media);
            assert_eq!((tenancy.numbers.contains_key(name), tenancy.directory.opened(name, 1)), (here, here));
        }
    }

    #[test]
    fn what_media_tells_reaches_the_room_that_it_concerns_and_strays_reach_none() {
        let (mut tenancy, _events) = tenancy();
        let mut media = FakeMedia::default();
        let (frames, mut queue) = mpsc::channel(64);
        tenancy.command(NOW, Order::Arrive { arrival: arrival(1), frames }, &mut media);
        let subscriber = *media.peers.keys().next_back().expect("two connections are open");
        while queue.try_recv().is_ok() {}
        tenancy.media_event(NOW, MediaEvent::Connected { peer: PeerId(99 << 32) }, &mut media);
        assert!(queue.try_recv().is_err());
        tenancy.media_event(NOW, MediaEvent::Connected { peer: subscriber }, &mut media);
        assert!(queue.try_recv().is_ok(), "it is told that it is active");
    }
}
