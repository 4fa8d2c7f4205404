//! What can be measured.

use std::{fmt, time::Duration};

use futures::future::BoxFuture;

use crate::pattern::Pattern;

/// What one turn cost.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Packets that the clients received.
    pub packets: u64,
    /// Places in their sequences that stayed empty.
    pub missing: i64,
    /// CPU time of the server process.
    pub used: Duration,
}

impl Turn {
    /// Both together.
    pub fn with(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            missing: self.missing + other.missing,
            used: self.used + other.used,
        }
    }

    /// CPU time for each packet received, in microseconds.
    pub fn micros(&self) -> f64 {
        let packets = u32::try_from(self.packets.max(1)).expect("fewer than four thousand million");
        self.used.as_secs_f64() * 1e6 / f64::from(packets)
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} µs ({} packets, {} missing)", self.micros(), self.packets, self.missing)
    }
}

/// A server with its crowd.
pub trait Subject {
    /// What the report calls it.
    fn name(&self) -> &'static str;
    /// Whether it takes part with this pattern.
    fn carries(&self, pattern: Pattern) -> bool;
    /// Lets its publisher send for `window`.
    fn turn(&mut self, pattern: Pattern, window: Duration) -> BoxFuture<'_, Turn>;
    /// Ends it.
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()>;
}
