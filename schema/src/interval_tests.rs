use proptest::prelude::*;

use super::*;

const ME: &str = "endpoint:me";
const LINGER: i64 = 60;

fn at(second: i64) -> Moment {
    Moment::from_millis(second)
}

fn who(sid: &str) -> Who {
    Who { identity: ME.into(), sid: sid.into() }
}

fn event(second: i64, incarnation: &str, kind: RoomEventKind) -> RoomEvent {
    RoomEvent {
        room: "r".into(),
        incarnation: incarnation.into(),
        seq: 1,
        at: at(second),
        kind,
        webhook: None,
    }
}

fn left(sid: &str, reason: LeaveReason) -> RoomEventKind {
    RoomEventKind::Left { who: who(sid), reason }
}

fn told(events: impl IntoIterator<Item = RoomEvent>) -> Timeline {
    let mut timeline = Timeline::default();
    for event in events {
        timeline.apply(&event, ME, LINGER);
    }
    timeline
}

fn stretches(timeline: &Timeline) -> Vec<(i64, Option<i64>, i64)> {
    let row =
        |one: &Interval| (one.from.as_millis(), one.to.map(Moment::as_millis), one.connected_ms(at(10_000)));
    timeline.intervals().iter().map(row).collect()
}

use RoomEventKind::{Alive, Closed, Joined, LinkDown, LinkUp, Opened};

#[test]
fn leaving_and_returning_within_the_linger_window_is_one_interval_with_a_gap() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(100, "A", left("1", LeaveReason::Lost)),
        event(150, "A", Joined(who("2"))),
        event(200, "A", left("2", LeaveReason::Left)),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(200), 150)]);
    assert_eq!(timeline.intervals()[0].gaps, [Gap { from: at(100), to: Some(at(150)) }]);
}

#[test]
fn returning_later_is_a_new_interval() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(100, "A", left("1", LeaveReason::Left)),
        event(161, "A", Joined(who("2"))),
        event(200, "A", Closed),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(100), 100), (161, Some(200), 39)]);
}

#[test]
fn a_second_coming_in_of_the_same_endpoint_does_not_count_twice() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(50, "A", Joined(who("2"))),
        event(51, "A", left("1", LeaveReason::Replaced)),
        event(90, "A", left("2", LeaveReason::Left)),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(90), 90)]);
    assert_eq!(timeline.intervals()[0].gaps, []);
}

#[test]
fn the_replaced_one_may_be_told_to_have_left_first() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(50, "A", left("1", LeaveReason::Replaced)),
        event(50, "A", Joined(who("2"))),
    ]);
    assert_eq!(stretches(&timeline), [(0, None, 10_000)]);
    assert_eq!(timeline.intervals()[0].gaps, []);
}

#[test]
fn after_a_crash_the_interval_ends_at_the_last_heartbeat() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(10, "A", Alive(who("1"))),
        event(20, "A", Alive(who("1"))),
        event(500, "B", Opened),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(20), 20)]);
    assert_eq!(timeline.intervals()[0].reason, Some(LeaveReason::Lost));
}

#[test]
fn an_endpoint_that_comes_back_soon_after_a_crash_continues() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(20, "A", Alive(who("1"))),
        event(30, "B", Opened),
        event(40, "B", Joined(who("9"))),
        event(100, "B", Closed),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(100), 80)]);
}

#[test]
fn a_line_that_never_comes_back_ends_the_interval_when_it_was_lost() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(30, "A", LinkDown(who("1"))),
        event(90, "A", left("1", LeaveReason::Lost)),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(30), 30)]);
    assert_eq!(timeline.intervals()[0].gaps, []);
}

#[test]
fn time_without_a_line_is_not_time_connected() {
    let timeline = told([
        event(0, "A", Joined(who("1"))),
        event(30, "A", LinkDown(who("1"))),
        event(45, "A", LinkUp(who("1"))),
        event(100, "A", Closed),
    ]);
    assert_eq!(stretches(&timeline), [(0, Some(100), 85)]);
    let hours = Hours { starts_at: at(0), ended_at: Some(at(100)), late_after_ms: 5, early_before_ms: 5 };
    let connection = timeline.connection(hours, at(10_000));
    assert_eq!((connection.connected_ms, connection.gaps, connection.gap_ms), (85, 1, 15));
    assert!(!connection.late && !connection.left_early && !connection.connected);
}

#[test]
fn coming_late_and_going_early_are_told_by_the_rule() {
    let timeline = told([event(6, "A", Joined(who("1"))), event(94, "A", left("1", LeaveReason::Left))]);
    let hours = Hours { starts_at: at(0), ended_at: Some(at(100)), late_after_ms: 5, early_before_ms: 5 };
    let connection = timeline.connection(hours, at(200));
    assert!(connection.late && connection.left_early);
    let lenient = Hours { late_after_ms: 6, early_before_ms: 6, ..hours };
    let connection = timeline.connection(lenient, at(200));
    assert!(!connection.late && !connection.left_early);
}

#[test]
fn what_is_heard_and_seen_follows_the_tracks() {
    let track = |source| RoomEventKind::TrackPublished { who: who("1"), source };
    let muted = RoomEventKind::TrackMuted { who: who("1"), source: TrackSource::Microphone, muted: true };
    let mut timeline = told([event(0, "A", Joined(who("1"))), event(1, "A", track(TrackSource::Microphone))]);
    assert_eq!((timeline.intervals()[0].muted, timeline.intervals()[0].camera), (Some(false), None));
    for kind in [track(TrackSource::Camera), muted] {
        timeline.apply(&event(2, "A", kind), ME, LINGER);
    }
    assert_eq!((timeline.intervals()[0].muted, timeline.intervals()[0].camera), (Some(true), Some(true)));
    let gone = RoomEventKind::TrackUnpublished { who: who("1"), source: TrackSource::Camera };
    timeline.apply(&event(3, "A", gone), ME, LINGER);
    assert_eq!(timeline.intervals()[0].camera, Some(false));
}

