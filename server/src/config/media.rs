//! Settings of the rooms and of keeping attendance.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The media plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaSettings {
    /// UDP port (and TCP port of the same number). Default 7882, LiveKit's own, which firewalls may already know.
    pub port: u16,
    /// Addresses told to clients. Default: the listening address, or all of the machine's when that is a wildcard.
    pub addresses: Vec<IpAddr>,
    /// Media workers; each holds whole rooms and takes the next port. Default 1: one core carries a session of a
    /// province, and one port is one line in a firewall.
    pub workers: usize,
    /// Seconds for which a token opens a room. Default 600: long enough to choose a camera, short enough to be
    /// useless tomorrow. A resume gets a fresh token over the open connection.
    pub token_seconds: u32,
}

impl Default for MediaSettings {
    fn default() -> Self {
        Self { port: 7882, addresses: Vec::new(), workers: 1, token_seconds: 600 }
    }
}

/// Keeping attendance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttendanceSettings {
    /// Events kept in memory while the database is away. Default 200,000: 200 endpoints with a heartbeat every
    /// 10 s for 2¾ hours, about 40 MB.
    pub events_in_memory: usize,
    /// Events written in one transaction. Default 500: one breath of the database after an outage.
    pub events_per_write: usize,
    /// How long before its planned start a session may be started, in minutes. Default 60: technicians are on site an hour
    /// before; a slip of the hand must not begin, and then end, a session of next week.
    pub start_early_minutes: u32,
    /// Delegates named at one endpoint at most. Default 500: the fullest endpoint known had some 130; a large hall is
    /// four times that, and its list still fits a request.
    pub delegates_per_endpoint: usize,
    /// First wait before trying again to write, in milliseconds; it doubles up to 5 s. Default 250.
    pub retry_ms: u64,
}

impl Default for AttendanceSettings {
    fn default() -> Self {
        Self {
            events_in_memory: 200_000,
            events_per_write: 500,
            start_early_minutes: 60,
            delegates_per_endpoint: 500,
            retry_ms: 250,
        }
    }
}
