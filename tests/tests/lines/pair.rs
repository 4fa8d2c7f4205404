//! Two browsers in one room, one of them behind the line in question.

use serde_json::{Value, json};
use tests::{
    attendee::{Attendee, Kind},
    line::{Line, Weather},
    meeting::Meeting,
    peer::JoinPath,
    watched::Watched,
    world::World,
};

/// The browser behind the bad line is the first member, the other the second.
pub struct Pair {
    pub bad: Attendee,
    pub good: Attendee,
    pub meeting: Meeting,
    /// When the weather began, in milliseconds since 1970.
    pub since: f64,
    /// What the one behind the bad line said of its join.
    pub joined: Value,
    _world: World,
}

impl Pair {
    /// Both join; `weather` is there before the first packet.
    pub async fn join(bad: Kind, weather: Weather) -> Self {
        let other = if bad == Kind::Chromium { Kind::Firefox } else { Kind::Chromium };
        let (good_line, mut bad_line) = (Line::start().await, Line::start().await);
        let world = World::behind_lines().await;
        let meeting = Meeting::start(&world).await;
        let (bad_ticket, good_ticket) = (meeting.ticket(&world, 0).await, meeting.ticket(&world, 1).await);
        let (good, _) = Attendee::join(other, good_line, &good_ticket, JoinPath::Single).await;
        let since = bad_line.set(weather).await;
        let (bad, joined) = Attendee::join(bad, bad_line, &bad_ticket, JoinPath::Single).await;
        Self { bad, good, meeting, since, joined, _world: world }
    }

    /// Both send these sources, and receive them of each other.
    pub async fn publish(&mut self, sources: &[&str]) {
        for source in sources {
            self.good.source("publish", source).await;
            self.bad.source("publish", source).await;
        }
        let (good, bad) = (self.good.identity.clone(), self.bad.identity.clone());
        for source in sources {
            self.bad.receives(&good, source).await;
            self.good.receives(&bad, source).await;
        }
    }

    /// Both watch for so long; the one behind the bad line first.
    pub async fn watch(&mut self, seconds: u32) -> (Watched, Watched) {
        let wish = json!({"do": "watch", "for_ms": seconds * 1000});
        self.bad.act(&wish).await;
        self.good.act(&wish).await;
        (watched(&mut self.bad, seconds).await, watched(&mut self.good, seconds).await)
    }

    /// Both leave.
    pub async fn finish(self) {
        self.bad.finish().await;
        self.good.finish().await;
    }
}

/// Waits for the end of a watch.
pub async fn watched(attendee: &mut Attendee, seconds: u32) -> Watched {
    let patience = std::time::Duration::from_secs(u64::from(seconds) + 30);
    Watched::from_line(&attendee.until("its watch", patience, |line| line["event"] == "watched").await)
}
