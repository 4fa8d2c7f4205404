//! Settings of signing in. Figures from the controls of security level 3 (Nghị định 85/2016).

use serde::{Deserialize, Serialize};

/// Signing in, staying signed in, being locked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoginSettings {
    /// A login unused for so long ends. Default 15: the idle lock of level 3.
    pub idle_minutes: u32,
    /// The same for administrators. Default 5: level 3 asks more of them.
    pub administrator_idle_minutes: u32,
    /// A login ends after so long whatever happens. Default 12: one working day with a long evening session.
    pub absolute_hours: u32,
    /// Wrong passwords in a row before the account is locked. Default 5, the most that level 3 allows.
    pub failures_before_lock: u32,
    /// How long a lock lasts unless someone lifts it. Default 15: long against guessing, short before a session.
    pub lock_minutes: u32,
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
            idle_minutes: 15,
            administrator_idle_minutes: 5,
            absolute_hours: 12,
            failures_before_lock: 5,
            lock_minutes: 15,
            password_min_chars: 14,
            password_max_chars: 256,
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_at_once: 2,
            secure_cookie: false,
        }
    }
}
