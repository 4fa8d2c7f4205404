//! Sessions: looking at them, booking and editing them.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    day::Day,
    id::{SessionId, UnitId},
    moment::{Moment, OFFSET_SECONDS},
    session::{MeetingKind, SessionState},
    store::sessions::SessionFilter,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    booking::{ChangeSession, CreateSession},
    input::{Asked, Body, Id, Reply},
    list::{Listing, PageQuery},
    problem::{ApiError, Problem},
    session_view::{SessionSummaryView, SessionView},
};
use crate::{
    app::App,
    auth::signed::{May, SessionBook, SessionRead},
    service::{booking, scheduling, scheduling::Seen, showing},
};

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// Those that end on this day or later.
    pub from: Option<Day>,
    /// Those that start on this day or earlier.
    pub to: Option<Day>,
    /// Those in this state.
    pub state: Option<SessionState>,
    /// Those of this kind.
    pub kind: Option<MeetingKind>,
    /// Those to which this unit or one below it is called.
    pub unit_id: Option<UnitId>,
    /// Part of the subject or the content, without accents if you like.
    pub q: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most rows wanted, up to 200.
    pub limit: Option<u32>,
}

/// The first instant of a civil day.
pub(super) fn midnight(day: Day) -> Moment {
    Moment::from(day.and_time(chrono::NaiveTime::MIN).and_utc())
        .plus_millis(-i64::from(OFFSET_SECONDS) * 1000)
}

/// Sessions, the latest first.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "sessions", params(SessionsQuery),
    responses((status = OK, body = Listing<SessionSummaryView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    may: May<SessionRead>,
    Asked(query): Asked<SessionsQuery>,
) -> Reply<Listing<SessionSummaryView>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let filter = SessionFilter {
        from: query.from.map(midnight),
        to: query.to.map(|day| midnight(day.next())),
        state: query.state,
        kind: query.kind,
        under: query.unit_id,
        q: query.q.as_deref(),
        ..SessionFilter::default()
    };
    let found = showing::list(&app, &may.actor, filter, &page).await?;
    Ok(Json(Listing::of(found, SessionSummaryView::from)))
}

/// One session, whole.
#[utoipa::path(get, path = "/sessions/{id}", operation_id = "show_session", tag = "sessions",
    params(("id" = SessionId, Path)), responses((status = OK, body = SessionView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    may: May<SessionRead>,
    Id(id): Id<SessionId>,
) -> Reply<SessionView> {
    Ok(Json(showing::show(&app, &may.actor, id).await?.into()))
}

/// Book a session, or write down a draft.
#[utoipa::path(post, path = "/sessions", operation_id = "create_session", tag = "sessions", request_body = CreateSession,
    responses(
        (status = CREATED, body = SessionView),
        (status = CONFLICT, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, description = "`invalid` or `needs_override`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<SessionBook>,
    Body(body): Body<CreateSession>,
) -> Result<(StatusCode, Json<SessionView>), ApiError> {
    let id = booking::book(&app, &may.actor, body.into()).await?;
    Ok((StatusCode::CREATED, Json(showing::show(&app, &may.actor, id).await?.into())))
}

/// Edit a session that has not begun. What is not sent stays.
#[utoipa::path(patch, path = "/sessions/{id}", operation_id = "change_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = ChangeSession, responses((status = OK, body = SessionView)))]
pub async fn change(
    State(app): State<Arc<App>>,
    may: May<SessionBook>,
    Id(id): Id<SessionId>,
    Body(mut body): Body<ChangeSession>,
) -> Reply<SessionView> {
    let seen = Seen { id, version: body.version };
    let overrides = std::mem::take(&mut body.overrides).into_iter().map(Into::into).collect();
    scheduling::edit(&app, &may.actor, seen, overrides, |before| body.apply(before)).await?;
    Ok(Json(showing::show(&app, &may.actor, id).await?.into()))
}
