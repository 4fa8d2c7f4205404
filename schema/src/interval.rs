//! What an endpoint's connection looked like: stretches of time made of what the room told, never of counting.
//!
//! A [`Timeline`] is all of one identity in one session. It is folded event by event; the store keeps the result.

use crate::event::{LeaveReason, RoomEvent, RoomEventKind, TrackSource, Who};
use crate::id::{EndpointId, IntervalId};
use crate::moment::Moment;

/// A time within an interval when the line was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Gap {
    /// When the line was lost.
    pub from: Moment,
    /// When it came back; `None` while it is lost.
    pub to: Option<Moment>,
}

/// One stretch of time during which an identity was in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Identity of the row.
    pub id: IntervalId,
    /// Which opening of the room.
    pub incarnation: String,
    /// Which coming-in.
    pub sid: String,
    /// When it came in.
    pub from: Moment,
    /// When it was gone; `None` while it is there.
    pub to: Option<Moment>,
    /// The last sign of life.
    pub last_seen_at: Moment,
    /// Why it went.
    pub reason: Option<LeaveReason>,
    /// Times when the line was lost, in order, not touching.
    pub gaps: Vec<Gap>,
    /// Is the microphone silent? `None` without a microphone.
    pub muted: Option<bool>,
    /// Is the camera seen? `None` when it never was.
    pub camera: Option<bool>,
}

impl Interval {
    fn opened(at: Moment, incarnation: &str, who: &Who) -> Self {
        Self {
            id: IntervalId::new(at),
            incarnation: incarnation.to_owned(),
            sid: who.sid.clone(),
            from: at,
            to: None,
            last_seen_at: at,
            reason: None,
            gaps: Vec::new(),
            muted: None,
            camera: None,
        }
    }

    fn is(&self, incarnation: &str, who: &Who) -> bool {
        self.to.is_none() && self.incarnation == incarnation && self.sid == who.sid
    }

    fn seen(&mut self, at: Moment) {
        self.last_seen_at = self.last_seen_at.max(at);
    }

    fn is_down(&self) -> bool {
        self.gaps.last().is_some_and(|gap| gap.to.is_none())
    }

    fn line_lost(&mut self, at: Moment) {
        if !self.is_down() {
            let earliest = self.gaps.last().and_then(|gap| gap.to).unwrap_or(self.from);
            self.gaps.push(Gap { from: at.max(earliest), to: None });
        }
    }

    fn line_back(&mut self, at: Moment) {
        if let Some(gap) = self.gaps.last_mut().filter(|gap| gap.to.is_none()) {
            let back = at.max(gap.from);
            gap.to = Some(back);
            if back == gap.from {
                self.gaps.pop();
            }
        }
    }

    /// Ends at `at`, or when the line was lost if it never came back.
    fn close(&mut self, at: Moment, reason: LeaveReason) {
        let lost = self.gaps.pop_if(|gap| gap.to.is_none()).map(|gap| gap.from);
        let earliest = self.gaps.last().and_then(|gap| gap.to).unwrap_or(self.from);
        self.to = Some(lost.unwrap_or(at).max(earliest));
        self.reason = Some(reason);
    }

    /// Goes on at `at` after it had ended; the time between is a gap.
    fn reopen(&mut self, at: Moment, incarnation: &str, who: &Who) {
        if let Some(ended) = self.to.take()
            && at > ended
        {
            self.gaps.push(Gap { from: ended, to: Some(at) });
        }
        self.reason = None;
        self.become_coming_in(at, incarnation, who);
    }

    /// Is again as it was before the end of the session closed it; one whose line was lost then is so again.
    fn undo_end(&mut self, incarnation: &str, ended_at: Moment) {
        let by_the_end = self.reason == Some(LeaveReason::RoomClosed) && self.incarnation == incarnation;
        if !by_the_end {
            return;
        }
        if let Some(lost) = self.to.take().filter(|to| *to < ended_at) {
            self.gaps.push(Gap { from: lost, to: None });
        }
        self.reason = None;
    }

