//! Delegates and the roll.

use super::history::Author;
use super::sql::{all, built, execute, one};
use super::{StoreError, Tx};
use crate::delegate::{Delegate, Mark, NewDelegate, NewMark};
use crate::id::{DelegateId, RosterId, SessionId};
use crate::moment::Moment;
use crate::text;

/// The delegates of a session with their latest marks, line by line, each line in its order.
pub async fn list(tx: &mut Tx, session: SessionId) -> Result<Vec<Delegate>, StoreError> {
    all!(
        tx,
        "SELECT d.id, d.roster_id, d.person_id, d.full_name, d.title, d.substitute_for, d.consented,
             COALESCE(m.presence, 'unknown') AS presence, COALESCE(m.late, FALSE) AS late,
             COALESCE(m.left_early, FALSE) AS left_early, m.note, m.marked_by, m.marked_at
         FROM delegates d
         LEFT JOIN rollcall_marks m ON m.delegate_id = d.id
             AND m.revision = (SELECT MAX(l.revision) FROM rollcall_marks l WHERE l.delegate_id = d.id)
         WHERE d.session_id = $1 AND NOT d.withdrawn
         ORDER BY d.roster_id, d.place, d.id",
        session
    )
}

/// Names the delegates of a line anew. Those named again by id keep their marks; those left out are withdrawn: their
/// marks stay in the record, they no longer count. An id that is not of this line is a [`StoreError::Reference`].
pub async fn replace(
    tx: &mut Tx,
    session: SessionId,
    line: RosterId,
    delegates: &[NewDelegate],
    now: Moment,
) -> Result<(), StoreError> {
    execute!(tx, "UPDATE delegates SET withdrawn = $2 WHERE roster_id = $1", line, true)?;
    for (place, delegate) in (0_i64..).zip(delegates) {
        let (full_name, title) = (text::clean(&delegate.full_name), text::clean(&delegate.title));
        if let Some(id) = delegate.id {
            let rows = execute!(
                tx,
                "UPDATE delegates SET place = $3, person_id = $4, full_name = $5, title = $6, substitute_for = $7,
                     consented = $8, withdrawn = $9
                 WHERE id = $1 AND roster_id = $2",
                id,
                line,
                place,
                delegate.person_id,
                full_name,
                title,
                &delegate.substitute_for,
                delegate.consented,
                false,
            )?;
            if rows == 0 {
                return Err(StoreError::Reference);
            }
        } else {
            execute!(
                tx,
                "INSERT INTO delegates (id, session_id, roster_id, place, person_id, full_name, title, substitute_for,
                     consented, withdrawn)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                DelegateId::new(now),
                session,
                line,
                place,
                delegate.person_id,
                full_name,
                title,
                &delegate.substitute_for,
                delegate.consented,
                false,
            )?;
        }
    }
    Ok(())
}

/// Which of these delegates belong to the session and still count.
pub async fn known(
    tx: &mut Tx,
    session: SessionId,
    ids: &[DelegateId],
) -> Result<Vec<DelegateId>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(DelegateId,)> = built!(tx, query => {
        query.push("SELECT id FROM delegates WHERE NOT withdrawn AND session_id = ").push_bind(session);
        query.push(" AND id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
    })?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Adds a mark of the roll; the latest one counts.
pub async fn insert_mark(
    tx: &mut Tx,
    mark: &NewMark,
    by: &Author<'_>,
    now: Moment,
) -> Result<(), StoreError> {
    let (revision,): (i64,) = one!(
        tx,
        "SELECT COALESCE(MAX(revision), 0) + 1 FROM rollcall_marks WHERE delegate_id = $1",
        mark.delegate_id
    )?;
    execute!(
        tx,
        "INSERT INTO rollcall_marks
             (delegate_id, revision, presence, late, left_early, note, marked_by_id, marked_by, marked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        mark.delegate_id,
        revision,
        mark.presence,
        mark.late,
        mark.left_early,
        &mark.note,
        by.id,
        by.name,
        now,
    )?;
    Ok(())
}

/// All marks about the delegates of a session, corrections included, oldest first.
pub async fn marks(tx: &mut Tx, session: SessionId) -> Result<Vec<Mark>, StoreError> {
    all!(
        tx,
        "SELECT m.* FROM rollcall_marks m JOIN delegates d ON d.id = m.delegate_id
         WHERE d.session_id = $1 ORDER BY m.marked_at, m.delegate_id, m.revision",
        session
    )
}
