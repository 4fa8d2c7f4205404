//! Endpoints.

use super::sql::{all, built, containing, execute, optional, touched};
use super::{Keyed, StoreError, Tx};
use crate::day::Day;
use crate::endpoint::{Endpoint, NewEndpoint};
use crate::id::{EndpointId, UnitId};
use crate::moment::Moment;
use crate::paging::{Cursor, Page, Paging};
use crate::text;

/// Which endpoints to list.
#[derive(Debug, Clone, Default)]
pub struct EndpointFilter<'a> {
    /// Those that existed on this day.
    pub on: Option<Day>,
    /// Those of this unit and of all below it.
    pub under: Option<UnitId>,
    /// Those whose name contains this.
    pub q: Option<&'a str>,
}

/// The endpoint with this id.
pub async fn find(tx: &mut Tx, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
    optional!(
        tx,
        "SELECT e.*, u.name AS unit_name FROM endpoints e JOIN units u ON u.id = e.unit_id WHERE e.id = $1",
        id
    )
}

/// Those of the endpoints that exist, by name.
pub async fn find_all(tx: &mut Tx, ids: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    built!(tx, query => {
        query.push("SELECT e.*, u.name AS unit_name FROM endpoints e JOIN units u ON u.id = e.unit_id WHERE e.id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(") ORDER BY e.sort_key, e.id");
    })
}

/// Endpoints by name.
pub async fn list(
    tx: &mut Tx,
    filter: &EndpointFilter<'_>,
    paging: &Paging,
) -> Result<Page<Endpoint>, StoreError> {
    let after = paging.after.as_ref();
    let rows: Vec<Keyed<Endpoint>> = all!(
        tx,
        "SELECT e.*, u.name AS unit_name FROM endpoints e JOIN units u ON u.id = e.unit_id
         WHERE ($1 IS NULL OR (e.valid_from <= $1 AND (e.valid_to IS NULL OR e.valid_to >= $1)))
           AND ($2 IS NULL OR e.unit_id IN (
               WITH RECURSIVE below (id) AS (
                   SELECT id FROM units WHERE id = $2
                   UNION SELECT u.id FROM units u JOIN below ON u.parent_id = below.id)
               SELECT id FROM below))
           AND ($3 IS NULL OR e.search_key LIKE $3 ESCAPE '!')
           AND ($4 IS NULL OR (e.sort_key, e.id) > ($4, $5))
         ORDER BY e.sort_key, e.id LIMIT $6",
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

/// Adds an endpoint.
pub async fn insert(tx: &mut Tx, new: &NewEndpoint, now: Moment) -> Result<EndpointId, StoreError> {
    let id = EndpointId::new(now);
    let name = text::clean(&new.name);
    execute!(
        tx,
        "INSERT INTO endpoints (id, unit_id, name, role, zone, distance_metres, one_way_minutes, seats, contact_phone,
             valid_from, valid_to, search_key, sort_key, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)",
        id,
        new.unit_id,
        &name,
        new.role,
        new.zone,
        new.distance_metres,
        new.one_way_minutes,
        new.seats,
        &new.contact_phone,
        new.valid_from,
        new.valid_to,
        text::search_key(&name),
        text::sort_key(&name),
    )?;
    Ok(id)
}

/// Edits the endpoint read at `version`. Sessions that froze it in their roster keep what they froze.
pub async fn update(tx: &mut Tx, id: EndpointId, version: i64, to: &NewEndpoint) -> Result<(), StoreError> {
    let name = text::clean(&to.name);
    touched(execute!(
        tx,
        "UPDATE endpoints SET unit_id = $3, name = $4, role = $5, zone = $6, distance_metres = $7,
             one_way_minutes = $8, seats = $9, contact_phone = $10, valid_from = $11, valid_to = $12,
             search_key = $13, sort_key = $14, version = version + 1
         WHERE id = $1 AND version = $2",
        id,
        version,
        to.unit_id,
        &name,
        to.role,
        to.zone,
        to.distance_metres,
        to.one_way_minutes,
        to.seats,
        &to.contact_phone,
        to.valid_from,
        to.valid_to,
        text::search_key(&name),
        text::sort_key(&name),
    )?)
}
