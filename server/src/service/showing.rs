//! Looking at sessions.

use schema::{
    id::{SessionId, UnitId},
    paging::{Page, Paging},
    person::PersonRef,
    role::Permission,
    room::RoomRef,
    roster::{HistoryEntry, Override, RosterLine},
    session::SessionAction,
    store::{
        history, roster,
        sessions::{self, SessionFilter, SessionSummary},
    },
};

use super::{Refusal, sight};
use crate::{app::App, auth::actor::Actor};

/// A session with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct SessionDetail {
    /// As in a list.
    pub summary: SessionSummary,
    /// Rooms booked.
    pub rooms: Vec<RoomRef>,
    /// People called in by name.
    pub people: Vec<PersonRef>,
    /// Its endpoints, with their delegates.
    pub roster: Vec<RosterLine>,
    /// Warnings gone past.
    pub overrides: Vec<Override>,
    /// What was done with it.
    pub history: Vec<HistoryEntry>,
    /// What the reader may do with it.
    pub allowed: Vec<SessionAction>,
}

/// The sessions that the actor may read.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: SessionFilter<'_>,
    paging: &Paging,
) -> Result<Page<SessionSummary>, Refusal> {
    let mut tx = app.store.read().await?;
    let filter = SessionFilter {
        reach: actor.reach(Permission::SessionRead),
        prepares: actor.reach(Permission::SessionBook),
        ..filter
    };
    Ok(sessions::list(&mut tx, &filter, paging).await?)
}

/// Refuses unless the actor may read the session.
pub async fn check(app: &App, actor: &Actor, id: SessionId) -> Result<(), Refusal> {
    sight::find(&mut app.store.read().await?, actor, id).await.map(drop)
}

/// One session, whole.
pub async fn show(app: &App, actor: &Actor, id: SessionId) -> Result<SessionDetail, Refusal> {
    let mut tx = app.store.read().await?;
    sight::find(&mut tx, actor, id).await?;
    let summary = sessions::find_summary(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let roster = roster::list_with_delegates(&mut tx, id).await?;
    let called: Vec<UnitId> = roster.iter().map(|line| line.entry.endpoint.unit_id).collect();
    let allowed = sight::allowed(&mut tx, actor, &summary.session, &called).await?;
    Ok(SessionDetail {
        summary,
        rooms: roster::rooms(&mut tx, id).await?,
        people: roster::people(&mut tx, id).await?,
        roster,
        overrides: history::overrides(&mut tx, id).await?,
        history: history::list(&mut tx, id).await?,
        allowed,
    })
}
