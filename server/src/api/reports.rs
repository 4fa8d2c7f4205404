//! Reports by month, quarter and year.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{
    field::FieldCode,
    id::UnitId,
    report::{Period, PeriodKind, Report},
    session::MeetingKind,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    input::{Asked, Reply},
    problem::ApiError,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        signed::{May, ReportRead},
    },
    language::Language,
    print::{self, csv::Table},
    service::{Refusal, reporting},
};

/// Which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// How long it reaches.
    pub period: PeriodKind,
    /// `2026-01`, `2026-Q1` or `2026`.
    pub of: String,
    /// This unit and all below it.
    pub unit_id: Option<UnitId>,
    /// Meetings of this kind.
    pub kind: Option<MeetingKind>,
}

/// Which table of which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// How long the report reaches.
    pub period: PeriodKind,
    /// `2026-01`, `2026-Q1` or `2026`.
    pub of: String,
    /// This unit and all below it.
    pub unit_id: Option<UnitId>,
    /// Meetings of this kind.
    pub kind: Option<MeetingKind>,
    /// Which table.
    pub table: ReportTable,
}

/// A table of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportTable {
    /// Session by session.
    Sessions,
    /// Unit by unit.
    Units,
    /// Month by month.
    Months,
}

async fn report(app: &App, actor: &Actor, query: ReportQuery) -> Result<Report, Refusal> {
    let period =
        Period::of(query.period, &query.of).ok_or_else(|| Refusal::field("of", FieldCode::BadFormat))?;
    reporting::report(app, actor, period, query.unit_id, query.kind).await
}

/// What was held, who came, and what it saved.
#[utoipa::path(get, path = "/reports", operation_id = "show_report", tag = "reports", params(ReportQuery),
    responses((status = OK, body = Report)))]
pub async fn show(
    State(app): State<Arc<App>>,
    may: May<ReportRead>,
    Asked(query): Asked<ReportQuery>,
) -> Reply<Report> {
    Ok(Json(report(&app, &may.actor, query).await?))
}

/// One table of it for a spreadsheet.
#[utoipa::path(get, path = "/reports.csv", operation_id = "download_report", tag = "reports", params(TableQuery),
    responses((status = OK, body = String, content_type = "text/csv")))]
pub async fn download(
    State(app): State<Arc<App>>,
    may: May<ReportRead>,
    language: Language,
    Asked(query): Asked<TableQuery>,
) -> Result<Table, ApiError> {
    let TableQuery { period, of, unit_id, kind, table } = query;
    let report = report(&app, &may.actor, ReportQuery { period, of, unit_id, kind }).await?;
    Ok(match table {
        ReportTable::Sessions => print::report::sessions(&report, language),
        ReportTable::Units => print::report::units(&report, language),
        ReportTable::Months => print::report::months(&report, language),
    })
}
