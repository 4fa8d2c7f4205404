//! A line that becomes narrow from one moment to the next, told from one that loses as much and has no queue.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::any_instant;
use crate::media::acknowledgements::Acknowledgements;
use crate::media::bandwidth::Bandwidth;
use crate::media::clock::low16;
use crate::media::twcc::Recorder;

/// Whether a limit is seen when, after a second of whole reports, most is lost for four reports and what arrives is late by
/// so much. In the middle of that second the path becomes `longer`, and a limit, had there been one, is forgotten.
fn limited(longer: Duration, queue: Duration) -> bool {
    let (mut now, mut bandwidth, mut arrivals) = (any_instant(), Bandwidth::default(), Recorder::default());
    let mut number = 1;
    for report in 0..24 {
        let bad = report >= 20;
        let mut late = if bad { queue } else { Duration::ZERO };
        if report == 10 {
            bandwidth.release();
        }
        if report >= 10 {
            late += longer;
        }
        for packet in 0..10 {
            number += 1;
            bandwidth.left(now, number, std::iter::once(1200));
            if !bad || packet % 3 == 2 {
                arrivals.record(now + Duration::from_millis(20) + late, low16(number));
            }
        }
        now += Duration::from_millis(50);
        let told = arrivals.feedback(now + late, 1, 2).expect("a report is due");
        bandwidth.feedback(now, Acknowledgements::read(&told).expect("a report"));
    }
    bandwidth.limited()
}

#[test]
fn loss_is_a_line_that_narrows_where_a_queue_stands_before_it() {
    assert!(limited(Duration::ZERO, Duration::from_millis(200)));
}

#[test]
fn radio_that_loses_most_for_a_moment_is_not_a_line_that_narrows() {
    assert!(!limited(Duration::ZERO, Duration::ZERO));
}

#[test]
fn what_was_a_longer_path_before_a_limit_was_forgotten_is_no_queue_after_it() {
    assert!(!limited(Duration::from_millis(70), Duration::ZERO));
}

/// A second of 200 packets on a wide line, and a second in which `arrival` says when what leaves arrives, after what arrived
/// before it; clients report every 50 ms. The packet at which a limit is seen.
fn seen_after(arrival: impl Fn(Instant, Instant) -> Instant) -> Option<u64> {
    let start = any_instant();
    let (mut bandwidth, mut arrivals) = (Bandwidth::default(), Recorder::default());
    let (mut on_the_way, mut last) = (VecDeque::new(), start);
    for number in 1..=400_u64 {
        let now = start + Duration::from_millis(5 * number);
        bandwidth.left(now, number, std::iter::once(1200));
        let straight = now + Duration::from_millis(20);
        last = if number > 200 { arrival(straight, last) } else { straight };
        on_the_way.push_back((last, number));
        while let Some((at, number)) = on_the_way.pop_front_if(|(at, _)| *at <= now) {
            arrivals.record(at, low16(number));
        }
        if number.is_multiple_of(10)
            && let Some(told) = arrivals.feedback(now, 1, 2)
        {
            bandwidth.feedback(now, Acknowledgements::read(&told).expect("a report"));
        }
        if bandwidth.limited() {
            return Some(number);
        }
    }
    None
}

#[test]
fn a_queue_that_fills_is_seen_before_anything_is_lost() {
    // A packet every 5 ms on a line that lets one through every 10 ms.
    let seen = seen_after(|straight, last| straight.max(last + Duration::from_millis(10)));
    assert!(
        seen.is_some_and(|number| number <= 250),
        "seen at packet {seen:?}, one of which leaves every 5 ms"
    );
}

#[test]
fn one_who_stands_still_for_a_moment_has_no_narrow_line() {
    for still in (50..=300).step_by(5) {
        for apart_us in [0, 300, 500, 1000] {
            let again = any_instant() + Duration::from_millis(1005 + still);
            let apart = Duration::from_micros(apart_us);
            let seen = seen_after(|straight, last| straight.max(last + apart).max(again));
            assert_eq!(
                seen, None,
                "it stood still for {still} ms, and then took one packet in {apart_us} µs"
            );
        }
    }
}

#[test]
fn a_path_that_becomes_longer_is_no_narrow_line() {
    for longer in (10..=200).step_by(10) {
        let seen = seen_after(|straight, _| straight + Duration::from_millis(longer));
        assert_eq!(seen, None, "longer by {longer} ms");
    }
}
