//! Nhật ký hệ thống: what was done, by whom, in a chain that shows when a link was changed or taken out.

use sha2::{Digest, Sha256};

use crate::id::{AccountId, AuditId};
use crate::moment::Moment;

/// Length of a hash in bytes.
pub const HASH_BYTES: usize = 32;

/// What the first entry has for the hash of the entry before it.
pub const GENESIS: [u8; HASH_BYTES] = [0; HASH_BYTES];

/// Something done that is worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEvent {
    /// When.
    pub at: Moment,
    /// Who; `None` for the system itself.
    pub actor_id: Option<AccountId>,
    /// Who, as named on that day.
    pub actor_name: String,
    /// What was done, as `noun.verb`: `session.cancel`.
    pub action: String,
    /// To what kind of thing: `session`.
    pub subject_kind: String,
    /// To which one.
    pub subject_id: Option<String>,
    /// What a reader needs to know besides; never a secret.
    pub detail: serde_json::Value,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct AuditEvent {
    /// Place in the chain, from 1 without gaps.
    pub seq: i64,
    /// Identity.
    pub id: AuditId,
    /// When.
    pub at: Moment,
    /// Who; `None` for the system itself.
    pub actor_id: Option<AccountId>,
    /// Who, as named on that day.
    pub actor_name: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which one.
    pub subject_id: Option<String>,
    /// What a reader needs to know besides, as JSON text exactly as hashed.
    pub detail: String,
    /// Hash of the entry before, in hexadecimal.
    pub previous_hash: String,
    /// Hash of this entry, in hexadecimal.
    pub hash: String,
}

/// What a look at the whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ChainVerdict {
    /// Is every link as it was written?
    pub ok: bool,
    /// Entries looked at.
    pub entries: i64,
    /// Place of the first entry that does not fit.
    pub broken_at: Option<i64>,
}

impl AuditEvent {
    /// The hash that the entry must have: SHA-256 over the hash before it and every field, each with its length in
    /// front so that text cannot move from one field to the next unseen.
    pub fn expected_hash(&self, previous: &[u8]) -> [u8; HASH_BYTES] {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(bytes);
        };
        add(previous);
        add(&self.seq.to_be_bytes());
        add(self.id.0.as_bytes());
        add(&self.at.as_millis().to_be_bytes());
        add(self.actor_id.as_ref().map_or(&[][..], |id| id.0.as_bytes()));
        add(self.actor_name.as_bytes());
        add(self.action.as_bytes());
        add(self.subject_kind.as_bytes());
        add(&[u8::from(self.subject_id.is_some())]);
        add(self.subject_id.as_deref().unwrap_or_default().as_bytes());
        add(self.detail.as_bytes());
        digest.finalize().into()
    }
}

/// Walks a chain entry by entry; the store feeds it page by page.
#[derive(Debug, Clone)]
pub struct ChainWalk {
    previous: [u8; HASH_BYTES],
    entries: i64,
}

impl Default for ChainWalk {
    fn default() -> Self {
        Self { previous: GENESIS, entries: 0 }
    }
}

impl ChainWalk {
    /// Takes the next entry; `false` when it does not fit where it stands.
    pub fn step(&mut self, entry: &AuditEvent) -> bool {
        let expected = entry.expected_hash(&self.previous);
        let fits = entry.seq == self.entries + 1
            && entry.previous_hash == hex::encode(self.previous)
            && entry.hash == hex::encode(expected);
        if fits {
            self.previous = expected;
            self.entries += 1;
        }
        fits
    }

    /// Entries that fit so far: the place of the last one.
    pub fn entries(&self) -> i64 {
        self.entries
    }

    /// Hash of the last entry that fits.
    pub fn last_hash(&self) -> [u8; HASH_BYTES] {
        self.previous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: i64) -> Vec<AuditEvent> {
        let mut previous = GENESIS;
        (1..=length)
            .map(|seq| {
                let mut entry = AuditEvent {
                    seq,
                    id: AuditId(uuid::Uuid::from_u128(seq.unsigned_abs().into())),
                    at: Moment::from_millis(seq * 1000),
                    actor_id: None,
                    actor_name: "hệ thống".into(),
                    action: "session.end".into(),
                    subject_kind: "session".into(),
                    subject_id: Some(seq.to_string()),
                    detail: "{}".into(),
                    previous_hash: hex::encode(previous),
                    hash: String::new(),
                };
                previous = entry.expected_hash(&previous);
                entry.hash = hex::encode(previous);
                entry
            })
            .collect()
    }

    fn first_misfit(chain: &[AuditEvent]) -> Option<i64> {
        let mut walk = ChainWalk::default();
        chain.iter().find(|entry| !walk.step(entry)).map(|entry| entry.seq)
    }

    #[test]
    fn an_untouched_chain_holds() {
        assert_eq!(first_misfit(&chain(5)), None);
    }

    #[test]
    fn a_changed_entry_is_found_where_it_stands() {
        let mut chain = chain(5);
        chain[2].actor_name = "ai đó".into();
        assert_eq!(first_misfit(&chain), Some(3));
    }

    #[test]
    fn an_entry_taken_out_is_found_at_the_next_one() {
        let mut chain = chain(5);
        chain.remove(1);
        assert_eq!(first_misfit(&chain), Some(3));
    }

    #[test]
    fn text_cannot_move_from_one_field_to_the_next() {
        let entry = chain(1).remove(0);
        let moved =
            AuditEvent { action: "session.endses".into(), subject_kind: "sion".into(), ..entry.clone() };
        assert_ne!(entry.expected_hash(&GENESIS), moved.expected_hash(&GENESIS));
    }
}
