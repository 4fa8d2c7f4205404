//! For load balancers and watchers: alive, ready, figures.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;

use crate::{app::App, live::AlarmCode};

/// The process runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    database: bool,
    alarms: Vec<AlarmCode>,
}

/// The database answers, and attendance is being kept.
pub async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let database = app.store.read().await.is_ok();
    let alarms: Vec<AlarmCode> = app.alarms.standing().iter().map(|alarm| alarm.code).collect();
    let ready = database && !alarms.contains(&AlarmCode::EventsWaiting);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, database, alarms }))
}

/// Headers by which proxies mark what they pass on.
const PASSED_ON: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

/// Figures for Prometheus, to callers on this machine only. A proxy on this machine marks what it passes on.
pub async fn metrics(
    State(app): State<Arc<App>>,
    caller: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let passed_on = PASSED_ON.iter().any(|name| headers.contains_key(*name));
    let local = caller.is_some_and(|caller| caller.0.0.ip().is_loopback());
    if !local || passed_on {
        return StatusCode::NOT_FOUND.into_response();
    }
    let figures = app.rooms.figures();
    #[expect(clippy::cast_precision_loss, reason = "figures of a dashboard")]
    {
        metrics::gauge!("giaoban_rooms").set(figures.rooms as f64);
        metrics::gauge!("giaoban_participants").set(figures.participants as f64);
        metrics::gauge!("giaoban_room_events_lost").set(figures.events_lost as f64);
        metrics::gauge!("giaoban_live_streams").set(app.hub.streams() as f64);
        metrics::gauge!("giaoban_alarms").set(app.alarms.standing().len() as f64);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}
