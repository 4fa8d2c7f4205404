//! Packets that left for one subscriber and have not been reported on yet: two bytes for each, and one time for all that
//! left together, so that a picture for fifty subscribers does not push everything else out of the nearest cache. A time takes
//! 24 bytes: where each packet leaves alone, as sound does, all of it is 52 kB for a connection.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

/// Packets remembered: about two seconds at full rate.
const SLOTS: u64 = 2048;
/// Room for times to begin with: as many packets in pictures of sixteen.
const RUNS: usize = 128;

/// What left, by transport-wide number.
#[derive(Default)]
pub struct Departures {
    /// Bytes on the wire of the last packets; zero where nothing more is to be reported.
    sizes: Vec<u16>,
    /// Number of the first of those that left together, and when; oldest first.
    runs: VecDeque<(u64, Instant)>,
    /// When the last of them left.
    last: Option<Instant>,
    /// Place of the run that was found last.
    found: usize,
    newest: u64,
}

impl Departures {
    /// The number given out last.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Notes packets that leave together: the number of the first, which follows the newest, and their sizes.
    pub fn note(&mut self, now: Instant, first: u64, sizes: impl Iterator<Item = usize>) {
        if self.sizes.is_empty() {
            self.sizes = vec![0; slot(SLOTS - 1) + 1];
            self.runs.reserve_exact(RUNS);
        }
        let mut next = first;
        for size in sizes {
            self.sizes[slot(next)] = u16::try_from(size).unwrap_or(u16::MAX);
            next += 1;
        }
        self.newest = next.saturating_sub(1);
        if self.last.replace(now) == Some(now) {
            return;
        }
        // Looked at only when there is no room: what is oldest is far from every cache.
        if self.runs.len() == self.runs.capacity() {
            while self.runs.get(1).is_some_and(|(first, _)| first + SLOTS <= next) {
                self.runs.pop_front();
                self.found = self.found.saturating_sub(1);
            }
        }
        self.runs.push_back((first, now));
    }

    /// Takes a packet that is reported on, once; its bytes.
    pub fn take(&mut self, number: u64) -> Option<usize> {
        let age = self.newest.checked_sub(number)?;
        let size = self.sizes.get_mut(slot(number)).filter(|size| age < SLOTS && **size > 0)?;
        Some(usize::from(std::mem::take(size)))
    }

    /// The numbers of those that left together with this one, and when. Reports go forward, so that it is looked for from
    /// where the last was found.
    pub fn run(&mut self, number: u64) -> Option<(Range<u64>, Instant)> {
        while self.found > 0 && self.runs.get(self.found).is_none_or(|(first, _)| *first > number) {
            self.found -= 1;
        }
        while self.runs.get(self.found + 1).is_some_and(|(first, _)| *first <= number) {
            self.found += 1;
        }
        let (first, at) = *self.runs.get(self.found)?;
        let end = self.runs.get(self.found + 1).map_or(self.newest + 1, |(next, _)| *next);
        (first..end).contains(&number).then_some((first..end, at))
    }
}

/// Where a number has its place.
fn slot(number: u64) -> usize {
    usize::try_from(number % SLOTS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::tests::any_instant;

    #[test]
    fn a_packet_is_taken_once_with_what_was_noted_of_it() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 5, [1200].into_iter());
        let later = start + Duration::from_millis(20);
        left.note(later, 6, [100, 0x1_0000].into_iter());
        assert_eq!(left.newest(), 7);
        assert_eq!(left.take(6), Some(100));
        assert_eq!(left.take(6), None, "it has been reported on");
        assert_eq!(left.take(5), Some(1200));
        assert_eq!(left.take(7), Some(0xFFFF), "no packet is longer");
        assert_eq!(left.take(8), None, "it has not left");
        assert_eq!(left.run(4), None);
        assert_eq!(left.run(5), Some((5..6, start)));
        assert_eq!([left.run(6), left.run(7)], [Some((6..8, later)), Some((6..8, later))]);
        assert_eq!(left.run(5), Some((5..6, start)), "a report may come late");
    }

    #[test]
    fn what_leaves_at_one_instant_left_together() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 1, [700, 700].into_iter());
        left.note(start, 3, [90].into_iter());
        assert_eq!(left.run(2), Some((1..4, start)));
    }

    #[test]
    fn one_whose_place_another_took_is_forgotten() {
        let (start, mut left) = (any_instant(), Departures::default());
        let at = |number: u64| start + Duration::from_millis(number);
        for number in 1..=1 + SLOTS {
            left.note(at(number), number, [700].into_iter());
        }
        assert_eq!(left.take(1), None);
        assert_eq!((left.take(2), left.run(2)), (Some(700), Some((2..3, at(2)))));
        assert_eq!(left.take(1 + SLOTS), Some(700));
        left.note(at(5000), 2 + SLOTS, (0..SLOTS).map(|_| 90));
        assert_eq!(left.take(1 + SLOTS), None);
        let run = 2 + SLOTS..2 + 2 * SLOTS;
        assert_eq!(left.run(2 + SLOTS), Some((run.clone(), at(5000))));
        assert!(run.into_iter().all(|number| left.take(number) == Some(90)));
    }

    #[test]
    fn there_are_no_more_times_than_packets() {
        let (start, mut left) = (any_instant(), Departures::default());
        for number in 1..5 * SLOTS {
            left.note(start + Duration::from_millis(number), number, [90].into_iter());
            let oldest = number.saturating_sub(SLOTS - 1).max(1);
            assert_eq!(left.run(oldest).map(|(numbers, _)| numbers), Some(oldest..oldest + 1));
        }
        assert_eq!(left.runs.capacity(), slot(SLOTS - 1) + 1);
    }
}
