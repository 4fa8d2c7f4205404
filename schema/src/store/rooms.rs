//! Rooms.

use super::sql::{all, built, containing, execute, optional, touched};
use super::{Keyed, StoreError, Tx};
use crate::id::{RoomId, UnitId};
use crate::moment::Moment;
use crate::paging::{Cursor, Page, Paging};
use crate::room::{NewRoom, Room};
use crate::text;

/// The room with this id.
pub async fn find(tx: &mut Tx, id: RoomId) -> Result<Option<Room>, StoreError> {
    optional!(
        tx,
        "SELECT r.*, u.name AS unit_name FROM rooms r JOIN units u ON u.id = r.unit_id WHERE r.id = $1",
        id
    )
}

/// Those of the rooms that exist, by name.
pub async fn find_all(tx: &mut Tx, ids: &[RoomId]) -> Result<Vec<Room>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    built!(tx, query => {
        query.push("SELECT r.*, u.name AS unit_name FROM rooms r JOIN units u ON u.id = r.unit_id WHERE r.id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(") ORDER BY r.sort_key, r.id");
    })
}

/// Rooms by name: those of `under` and all units below it, those whose name contains `q`.
pub async fn list(
    tx: &mut Tx,
    under: Option<UnitId>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<Room>, StoreError> {
    let after = paging.after.as_ref();
    let rows: Vec<Keyed<Room>> = all!(
        tx,
        "SELECT r.*, u.name AS unit_name FROM rooms r JOIN units u ON u.id = r.unit_id
         WHERE ($1 IS NULL OR r.unit_id IN (
               WITH RECURSIVE below (id) AS (
                   SELECT id FROM units WHERE id = $1
                   UNION SELECT u.id FROM units u JOIN below ON u.parent_id = below.id)
               SELECT id FROM below))
           AND ($2 IS NULL OR r.search_key LIKE $2 ESCAPE '!')
           AND ($3 IS NULL OR (r.sort_key, r.id) > ($3, $4))
         ORDER BY r.sort_key, r.id LIMIT $5",
        under,
        containing(q),
        after.map(|cursor| cursor.key.clone()),
        after.map(|cursor| cursor.id),
        paging.fetch(),
    )?;
    let page = Page::of(rows, paging, |row| Cursor { key: row.sort_key.clone(), id: row.item.id.0 });
    Ok(page.map(|row| row.item))
}

/// Adds a room.
pub async fn insert(tx: &mut Tx, new: &NewRoom, now: Moment) -> Result<RoomId, StoreError> {
    let id = RoomId::new(now);
    let name = text::clean(&new.name);
    execute!(
        tx,
        "INSERT INTO rooms (id, unit_id, endpoint_id, name, seats, equipment, search_key, sort_key, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
        id,
        new.unit_id,
        new.endpoint_id,
        &name,
        new.seats,
        text::clean(&new.equipment),
        text::search_key(&name),
        text::sort_key(&name),
    )?;
    Ok(id)
}

/// Edits the room read at `version`.
pub async fn update(tx: &mut Tx, id: RoomId, version: i64, to: &NewRoom) -> Result<(), StoreError> {
    let name = text::clean(&to.name);
    touched(execute!(
        tx,
        "UPDATE rooms SET unit_id = $3, endpoint_id = $4, name = $5, seats = $6, equipment = $7, search_key = $8,
             sort_key = $9, version = version + 1
         WHERE id = $1 AND version = $2",
        id,
        version,
        to.unit_id,
        to.endpoint_id,
        &name,
        to.seats,
        text::clean(&to.equipment),
        text::search_key(&name),
        text::sort_key(&name),
    )?)
}
