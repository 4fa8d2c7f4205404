//! What all sessions share: whom to let in, what may be reached, how much.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rtc_shared::error::Error;
use rtc_stun::crypto::{RTCCrypto, RTCCryptoProvider};
use schema::moment::Moment;

use super::credentials::Credentials;
use super::pace::Strangers;
use super::quota::Quota;
use super::{Limits, Targets};

/// What clients call the domain of our credentials. Short: it stands in every reply to a stranger.
pub(super) const REALM: &str = "giaoban";

/// The time on two clocks: lifetimes follow the one that never jumps, credentials the one that others have too.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For lifetimes.
    pub instant: Instant,
    /// For credentials.
    pub wall: Moment,
}

/// The rules and the books of the TURN server.
pub struct Relay {
    pub(super) credentials: Credentials,
    pub(super) targets: Targets,
    pub(super) quota: Arc<Quota>,
    pub(super) limits: Limits,
    crypto: Arc<dyn RTCCryptoProvider>,
    strangers: Mutex<Strangers>,
    lines: AtomicU64,
}

impl Relay {
    /// `secret` makes passwords and outlives the process; `fresh` makes nonces and does not.
    pub fn new(
        now: Instant,
        secret: &[u8],
        fresh: [u8; 32],
        targets: Targets,
        limits: Limits,
    ) -> Result<Self, Error> {
        let crypto =
            rtc_stun::crypto::default_provider().map_err(|error| Error::Crypto(error.to_string()))?;
        Ok(Self {
            credentials: Credentials::new(secret, fresh, now, limits.credential_ttl, limits.nonce_ttl),
            quota: Quota::new(&limits, targets.ports()),
            targets,
            limits,
            crypto,
            strangers: Mutex::new(Strangers::new(now, limits.strangers_per_second)),
            lines: AtomicU64::new(0),
        })
    }

    /// A user name and a password for a participant, good from now on for a short while.
    pub fn mint(&self, now: Moment, identity: &str) -> (String, String) {
        self.credentials.mint(now, identity)
    }

    /// The ceilings in force.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What can be reached.
    pub const fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Allocations at the moment.
    pub fn allocations(&self) -> usize {
        self.quota.count()
    }

    pub(super) fn crypto(&self) -> &dyn RTCCrypto {
        self.crypto.crypto()
    }

    /// A number that no other line of this process has.
    pub(super) fn next_line(&self) -> u64 {
        self.lines.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn admits_stranger(&self, now: Instant, ip: IpAddr) -> bool {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).admit(now, ip)
    }
}