#[test]
fn events_of_others_change_nothing() {
    let other = Who { identity: "endpoint:other".into(), sid: "1".into() };
    let timeline = told([event(0, "A", Joined(other.clone())), event(1, "A", Alive(other))]);
    assert_eq!(timeline, Timeline::default());
}

#[test]
fn what_is_told_after_the_end_counts_up_to_the_end() {
    let mut timeline = told([event(0, "A", Joined(who("1"))), event(100, "A", Closed)]);
    for late in [
        event(30, "A", LinkDown(who("1"))),
        event(40, "A", LinkUp(who("1"))),
        event(95, "A", left("1", LeaveReason::RoomClosed)),
        event(101, "A", left("1", LeaveReason::Left)),
    ] {
        timeline.apply_late(&late, ME, LINGER, at(100));
    }
    assert_eq!(stretches(&timeline), [(0, Some(100), 90)]);
    timeline.apply_late(&event(60, "A", left("1", LeaveReason::Left)), ME, LINGER, at(100));
    assert_eq!(stretches(&timeline), [(0, Some(60), 50)]);
    let mut unheard = Timeline::default();
    unheard.apply_late(&event(60, "A", Joined(who("1"))), ME, LINGER, at(100));
    assert_eq!(stretches(&unheard), [(60, Some(100), 40)]);
}

fn any_kind() -> impl Strategy<Value = RoomEventKind> {
    let sid = prop_oneof![Just("1"), Just("2"), Just("3")];
    (0..7_u8, sid).prop_map(|(kind, sid)| match kind {
        0 => Joined(who(sid)),
        1 => Alive(who(sid)),
        2 => LinkDown(who(sid)),
        3 => LinkUp(who(sid)),
        4 => left(sid, LeaveReason::Left),
        5 => left(sid, LeaveReason::Replaced),
        _ => Closed,
    })
}

fn any_events() -> impl Strategy<Value = Vec<RoomEvent>> {
    let incarnation = prop_oneof![4 => Just("A"), 1 => Just("B")];
    // Steps may go back a little: a clock was set, or `Left` says when the endpoint was last heard.
    prop::collection::vec((-20_i64..100, incarnation, any_kind()), 0..60).prop_map(|steps| {
        let mut second = 1_000;
        let event_after = |(step, incarnation, kind): (i64, &str, RoomEventKind)| {
            second += step;
            event(second, incarnation, kind)
        };
        steps.into_iter().map(event_after).collect()
    })
}

/// Events of one opening of a room while it is open, in the order in which they happened.
fn any_meeting() -> impl Strategy<Value = Vec<RoomEvent>> {
    let told = any_kind().prop_filter("the room stays open", |kind| *kind != Closed);
    prop::collection::vec((1_i64..100, told), 0..40).prop_map(|steps| {
        let mut second = 0;
        let event_after = |(step, kind): (i64, RoomEventKind)| {
            second += step;
            event(second, "A", kind)
        };
        steps.into_iter().map(event_after).collect()
    })
}

proptest! {
    #[test]
    fn it_makes_no_difference_whether_events_are_written_before_or_after_the_end(
        events in any_meeting(),
        in_time in any::<prop::sample::Index>(),
    ) {
        let end = events.last().map_or(at(1), |last| last.at.plus_millis(1));
        let closed = event(end.as_millis(), "A", Closed);
        let (early, late) = events.split_at(in_time.index(events.len() + 1));
        let mut timeline = told(early.iter().cloned().chain([closed.clone()]));
        for event in late {
            timeline.apply_late(event, ME, LINGER, end);
        }
        let said = |timeline: &Timeline| -> Vec<_> {
            let row = |one: &Interval| (one.from, one.to, one.gaps.clone(), one.reason);
            timeline.intervals().iter().map(row).collect()
        };
        let whole = told(events.iter().cloned().chain([closed]));
        prop_assert_eq!(said(&timeline), said(&whole));
    }

    #[test]
    fn intervals_never_overlap_and_only_the_last_is_open(events in any_events()) {
        let timeline = told(events);
        for pair in timeline.intervals().windows(2) {
            let end = pair[0].to.expect("only the last is open");
            prop_assert!(end <= pair[1].from);
        }
    }

    #[test]
    fn gaps_lie_within_their_interval_and_in_order(events in any_events()) {
        for interval in told(events).intervals() {
            let mut earliest = interval.from;
            for gap in &interval.gaps {
                prop_assert!(gap.from >= earliest);
                earliest = gap.to.unwrap_or(gap.from);
                prop_assert!(earliest >= gap.from);
            }
            prop_assert!(interval.to.is_none_or(|to| to >= earliest));
        }
    }

    #[test]
    fn no_more_time_is_counted_than_passed(events in any_events()) {
        let now = events.iter().map(|event| event.at).max().unwrap_or_default();
        let first = events.iter().map(|event| event.at).min().unwrap_or_default();
        let hours = Hours { starts_at: first, ended_at: None, late_after_ms: 0, early_before_ms: 0 };
        let connection = told(events).connection(hours, now);
        prop_assert!(connection.connected_ms >= 0);
        prop_assert!(connection.connected_ms <= now.millis_since(first));
    }
}
