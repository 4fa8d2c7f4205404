//! What is done with a session besides editing it.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{field::FieldCode, id::SessionId, moment::Moment};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    booking::OverrideBody,
    input::{Body, Id, Reply},
    session_view::SessionView,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        signed::{May, SessionBook, SessionRun},
    },
    service::{
        Refusal, running,
        scheduling::{self, Seen},
        showing,
    },
};

/// Put a draft on the schedule.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Schedule {
    /// As read.
    pub version: i64,
    /// Warnings to go past.
    #[serde(default)]
    pub overrides: Vec<OverrideBody>,
}

/// Postpone, with or without a new time.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Postpone {
    /// As read.
    pub version: i64,
    /// Why.
    pub reason: String,
    /// New start; with it goes `ends_at`.
    pub starts_at: Option<Moment>,
    /// New end.
    pub ends_at: Option<Moment>,
    /// Warnings to go past.
    #[serde(default)]
    pub overrides: Vec<OverrideBody>,
}

/// Cancel.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Cancel {
    /// As read.
    pub version: i64,
    /// Why.
    pub reason: String,
}

/// Start or end.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AsRead {
    /// As read.
    pub version: i64,
}

/// Move the end of a running session.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Extend {
    /// As read.
    pub version: i64,
    /// The new end.
    pub ends_at: Moment,
}

async fn shown(app: &App, actor: &Actor, id: SessionId) -> Reply<SessionView> {
    Ok(Json(showing::show(app, actor, id).await?.into()))
}

/// Put a draft, or a postponed session, on the schedule.
#[utoipa::path(post, path = "/sessions/{id}/schedule", operation_id = "schedule_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = Schedule, responses((status = OK, body = SessionView)))]
pub async fn schedule(
    State(app): State<Arc<App>>,
    may: May<SessionBook>,
    Id(id): Id<SessionId>,
    Body(body): Body<Schedule>,
) -> Reply<SessionView> {
    let overrides = body.overrides.into_iter().map(Into::into).collect();
    scheduling::schedule(&app, &may.actor, Seen { id, version: body.version }, overrides).await?;
    shown(&app, &may.actor, id).await
}

/// Postpone: to the time given, or without a date.
#[utoipa::path(post, path = "/sessions/{id}/postpone", operation_id = "postpone_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = Postpone, responses((status = OK, body = SessionView)))]
pub async fn postpone(
    State(app): State<Arc<App>>,
    may: May<SessionBook>,
    Id(id): Id<SessionId>,
    Body(body): Body<Postpone>,
) -> Reply<SessionView> {
    let seen = Seen { id, version: body.version };
    match (body.starts_at, body.ends_at) {
        (None, None) => scheduling::postpone(&app, &may.actor, seen, &body.reason).await?,
        (Some(starts_at), Some(ends_at)) => {
            let overrides = body.overrides.into_iter().map(Into::into).collect();
            let to = (starts_at, ends_at);
            scheduling::reschedule(&app, &may.actor, seen, to, &body.reason, overrides).await?;
        }
        (Some(_), None) => return Err(Refusal::field("ends_at", FieldCode::Required).into()),
        (None, Some(_)) => return Err(Refusal::field("starts_at", FieldCode::Required).into()),
    }
    shown(&app, &may.actor, id).await
}

/// Cancel for good.
#[utoipa::path(post, path = "/sessions/{id}/cancel", operation_id = "cancel_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = Cancel, responses((status = OK, body = SessionView)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    may: May<SessionBook>,
    Id(id): Id<SessionId>,
    Body(body): Body<Cancel>,
) -> Reply<SessionView> {
    scheduling::cancel(&app, &may.actor, Seen { id, version: body.version }, &body.reason).await?;
    shown(&app, &may.actor, id).await
}

/// Start: the room opens.
#[utoipa::path(post, path = "/sessions/{id}/start", operation_id = "start_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = AsRead, responses((status = OK, body = SessionView)))]
pub async fn start(
    State(app): State<Arc<App>>,
    may: May<SessionRun>,
    Id(id): Id<SessionId>,
    Body(body): Body<AsRead>,
) -> Reply<SessionView> {
    running::start(&app, &may.actor, Seen { id, version: body.version }).await?;
    shown(&app, &may.actor, id).await
}

/// End: the room closes, attendance and ledger stand.
#[utoipa::path(post, path = "/sessions/{id}/end", operation_id = "end_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = AsRead, responses((status = OK, body = SessionView)))]
pub async fn end(
    State(app): State<Arc<App>>,
    may: May<SessionRun>,
    Id(id): Id<SessionId>,
    Body(body): Body<AsRead>,
) -> Reply<SessionView> {
    running::end(&app, &may.actor, Seen { id, version: body.version }).await?;
    shown(&app, &may.actor, id).await
}

/// Move the end of a running session.
#[utoipa::path(post, path = "/sessions/{id}/extend", operation_id = "extend_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = Extend, responses((status = OK, body = SessionView)))]
pub async fn extend(
    State(app): State<Arc<App>>,
    may: May<SessionRun>,
    Id(id): Id<SessionId>,
    Body(body): Body<Extend>,
) -> Reply<SessionView> {
    running::extend(&app, &may.actor, Seen { id, version: body.version }, body.ends_at).await?;
    shown(&app, &may.actor, id).await
}