    fn become_coming_in(&mut self, at: Moment, incarnation: &str, who: &Who) {
        incarnation.clone_into(&mut self.incarnation);
        self.sid.clone_from(&who.sid);
        (self.muted, self.camera) = (None, None);
        self.seen(at);
    }

    /// Milliseconds of gaps up to `now`.
    pub fn gap_ms(&self, now: Moment) -> i64 {
        self.gaps.iter().map(|gap| gap.to.unwrap_or(now).millis_since(gap.from).max(0)).sum()
    }

    /// Milliseconds on line up to `now`, gaps left out.
    pub fn connected_ms(&self, now: Moment) -> i64 {
        (self.to.unwrap_or(now).millis_since(self.from) - self.gap_ms(now)).max(0)
    }
}

/// All intervals of one identity in one session, in order. They never overlap, and only the last may be open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    intervals: Vec<Interval>,
}

impl Timeline {
    /// The intervals as stored, in order.
    pub fn new(intervals: Vec<Interval>) -> Self {
        Self { intervals }
    }

    /// The intervals in order.
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Takes the next event. One about another identity changes nothing, but for the opening and the closing of the
    /// room, which are about all. `linger_ms` is how soon a return continues what had ended.
    pub fn apply(&mut self, event: &RoomEvent, identity: &str, linger_ms: i64) {
        use RoomEventKind as K;
        let (at, incarnation) = (event.at, event.incarnation.as_str());
        match &event.kind {
            K::Opened => self.settle(incarnation),
            K::Closed => {
                if let Some(open) = self.open().filter(|open| open.incarnation == incarnation) {
                    open.seen(at);
                    open.close(at, LeaveReason::RoomClosed);
                }
            }
            K::Joined(who) if who.identity == identity => self.joined(at, incarnation, who, linger_ms),
            K::Left { who, reason } if who.identity == identity => {
                self.change(incarnation, who, |open| open.close(at, *reason));
            }
            K::Alive(who) if who.identity == identity => self.change(incarnation, who, |open| open.seen(at)),
            K::LinkDown(who) if who.identity == identity => {
                self.change(incarnation, who, |open| open.line_lost(at));
            }
            K::LinkUp(who) if who.identity == identity => self.change(incarnation, who, |open| {
                open.seen(at);
                open.line_back(at);
            }),
            K::TrackPublished { who, source } if who.identity == identity => {
                self.track(incarnation, who, *source, Some(false));
            }
            K::TrackMuted { who, source, muted } if who.identity == identity => {
                self.track(incarnation, who, *source, Some(*muted));
            }
            K::TrackUnpublished { who, source } if who.identity == identity => {
                self.track(incarnation, who, *source, None);
            }
            _ => {}
        }
    }

    /// Takes an event that was written down only after the session had ended, as if it had come in time: what the end
    /// closed is open again for as long as that takes. Nothing that happened after the end counts, nor does a leaving
    /// that the end itself brought about.
    pub fn apply_late(&mut self, event: &RoomEvent, identity: &str, linger_ms: i64, ended_at: Moment) {
        let by_the_end = matches!(event.kind, RoomEventKind::Left { reason: LeaveReason::RoomClosed, .. });
        if event.at >= ended_at || by_the_end {
            return;
        }
        if let Some(last) = self.intervals.last_mut() {
            last.undo_end(&event.incarnation, ended_at);
        }
        self.apply(event, identity, linger_ms);
        if let Some(open) = self.open() {
            open.close(ended_at, LeaveReason::RoomClosed);
        }
    }

    fn open(&mut self) -> Option<&mut Interval> {
        self.intervals.last_mut().filter(|last| last.to.is_none())
    }

    fn change(&mut self, incarnation: &str, who: &Who, change: impl FnOnce(&mut Interval)) {
        if let Some(open) = self.open().filter(|open| open.is(incarnation, who)) {
            change(open);
        }
    }

    fn track(&mut self, incarnation: &str, who: &Who, source: TrackSource, muted: Option<bool>) {
        self.change(incarnation, who, |open| match source {
            TrackSource::Microphone => open.muted = muted,
            TrackSource::Camera => open.camera = Some(muted == Some(false)),
            TrackSource::ScreenShare | TrackSource::ScreenShareAudio | TrackSource::Unknown => {}
        });
    }

