//! What may be reached through the relay: this server's own media candidates, and nothing else.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// The media candidates, and the worker behind each.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    workers: HashMap<SocketAddr, usize>,
    /// Their addresses, the most preferred first.
    ips: Vec<IpAddr>,
}

impl Targets {
    /// One list of candidates for each worker.
    pub fn new<'a>(workers: impl IntoIterator<Item = &'a [SocketAddr]>) -> Self {
        let mut targets = Self::default();
        for (worker, candidates) in workers.into_iter().enumerate() {
            for candidate in candidates {
                let candidate = SocketAddr::new(candidate.ip().to_canonical(), candidate.port());
                targets.workers.insert(candidate, worker);
                if !targets.ips.contains(&candidate.ip()) {
                    targets.ips.push(candidate.ip());
                }
            }
        }
        targets
    }

    /// The worker that a peer is; `None` when the peer is somebody else.
    pub fn worker(&self, peer: SocketAddr) -> Option<usize> {
        self.workers.get(&peer).copied()
    }

    /// Whether an address is one of ours. Permissions are for addresses, not for ports (RFC 8656 section 9).
    pub fn knows(&self, ip: IpAddr) -> bool {
        self.ips.contains(&ip)
    }

    /// The address under which allocations of a family stand: the first of ours.
    pub fn address(&self, v6: bool) -> Option<IpAddr> {
        self.ips.iter().copied().find(|ip| ip.is_ipv6() == v6)
    }

    /// The first of all.
    pub fn first(&self) -> Option<IpAddr> {
        self.ips.first().copied()
    }

    /// Ports that are taken.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.workers.keys().map(SocketAddr::port)
    }
}
