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
    finish_for(app, tx, record, id, &Before::default()).await
}

/// Whom a session concerned before it was changed.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Where its chair sat.
    hosts: Vec<Option<UnitId>>,
    /// Who was called.
    called: Vec<UnitId>,
}

impl Before {
    /// Whom the session concerns now.
    pub(super) async fn read(tx: &mut Tx, id: SessionId) -> Result<Self, Refusal> {
        let session = sessions::find(tx, id).await?.ok_or(Refusal::NotFound)?;
        Ok(Self { hosts: vec![sight::host_unit(tx, &session).await?], called: units(tx, id).await? })
    }
}

/// The same, also to units that it concerned before: one that is no longer called must hear of it.
pub(super) async fn finish_for(
    app: &App,
    mut tx: Tx,
    record: Record,
    id: SessionId,
    before: &Before,
) -> Result<(), Refusal> {
    let session = sessions::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let audience = match audience(&mut tx, &session).await? {
        Audience::Called(now) => Audience::Called(before.called.iter().chain(now.iter()).copied().collect()),
        Audience::Preparing(now) => {
            Audience::Preparing(before.hosts.iter().chain(now.iter()).copied().collect())
        }
        Audience::All => Audience::All,
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
        return Ok(Audience::Preparing([sight::host_unit(tx, session).await?].into()));
    }
    Ok(Audience::Called(units(tx, session.id).await?.into()))
}

/// The units that a session concerns.
async fn units(tx: &mut Tx, id: SessionId) -> Result<Vec<UnitId>, Refusal> {
    Ok(roster::list(tx, id).await?.into_iter().map(|entry| entry.endpoint.unit_id).collect())
}

fn body(session: &Session) -> UpdateBody {
    UpdateBody::Session { id: session.id, state: session.state, version: session.version }
}
