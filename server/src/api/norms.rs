//! Norms: amounts of money by date and legal basis.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    day::Day,
    endpoint::Zone,
    norm::{NewNorm, Norm, NormKind},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    input::{Body, Reply},
    problem::ApiError,
};
use crate::{
    app::App,
    auth::signed::{DirectoryWrite, May, ReportRead},
    service::reporting,
};

/// A norm to add.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateNorm {
    /// What it is for.
    pub kind: NormKind,
    /// The amount, in đồng per unit of its kind.
    pub value_dong: i64,
    /// For endpoints of this zone only.
    pub zone: Option<Zone>,
    /// The text that sets it.
    pub legal_basis: String,
    /// First day on which it holds.
    pub effective_from: Day,
    /// Last day on which it holds.
    pub effective_to: Option<Day>,
    /// Has someone checked it against the text?
    #[serde(default)]
    pub confirmed: bool,
}

impl From<CreateNorm> for NewNorm {
    fn from(body: CreateNorm) -> Self {
        Self {
            kind: body.kind,
            value_dong: body.value_dong,
            zone: body.zone,
            legal_basis: body.legal_basis,
            effective_from: body.effective_from,
            effective_to: body.effective_to,
            confirmed: body.confirmed,
        }
    }
}

/// All norms ever in force, by kind, zone and date.
#[utoipa::path(get, path = "/norms", operation_id = "list_norms", tag = "reports", responses((status = OK, body = [Norm])))]
pub async fn list(State(app): State<Arc<App>>, _: May<ReportRead>) -> Reply<Vec<Norm>> {
    Ok(Json(reporting::norms(&app).await?.iter().cloned().collect()))
}

/// Add one. It counts for sessions that end from now on; ledgers that stand do not change.
#[utoipa::path(post, path = "/norms", operation_id = "create_norm", tag = "reports", request_body = CreateNorm,
    responses((status = CREATED, body = Norm)))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<DirectoryWrite>,
    Body(body): Body<CreateNorm>,
) -> Result<(StatusCode, Json<Norm>), ApiError> {
    Ok((StatusCode::CREATED, Json(reporting::add_norm(&app, &may.actor, body.into()).await?)))
}
