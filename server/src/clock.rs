//! The one place where the program reads the clock.

use schema::moment::{Clock, Moment};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge: everything else is told the time")]
    fn now(&self) -> Moment {
        Moment::from(chrono::Utc::now())
    }
}
