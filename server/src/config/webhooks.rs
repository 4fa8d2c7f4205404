//! Settings of the webhooks: who outside is told what happens in rooms.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Telling programs outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// Who is told. Default nobody: nothing leaves the house unasked.
    pub targets: Vec<WebhookTarget>,
    /// Certificates (PEM) of the authorities by which receivers are known, instead of the system's: a closed network has
    /// its own. Default: the system's.
    pub ca_file: Option<PathBuf>,
    /// A receiver has this long to answer, in seconds. Default 10: it only has to write the event down.
    pub timeout_seconds: u64,
    /// First wait before a delivery is tried again, in milliseconds; it doubles with every try. Default 1000.
    pub retry_ms: u64,
    /// Longest wait between two tries, in seconds. Default 300: a receiver that is back is told within five minutes.
    pub retry_max_seconds: u64,
    /// Rooms of which one receiver is told at the same time. Default 8: a slow answer about one room does not hold back
    /// the others, and no receiver is flooded.
    pub rooms_at_once: usize,
    /// Hours after which an event that could not be delivered is given up. Default 72: a receiver that fails on Friday
    /// is repaired on Monday.
    pub give_up_hours: u32,
    /// Days for which events are kept, so that they can be told again. Default 14, at about 1 kB per event and receiver.
    pub keep_days: u32,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            ca_file: None,
            timeout_seconds: 10,
            retry_ms: 1000,
            retry_max_seconds: 300,
            rooms_at_once: 8,
            give_up_hours: 72,
            keep_days: 14,
        }
    }
}

/// A receiver.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookTarget {
    /// Under this name it stands in the log, in figures and in the command that tells it again. Letters, digits, `-`
    /// and `_`.
    pub name: String,
    /// `https://…`, or `http://…` within the house. Redirections are not followed and no proxy is used: nothing goes to
    /// a host that is not named here.
    pub url: String,
    /// Name of the key (`iss` of the signature).
    pub key: String,
    /// The key: signs what is sent. At least 32 characters, known to this receiver only; not the key of the rooms, with
    /// which one could join them.
    pub secret: String,
}

/// Never prints the secret.
impl std::fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookTarget")
            .field("name", &self.name)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
