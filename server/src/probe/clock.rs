//! What time it is: a probe measures it.

use std::time::Instant;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a probe is all edge: it measures how long things take")]
pub fn now() -> Instant {
    Instant::now()
}
