//! One room with clients of several kinds in it, each behind a line of its own, and a moderator on LiveKit's server SDK.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    attendee::{Attendee, Kind},
    line::Line,
    lines::Lines,
    meeting::Meeting,
    peer::JoinPath,
    tools,
    world::World,
};

/// A live session and those who are in it.
pub struct MixedRoom {
    /// Who is there, in the order in which they came.
    pub attendees: Vec<Attendee>,
    /// The session.
    pub meeting: Meeting,
    /// The program.
    pub world: World,
    /// How all of them join.
    pub path: JoinPath,
    moderator: Lines,
}

impl MixedRoom {
    /// A meeting that these clients have joined.
    pub async fn start(kinds: [Kind; 3], path: JoinPath) -> Self {
        let lines = Line::some(kinds.len()).await;
        let world = World::behind_lines().await;
        let meeting = Meeting::start(&world).await;
        let moderator = moderator(&world, meeting.id()).await;
        let mut attendees = Vec::new();
        for (member, (kind, line)) in kinds.into_iter().zip(lines).enumerate() {
            let ticket = meeting.ticket(&world, member).await;
            attendees.push(Attendee::join(kind, line, &ticket, path).await.0);
        }
        Self { attendees, meeting, world, path, moderator }
    }

    /// Who that is in the room.
    pub fn identity(&self, who: usize) -> String {
        self.attendees[who].identity.clone()
    }

    /// Everybody else.
    pub fn others(&mut self, who: usize) -> impl Iterator<Item = &mut Attendee> {
        self.attendees
            .iter_mut()
            .enumerate()
            .filter(move |(other, _)| *other != who)
            .map(|(_, attendee)| attendee)
    }

    /// Waits until everybody else has been told an event about `who`.
    pub async fn others_told(&mut self, who: usize, event: &str, found: impl Fn(&Value) -> bool) {
        let identity = self.identity(who);
        for other in self.others(who) {
            other.event(event, |line| line["identity"] == identity.as_str() && found(line)).await;
        }
    }

    /// Waits until everybody else receives a source of `who`, and it goes on.
    pub async fn others_receive(&mut self, who: usize, source: &str) {
        let identity = self.identity(who);
        for other in self.others(who) {
            other.receives(&identity, source).await;
        }
    }

    /// What the moderator does about `who`; the server does not refuse it.
    pub async fn moderate(&mut self, who: usize, wish: Value) -> Value {
        let told = self.ask(who, &wish).await;
        assert_eq!(told["event"], "done", "{wish}: {told}");
        told["said"].clone()
    }

    /// What the moderator may not do about `who`: the code of the refusal.
    pub async fn refused(&mut self, who: usize, wish: Value) -> Value {
        let told = self.ask(who, &wish).await;
        assert_eq!(told["event"], "refused", "{wish}: {told}");
        told["code"].clone()
    }

    async fn ask(&mut self, who: usize, wish: &Value) -> Value {
        let mut order = wish.clone();
        order["identity"] = json!(self.identity(who));
        self.moderator.tell(&order).await;
        self.moderator.until("an answer", |line| line["event"].is_string()).await
    }

    /// A fresh ticket for `who`.
    pub async fn ticket(&self, who: usize) -> Value {
        self.meeting.ticket(&self.world, who).await
    }

    /// Joins again, behind the line that the client had.
    pub async fn join_again(&mut self, who: usize) {
        let ticket = self.ticket(who).await;
        let gone = self.attendees.remove(who);
        let kind = gone.kind;
        let line = gone.finish().await;
        let (attendee, _) = Attendee::join(kind, line, &ticket, self.path).await;
        self.attendees.insert(who, attendee);
    }

    /// Everybody leaves; no client complains.
    pub async fn finish(self) {
        // The lines stay until all is asked: the server's address goes with the last of them.
        let mut lines = Vec::new();
        for attendee in self.attendees {
            lines.push(attendee.finish().await);
        }
        self.moderator.finish().await;
        self.meeting.until_connected(0).await;
        drop(lines);
    }
}

/// LiveKit's server SDK with the key of the rooms, which the operator finds in the data folder.
async fn moderator(world: &World, room: &str) -> Lines {
    let secret = std::fs::read_to_string(world.folder().join("rooms.key")).expect("the key of the rooms");
    let mut command = Command::new(tools::python());
    command.arg(tools::project().join("tests/python/moderator.py"));
    let mut moderator = Lines::start("moderator", command);
    let wish = json!({"url": world.base(), "key": "giaoban", "secret": secret.trim(), "room": room});
    moderator.tell(&wish).await;
    moderator.event("ready").await;
    moderator
}
