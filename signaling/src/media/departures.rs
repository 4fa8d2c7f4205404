//! Packets that left for one subscriber and have not been reported on yet: eight bytes for each, 16 kB for a connection.

use std::time::{Duration, Instant};

/// Packets remembered: about two seconds at full rate.
const SLOTS: u64 = 2048;
/// Bits of a packet's word that hold its size; the others hold its time.
const SIZE_BITS: u32 = 16;
const SIZE: u64 = (1 << SIZE_BITS) - 1;

/// What left, by transport-wide number. Reports find it long gone from every cache, so that all of it lies in one place, and
/// what left together side by side.
#[derive(Default)]
pub struct Departures {
    /// Of the last packets: when they left, and their bytes on the wire; zero bytes where nothing more is to be reported.
    words: Vec<u64>,
    /// From when times count.
    began: Option<Instant>,
    newest: u64,
}

/// What is known of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departed {
    /// Bytes on the wire.
    pub size: usize,
    /// When it left: microseconds. Those that left together have the same.
    pub micros: u64,
}

impl Departures {
    /// The number given out last.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Notes packets that leave together: the number of the first, which follows the newest, and their sizes.
    pub fn note(&mut self, now: Instant, first: u64, sizes: impl Iterator<Item = usize>) {
        if self.words.is_empty() {
            self.words = vec![0; slot(SLOTS - 1) + 1];
        }
        let spent = now.saturating_duration_since(*self.began.get_or_insert(now)).as_micros();
        let time = u64::try_from(spent).unwrap_or(u64::MAX) << SIZE_BITS;
        let mut next = first;
        for size in sizes {
            self.words[slot(next)] = time | u64::try_from(size).unwrap_or(SIZE).min(SIZE);
            next += 1;
        }
        self.newest = next.saturating_sub(1);
    }

    /// Takes a packet that is reported on, once.
    pub fn take(&mut self, number: u64) -> Option<Departed> {
        let age = self.newest.checked_sub(number)?;
        let word = self.words.get_mut(slot(number)).filter(|word| age < SLOTS && **word & SIZE > 0)?;
        let found = Departed { size: usize::try_from(*word & SIZE).ok()?, micros: *word >> SIZE_BITS };
        *word &= !SIZE;
        Some(found)
    }

    /// A time as an instant.
    pub fn instant(&self, micros: u64) -> Option<Instant> {
        self.began?.checked_add(Duration::from_micros(micros))
    }
}

/// Where a number has its place.
fn slot(number: u64) -> usize {
    usize::try_from(number % SLOTS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    #[test]
    fn a_packet_is_taken_once_with_what_was_noted_of_it() {
        let (start, mut left) = (any_instant(), Departures::default());
        let taken = |left: &mut Departures, number| {
            left.take(number).map(|found| (found.size, left.instant(found.micros).unwrap()))
        };
        left.note(start, 5, [1200].into_iter());
        let later = start + Duration::from_millis(20);
        left.note(later, 6, [100, 0x1_0000].into_iter());
        assert_eq!(left.newest(), 7);
        assert_eq!(taken(&mut left, 6), Some((100, later)));
        assert_eq!(left.take(6), None, "it has been reported on");
        assert_eq!(taken(&mut left, 5), Some((1200, start)), "a report may come late");
        assert_eq!(taken(&mut left, 7), Some((0xFFFF, later)), "no packet is longer");
        assert_eq!(left.take(8), None, "it has not left");
        assert_eq!(left.take(4), None, "nor has what came before the first");
    }

    #[test]
    fn what_leaves_at_one_instant_left_together() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 1, [700, 700].into_iter());
        left.note(start, 3, [90].into_iter());
        left.note(start + Duration::from_micros(1), 4, [90].into_iter());
        let [first, second, third, fourth] = [1, 2, 3, 4].map(|number| left.take(number).unwrap().micros);
        assert_eq!([second, third, fourth], [first, first, first + 1]);
    }

    #[test]
    fn one_whose_place_another_took_is_forgotten() {
        let (start, mut left) = (any_instant(), Departures::default());
        let at = |number: u64| start + Duration::from_millis(number);
        for number in 1..=1 + SLOTS {
            left.note(at(number), number, [700].into_iter());
        }
        assert_eq!(left.take(1), None);
        assert_eq!(left.take(2).and_then(|found| left.instant(found.micros)), Some(at(2)));
        assert_eq!(left.take(1 + SLOTS).map(|found| found.size), Some(700));
        left.note(at(5000), 2 + SLOTS, (0..SLOTS).map(|_| 90));
        assert_eq!(left.take(1 + SLOTS), None);
        let sizes = (2 + SLOTS..2 + 2 * SLOTS).map(|number| left.take(number).map(|found| found.size));
        assert!(sizes.eq((0..SLOTS).map(|_| Some(90))));
    }

    #[test]
    fn times_are_told_apart_for_as_long_as_a_server_runs() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 1, [700].into_iter());
        let late = start + Duration::from_hours(24 * 365);
        left.note(late, 2, [700].into_iter());
        assert_eq!(left.take(2).and_then(|found| left.instant(found.micros)), Some(late));
    }
}
