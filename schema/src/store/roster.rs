//! The roster of a session: its endpoints as they were on the day, its rooms and its people.

use std::collections::HashMap;

use super::sql::{all, built, execute, insert_many, optional, touched};
use super::{StoreError, Tx, delegates};
use crate::conflict::Resource;
use crate::delegate::Delegate;
use crate::endpoint::{Endpoint, EndpointRole};
use crate::id::{EndpointId, PersonId, RosterId, SessionId};
use crate::moment::Moment;
use crate::person::PersonRef;
use crate::room::RoomRef;
use crate::roster::{Named, RosterEntry, RosterLine, Rsvp};
use crate::session::NewSession;
use crate::text;

/// The line with this id.
pub async fn find(tx: &mut Tx, id: RosterId) -> Result<Option<RosterEntry>, StoreError> {
    optional!(tx, "SELECT * FROM roster WHERE id = $1", id)
}

/// The line of this endpoint.
pub async fn find_by_endpoint(
    tx: &mut Tx,
    session: SessionId,
    endpoint: EndpointId,
) -> Result<Option<RosterEntry>, StoreError> {
    optional!(tx, "SELECT * FROM roster WHERE session_id = $1 AND endpoint_id = $2", session, endpoint)
}

/// The lines of a session: the host first, then by name.
pub async fn list(tx: &mut Tx, session: SessionId) -> Result<Vec<RosterEntry>, StoreError> {
    all!(
        tx,
        "SELECT * FROM roster WHERE session_id = $1
         ORDER BY CASE role WHEN 'host' THEN 0 ELSE 1 END, sort_key, id",
        session
    )
}

/// The lines of a session with their delegates.
pub async fn list_with_delegates(tx: &mut Tx, session: SessionId) -> Result<Vec<RosterLine>, StoreError> {
    let entries = list(tx, session).await?;
    let mut seated: HashMap<RosterId, Vec<Delegate>> = HashMap::new();
    for delegate in delegates::list(tx, session).await? {
        seated.entry(delegate.roster_id).or_default().push(delegate);
    }
    let line =
        |entry: RosterEntry| RosterLine { delegates: seated.remove(&entry.id).unwrap_or_default(), entry };
    Ok(entries.into_iter().map(line).collect())
}

/// Rooms booked.
pub async fn rooms(tx: &mut Tx, session: SessionId) -> Result<Vec<RoomRef>, StoreError> {
    all!(tx, "SELECT room_id AS id, name FROM session_rooms WHERE session_id = $1 ORDER BY place", session)
}

/// People called in by name, the chair first.
pub async fn people(tx: &mut Tx, session: SessionId) -> Result<Vec<PersonRef>, StoreError> {
    all!(
        tx,
        "SELECT person_id AS id, full_name, title FROM session_people WHERE session_id = $1 ORDER BY place",
        session
    )
}

/// All that a session takes up: endpoints, rooms, people.
pub async fn resources(tx: &mut Tx, session: SessionId) -> Result<Vec<Resource>, StoreError> {
    let endpoints = list(tx, session).await?.into_iter().map(|entry| Resource::Endpoint(entry.endpoint.id));
    let mut resources: Vec<Resource> = endpoints.collect();
    resources.extend(rooms(tx, session).await?.into_iter().map(|room| Resource::Room(room.id)));
    resources.extend(people(tx, session).await?.into_iter().map(|person| Resource::Person(person.id)));
    Ok(resources)
}

/// Freezes what the session names, as the directory knows it now. A line whose endpoint stays keeps its id, its
/// answer and its delegates; a line whose endpoint goes takes its delegates with it.
pub async fn freeze(
    tx: &mut Tx,
    session: SessionId,
    new: &NewSession,
    named: &Named,
    now: Moment,
) -> Result<(), StoreError> {
    let wanted = new.all_endpoints();
    let gone: Vec<RosterId> = list(tx, session)
        .await?
        .into_iter()
        .filter(|entry| !wanted.contains(&entry.endpoint.id))
        .map(|entry| entry.id)
        .collect();
    remove(tx, &gone).await?;
    let endpoints: Vec<&Endpoint> = find_named(&wanted, &named.endpoints, |endpoint| endpoint.id)?;
    for chunk in endpoints.chunks(super::sql::ROWS_PER_STATEMENT) {
        upsert(tx, session, new.host_endpoint_id, chunk, now).await?;
    }
    freeze_rooms(tx, session, new, named).await?;
    freeze_people(tx, session, &new.all_people(), named).await
}

