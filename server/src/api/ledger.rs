//! The savings ledger of a session, and what is downloaded of one.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{
    id::SessionId,
    ledger::{Ledger, LedgerRow},
    moment::Moment,
    settings::Setting,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    input::{Id, Reply},
    problem::ApiError,
};
use crate::{
    app::App,
    auth::signed::{May, ReportRead, SessionRead},
    language::Language,
    print::{self, csv::Table},
    service::{attendance, ledger},
    texts,
};

/// What a session saved, delegate by delegate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ledger)]
pub struct LedgerView {
    /// Which session.
    pub session_id: SessionId,
    /// The how-manieth settlement; a correction of the roll makes the next.
    pub revision: i64,
    /// When it was made.
    pub settled_at: Moment,
    /// By which formula.
    pub formula_version: i64,
    /// What the sums are called.
    pub label: &'static str,
    /// The net sum by the cheaper assumptions.
    pub low_dong: i64,
    /// The net sum.
    pub likely_dong: i64,
    /// The net sum by the dearer assumptions.
    pub high_dong: i64,
    /// What the journeys would have cost.
    pub gross_dong: i64,
    /// Share of line and technicians.
    pub costs_dong: i64,
    /// Gross without the costs.
    pub net_dong: i64,
    /// Time on the road that nobody spent.
    pub person_minutes_saved: i64,
    /// Carbon dioxide that no vehicle gave off.
    pub co2_grams: i64,
    /// Numbers of the formula, with their legal basis.
    pub settings: Vec<Setting>,
    /// Delegate by delegate.
    pub rows: Vec<LedgerRow>,
}

impl LedgerView {
    fn of(ledger: Ledger, language: Language) -> Self {
        let totals = ledger.totals;
        Self {
            session_id: ledger.session_id,
            revision: ledger.revision,
            settled_at: ledger.settled_at,
            formula_version: ledger.formula_version,
            label: texts::savings_label(language),
            low_dong: totals.low_dong,
            likely_dong: totals.net_dong,
            high_dong: totals.high_dong,
            gross_dong: totals.gross_dong,
            costs_dong: totals.costs_dong,
            net_dong: totals.net_dong,
            person_minutes_saved: totals.person_minutes_saved,
            co2_grams: totals.co2_grams,
            settings: ledger.terms.settings,
            rows: ledger.rows,
        }
    }
}

/// The savings ledger of a session that has ended.
#[utoipa::path(get, path = "/sessions/{id}/ledger", operation_id = "show_ledger", tag = "reports",
    params(("id" = SessionId, Path)), responses((status = OK, body = LedgerView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    may: May<ReportRead>,
    language: Language,
    Id(id): Id<SessionId>,
) -> Reply<LedgerView> {
    let shown = ledger::show(&app, &may.actor, id).await?;
    Ok(Json(LedgerView::of(shown.ledger, language)))
}

/// The same as a table for a spreadsheet.
#[utoipa::path(get, path = "/sessions/{id}/ledger.csv", operation_id = "download_ledger", tag = "reports",
    params(("id" = SessionId, Path)), responses((status = OK, body = String, content_type = "text/csv")))]
pub async fn download(
    State(app): State<Arc<App>>,
    may: May<ReportRead>,
    language: Language,
    Id(id): Id<SessionId>,
) -> Result<Table, ApiError> {
    let shown = ledger::show(&app, &may.actor, id).await?;
    Ok(print::ledger::table(&shown, language))
}

/// The attendance of a session as a table for a spreadsheet.
#[utoipa::path(get, path = "/sessions/{id}/attendance.csv", operation_id = "download_attendance", tag = "attendance",
    params(("id" = SessionId, Path)), responses((status = OK, body = String, content_type = "text/csv")))]
pub async fn download_attendance(
    State(app): State<Arc<App>>,
    may: May<SessionRead>,
    language: Language,
    Id(id): Id<SessionId>,
) -> Result<Table, ApiError> {
    let attendance = attendance::show(&app, &may.actor, id).await?;
    Ok(print::attendance::table(&attendance, language))
}
