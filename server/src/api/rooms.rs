//! Rooms: phòng họp.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    id::{EndpointId, RoomId, UnitId},
    room::{NewRoom, Room},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    input::{Asked, Body, Id, Reply},
    list::{Listing, PageQuery},
    problem::ApiError,
};
use crate::{
    app::App,
    auth::signed::{DirectoryRead, DirectoryWrite, May},
    service::{Edit, directory},
};

/// A room to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateRoom {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub unit_id: UnitId,
    /// The endpoint that stands in it.
    pub endpoint_id: Option<EndpointId>,
    /// Seats.
    pub seats: i64,
    /// What is in it.
    #[serde(default)]
    pub equipment: String,
}

/// A change of a room. What is not sent stays; `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeRoom {
    /// As read.
    pub version: i64,
    /// Its name.
    pub name: Option<String>,
    /// Whose it is.
    pub unit_id: Option<UnitId>,
    /// The endpoint that stands in it.
    #[serde(default)]
    #[schema(value_type = Option<EndpointId>)]
    pub endpoint_id: Edit<EndpointId>,
    /// Seats.
    pub seats: Option<i64>,
    /// What is in it.
    pub equipment: Option<String>,
}

impl From<CreateRoom> for NewRoom {
    fn from(body: CreateRoom) -> Self {
        Self {
            name: body.name,
            unit_id: body.unit_id,
            endpoint_id: body.endpoint_id,
            seats: body.seats,
            equipment: body.equipment,
        }
    }
}

impl ChangeRoom {
    fn apply(self, before: Room) -> NewRoom {
        NewRoom {
            name: self.name.unwrap_or(before.name),
            unit_id: self.unit_id.unwrap_or(before.unit.id),
            endpoint_id: self.endpoint_id.or(before.endpoint_id),
            seats: self.seats.unwrap_or(before.seats),
            equipment: self.equipment.unwrap_or(before.equipment),
        }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomQuery {
    /// This unit and all below it.
    pub unit_id: Option<UnitId>,
    /// Part of a name, without accents if you like.
    pub q: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most rows wanted, up to 200.
    pub limit: Option<u32>,
}

/// By name.
#[utoipa::path(get, path = "/rooms", operation_id = "list_rooms", tag = "directory", params(RoomQuery),
    responses((status = OK, body = Listing<Room>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: May<DirectoryRead>,
    Asked(query): Asked<RoomQuery>,
) -> Reply<Listing<Room>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let found = directory::list_rooms(&app, query.unit_id, query.q.as_deref(), &page).await?;
    Ok(Json(Listing::of(found, std::convert::identity)))
}

/// One of them.
#[utoipa::path(get, path = "/rooms/{id}", operation_id = "show_room", tag = "directory", params(("id" = RoomId, Path)),
    responses((status = OK, body = Room)))]
pub async fn show(State(app): State<Arc<App>>, _: May<DirectoryRead>, Id(id): Id<RoomId>) -> Reply<Room> {
    Ok(Json(directory::show(&app, id).await?))
}

/// Create one.
#[utoipa::path(post, path = "/rooms", operation_id = "create_room", tag = "directory", request_body = CreateRoom,
    responses((status = CREATED, body = Room)))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Body(body): Body<CreateRoom>,
) -> Result<(StatusCode, Json<Room>), ApiError> {
    Ok((StatusCode::CREATED, Json(directory::create::<Room>(&app, &may.actor, body.into()).await?)))
}

/// Change one.
#[utoipa::path(patch, path = "/rooms/{id}", operation_id = "change_room", tag = "directory",
    params(("id" = RoomId, Path)), request_body = ChangeRoom, responses((status = OK, body = Room)))]
pub async fn change(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Id(id): Id<RoomId>,
    Body(body): Body<ChangeRoom>,
) -> Reply<Room> {
    let version = body.version;
    Ok(Json(directory::change(&app, &may.actor, id, version, |before: Room| body.apply(before)).await?))
}
