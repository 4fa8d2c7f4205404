//! How a use case on a session ends: the audit line, the commit, the word to the browsers.

use std::sync::Arc;

use schema::{
    id::{SessionId, UnitId},
    session::Session,
    store::{Tx, roster, sessions},
};

use super::{Record, Refusal};
use crate::{
    app::App,
    live::{Update, UpdateBody},
};

/// Writes the audit line, commits, and tells the browsers that the session has changed.
pub(super) async fn finish(app: &App, tx: Tx, record: Record, id: SessionId) -> Result<(), Refusal> {
    finish_for(app, tx, record, id, &[]).await
}

/// The same, also to units that it concerned before: one that is no longer called must hear of it.
pub(super) async fn finish_for(
    app: &App,
    mut tx: Tx,
    record: Record,
    id: SessionId,
    before: &[UnitId],
) -> Result<(), Refusal> {
    let session = sessions::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let now_called = units(&mut tx, id).await?;
    let units: Arc<[UnitId]> = before.iter().chain(now_called.iter()).copied().collect();
    record.write(&mut tx).await?;
    tx.commit().await?;
    app.hub.tell(Update { session: Some(id), units: Some(units), body: body(&session) });
    Ok(())
}

/// The same for names, marks and intervals.
pub(super) async fn finish_attendance(
    app: &App,
    mut tx: Tx,
    record: Record,
    id: SessionId,
) -> Result<(), Refusal> {
    let units = units(&mut tx, id).await?;
    record.write(&mut tx).await?;
    tx.commit().await?;
    app.hub.tell(Update {
        session: Some(id),
        units: Some(units),
        body: UpdateBody::Attendance { session_id: id },
    });
    Ok(())
}

/// The units that a session concerns.
pub(super) async fn units(tx: &mut Tx, id: SessionId) -> Result<Arc<[UnitId]>, Refusal> {
    Ok(roster::list(tx, id).await?.into_iter().map(|entry| entry.endpoint.unit_id).collect())
}

fn body(session: &Session) -> UpdateBody {
    UpdateBody::Session { id: session.id, state: session.state, version: session.version }
}
