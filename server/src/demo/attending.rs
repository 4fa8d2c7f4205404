//! What happens in the room of a sample session: who comes when, whose line breaks, who leaves early.

use schema::{
    event::{LeaveReason, RoomEvent, RoomEventKind, TrackSource, Who},
    id::{EndpointId, SessionId},
    moment::Moment,
};

use super::dice::Dice;

const MINUTE_MS: i64 = 60_000;

/// An endpoint called to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// Which.
    pub endpoint: EndpointId,
    /// Minutes to the capital by road; 0 for the host.
    pub one_way_minutes: i64,
}

/// What a room told, and who never came.
pub struct Attended {
    /// In the order told, the closing left out.
    pub events: Vec<RoomEvent>,
    /// Endpoints whose line did not come up.
    pub absent: Vec<EndpointId>,
}

/// A room of which one thing after another is told.
struct Telling {
    at: Vec<(Moment, RoomEventKind)>,
}

impl Telling {
    fn tell(&mut self, at: Moment, kind: RoomEventKind) {
        self.at.push((at, kind));
    }

    fn comes_in(&mut self, at: Moment, who: &Who) {
        self.tell(at, RoomEventKind::Joined(who.clone()));
        for (millis, source) in [(700, TrackSource::Camera), (900, TrackSource::Microphone)] {
            self.tell(at.plus_millis(millis), RoomEventKind::TrackPublished { who: who.clone(), source });
        }
        let muted =
            RoomEventKind::TrackMuted { who: who.clone(), source: TrackSource::Microphone, muted: true };
        self.tell(at.plus_millis(30_000), muted);
    }
}

/// The room from its opening a quarter of an hour before the start up to the end.
pub fn attend(
    session: SessionId,
    called: &[Called],
    starts_at: Moment,
    ends_at: Moment,
    dice: &mut Dice,
) -> Attended {
    let mut telling = Telling { at: Vec::new() };
    let mut absent = Vec::new();
    telling.tell(starts_at.plus_millis(-15 * MINUTE_MS), RoomEventKind::Opened);
    for one in called {
        let weak = one.one_way_minutes >= 150;
        if one.one_way_minutes > 0 && dice.chance(if weak { 5 } else { 2 }) {
            absent.push(one.endpoint);
        } else {
            let line = Line { endpoint: one.endpoint, weak, host: one.one_way_minutes == 0 };
            line.attend(&mut telling, starts_at, ends_at, dice);
        }
    }
    telling.at.sort_by_key(|(at, _)| *at);
    let event = |(seq, (at, kind))| RoomEvent {
        room: session.to_string(),
        incarnation: format!("RM_{}", session.0.simple()),
        seq,
        at,
        kind,
        webhook: None,
    };
    Attended { events: (1..).zip(telling.at).map(event).collect(), absent }
}

struct Line {
    endpoint: EndpointId,
    weak: bool,
    host: bool,
}

impl Line {
    fn who(&self, coming_in: u32) -> Who {
        Who {
            identity: format!("endpoint:{}", self.endpoint),
            sid: format!("PA_{}_{coming_in}", self.endpoint.0.simple()),
        }
    }

    fn attend(&self, telling: &mut Telling, starts_at: Moment, ends_at: Moment, dice: &mut Dice) {
        let late = !self.host && dice.chance(if self.weak { 14 } else { 7 });
        let seconds = if late { dice.between(6 * 60, 25 * 60) } else { dice.between(-13 * 60, -90) };
        let came = starts_at.plus_millis(seconds * 1000);
        let mut who = self.who(1);
        telling.comes_in(came, &who);

        let length = ends_at.millis_since(came) / 1000;
        if !self.host && length > 45 * 60 {
            if dice.chance(if self.weak { 40 } else { 12 }) {
                let lost = came.plus_millis(dice.between(10 * 60, length / 2) * 1000);
                telling.tell(lost, RoomEventKind::LinkDown(who.clone()));
                telling
                    .tell(lost.plus_millis(dice.between(8, 40) * 1000), RoomEventKind::LinkUp(who.clone()));
            }
            if dice.chance(if self.weak { 15 } else { 3 }) {
                let lost = came.plus_millis(dice.between(length / 2 + 60, length - 20 * 60) * 1000);
                telling.tell(lost, RoomEventKind::Left { who, reason: LeaveReason::Lost });
                who = self.who(2);
                telling.comes_in(lost.plus_millis(dice.between(150, 12 * 60) * 1000), &who);
            }
        }
        if !self.host && dice.chance(4) {
            let left = ends_at.plus_millis(-dice.between(6 * 60, 15 * 60) * 1000);
            telling.tell(left, RoomEventKind::Left { who, reason: LeaveReason::Left });
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::interval::Timeline;

    use super::*;

    #[test]
    fn what_a_room_tells_is_in_order_numbered_and_within_the_session() {
        let start = Moment::from_millis(1_780_000_000_000);
        let end = start.plus_millis(150 * MINUTE_MS);
        let endpoint = EndpointId::new(start);
        let called = [Called { endpoint, one_way_minutes: 290 }];
        for seed in 0..200 {
            let told = attend(SessionId::new(start), &called, start, end, &mut Dice::of(seed)).events;
            assert!(told.windows(2).all(|pair| pair[0].at <= pair[1].at && pair[0].seq + 1 == pair[1].seq));
            assert!(told.iter().all(|event| event.at < end), "seed {seed}");
            let identity = format!("endpoint:{endpoint}");
            let mut timeline = Timeline::new(Vec::new());
            for event in &told {
                timeline.apply(event, &identity, 120_000);
            }
            let intervals = timeline.intervals();
            assert!(
                intervals.windows(2).all(|pair| pair[0].to.is_some_and(|to| to <= pair[1].from)),
                "seed {seed}"
            );
        }
    }
}