    /// An identity is in the room once: who comes in while it is there takes over the place.
    fn joined(&mut self, at: Moment, incarnation: &str, who: &Who, linger_ms: i64) {
        self.settle(incarnation);
        if let Some(open) = self.open() {
            open.line_back(at);
            open.become_coming_in(at, incarnation, who);
            return;
        }
        match self.intervals.last_mut() {
            Some(last) if last.to.is_some_and(|to| at.millis_since(to) <= linger_ms) => {
                last.reopen(at, incarnation, who);
            }
            _ => self.intervals.push(Interval::opened(at, incarnation, who)),
        }
    }

    /// Ends what another opening of the room left open, at its last sign of life: that opening is gone, by a crash or
    /// a power cut.
    pub fn settle(&mut self, incarnation: &str) {
        if let Some(open) = self.open().filter(|open| open.incarnation != incarnation) {
            let at = open.last_seen_at;
            open.close(at, LeaveReason::Lost);
        }
    }

    /// Does it say the same about who was there when? Microphone and camera are left out.
    pub fn is_same_presence(&self, other: &Self) -> bool {
        let same = |(one, two): (&Interval, &Interval)| {
            (one.id, one.from, one.to, &one.gaps) == (two.id, two.from, two.to, &two.gaps)
        };
        self.intervals.len() == other.intervals.len() && self.intervals.iter().zip(&other.intervals).all(same)
    }

    /// Is it in the room, with its line up?
    pub fn is_connected(&self) -> bool {
        self.intervals.last().is_some_and(|last| last.to.is_none() && !last.is_down())
    }
}

/// What the intervals of one endpoint add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connection {
    /// First coming-in.
    pub first_at: Option<Moment>,
    /// Last leaving; `now` while it is there.
    pub last_at: Option<Moment>,
    /// Milliseconds on line.
    pub connected_ms: i64,
    /// Times when the line was lost or the room left, between the first coming-in and the last leaving.
    pub gaps: i64,
    /// Milliseconds of these.
    pub gap_ms: i64,
    /// In the room now, with its line up?
    pub connected: bool,
    /// Came after the start by more than the rule allows.
    pub late: bool,
    /// Was gone before the end by more than the rule allows.
    pub left_early: bool,
}

/// When a session began and ended, and how much lateness counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// When it began: the planned start.
    pub starts_at: Moment,
    /// When it ended; `None` while it is live.
    pub ended_at: Option<Moment>,
    /// Coming later than this after the start is late.
    pub late_after_ms: i64,
    /// Going earlier than this before the end is early.
    pub early_before_ms: i64,
}

impl Timeline {
    /// What the intervals add up to, up to `now`.
    pub fn connection(&self, hours: Hours, now: Moment) -> Connection {
        let (Some(first), Some(last)) = (self.intervals.first(), self.intervals.last()) else {
            return Connection::default();
        };
        let last_at = last.to.unwrap_or(now).max(last.from);
        let connected_ms: i64 = self.intervals.iter().map(|one| one.connected_ms(now)).sum();
        let inner: usize = self.intervals.iter().map(|one| one.gaps.len()).sum();
        let between = self.intervals.len() - 1;
        Connection {
            first_at: Some(first.from),
            last_at: Some(last_at),
            connected_ms,
            gaps: i64::try_from(inner + between).unwrap_or(i64::MAX),
            gap_ms: (last_at.millis_since(first.from) - connected_ms).max(0),
            connected: self.is_connected(),
            late: first.from.millis_since(hours.starts_at) > hours.late_after_ms,
            left_early: hours.ended_at.is_some_and(|end| end.millis_since(last_at) > hours.early_before_ms),
        }
    }
}

/// The endpoint that an identity stands for: `endpoint:<EndpointId>`.
pub fn endpoint_of(identity: &str) -> Option<EndpointId> {
    identity.strip_prefix("endpoint:")?.parse().ok()
}

#[cfg(test)]
#[path = "interval_tests.rs"]
mod tests;
