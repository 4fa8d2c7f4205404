//! Packets that left for one subscriber and have not been reported on yet: eight bytes for each, so that a picture for
//! fifty subscribers does not push everything else out of the nearest cache.

use std::time::{Duration, Instant};

use super::clock::{low16, low32};

/// Packets remembered: about two seconds at full rate.
const SLOTS: u64 = 2048;

#[derive(Clone, Copy, Default)]
struct Place {
    /// When it left, in microseconds since the first; after an hour it begins anew.
    at: u32,
    /// Bytes on the wire; zero while nobody is there.
    size: u16,
    /// How often the numbers had gone round all places.
    lap: u16,
}

/// What left, by transport-wide number.
#[derive(Default)]
pub struct Departures {
    places: Vec<Place>,
    epoch: Option<Instant>,
    newest: u64,
}

impl Departures {
    /// The number given out last.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Notes packets that leave together: the number of the first, and their sizes.
    pub fn note(&mut self, now: Instant, first: u64, sizes: impl Iterator<Item = usize>) {
        if self.places.is_empty() {
            self.places = vec![Place::default(); SLOTS.try_into().unwrap_or_default()];
        }
        let at = self.clock(now);
        for (number, size) in (first..).zip(sizes) {
            let (index, lap) = place(number);
            self.places[index] = Place { at, size: u16::try_from(size).unwrap_or(u16::MAX), lap };
            self.newest = number;
        }
    }

    /// Takes a packet that is reported on, once: when it left, and its bytes.
    pub fn take(&mut self, now: Instant, number: u64) -> Option<(Instant, usize)> {
        let clock = self.clock(now);
        let (index, lap) = place(number);
        let place = self.places.get_mut(index).filter(|place| place.lap == lap && place.size > 0)?;
        let Place { at, size, .. } = std::mem::take(place);
        // Stamped by another clock than the one by which it left, it may seem to have come back before.
        let ago = clock.wrapping_sub(at).cast_signed().max(0).unsigned_abs();
        let ago = Duration::from_micros(u64::from(ago));
        Some((now.checked_sub(ago).unwrap_or(now), usize::from(size)))
    }

    fn clock(&mut self, now: Instant) -> u32 {
        let epoch = *self.epoch.get_or_insert(now);
        low32(u64::try_from(now.saturating_duration_since(epoch).as_micros()).unwrap_or_default())
    }
}

/// Where a number has its place, and in which lap.
fn place(number: u64) -> (usize, u16) {
    (usize::try_from(number % SLOTS).unwrap_or_default(), low16(number / SLOTS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::any_instant;

    #[test]
    fn a_packet_is_taken_once_with_what_was_noted_of_it() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 5, [1200].into_iter());
        left.note(start + Duration::from_millis(20), 6, [100].into_iter());
        let now = start + Duration::from_millis(50);
        assert_eq!(left.newest(), 6);
        assert_eq!(left.take(now, 6), Some((start + Duration::from_millis(20), 100)));
        assert_eq!(left.take(now, 6), None, "it has been reported on");
        assert_eq!(left.take(now, 5), Some((start, 1200)));
        assert_eq!(left.take(now, 7), None, "it has not left");
    }

    #[test]
    fn one_whose_place_another_took_is_forgotten() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 1, [1200].into_iter());
        left.note(start, 1 + SLOTS, [700].into_iter());
        assert_eq!(left.take(start, 1), None);
        assert_eq!(left.take(start, 1 + SLOTS), Some((start, 700)));
    }

    #[test]
    fn hours_do_not_confuse_it() {
        let (start, mut left) = (any_instant(), Departures::default());
        left.note(start, 1, [1].into_iter());
        let late = start + Duration::from_hours(5) + Duration::from_micros(7);
        left.note(late, 2, [900].into_iter());
        assert_eq!(left.take(late + Duration::from_millis(80), 2), Some((late, 900)));
    }
}
