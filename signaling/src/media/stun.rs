//! ICE-lite: connectivity checks are answered, never made (RFC 8445 section 2.5, RFC 8489).

use std::net::SocketAddr;
use std::sync::Arc;

use rtc_stun::attributes::{ATTR_ICE_CONTROLLED, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::crypto::RTCCryptoProvider;
use rtc_stun::error_code::{CODE_ROLE_CONFLICT, ErrorCodeAttribute};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Message, Setter};
use rtc_stun::xoraddr::XorMappedAddress;

/// Longest check looked at. Browsers send about 120 bytes; more is not a check.
const MAX_BYTES: usize = 548;

/// A well-formed binding request that nobody has vouched for yet.
pub struct Check {
    message: Message,
    local: String,
}

impl Check {
    /// Parses a binding request; `None` for anything else.
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        if datagram.len() > MAX_BYTES {
            return None;
        }
        let mut message = Message::new();
        message.raw = datagram.to_vec();
        message.decode().ok()?;
        if message.typ != BINDING_REQUEST || FINGERPRINT.check(&message).is_err() {
            return None;
        }
        let username = String::from_utf8(message.get(ATTR_USERNAME).ok()?).ok()?;
        let local = username.split_once(':')?.0.to_owned();
        Some(Self { message, local })
    }

    /// The user name fragment of ours that it is addressed to.
    pub fn local_fragment(&self) -> &str {
        &self.local
    }

    /// Whether whoever sent it knows the password.
    pub fn authentic(&mut self, password: &str, crypto: &Arc<dyn RTCCryptoProvider>) -> bool {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), crypto.crypto()).is_ok()
    }

    /// Whether the client chose this path.
    pub fn nominates(&self) -> bool {
        self.message.contains(ATTR_USE_CANDIDATE)
    }

    /// Whether the client wrongly believes that we are in control.
    pub fn role_conflict(&self) -> bool {
        self.message.contains(ATTR_ICE_CONTROLLED)
    }

    /// The reply to an authentic check that came from `from`.
    pub fn reply(
        &self,
        from: SocketAddr,
        password: &str,
        crypto: &Arc<dyn RTCCryptoProvider>,
    ) -> Option<Vec<u8>> {
        let integrity =
            MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto.crypto());
        let mapped = XorMappedAddress { ip: from.ip().to_canonical(), port: from.port() };
        let conflict = ErrorCodeAttribute { code: CODE_ROLE_CONFLICT, reason: b"Role Conflict".to_vec() };
        let (class, body): (_, &dyn Setter) =
            if self.role_conflict() { (BINDING_ERROR, &conflict) } else { (BINDING_SUCCESS, &mapped) };
        let mut reply = Message::new();
        reply.transaction_id = self.message.transaction_id;
        reply.typ = class;
        reply.write_header();
        body.add_to(&mut reply).ok()?;
        integrity.add_to(&mut reply).ok()?;
        FINGERPRINT.add_to(&mut reply).ok()?;
        Some(reply.raw)
    }
}
