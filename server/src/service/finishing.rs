//! How a use case on a session ends: the audit line, the commit, the word to the browsers.

use schema::{
    id::{SessionId, UnitId},
    session::Session,
    store::{Tx, roster, sessions},
};

use super::{Record, Refusal, sight};
use crate::{
    app::App,
    live::{Audience, Update, UpdateBody},
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
    let audience = match audience(&mut tx, &session).await? {
        Audience::Called(now) => Audience::Called(before.iter().chain(now.iter()).copied().collect()),
        other => other,
    };
    record.write(&mut tx).await?;
    tx.commit().await?;
    app.hub.tell(Update { session: Some(id), audience, body: body(&session) });
    Ok(())
}

/// The same for names, marks and intervals.
pub(super) async fn finish_attendance(
    app: &App,
    mut tx: Tx,
    record: Record,
    id: SessionId,
) -> Result<(), Refusal> {
    let session = sessions::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let audience = audience(&mut tx, &session).await?;
    record.write(&mut tx).await?;
    tx.commit().await?;
    let body = UpdateBody::Attendance { session_id: id };
    app.hub.tell(Update { session: Some(id), audience, body });
    Ok(())
}

/// Who may hear of a session: whoever may see it ([`sight`]).
pub(super) async fn audience(tx: &mut Tx, session: &Session) -> Result<Audience, Refusal> {
    if !session.is_announced() {
        return Ok(Audience::Preparing(sight::host_unit(tx, session).await?));
    }
    Ok(Audience::Called(units(tx, session.id).await?.into()))
}

/// The units that a session concerns.
pub(super) async fn units(tx: &mut Tx, id: SessionId) -> Result<Vec<UnitId>, Refusal> {
    Ok(roster::list(tx, id).await?.into_iter().map(|entry| entry.endpoint.unit_id).collect())
}

fn body(session: &Session) -> UpdateBody {
    UpdateBody::Session { id: session.id, state: session.state, version: session.version }
}
