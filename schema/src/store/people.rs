//! People of the directory.

use super::sql::{all, built, containing, execute, optional, touched};
use super::{Keyed, StoreError, Tx};
use crate::id::{PersonId, UnitId};
use crate::moment::Moment;
use crate::paging::{Cursor, Page, Paging};
use crate::person::{NewPerson, Person};
use crate::text;

/// The person with this id.
pub async fn find(tx: &mut Tx, id: PersonId) -> Result<Option<Person>, StoreError> {
    optional!(
        tx,
        "SELECT p.*, u.name AS unit_name FROM people p JOIN units u ON u.id = p.unit_id WHERE p.id = $1",
        id
    )
}

/// Those of the people that exist, by name.
pub async fn find_all(tx: &mut Tx, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    built!(tx, query => {
        query.push("SELECT p.*, u.name AS unit_name FROM people p JOIN units u ON u.id = p.unit_id WHERE p.id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(") ORDER BY p.sort_key, p.id");
    })
}

/// People by name: those of `under` and all units below it, those whose name, title or mail address contains `q`.
pub async fn list(
    tx: &mut Tx,
    under: Option<UnitId>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<Person>, StoreError> {
    let after = paging.after.as_ref();
    let rows: Vec<Keyed<Person>> = all!(
        tx,
        "SELECT p.*, u.name AS unit_name FROM people p JOIN units u ON u.id = p.unit_id
         WHERE ($1 IS NULL OR p.unit_id IN (
               WITH RECURSIVE below (id) AS (
                   SELECT id FROM units WHERE id = $1
                   UNION SELECT u.id FROM units u JOIN below ON u.parent_id = below.id)
               SELECT id FROM below))
           AND ($2 IS NULL OR p.search_key LIKE $2 ESCAPE '!')
           AND ($3 IS NULL OR (p.sort_key, p.id) > ($3, $4))
         ORDER BY p.sort_key, p.id LIMIT $5",
        under,
        containing(q),
        after.map(|cursor| cursor.key.clone()),
        after.map(|cursor| cursor.id),
        paging.fetch(),
    )?;
    let page = Page::of(rows, paging, |row| Cursor { key: row.sort_key.clone(), id: row.item.id.0 });
    Ok(page.map(|row| row.item))
}

/// Adds a person.
pub async fn insert(tx: &mut Tx, new: &NewPerson, now: Moment) -> Result<PersonId, StoreError> {
    let id = PersonId::new(now);
    let (full_name, title, search_key) = written(new);
    execute!(
        tx,
        "INSERT INTO people (id, unit_id, full_name, title, phone, email, active, search_key, sort_key, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
        id,
        new.unit_id,
        &full_name,
        title,
        &new.phone,
        &new.email,
        new.active,
        search_key,
        text::sort_key(&full_name),
    )?;
    Ok(id)
}

/// Edits the person read at `version`.
pub async fn update(tx: &mut Tx, id: PersonId, version: i64, to: &NewPerson) -> Result<(), StoreError> {
    let (full_name, title, search_key) = written(to);
    touched(execute!(
        tx,
        "UPDATE people SET unit_id = $3, full_name = $4, title = $5, phone = $6, email = $7, active = $8,
             search_key = $9, sort_key = $10, version = version + 1
         WHERE id = $1 AND version = $2",
        id,
        version,
        to.unit_id,
        &full_name,
        title,
        &to.phone,
        &to.email,
        to.active,
        search_key,
        text::sort_key(&full_name),
    )?)
}

fn written(person: &NewPerson) -> (String, String, String) {
    let (full_name, title) = (text::clean(&person.full_name), text::clean(&person.title));
    let search_key = text::search_key_of(&[&full_name, &title, person.email.as_deref().unwrap_or_default()]);
    (full_name, title, search_key)
}
