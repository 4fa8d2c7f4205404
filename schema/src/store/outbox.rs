//! Effects that leave the house: written with the change that causes them, carried out afterwards, at least once.

use super::sql::{all, execute};
use super::{StoreError, Tx};
use crate::id::OutboxId;
use crate::moment::Moment;

/// An effect still to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Outgoing {
    /// Identity.
    pub id: OutboxId,
    /// Which effect: `mail`, `webhook`, `close_room`.
    pub kind: String,
    /// What it needs to know, as JSON text.
    pub payload: String,
    /// When it was ordered.
    pub created_at: Moment,
    /// Tries so far.
    pub attempts: i64,
}

/// Orders an effect.
pub async fn insert(
    tx: &mut Tx,
    kind: &str,
    payload: &serde_json::Value,
    now: Moment,
) -> Result<OutboxId, StoreError> {
    let id = OutboxId::new(now);
    execute!(
        tx,
        "INSERT INTO outbox (id, kind, payload, created_at, not_before, attempts, last_error, done_at)
         VALUES ($1, $2, $3, $4, $4, 0, NULL, NULL)",
        id,
        kind,
        payload.to_string(),
        now,
    )?;
    Ok(id)
}

/// Takes up to `limit` due effects and puts them off until `retry_at`: another process does not see them before,
/// and neither does anyone if this one dies.
pub async fn take(
    tx: &mut Tx,
    now: Moment,
    retry_at: Moment,
    limit: i64,
) -> Result<Vec<Outgoing>, StoreError> {
    let mut taken: Vec<Outgoing> = all!(
        tx,
        "UPDATE outbox SET not_before = $2, attempts = attempts + 1
         WHERE id IN (SELECT id FROM outbox WHERE done_at IS NULL AND not_before <= $1 ORDER BY not_before, id LIMIT $3)
           AND done_at IS NULL AND not_before <= $1
         RETURNING id, kind, payload, created_at, attempts",
        now,
        retry_at,
        limit,
    )?;
    taken.sort_by_key(|outgoing| outgoing.id);
    Ok(taken)
}

/// Notes that an effect is done.
pub async fn finish(tx: &mut Tx, id: OutboxId, now: Moment) -> Result<(), StoreError> {
    execute!(tx, "UPDATE outbox SET done_at = $2, last_error = NULL WHERE id = $1", id, now)?;
    Ok(())
}

/// Notes that an effect failed and when to try again.
pub async fn put_off(tx: &mut Tx, id: OutboxId, error: &str, not_before: Moment) -> Result<(), StoreError> {
    execute!(tx, "UPDATE outbox SET last_error = $2, not_before = $3 WHERE id = $1", id, error, not_before)?;
    Ok(())
}

/// Forgets the effects done before `before`.
pub async fn delete_done(tx: &mut Tx, before: Moment) -> Result<u64, StoreError> {
    execute!(tx, "DELETE FROM outbox WHERE done_at < $1", before)
}
