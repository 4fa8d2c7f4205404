//! Connectivity checks: its own, and its answers to those of servers that check as well.

use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};

use super::client::{Client, SERVER};
use crate::media::stun::Check;

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
        let crypto = self.crypto.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(password.clone(), crypto)
            .add_to(&mut message)
            .unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        self.out.push(message.raw);
    }

    /// Takes the server's answer, or its question.
    pub(super) fn stun(&mut self, bytes: &[u8]) {
        if let Some(mut check) = Check::parse(bytes) {
            assert!(check.authentic(PASSWORD, &self.crypto), "the server knows the password");
            self.out.extend(check.reply(SERVER, PASSWORD, &self.crypto));
            return;
        }
        let mut message = Message::new();
        message.raw = bytes.to_vec();
        message.decode().unwrap();
        let (_, password) = self.server.as_ref().unwrap();
        let known = MessageIntegrity::check(&mut message, password.as_bytes(), self.crypto.crypto());
        if message.typ == BINDING_SUCCESS && known.is_ok() {
            self.checks_answered += 1;
        }
    }
}
