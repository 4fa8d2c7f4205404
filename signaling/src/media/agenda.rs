//! When each connection is to be looked at again. Most of a room listens in silence: looking at all of them every 10 ms
//! took as much of a processor as passing on a picture to them.

use std::time::Instant;

/// Connections by their index, and the earliest of all.
#[derive(Default)]
pub struct Agenda {
    due: Vec<Option<Instant>>,
    next: Option<Instant>,
}

impl Agenda {
    /// A connection is to be looked at at this instant at the latest.
    pub fn wake(&mut self, index: usize, at: Instant) {
        if index >= self.due.len() {
            self.due.resize(index + 1, None);
        }
        if let Some(due) = self.due.get_mut(index).filter(|due| due.is_none_or(|due| at < due)) {
            *due = Some(at);
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }

    /// The earliest.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Takes those that are due.
    pub fn take(&mut self, now: Instant) -> Vec<usize> {
        if self.next.is_none_or(|next| next > now) {
            return Vec::new();
        }
        let mut taken = Vec::new();
        self.next = None;
        for (index, due) in self.due.iter_mut().enumerate() {
            match *due {
                Some(at) if at <= now => {
                    *due = None;
                    taken.push(index);
                }
                Some(at) => self.next = Some(self.next.map_or(at, |next| next.min(at))),
                None => {}
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::tests::any_instant;

    #[test]
    fn each_is_due_once_at_the_earliest_time_that_was_asked_for() {
        let (start, mut agenda) = (any_instant(), Agenda::default());
        let at = |ms| start + Duration::from_millis(ms);
        agenda.wake(3, at(50));
        agenda.wake(0, at(20));
        agenda.wake(3, at(10));
        agenda.wake(3, at(90));
        assert_eq!(agenda.next(), Some(at(10)));
        assert_eq!(agenda.take(at(9)), [0; 0]);
        assert_eq!(agenda.take(at(10)), [3]);
        assert_eq!(agenda.next(), Some(at(20)));
        assert_eq!(agenda.take(at(100)), [0]);
        assert_eq!((agenda.next(), agenda.take(at(200))), (None, vec![]));
    }
}
