//! What a use case leaves behind: a line in the audit log, in the same transaction.

use schema::{
    audit::NewAuditEvent,
    moment::Moment,
    store::{StoreError, Tx, audit},
};

use crate::auth::actor::Actor;

/// One line for the audit log.
#[derive(Debug, Clone)]
pub struct Record {
    event: NewAuditEvent,
}

impl Record {
    /// `actor` did `action` (`noun.verb`) at `now`.
    pub fn new(actor: &Actor, now: Moment, action: &str) -> Self {
        let subject_kind = action.split('.').next().unwrap_or_default().to_owned();
        Self {
            event: NewAuditEvent {
                at: now,
                actor_id: actor.account_id,
                actor_name: actor.name.clone(),
                action: action.to_owned(),
                subject_kind,
                subject_id: None,
                detail: serde_json::Value::Null,
            },
        }
    }

    /// To which thing.
    #[must_use]
    pub fn on(mut self, id: impl std::fmt::Display) -> Self {
        self.event.subject_id = Some(id.to_string());
        self
    }

    /// What a reader needs to know besides; never a secret.
    #[must_use]
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.event.detail = detail;
        self
    }

    /// Writes it. The end of the chain stays locked until the transaction is over, so this comes last.
    pub async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        audit::insert(tx, &self.event).await.map(drop)
    }
}
