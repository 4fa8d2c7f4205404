//! What was done with a session, by whom and why; and the warnings that were gone past.

use super::sql::{all, execute};
use super::{StoreError, Tx};
use crate::id::{AccountId, SessionId};
use crate::moment::Moment;
use crate::roster::{HistoryEntry, Override};
use crate::session::SessionAction;

/// Who does something.
#[derive(Debug, Clone)]
pub struct Author<'a> {
    /// The account; `None` for the system itself.
    pub id: Option<AccountId>,
    /// Its name today.
    pub name: &'a str,
}

/// What was done with a session, oldest first.
pub async fn list(tx: &mut Tx, session: SessionId) -> Result<Vec<HistoryEntry>, StoreError> {
    all!(
        tx,
        "SELECT at, actor_name, action, reason FROM session_history WHERE session_id = $1 ORDER BY seq",
        session
    )
}

/// Notes what was done. The caller holds the session's row, so numbers are not taken twice.
pub async fn insert(
    tx: &mut Tx,
    session: SessionId,
    author: &Author<'_>,
    action: SessionAction,
    reason: Option<&str>,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO session_history (session_id, seq, at, actor_id, actor_name, action, reason)
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6 FROM session_history WHERE session_id = $1",
        session,
        now,
        author.id,
        author.name,
        action,
        reason,
    )?;
    Ok(())
}

/// The warnings gone past, oldest first.
pub async fn overrides(tx: &mut Tx, session: SessionId) -> Result<Vec<Override>, StoreError> {
    all!(
        tx,
        "SELECT code, reason, actor_name, at FROM session_overrides WHERE session_id = $1 ORDER BY seq",
        session
    )
}

/// Notes that a warning was gone past.
pub async fn insert_override(
    tx: &mut Tx,
    session: SessionId,
    author: &Author<'_>,
    code: &str,
    reason: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO session_overrides (session_id, seq, at, actor_id, actor_name, code, reason)
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6 FROM session_overrides WHERE session_id = $1",
        session,
        now,
        author.id,
        author.name,
        code,
        reason,
    )?;
    Ok(())
}
