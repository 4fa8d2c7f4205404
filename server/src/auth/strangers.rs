//! Failures under names that do not exist. They are counted and locked like those of accounts, so that a lock does not
//! tell which names are real.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use schema::{account::LockRule, moment::Moment};

/// Names remembered. A flood of others makes the memory start anew, which only costs the flood its own locks.
const MOST: usize = 10_000;

/// What is remembered of a name.
#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    count: i64,
    locked_until: Option<Moment>,
}

/// The names tried that no account has.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<HashMap<String, Failures>>);

impl Strangers {
    /// Until when the name is locked, if it is.
    pub fn barred(&self, name: &str, now: Moment) -> Option<Moment> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(name)?.locked_until.filter(|until| now < *until)
    }

    /// Counts a failure under `name`; until when it locks the name, if it does.
    pub fn fail(&self, name: String, rule: LockRule, now: Moment) -> Option<Moment> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MOST && !names.contains_key(&name) {
            names.clear();
        }
        let known = names.entry(name).or_default();
        known.count = known.count.saturating_add(1);
        known.locked_until = (known.count >= rule.attempts).then(|| now.plus_millis(rule.lock_ms));
        known.locked_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_does_not_exist_locks_like_one_that_does() {
        let (strangers, rule) = (Strangers::default(), LockRule { attempts: 2, lock_ms: 1000 });
        let at = Moment::from_millis;
        assert_eq!(strangers.fail("a".into(), rule, at(0)), None);
        assert_eq!(strangers.fail("a".into(), rule, at(1)), Some(at(1001)));
        assert_eq!(
            (strangers.barred("a", at(1000)), strangers.barred("a", at(1001))),
            (Some(at(1001)), None)
        );
        assert_eq!(strangers.fail("b".into(), rule, at(500)), None);
        assert_eq!(strangers.fail("a".into(), rule, at(1001)), Some(at(2001)));
    }
}
