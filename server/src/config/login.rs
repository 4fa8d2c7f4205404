//! Settings of signing in that are the machine's business. Those that a regulation sets (failures before a lock, idle
//! time, longest login) are dated rules in the database, with their legal basis: `schema::settings`, `login.*`.

use serde::{Deserialize, Serialize};

/// Passwords and cookies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoginSettings {
    /// Shortest password. Default 14 with no second factor; level 3 allows 8 only together with one.
    pub password_min_chars: usize,
    /// Longest password. Default 256: hashing must not be a way to keep the server busy.
    pub password_max_chars: usize,
    /// Argon2id memory in KiB. Default 19456: OWASP's first recommendation, and 20 MB fits the smallest server.
    pub argon2_memory_kib: u32,
    /// Argon2id passes. Default 2: goes with 19 MiB in the same recommendation.
    pub argon2_passes: u32,
    /// Password hashes computed at once. Default 2: a burst of guesses must not take memory or every core.
    pub argon2_at_once: usize,
    /// The cookie is sent over TLS only. Default false, because the product also runs on a closed network without
    /// certificates; set it wherever TLS ends before the program.
    pub secure_cookie: bool,
}

impl Default for LoginSettings {
    fn default() -> Self {
        Self {
            password_min_chars: 14,
            password_max_chars: 256,
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_at_once: 2,
            secure_cookie: false,
        }
    }
}
