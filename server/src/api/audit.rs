//! The audit log.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{
    audit::{AuditEvent, ChainVerdict},
    day::Day,
    id::AuditId,
    moment::Moment,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    input::{Asked, Reply},
    list::{Listing, PageQuery},
    sessions::midnight,
};
use crate::{
    app::App,
    auth::signed::{AuditRead, May},
    service::inspecting,
};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Of this day or later.
    pub from: Option<Day>,
    /// Of this day or earlier.
    pub to: Option<Day>,
    /// Part of who, what or to what, without accents if you like.
    pub q: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most rows wanted, up to 200.
    pub limit: Option<u32>,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditEntryView {
    /// Identity.
    pub id: AuditId,
    /// Place in the chain.
    pub seq: i64,
    /// When.
    pub at: Moment,
    /// Who, as named on that day.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what: its kind, and its id where there is one.
    #[schema(required)]
    pub object: Option<String>,
    /// What a reader needs to know besides, as JSON.
    #[schema(required)]
    pub detail: Option<String>,
    /// Hash of this entry, over the one before.
    pub hash: String,
}

impl From<AuditEvent> for AuditEntryView {
    fn from(event: AuditEvent) -> Self {
        let object = match event.subject_id {
            Some(id) => format!("{} {id}", event.subject_kind),
            None => event.subject_kind,
        };
        Self {
            id: event.id,
            seq: event.seq,
            at: event.at,
            actor: event.actor_name,
            action: event.action,
            object: Some(object).filter(|object| !object.is_empty()),
            detail: Some(event.detail).filter(|detail| detail != "null"),
            hash: event.hash,
        }
    }
}

/// Entries, the newest first.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "system", params(AuditQuery),
    responses((status = OK, body = Listing<AuditEntryView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    may: May<AuditRead>,
    Asked(query): Asked<AuditQuery>,
) -> Reply<Listing<AuditEntryView>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let (from, to) = (query.from.map(midnight), query.to.map(|day| midnight(day.next())));
    let found = inspecting::entries(&app, &may.actor, from, to, query.q.as_deref(), &page).await?;
    Ok(Json(Listing::of(found, AuditEntryView::from)))
}

/// Whether every link of the log is as it was written.
#[utoipa::path(get, path = "/audit/verify", operation_id = "verify_audit", tag = "system",
    responses((status = OK, body = ChainVerdict)))]
pub async fn verify(State(app): State<Arc<App>>, may: May<AuditRead>) -> Reply<ChainVerdict> {
    Ok(Json(inspecting::verify(&app, &may.actor).await?))
}
