//! A clock whose hands are turned by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use schema::moment::{Clock, Moment};

/// Shows the time that it was turned to.
#[derive(Debug)]
pub struct TurnedClock(AtomicI64);

impl TurnedClock {
    /// A clock that shows `moment`.
    pub fn at(moment: Moment) -> Self {
        Self(AtomicI64::new(moment.as_millis()))
    }

    /// Turns the hands to `moment`, never back: what was done stays done in its order.
    pub fn turn_to(&self, moment: Moment) {
        self.0.fetch_max(moment.as_millis(), Ordering::Relaxed);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Moment {
        Moment::from_millis(self.0.load(Ordering::Relaxed))
    }
}
