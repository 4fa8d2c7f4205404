//! Connectivity checks: its own, and its answers to those of servers that check as well.

use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;

use super::client::{Client, SERVER};

/// What it offers to be checked with.
pub(super) const PASSWORD: &str = "0123456789012345678901";

impl Client {
    /// Asks the server, and chooses the path at once.
    pub(super) fn check(&mut self) {
        let Some((ufrag, password)) = &self.server else { return };
        let mut message = Message::new();
        message.transaction_id = TransactionId([7; 12]);
        message.typ = BINDING_REQUEST;
        message.write_header();
        message.add(ATTR_USERNAME, format!("{ufrag}:{}", self.ufrag).as_bytes());
        message.add(ATTR_USE_CANDIDATE, &[]);
        self.sign(&mut message, password);
        self.out.push(message.raw);
    }

    /// Takes the server's answer, or its question.
    pub(super) fn stun(&mut self, bytes: &[u8]) {
        let mut message = Message::new();
        message.raw = bytes.to_vec();
        message.decode().unwrap();
        if message.typ == BINDING_REQUEST {
            self.agree(&mut message);
            return;
        }
        let (_, password) = self.server.as_ref().unwrap();
        let known = MessageIntegrity::check(&mut message, password.as_bytes(), self.crypto.crypto());
        if message.typ == BINDING_SUCCESS && known.is_ok() {
            self.checks_answered += 1;
        }
    }

    /// Answers a check. `Check::reply` is for the server, which is never in control and refuses whoever says that of
    /// himself; this client always is in control, so that those who check it have to say it.
    fn agree(&mut self, check: &mut Message) {
        let known = MessageIntegrity::check(check, PASSWORD.as_bytes(), self.crypto.crypto());
        assert!(known.is_ok(), "the server knows the password");
        let mut message = Message::new();
        message.transaction_id = check.transaction_id;
        message.typ = BINDING_SUCCESS;
        message.write_header();
        XorMappedAddress { ip: SERVER.ip(), port: SERVER.port() }.add_to(&mut message).unwrap();
        self.sign(&mut message, PASSWORD);
        self.out.push(message.raw);
    }

    fn sign(&self, message: &mut Message, password: &str) {
        let crypto = self.crypto.crypto();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto);
        integrity.add_to(message).unwrap();
        FINGERPRINT.add_to(message).unwrap();
    }
}
