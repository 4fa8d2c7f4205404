//! Two brakes that take no memory as they are leaned on: on what one allocation carries, and on replies to strangers.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Instant;

pub use crate::allowance::Allowance;

/// So many networks are told apart at once; those that share a place share its allowance.
const NETWORKS: usize = 1024;

/// Replies to strangers over UDP, where a request may carry somebody else's address.
#[derive(Debug)]
pub struct Strangers {
    networks: Vec<Allowance>,
    per_second: u64,
    hash: RandomState,
}

impl Strangers {
    /// Nobody has asked yet.
    pub fn new(now: Instant, per_second: u32) -> Self {
        let per_second = u64::from(per_second);
        Self {
            networks: vec![Allowance::new(now, per_second); NETWORKS],
            per_second,
            hash: RandomState::new(),
        }
    }

    /// Whether a stranger at this address may be answered.
    pub fn admit(&mut self, now: Instant, ip: IpAddr) -> bool {
        let network: u128 = match ip.to_canonical() {
            IpAddr::V4(ip) => (ip.to_bits() >> 8).into(),
            IpAddr::V6(ip) => (ip.to_bits() >> 80) | (1 << 127),
        };
        let place = usize::try_from(self.hash.hash_one(network) % NETWORKS as u64).unwrap_or_default();
        self.networks.get_mut(place).is_some_and(|allowance| allowance.take(now, self.per_second, 1))
    }
}
