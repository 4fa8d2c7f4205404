//! What is taken when. No double booking: [`lock`] first, then [`conflicts`], then [`insert`], in one transaction.

use uuid::Uuid;

use super::sql::{built, execute, insert_many};
use super::{StoreError, Tx};
use crate::conflict::{Busy, Conflict, Resource, ResourceKind, Span};
use crate::id::SessionId;
use crate::moment::Moment;
use crate::session::LONGEST_MS;

/// Holds every one of these things until the transaction is over: whoever else wants one of them waits. Locks are
/// taken in the order of kind and id, so that two bookers never wait for each other. On SQLite the transaction
/// holds everything already.
pub async fn lock(tx: &mut Tx, resources: &[Resource]) -> Result<(), StoreError> {
    if matches!(tx, Tx::Sqlite(_)) {
        return Ok(());
    }
    for (kind, select) in [
        (ResourceKind::Endpoint, "SELECT id FROM endpoints WHERE id IN ("),
        (ResourceKind::Room, "SELECT id FROM rooms WHERE id IN ("),
        (ResourceKind::Person, "SELECT id FROM people WHERE id IN ("),
    ] {
        let ids: Vec<Uuid> = resources.iter().filter(|one| one.kind() == kind).map(|one| one.id()).collect();
        if ids.is_empty() {
            continue;
        }
        let _: Vec<(Uuid,)> = built!(tx, query => {
            query.push(select);
            let mut list = query.separated(", ");
            for id in &ids {
                list.push_bind(*id);
            }
            query.push(") ORDER BY id FOR NO KEY UPDATE");
        })?;
    }
    Ok(())
}

/// What of these things is taken at some time of `span` by a session other than `except`, by start and name.
pub async fn conflicts(
    tx: &mut Tx,
    resources: &[Resource],
    span: Span,
    except: Option<SessionId>,
) -> Result<Vec<Conflict>, StoreError> {
    if resources.is_empty() {
        return Ok(Vec::new());
    }
    built!(tx, query => {
        query.push(
            "SELECT b.resource AS what, b.resource_id AS id, COALESCE(e.name, r.name, p.full_name) AS name,
                 b.session_id, s.subject, b.starts_at, b.ends_at
             FROM bookings b
             JOIN sessions s ON s.id = b.session_id
             LEFT JOIN endpoints e ON e.id = b.resource_id
             LEFT JOIN rooms r ON r.id = b.resource_id
             LEFT JOIN people p ON p.id = b.resource_id
             WHERE b.starts_at < ",
        );
        query.push_bind(span.ends_at).push(" AND b.starts_at > ");
        query.push_bind(span.starts_at.plus_millis(-LONGEST_MS - 1)).push(" AND b.ends_at > ");
        query.push_bind(span.starts_at).push(" AND b.resource_id IN (");
        let mut list = query.separated(", ");
        for resource in resources {
            list.push_bind(resource.id());
        }
        query.push(")");
        if let Some(except) = except {
            query.push(" AND b.session_id <> ").push_bind(except);
        }
        query.push(" ORDER BY b.starts_at, b.resource, 3, b.session_id");
    })
}

/// When these things are taken, within `span`, by sessions other than `except`.
pub async fn busy(
    tx: &mut Tx,
    resources: &[Resource],
    span: Span,
    except: Option<SessionId>,
) -> Result<Vec<Busy>, StoreError> {
    if resources.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uuid, Moment, Moment)> = built!(tx, query => {
        query.push("SELECT resource_id, starts_at, ends_at FROM bookings WHERE starts_at < ");
        query.push_bind(span.ends_at).push(" AND starts_at > ");
        query.push_bind(span.starts_at.plus_millis(-LONGEST_MS - 1)).push(" AND ends_at > ");
        query.push_bind(span.starts_at).push(" AND resource_id IN (");
        let mut list = query.separated(", ");
        for resource in resources {
            list.push_bind(resource.id());
        }
        query.push(")");
        if let Some(except) = except {
            query.push(" AND session_id <> ").push_bind(except);
        }
    })?;
    Ok(rows
        .into_iter()
        .map(|(id, starts_at, ends_at)| Busy { id, span: Span { starts_at, ends_at } })
        .collect())
}

/// Takes these things for a session, and gives back what it held before.
pub async fn insert(
    tx: &mut Tx,
    session: SessionId,
    resources: &[Resource],
    span: Span,
) -> Result<(), StoreError> {
    delete(tx, session).await?;
    insert_many!(
        tx,
        "INSERT INTO bookings (resource, resource_id, starts_at, ends_at, session_id) ",
        resources,
        |tuple, resource| {
            tuple.push_bind(resource.kind()).push_bind(resource.id()).push_bind(span.starts_at);
            tuple.push_bind(span.ends_at).push_bind(session);
        }
    )
}

/// Moves the end of what a session holds.
pub async fn update_end(tx: &mut Tx, session: SessionId, ends_at: Moment) -> Result<(), StoreError> {
    execute!(tx, "UPDATE bookings SET ends_at = $2 WHERE session_id = $1", session, ends_at)?;
    Ok(())
}

/// Gives back what a session holds: it was postponed, cancelled, or is over.
pub async fn delete(tx: &mut Tx, session: SessionId) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM bookings WHERE session_id = $1", session)?;
    Ok(())
}
