//! A brake that takes no memory as it is leaned on.

use std::time::Instant;

/// A bucket that fills at a steady rate and holds what flows in within one second.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    left: u64,
    at: Instant,
}

impl Allowance {
    /// A full one.
    pub const fn new(now: Instant, per_second: u64) -> Self {
        Self { left: per_second, at: now }
    }

    /// Takes `amount` out, if it is there.
    pub fn take(&mut self, now: Instant, per_second: u64, amount: u64) -> bool {
        let micros = now.saturating_duration_since(self.at).as_micros();
        let gained = u64::try_from(micros * u128::from(per_second) / 1_000_000).unwrap_or(u64::MAX);
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(per_second);
            self.at = now;
        }
        let enough = self.left >= amount;
        if enough {
            self.left -= amount;
        }
        enough
    }
}
