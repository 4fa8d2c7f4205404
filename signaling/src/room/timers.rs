//! A table of deadlines: at most one of each kind for each owner, the earliest found at once.

use std::collections::{BTreeMap, BTreeSet};

use schema::moment::Moment;

/// Deadlines of the kinds `K`, each belonging to an owner `O`.
#[derive(Debug)]
pub struct Timers<O, K> {
    at: BTreeMap<(O, K), Moment>,
    due: BTreeSet<(Moment, O, K)>,
}

impl<O: Copy + Ord, K: Copy + Ord> Timers<O, K> {
    /// An empty table.
    pub fn new() -> Self {
        Self { at: BTreeMap::new(), due: BTreeSet::new() }
    }

    /// Sets the deadline, in place of a former one.
    pub fn set(&mut self, owner: O, kind: K, at: Moment) {
        self.stop(owner, kind);
        self.at.insert((owner, kind), at);
        self.due.insert((at, owner, kind));
    }

    /// Takes the deadline away.
    pub fn stop(&mut self, owner: O, kind: K) {
        if let Some(at) = self.at.remove(&(owner, kind)) {
            self.due.remove(&(at, owner, kind));
        }
    }

    /// Takes one deadline that has passed, the earliest first.
    pub fn expired(&mut self, now: Moment) -> Option<(O, K)> {
        let (at, owner, kind) = *self.due.first().filter(|(at, ..)| *at <= now)?;
        self.due.remove(&(at, owner, kind));
        self.at.remove(&(owner, kind));
        Some((owner, kind))
    }

    /// Moves every deadline by so many milliseconds: the clock was set.
    pub fn shift(&mut self, millis: i64) {
        for at in self.at.values_mut() {
            *at = at.plus_millis(millis);
        }
        self.due = self.at.iter().map(|((owner, kind), at)| (*at, *owner, *kind)).collect();
    }

    /// Those who have a deadline of this kind.
    pub fn owners(&self, kind: K) -> Vec<O> {
        self.at.keys().filter(|(_, known)| *known == kind).map(|(owner, _)| *owner).collect()
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Moment> {
        self.due.first().map(|(at, ..)| *at)
    }

    /// Whether the deadline is set.
    pub fn is_set(&self, owner: O, kind: K) -> bool {
        self.at.contains_key(&(owner, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn the_earliest_comes_first_and_only_once() {
        let mut timers = Timers::new();
        timers.set(1, 'a', at(30));
        timers.set(2, 'a', at(10));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.expired(at(9)), None);
        assert_eq!(timers.expired(at(30)), Some((2, 'a')));
        assert_eq!(timers.expired(at(30)), Some((1, 'a')));
        assert_eq!(timers.expired(at(30)), None);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn when_the_clock_is_set_deadlines_stay_as_far_away_as_they_were() {
        let mut timers = Timers::new();
        timers.set(1, 'a', at(30));
        timers.set(2, 'b', at(10));
        timers.shift(-1000);
        assert_eq!(timers.next(), Some(at(-990)));
        assert_eq!(timers.expired(at(-990)), Some((2, 'b')));
        assert_eq!(timers.owners('a'), [1]);
        assert_eq!(timers.expired(at(-970)), Some((1, 'a')));
    }

    #[test]
    fn setting_again_moves_the_deadline() {
        let mut timers = Timers::new();
        timers.set(1, 'a', at(10));
        timers.set(1, 'a', at(50));
        assert_eq!(timers.expired(at(20)), None);
        assert!(timers.is_set(1, 'a'));
        timers.stop(1, 'a');
        assert_eq!(timers.next(), None);
    }
}
