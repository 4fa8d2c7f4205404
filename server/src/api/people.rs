//! People of the directory.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    id::{PersonId, UnitId},
    person::{NewPerson, Person},
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

/// A person to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreatePerson {
    /// Full name.
    pub full_name: String,
    /// Office held (chức vụ).
    #[serde(default)]
    pub title: String,
    /// Whose they are.
    pub unit_id: UnitId,
    /// Telephone.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Still in office.
    pub active: Option<bool>,
}

/// A change of a person. What is not sent stays; `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangePerson {
    /// As read.
    pub version: i64,
    /// Full name.
    pub full_name: Option<String>,
    /// Office held (chức vụ).
    pub title: Option<String>,
    /// Whose they are.
    pub unit_id: Option<UnitId>,
    /// Telephone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Edit<String>,
    /// Mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Edit<String>,
    /// Still in office.
    pub active: Option<bool>,
}

impl From<CreatePerson> for NewPerson {
    fn from(body: CreatePerson) -> Self {
        Self {
            full_name: body.full_name,
            title: body.title,
            unit_id: body.unit_id,
            phone: body.phone,
            email: body.email,
            active: body.active.unwrap_or(true),
        }
    }
}

impl ChangePerson {
    fn apply(self, before: Person) -> NewPerson {
        NewPerson {
            full_name: self.full_name.unwrap_or(before.full_name),
            title: self.title.unwrap_or(before.title),
            unit_id: self.unit_id.unwrap_or(before.unit.id),
            phone: self.phone.or(before.phone),
            email: self.email.or(before.email),
            active: self.active.unwrap_or(before.active),
        }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PersonQuery {
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
#[utoipa::path(get, path = "/people", operation_id = "list_people", tag = "directory", params(PersonQuery),
    responses((status = OK, body = Listing<Person>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: May<DirectoryRead>,
    Asked(query): Asked<PersonQuery>,
) -> Reply<Listing<Person>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let found = directory::list_people(&app, query.unit_id, query.q.as_deref(), &page).await?;
    Ok(Json(Listing::of(found, std::convert::identity)))
}

/// One of them.
#[utoipa::path(get, path = "/people/{id}", operation_id = "show_person", tag = "directory", params(("id" = PersonId, Path)),
    responses((status = OK, body = Person)))]
pub async fn show(State(app): State<Arc<App>>, _: May<DirectoryRead>, Id(id): Id<PersonId>) -> Reply<Person> {
    Ok(Json(directory::show(&app, id).await?))
}

/// Create one.
#[utoipa::path(post, path = "/people", operation_id = "create_person", tag = "directory", request_body = CreatePerson,
    responses((status = CREATED, body = Person)))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Body(body): Body<CreatePerson>,
) -> Result<(StatusCode, Json<Person>), ApiError> {
    Ok((StatusCode::CREATED, Json(directory::create::<Person>(&app, &may.actor, body.into()).await?)))
}

/// Change one.
#[utoipa::path(patch, path = "/people/{id}", operation_id = "change_person", tag = "directory",
    params(("id" = PersonId, Path)), request_body = ChangePerson, responses((status = OK, body = Person)))]
pub async fn change(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Id(id): Id<PersonId>,
    Body(body): Body<ChangePerson>,
) -> Reply<Person> {
    let version = body.version;
    Ok(Json(directory::change(&app, &may.actor, id, version, |before: Person| body.apply(before)).await?))
}
