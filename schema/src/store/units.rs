//! Org units, their tree and their lineage.

use super::sql::{all, containing, execute, optional, touched};
use super::{Keyed, StoreError, Tx};
use crate::day::Day;
use crate::id::UnitId;
use crate::moment::Moment;
use crate::org::{NewUnit, Unit};
use crate::paging::{Cursor, Page, Paging};
use crate::text;

/// Which units to list.
#[derive(Debug, Clone, Default)]
pub struct UnitFilter<'a> {
    /// Those that existed on this day.
    pub on: Option<Day>,
    /// This unit and all below it.
    pub under: Option<UnitId>,
    /// Those whose names or code contain this.
    pub q: Option<&'a str>,
}

/// The unit with this id.
pub async fn find(tx: &mut Tx, id: UnitId) -> Result<Option<Unit>, StoreError> {
    optional!(tx, "SELECT * FROM units WHERE id = $1", id)
}

/// Units by name.
pub async fn list(tx: &mut Tx, filter: &UnitFilter<'_>, paging: &Paging) -> Result<Page<Unit>, StoreError> {
    let after = paging.after.as_ref();
    let rows: Vec<Keyed<Unit>> = all!(
        tx,
        "SELECT * FROM units
         WHERE ($1 IS NULL OR (valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1)))
           AND ($2 IS NULL OR id IN (
               WITH RECURSIVE below (id) AS (
                   SELECT id FROM units WHERE id = $2
                   UNION SELECT u.id FROM units u JOIN below ON u.parent_id = below.id)
               SELECT id FROM below))
           AND ($3 IS NULL OR search_key LIKE $3 ESCAPE '!')
           AND ($4 IS NULL OR (sort_key, id) > ($4, $5))
         ORDER BY sort_key, id LIMIT $6",
        filter.on,
        filter.under,
        containing(filter.q),
        after.map(|cursor| cursor.key.clone()),
        after.map(|cursor| cursor.id),
        paging.fetch(),
    )?;
    let page = Page::of(rows, paging, |row| Cursor { key: row.sort_key.clone(), id: row.item.id.0 });
    Ok(page.map(|row| row.item))
}

/// The unit and those above it, from itself to the province: what [`crate::role::allows`] asks for.
pub async fn lineage(tx: &mut Tx, id: UnitId) -> Result<Vec<UnitId>, StoreError> {
    let rows: Vec<(UnitId, i64)> = all!(
        tx,
        "WITH RECURSIVE above (id, parent_id, depth) AS (
             SELECT id, parent_id, CAST(0 AS BIGINT) FROM units WHERE id = $1
             UNION ALL SELECT u.id, u.parent_id, above.depth + 1 FROM units u JOIN above ON u.id = above.parent_id
             WHERE above.depth < 16)
         SELECT id, depth FROM above ORDER BY depth",
        id,
    )?;
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

/// The unit and all below it.
pub async fn below(tx: &mut Tx, id: UnitId) -> Result<Vec<UnitId>, StoreError> {
    let rows: Vec<(UnitId,)> = all!(
        tx,
        "WITH RECURSIVE below (id) AS (
             SELECT id FROM units WHERE id = $1
             UNION SELECT u.id FROM units u JOIN below ON u.parent_id = below.id)
         SELECT id FROM below",
        id,
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Adds a unit.
pub async fn insert(tx: &mut Tx, new: &NewUnit, now: Moment) -> Result<UnitId, StoreError> {
    let id = UnitId::new(now);
    let (name, short_name, search_key) = written(new);
    execute!(
        tx,
        "INSERT INTO units (id, name, short_name, kind, parent_id, code, valid_from, valid_to, search_key, sort_key,
             version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
        id,
        &name,
        short_name,
        new.kind,
        new.parent_id,
        &new.code,
        new.valid_from,
        new.valid_to,
        search_key,
        text::sort_key(&name),
    )?;
    Ok(id)
}

/// Edits the unit read at `version`. A unit cannot be put below itself ([`StoreError::Refused`]).
pub async fn update(tx: &mut Tx, id: UnitId, version: i64, to: &NewUnit) -> Result<(), StoreError> {
    if let Some(parent) = to.parent_id
        && lineage(tx, parent).await?.contains(&id)
    {
        return Err(StoreError::Refused);
    }
    let (name, short_name, search_key) = written(to);
    touched(execute!(
        tx,
        "UPDATE units SET name = $3, short_name = $4, kind = $5, parent_id = $6, code = $7, valid_from = $8,
             valid_to = $9, search_key = $10, sort_key = $11, version = version + 1
         WHERE id = $1 AND version = $2",
        id,
        version,
        &name,
        short_name,
        to.kind,
        to.parent_id,
        &to.code,
        to.valid_from,
        to.valid_to,
        search_key,
        text::sort_key(&name),
    )?)
}

fn written(unit: &NewUnit) -> (String, String, String) {
    let (name, short_name) = (text::clean(&unit.name), text::clean(&unit.short_name));
    let search_key = text::search_key_of(&[&name, &short_name, unit.code.as_deref().unwrap_or_default()]);
    (name, short_name, search_key)
}

/// Notes that `successor` took over all or part of `predecessor`.
pub async fn insert_successor(tx: &mut Tx, predecessor: UnitId, successor: UnitId) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO unit_successors (predecessor_id, successor_id) VALUES ($1, $2)
         ON CONFLICT (predecessor_id, successor_id) DO NOTHING",
        predecessor,
        successor,
    )?;
    Ok(())
}

/// The units that took over all or part of this one.
pub async fn successors(tx: &mut Tx, id: UnitId) -> Result<Vec<Unit>, StoreError> {
    all!(
        tx,
        "SELECT u.* FROM unit_successors s JOIN units u ON u.id = s.successor_id
         WHERE s.predecessor_id = $1 ORDER BY u.sort_key, u.id",
        id,
    )
}

/// The units that this one took over, in whole or in part.
pub async fn predecessors(tx: &mut Tx, id: UnitId) -> Result<Vec<Unit>, StoreError> {
    all!(
        tx,
        "SELECT u.* FROM unit_successors s JOIN units u ON u.id = s.predecessor_id
         WHERE s.successor_id = $1 ORDER BY u.sort_key, u.id",
        id,
    )
}
