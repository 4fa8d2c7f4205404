//! What a client is told of the relay when it joins.

use std::net::IpAddr;
use std::sync::Arc;

use livekit_protocol as proto;
use schema::moment::Moment;

use super::Relay;

/// The relay's addresses, and credentials for whoever comes in.
pub struct IceServers {
    relay: Arc<Relay>,
    urls: Vec<String>,
}

impl IceServers {
    /// `urls` as browsers take them (RFC 7065).
    pub const fn new(relay: Arc<Relay>, urls: Vec<String>) -> Self {
        Self { relay, urls }
    }

    /// For one participant, from now on for a short while.
    pub fn mint(&self, now: Moment, identity: &str) -> Vec<proto::IceServer> {
        let (username, credential) = self.relay.mint(now, identity);
        vec![proto::IceServer { urls: self.urls.clone(), username, credential }]
    }
}

/// A URL of the relay: over TLS, or over `transport`.
pub fn url(host: &str, port: u16, tls: bool, transport: &str) -> String {
    let scheme = if tls { "turns" } else { "turn" };
    match host.parse() {
        Ok(IpAddr::V6(ip)) => format!("{scheme}:[{ip}]:{port}?transport={transport}"),
        Ok(IpAddr::V4(_)) | Err(_) => format!("{scheme}:{host}:{port}?transport={transport}"),
    }
}
