//! Endpoints: điểm cầu.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    day::Day,
    endpoint::{Endpoint, EndpointRole, NewEndpoint, Zone},
    id::{EndpointId, UnitId},
    store::endpoints::EndpointFilter,
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

/// An endpoint to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateEndpoint {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub unit_id: UnitId,
    /// Can it host, or only take part.
    pub role: EndpointRole,
    /// Kind of terrain; the norms depend on it.
    pub zone: Option<Zone>,
    /// One-way distance to the host by road.
    pub distance_metres: i64,
    /// One-way travel time to the host.
    pub one_way_minutes: i64,
    /// Seats in the room.
    pub seats: i64,
    /// Telephone of the technician.
    pub contact_phone: Option<String>,
    /// First day of its existence.
    pub valid_from: Day,
    /// Last day of its existence.
    pub valid_to: Option<Day>,
}

/// A change of an endpoint. What is not sent stays; `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeEndpoint {
    /// As read.
    pub version: i64,
    /// Its name.
    pub name: Option<String>,
    /// Whose it is.
    pub unit_id: Option<UnitId>,
    /// Can it host, or only take part.
    pub role: Option<EndpointRole>,
    /// Kind of terrain; the norms depend on it.
    pub zone: Option<Zone>,
    /// One-way distance to the host by road.
    pub distance_metres: Option<i64>,
    /// One-way travel time to the host.
    pub one_way_minutes: Option<i64>,
    /// Seats in the room.
    pub seats: Option<i64>,
    /// Telephone of the technician.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub contact_phone: Edit<String>,
    /// First day of its existence.
    pub valid_from: Option<Day>,
    /// Last day of its existence.
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    pub valid_to: Edit<Day>,
}

impl From<CreateEndpoint> for NewEndpoint {
    fn from(body: CreateEndpoint) -> Self {
        Self {
            name: body.name,
            unit_id: body.unit_id,
            role: body.role,
            zone: body.zone.unwrap_or(Zone::Ordinary),
            distance_metres: body.distance_metres,
            one_way_minutes: body.one_way_minutes,
            seats: body.seats,
            contact_phone: body.contact_phone,
            valid_from: body.valid_from,
            valid_to: body.valid_to,
        }
    }
}

impl ChangeEndpoint {
    fn apply(self, before: Endpoint) -> NewEndpoint {
        NewEndpoint {
            name: self.name.unwrap_or(before.name),
            unit_id: self.unit_id.unwrap_or(before.unit.id),
            role: self.role.unwrap_or(before.role),
            zone: self.zone.unwrap_or(before.zone),
            distance_metres: self.distance_metres.unwrap_or(before.distance_metres),
            one_way_minutes: self.one_way_minutes.unwrap_or(before.one_way_minutes),
            seats: self.seats.unwrap_or(before.seats),
            contact_phone: self.contact_phone.or(before.contact_phone),
            valid_from: self.valid_from.unwrap_or(before.valid_from),
            valid_to: self.valid_to.or(before.valid_to),
        }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EndpointQuery {
    /// Those that existed on this day.
    pub on: Option<Day>,
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
#[utoipa::path(get, path = "/endpoints", operation_id = "list_endpoints", tag = "directory", params(EndpointQuery),
    responses((status = OK, body = Listing<Endpoint>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: May<DirectoryRead>,
    Asked(query): Asked<EndpointQuery>,
) -> Reply<Listing<Endpoint>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let filter = EndpointFilter { on: query.on, under: query.unit_id, q: query.q.as_deref() };
    let found = directory::list_endpoints(&app, &filter, &page).await?;
    Ok(Json(Listing::of(found, std::convert::identity)))
}

/// One of them.
#[utoipa::path(get, path = "/endpoints/{id}", operation_id = "show_endpoint", tag = "directory", params(("id" = EndpointId, Path)),
    responses((status = OK, body = Endpoint)))]
pub async fn show(
    State(app): State<Arc<App>>,
    _: May<DirectoryRead>,
    Id(id): Id<EndpointId>,
) -> Reply<Endpoint> {
    Ok(Json(directory::show(&app, id).await?))
}

/// Create one.
#[utoipa::path(post, path = "/endpoints", operation_id = "create_endpoint", tag = "directory", request_body = CreateEndpoint,
    responses((status = CREATED, body = Endpoint)))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Body(body): Body<CreateEndpoint>,
) -> Result<(StatusCode, Json<Endpoint>), ApiError> {
    Ok((StatusCode::CREATED, Json(directory::create::<Endpoint>(&app, &may.actor, body.into()).await?)))
}

/// Change one.
#[utoipa::path(patch, path = "/endpoints/{id}", operation_id = "change_endpoint", tag = "directory",
    params(("id" = EndpointId, Path)), request_body = ChangeEndpoint, responses((status = OK, body = Endpoint)))]
pub async fn change(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Id(id): Id<EndpointId>,
    Body(body): Body<ChangeEndpoint>,
) -> Reply<Endpoint> {
    let version = body.version;
    Ok(Json(directory::change(&app, &may.actor, id, version, |before: Endpoint| body.apply(before)).await?))
}
