//! The audit chain. [`insert`] locks its end until the transaction is over, so it comes last in a transaction.

use super::sql::{all, containing, execute, one, optional};
use super::{StoreError, Tx};
use crate::audit::{AuditEvent, ChainVerdict, ChainWalk, GENESIS, NewAuditEvent};
use crate::id::{AccountId, AuditId};
use crate::moment::Moment;
use crate::paging::{Cursor, Page, Paging};
use crate::text;

/// Entries looked at in one go by [`verify`].
const VERIFY_PAGE: i64 = 1000;

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    id: AuditId,
    at: Moment,
    actor_id: Option<AccountId>,
    actor_name: String,
    action: String,
    subject_kind: String,
    subject_id: Option<String>,
    detail: String,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl From<Row> for AuditEvent {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            id: row.id,
            at: row.at,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            action: row.action,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            detail: row.detail,
            previous_hash: hex::encode(row.previous_hash),
            hash: hex::encode(row.hash),
        }
    }
}

/// Adds an entry at the end of the chain.
pub async fn insert(tx: &mut Tx, event: &NewAuditEvent) -> Result<AuditId, StoreError> {
    execute!(
        tx,
        "INSERT INTO audit_head (singleton, seq, hash) VALUES (1, 0, $1) ON CONFLICT (singleton) DO NOTHING",
        GENESIS.as_slice()
    )?;
    let (seq, previous): (i64, Vec<u8>) =
        one!(tx, "UPDATE audit_head SET seq = seq + 1 WHERE singleton = 1 RETURNING seq, hash")?;
    let mut entry = AuditEvent {
        seq,
        id: AuditId::new(event.at),
        at: event.at,
        actor_id: event.actor_id,
        actor_name: text::clean(&event.actor_name),
        action: event.action.clone(),
        subject_kind: event.subject_kind.clone(),
        subject_id: event.subject_id.clone(),
        detail: event.detail.to_string(),
        previous_hash: hex::encode(&previous),
        hash: String::new(),
    };
    let hash = entry.expected_hash(&previous);
    entry.hash = hex::encode(hash);
    let search_key = text::search_key_of(&[
        &entry.actor_name,
        &entry.action,
        &entry.subject_kind,
        entry.subject_id.as_deref().unwrap_or_default(),
        &entry.detail,
    ]);
    execute!(
        tx,
        "INSERT INTO audit (seq, id, at, actor_id, actor_name, action, subject_kind, subject_id, detail, search_key,
             previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        entry.seq,
        entry.id,
        entry.at,
        entry.actor_id,
        &entry.actor_name,
        &entry.action,
        &entry.subject_kind,
        &entry.subject_id,
        &entry.detail,
        search_key,
        previous,
        hash.as_slice(),
    )?;
    execute!(tx, "UPDATE audit_head SET hash = $1 WHERE singleton = 1", hash.as_slice())?;
    Ok(entry.id)
}

/// Entries of `from .. to`, the newest first.
pub async fn list(
    tx: &mut Tx,
    from: Option<Moment>,
    to: Option<Moment>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<AuditEvent>, StoreError> {
    let rows: Vec<Row> = all!(
        tx,
        "SELECT * FROM audit
         WHERE ($1 IS NULL OR at >= $1) AND ($2 IS NULL OR at < $2)
           AND ($3 IS NULL OR search_key LIKE $3 ESCAPE '!') AND ($4 IS NULL OR seq < $4)
         ORDER BY seq DESC LIMIT $5",
        from,
        to,
        containing(q),
        paging.after.as_ref().and_then(Cursor::as_number),
        paging.fetch(),
    )?;
    let page = Page::of(rows, paging, |row| Cursor::number(row.seq, row.id.0));
    Ok(page.map(AuditEvent::from))
}

/// Looks at every link of the chain, and that its end is where the head says.
pub async fn verify(tx: &mut Tx) -> Result<ChainVerdict, StoreError> {
    let mut walk = ChainWalk::default();
    loop {
        let rows: Vec<Row> = all!(
            tx,
            "SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
            walk.entries(),
            VERIFY_PAGE,
        )?;
        if rows.is_empty() {
            break;
        }
        for entry in rows.into_iter().map(AuditEvent::from) {
            if !walk.step(&entry) {
                let broken_at = Some(walk.entries() + 1);
                return Ok(ChainVerdict { ok: false, entries: walk.entries(), broken_at });
            }
        }
    }
    let head: Option<(i64, Vec<u8>)> = optional!(tx, "SELECT seq, hash FROM audit_head WHERE singleton = 1")?;
    let (seq, hash) = head.unwrap_or((0, GENESIS.to_vec()));
    let ok = seq == walk.entries() && hash == walk.last_hash();
    Ok(ChainVerdict { ok, entries: walk.entries(), broken_at: (!ok).then(|| walk.entries() + 1) })
}
