//! The working calendar: public holidays, swapped days, make-up working Saturdays.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{calendar::CalendarDay, day::Day, field::FieldCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::input::{Asked, Reply};
use crate::{
    app::App,
    auth::signed::{May, SessionRead},
    service::{Refusal, inspecting},
};

/// Most days that are looked at in one go: ten years.
const LONGEST_DAYS: i64 = 3_653;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

/// Days that are not what their weekday says, in order.
#[utoipa::path(get, path = "/calendar", operation_id = "list_special_days", tag = "sessions", params(CalendarQuery),
    responses((status = OK, body = [CalendarDay])))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: May<SessionRead>,
    Asked(query): Asked<CalendarQuery>,
) -> Reply<Vec<CalendarDay>> {
    let days = query.to.signed_duration_since(*query.from).num_days();
    if !(0..=LONGEST_DAYS).contains(&days) {
        return Err(Refusal::field("to", FieldCode::OutOfRange).into());
    }
    Ok(Json(inspecting::special_days(&app, query.from, query.to).await?))
}
