//! Limits of HTTP.

use serde::{Deserialize, Serialize};

/// How much one request may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Largest request body. Default 256 KiB: a session of 200 endpoints with all its delegates is 150 KiB.
    pub body_bytes: usize,
    /// A request that takes longer is answered 503. Default 20 s: the slowest report takes well under one.
    pub request_seconds: u64,
    /// Rows of a list when the client does not say. Default 50: one screen.
    pub page_rows: u32,
    /// Most rows that a client may ask for at once. Default 200.
    pub page_rows_max: u32,
    /// Live streams open at once. Default 1000: two browsers for each endpoint of the largest planned session.
    pub live_streams: usize,
    /// Live streams of one login at once. Default 24: a dozen pages of one browser with two streams each; without it,
    /// one login could take the places of a whole province.
    pub live_streams_per_login: usize,
    /// Name and port under which browsers reach the program, where a proxy changes the `Host` header.
    pub public_host: Option<String>,
    /// Browsers reach the program over TLS (a proxy in front ends it): join links say `wss`. Default false.
    pub tls_in_front: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024,
            request_seconds: 20,
            page_rows: 50,
            page_rows_max: 200,
            live_streams: 1000,
            live_streams_per_login: 24,
            public_host: None,
            tls_in_front: false,
        }
    }
}
