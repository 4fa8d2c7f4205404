//! Dice that fall the same way every time.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Dice of one throw of the sample data.
pub struct Dice(StdRng);

impl Dice {
    /// Dice that depend on nothing but `seed`.
    pub fn of(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// True in `percent` of 100 throws.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// A number of the range, its ends included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0.random_range(from..=to)
    }

    /// One of several things.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.0.random_range(0..from.len())]
    }
}