/// The things named, in the order in which they are named.
fn find_named<'a, I: PartialEq, T>(
    ids: &[I],
    found: &'a [T],
    id_of: impl Fn(&T) -> I,
) -> Result<Vec<&'a T>, StoreError> {
    ids.iter().map(|id| found.iter().find(|thing| id_of(thing) == *id).ok_or(StoreError::Reference)).collect()
}

async fn remove(tx: &mut Tx, lines: &[RosterId]) -> Result<(), StoreError> {
    for line in lines {
        execute!(
            tx,
            "DELETE FROM rollcall_marks WHERE delegate_id IN (SELECT id FROM delegates WHERE roster_id = $1)",
            line
        )?;
        execute!(tx, "DELETE FROM delegates WHERE roster_id = $1", line)?;
        execute!(tx, "DELETE FROM roster WHERE id = $1", line)?;
    }
    Ok(())
}

async fn upsert(
    tx: &mut Tx,
    session: SessionId,
    host: EndpointId,
    endpoints: &[&Endpoint],
    now: Moment,
) -> Result<(), StoreError> {
    let _: Vec<(RosterId,)> = built!(tx, query => {
        query.push(
            "INSERT INTO roster (id, session_id, endpoint_id, endpoint_name, unit_id, unit_name, role, zone,
                 distance_metres, one_way_minutes, rsvp, sort_key) ",
        );
        query.push_values(endpoints, |mut tuple, endpoint| {
            let role = if endpoint.id == host { EndpointRole::Host } else { EndpointRole::Member };
            tuple.push_bind(RosterId::new(now)).push_bind(session).push_bind(endpoint.id);
            tuple.push_bind(endpoint.name.clone()).push_bind(endpoint.unit.id).push_bind(endpoint.unit.name.clone());
            tuple.push_bind(role).push_bind(endpoint.zone).push_bind(endpoint.distance_metres);
            tuple.push_bind(endpoint.one_way_minutes).push_bind(Rsvp::Pending);
            tuple.push_bind(text::sort_key(&endpoint.name));
        });
        query.push(
            " ON CONFLICT (session_id, endpoint_id) DO UPDATE SET endpoint_name = excluded.endpoint_name,
                 unit_id = excluded.unit_id, unit_name = excluded.unit_name, role = excluded.role,
                 zone = excluded.zone, distance_metres = excluded.distance_metres,
                 one_way_minutes = excluded.one_way_minutes, sort_key = excluded.sort_key
             RETURNING id",
        );
    })?;
    Ok(())
}

async fn freeze_rooms(
    tx: &mut Tx,
    session: SessionId,
    new: &NewSession,
    named: &Named,
) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM session_rooms WHERE session_id = $1", session)?;
    let rooms: Vec<_> = (0_i64..).zip(find_named(&new.room_ids, &named.rooms, |room| room.id)?).collect();
    insert_many!(tx, "INSERT INTO session_rooms (session_id, room_id, place, name) ", rooms, |tuple, row| {
        let (place, room) = row;
        tuple.push_bind(session).push_bind(room.id).push_bind(*place).push_bind(room.name.clone());
    })
}

async fn freeze_people(
    tx: &mut Tx,
    session: SessionId,
    ids: &[PersonId],
    named: &Named,
) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM session_people WHERE session_id = $1", session)?;
    let people: Vec<_> = (0_i64..).zip(find_named(ids, &named.people, |person| person.id)?).collect();
    insert_many!(
        tx,
        "INSERT INTO session_people (session_id, person_id, place, full_name, title) ",
        people,
        |tuple, row| {
            let (place, person) = row;
            tuple.push_bind(session).push_bind(person.id).push_bind(*place);
            tuple.push_bind(person.full_name.clone()).push_bind(person.title.clone());
        }
    )
}

/// Keeps an endpoint's answer.
pub async fn update_rsvp(tx: &mut Tx, id: RosterId, rsvp: Rsvp) -> Result<(), StoreError> {
    touched(execute!(tx, "UPDATE roster SET rsvp = $2 WHERE id = $1", id, rsvp)?)
}
