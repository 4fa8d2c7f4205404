//! A line that becomes narrow from one moment to the next, told from one that loses as much and has no queue.

use std::time::Duration;

use super::any_instant;
use crate::media::acknowledgements::Acknowledgements;
use crate::media::bandwidth::Bandwidth;
use crate::media::clock::low16;
use crate::media::twcc::Recorder;

/// Whether a limit is seen when, after a second of whole reports, most is lost for four reports and what arrives is late by
/// so much.
fn limited(queue: Duration) -> bool {
    let (mut now, mut bandwidth, mut arrivals) = (any_instant(), Bandwidth::default(), Recorder::default());
    let mut number = 1;
    for report in 0..24 {
        let bad = report >= 20;
        for packet in 0..10 {
            number += 1;
            bandwidth.left(now, number, 1200);
            if !bad || packet % 3 == 2 {
                let late = if bad { queue } else { Duration::ZERO };
                arrivals.record(now + Duration::from_millis(20) + late, low16(number));
            }
        }
        now += Duration::from_millis(50);
        let told = arrivals.feedback(now + queue, 1, 2).expect("a report is due");
        bandwidth.feedback(now, Acknowledgements::read(&told).expect("a report"));
    }
    bandwidth.limited()
}

#[test]
fn loss_is_a_line_that_narrows_where_a_queue_stands_before_it() {
    assert!(limited(Duration::from_millis(200)));
}

#[test]
fn radio_that_loses_most_for_a_moment_is_not_a_line_that_narrows() {
    assert!(!limited(Duration::ZERO));
}
