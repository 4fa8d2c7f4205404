//! The state of the system, for the operator.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{moment::Moment, role::Permission};
use serde::Serialize;
use utoipa::ToSchema;

use super::{input::Reply, problem::Code};
use crate::{
    app::App,
    auth::signed::{May, SystemRead},
    live::Alarm,
};

/// The program and what it stands on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemStatus {
    /// Version of the program.
    pub version: &'static str,
    /// `sqlite` or `postgresql`.
    pub database: &'static str,
    /// The rooms.
    pub media: MediaStatus,
    /// What needs the operator now.
    pub alarms: Vec<Alarm>,
    /// When the program started.
    pub started_at: Moment,
}

/// Load of the rooms.
#[derive(Debug, Serialize, ToSchema)]
pub struct MediaStatus {
    /// Open rooms.
    pub rooms: usize,
    /// Participants in them.
    pub participants: usize,
    /// The first port of the media plane; `null` where a cluster holds the rooms.
    #[schema(required)]
    pub port: Option<u16>,
    /// All of its ports.
    pub ports: Vec<u16>,
    /// Events that were lost because nobody took them; anything but 0 is a fault.
    pub events_lost: usize,
}

/// The state of the system.
#[utoipa::path(get, path = "/system", operation_id = "show_system", tag = "system",
    responses((status = OK, body = SystemStatus)))]
pub async fn show(State(app): State<Arc<App>>, may: May<SystemRead>) -> Reply<SystemStatus> {
    // Without a look at the tables: this page is needed most when they are away.
    if !may.actor.holds_everywhere(Permission::SystemRead) {
        return Err(Code::Forbidden.into());
    }
    let figures = app.rooms.figures();
    Ok(Json(SystemStatus {
        version: env!("CARGO_PKG_VERSION"),
        database: app.store.backend(),
        media: MediaStatus {
            rooms: figures.rooms,
            participants: figures.participants,
            port: figures.ports.first().copied(),
            ports: figures.ports,
            events_lost: figures.events_lost,
        },
        alarms: app.alarms.standing(),
        started_at: app.started_at,
    }))
}
