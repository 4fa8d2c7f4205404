//! Units: cơ quan, đơn vị.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    day::Day,
    id::UnitId,
    org::{NewUnit, Unit, UnitKind},
    store::units::UnitFilter,
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

/// A unit to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateUnit {
    /// Full name.
    pub name: String,
    /// Name where there is little room.
    pub short_name: String,
    /// What it is.
    pub kind: UnitKind,
    /// The unit above.
    pub parent_id: Option<UnitId>,
    /// Official code.
    pub code: Option<String>,
    /// First day of its existence.
    pub valid_from: Day,
    /// Last day of its existence.
    pub valid_to: Option<Day>,
}

/// A change of a unit. What is not sent stays; `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeUnit {
    /// As read.
    pub version: i64,
    /// Full name.
    pub name: Option<String>,
    /// Name where there is little room.
    pub short_name: Option<String>,
    /// What it is.
    pub kind: Option<UnitKind>,
    /// The unit above.
    #[serde(default)]
    #[schema(value_type = Option<UnitId>)]
    pub parent_id: Edit<UnitId>,
    /// Official code.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub code: Edit<String>,
    /// First day of its existence.
    pub valid_from: Option<Day>,
    /// Last day of its existence.
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    pub valid_to: Edit<Day>,
}

impl From<CreateUnit> for NewUnit {
    fn from(body: CreateUnit) -> Self {
        Self {
            name: body.name,
            short_name: body.short_name,
            kind: body.kind,
            parent_id: body.parent_id,
            code: body.code,
            valid_from: body.valid_from,
            valid_to: body.valid_to,
        }
    }
}

impl ChangeUnit {
    fn apply(self, before: Unit) -> NewUnit {
        NewUnit {
            name: self.name.unwrap_or(before.name),
            short_name: self.short_name.unwrap_or(before.short_name),
            kind: self.kind.unwrap_or(before.kind),
            parent_id: self.parent_id.or(before.parent_id),
            code: self.code.or(before.code),
            valid_from: self.valid_from.unwrap_or(before.valid_from),
            valid_to: self.valid_to.or(before.valid_to),
        }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UnitQuery {
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
#[utoipa::path(get, path = "/units", operation_id = "list_units", tag = "directory", params(UnitQuery),
    responses((status = OK, body = Listing<Unit>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: May<DirectoryRead>,
    Asked(query): Asked<UnitQuery>,
) -> Reply<Listing<Unit>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let filter = UnitFilter { on: query.on, under: query.unit_id, q: query.q.as_deref() };
    let found = directory::list_units(&app, &filter, &page).await?;
    Ok(Json(Listing::of(found, std::convert::identity)))
}

/// One of them.
#[utoipa::path(get, path = "/units/{id}", operation_id = "show_unit", tag = "directory", params(("id" = UnitId, Path)),
    responses((status = OK, body = Unit)))]
pub async fn show(State(app): State<Arc<App>>, _: May<DirectoryRead>, Id(id): Id<UnitId>) -> Reply<Unit> {
    Ok(Json(directory::show(&app, id).await?))
}

/// Create one.
#[utoipa::path(post, path = "/units", operation_id = "create_unit", tag = "directory", request_body = CreateUnit,
    responses((status = CREATED, body = Unit)))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Body(body): Body<CreateUnit>,
) -> Result<(StatusCode, Json<Unit>), ApiError> {
    Ok((StatusCode::CREATED, Json(directory::create::<Unit>(&app, &may.actor, body.into()).await?)))
}

/// Change one.
#[utoipa::path(patch, path = "/units/{id}", operation_id = "change_unit", tag = "directory",
    params(("id" = UnitId, Path)), request_body = ChangeUnit, responses((status = OK, body = Unit)))]
pub async fn change(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Id(id): Id<UnitId>,
    Body(body): Body<ChangeUnit>,
) -> Reply<Unit> {
    let version = body.version;
    Ok(Json(directory::change(&app, &may.actor, id, version, |before: Unit| body.apply(before)).await?))
}
