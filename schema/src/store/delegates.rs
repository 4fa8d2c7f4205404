//! Delegates and the roll.

use super::history::Author;
use super::sql::{all, built, execute, insert_many, one};
use super::{StoreError, Tx};
use crate::delegate::{Changed, Delegate, Mark, NewDelegate, NewMark, Reseating, Seat};
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

/// A delegate as the line has it now.
#[derive(sqlx::FromRow)]
struct Standing {
    roster_id: RosterId,
    #[sqlx(flatten)]
    seat: Seat,
    place: i64,
    withdrawn: bool,
    marked: bool,
}

/// Everyone ever named at these lines, the withdrawn included.
async fn standing(tx: &mut Tx, lines: &[Line<'_>]) -> Result<Vec<Standing>, StoreError> {
    built!(tx, query => {
        query.push(
            "SELECT d.roster_id, d.id, d.person_id, d.full_name, d.title, d.substitute_for, d.consented, d.place,
                 d.withdrawn, EXISTS (SELECT 1 FROM rollcall_marks m WHERE m.delegate_id = d.id) AS marked
             FROM delegates d WHERE d.roster_id IN (NULL",
        );
        for (line, _) in lines {
            query.push(", ").push_bind(*line);
        }
        query.push(") ORDER BY d.place, d.id");
    })
}

/// A line of a roster, and all who are to be named at it, in their order.
pub type Line<'a> = (RosterId, &'a [NewDelegate]);

/// Names the delegates of a line anew; see [`replace_all`].
pub async fn replace(
    tx: &mut Tx,
    session: SessionId,
    line: RosterId,
    delegates: &[NewDelegate],
    now: Moment,
) -> Result<Reseating, StoreError> {
    replace_all(tx, session, &[(line, delegates)], now).await
}

/// Names the delegates of some lines anew. Those named again by id keep their marks; those left out are withdrawn: their
/// marks stay in the record, they no longer count. One who has a mark and is named again as somebody else is withdrawn
/// too, and the other one is added without a mark: the roll was called of a person, not of a line of a list. An id that
/// is not of the line is a [`StoreError::Reference`].
pub async fn replace_all(
    tx: &mut Tx,
    session: SessionId,
    lines: &[Line<'_>],
    now: Moment,
) -> Result<Reseating, StoreError> {
    let mut standing = standing(tx, lines).await?;
    let mut done = Reseating::default();
    let mut added: Vec<(RosterId, i64, Seat)> = Vec::new();
    for (line, delegates) in lines {
        let (own, others): (Vec<_>, _) = standing.into_iter().partition(|one| one.roster_id == *line);
        standing = others;
        let mut kept = Vec::new();
        for (place, delegate) in (0_i64..).zip(*delegates) {
            let of_line = |id| own.iter().find(|one| one.seat.id == id).ok_or(StoreError::Reference);
            let known = delegate.id.map(of_line).transpose()?;
            let wanted = delegate.seat(known.map_or_else(|| DelegateId::new(now), |one| one.seat.id));
            match known {
                Some(known) if !(known.marked && known.seat.is_another_person(&wanted)) => {
                    kept.push(wanted.id);
                    if known.seat != wanted || known.place != place || known.withdrawn {
                        update(tx, &wanted, place).await?;
                    }
                    if known.withdrawn {
                        done.added.push(wanted);
                    } else if known.seat != wanted {
                        done.changed.push(Changed { was: known.seat.clone(), now: wanted });
                    }
                }
                _ => added.push((*line, place, Seat { id: DelegateId::new(now), ..wanted })),
            }
        }
        for one in own.into_iter().filter(|one| !one.withdrawn && !kept.contains(&one.seat.id)) {
            execute!(tx, "UPDATE delegates SET withdrawn = $2 WHERE id = $1", one.seat.id, true)?;
            done.withdrawn.push(one.seat);
        }
    }
    insert(tx, session, &added).await?;
    done.added.extend(added.into_iter().map(|(_, _, seat)| seat));
    Ok(done)
}

async fn update(tx: &mut Tx, seat: &Seat, place: i64) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE delegates SET place = $2, person_id = $3, full_name = $4, title = $5, substitute_for = $6,
             consented = $7, withdrawn = $8
         WHERE id = $1",
        seat.id,
        place,
        seat.person_id,
        &seat.full_name,
        &seat.title,
        &seat.substitute_for,
        seat.consented,
        false,
    )?;
    Ok(())
}

async fn insert(tx: &mut Tx, session: SessionId, seats: &[(RosterId, i64, Seat)]) -> Result<(), StoreError> {
    insert_many!(
        tx,
        "INSERT INTO delegates (id, session_id, roster_id, place, person_id, full_name, title, substitute_for,
             consented, withdrawn) ",
        seats,
        |tuple, row| {
            let (line, place, seat) = row;
            tuple.push_bind(seat.id).push_bind(session).push_bind(*line).push_bind(*place);
            tuple.push_bind(seat.person_id).push_bind(seat.full_name.clone()).push_bind(seat.title.clone());
            tuple.push_bind(seat.substitute_for.clone()).push_bind(seat.consented).push_bind(false);
        }
    )
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
        mark.note.as_deref().and_then(text::clean_or_none),
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
