//! Who may use the relay: user names that say until when, passwords that follow from them, nonces that nobody stores.
//!
//! `username = <seconds since 1970 at which it expires>:<identity>`, `password = base64(HMAC-SHA-256(secret, username))`:
//! whoever knows the secret mints and checks, and no list of users is kept. A nonce is its own proof as well: the time
//! of its making and an HMAC over it and the client's address, so that requests of strangers leave nothing behind.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use schema::moment::Moment;

/// Longest user name (RFC 8489 section 14.3).
const USERNAME_BYTES_MAX: usize = 508;
/// Bytes of a nonce's time, in seconds since the start.
const TIME_BYTES: usize = 4;
/// Bytes of its HMAC. Guessing 64 bits one request at a time is hopeless, and a short nonce keeps replies to strangers
/// short.
const PROOF_BYTES: usize = 8;

/// Mints and checks.
pub struct Credentials {
    passwords: Key,
    nonces: Key,
    started: Instant,
    ttl: Duration,
    nonce_ttl: Duration,
}

/// Whom a user name names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The participant's identity.
    pub identity: String,
    /// Whether its time is over.
    pub expired: bool,
}

impl Credentials {
    /// Passwords follow from `secret`, which outlives the process; nonces from `fresh`, which does not.
    pub fn new(secret: &[u8], fresh: [u8; 32], started: Instant, ttl: Duration, nonce_ttl: Duration) -> Self {
        // The secret signs room tokens too: the two uses must not be able to meet.
        let own = hmac::sign(&Key::new(HMAC_SHA256, secret), b"giaoban TURN passwords");
        Self {
            passwords: Key::new(HMAC_SHA256, own.as_ref()),
            nonces: Key::new(HMAC_SHA256, &fresh),
            started,
            ttl,
            nonce_ttl,
        }
    }

    /// A user name and its password for a participant.
    pub fn mint(&self, now: Moment, identity: &str) -> (String, String) {
        let ttl = i64::try_from(self.ttl.as_millis()).unwrap_or(i64::MAX);
        let until = now.plus_millis(ttl).as_millis() / 1000;
        let username = format!("{until}:{identity}");
        let password = self.password(&username);
        (username, password)
    }

    /// The password of a user name.
    pub fn password(&self, username: &str) -> String {
        STANDARD.encode(hmac::sign(&self.passwords, username.as_bytes()))
    }

    /// Reads a user name; `None` when it is not one of ours in form.
    pub fn user(now: Moment, username: &str) -> Option<User> {
        if username.len() > USERNAME_BYTES_MAX {
            return None;
        }
        let (until, identity) = username.split_once(':')?;
        let until: i64 = until.parse().ok()?;
        Some(User { identity: identity.to_owned(), expired: until <= now.as_millis() / 1000 })
    }

    /// A nonce for this client.
    pub fn nonce(&self, now: Instant, client: SocketAddr) -> String {
        let age = now.saturating_duration_since(self.started).as_secs();
        self.nonce_of(u32::try_from(age).unwrap_or(u32::MAX), client)
    }

    /// Whether we gave this nonce to this client, not too long ago.
    pub fn nonce_holds(&self, now: Instant, client: SocketAddr, nonce: &[u8]) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(nonce) else { return false };
        let Some(time) = bytes.first_chunk::<TIME_BYTES>() else { return false };
        let time = u32::from_be_bytes(*time);
        let made = self.started + Duration::from_secs(time.into());
        let age = now.checked_duration_since(made);
        // The comparison need not take constant time: a nonce is no secret, and one try costs a round trip.
        age.is_some_and(|age| age <= self.nonce_ttl) && self.nonce_of(time, client).as_bytes() == nonce
    }

    fn nonce_of(&self, time: u32, client: SocketAddr) -> String {
        let mut proof = hmac::Context::with_key(&self.nonces);
        proof.update(&time.to_be_bytes());
        match client.ip().to_canonical() {
            std::net::IpAddr::V4(ip) => proof.update(&ip.octets()),
            std::net::IpAddr::V6(ip) => proof.update(&ip.octets()),
        }
        proof.update(&client.port().to_be_bytes());
        let proof = proof.sign();
        let mut nonce = [0; TIME_BYTES + PROOF_BYTES];
        nonce[..TIME_BYTES].copy_from_slice(&time.to_be_bytes());
        for (place, byte) in nonce[TIME_BYTES..].iter_mut().zip(proof.as_ref()) {
            *place = *byte;
        }
        URL_SAFE_NO_PAD.encode(nonce)
    }
}
