//! Identifiers as clients expect them: a prefix that says of what, and twelve random letters.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Draws identifiers. Seeded from outside, so that a room stays a pure function of what goes in.
#[derive(Debug)]
pub struct Ids(StdRng);

impl Ids {
    /// A source of identifiers; `seed` must come from the operating system's randomness outside of tests.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// `PA_…`: one coming-in of a participant.
    pub fn participant(&mut self) -> String {
        self.draw("PA_")
    }

    /// `TR_…`: a track.
    pub fn track(&mut self) -> String {
        self.draw("TR_")
    }

    /// `RM_…`: one opening of a room.
    pub fn room(&mut self) -> String {
        self.draw("RM_")
    }

    fn draw(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut id = String::with_capacity(prefix.len() + 12);
        id.push_str(prefix);
        for _ in 0..12 {
            id.push(char::from(LETTERS[self.0.random_range(0..LETTERS.len())]));
        }
        id
    }
}
