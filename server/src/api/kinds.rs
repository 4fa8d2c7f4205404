//! Kinds of meetings and their caps.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{day::Day, regime, session::MeetingKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Reply;
use crate::{app::App, auth::signed::Signed, language::Language, texts};

/// A kind of meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingKindView {
    /// Which.
    pub kind: MeetingKind,
    /// Its name in Vietnamese.
    pub name_vi: String,
    /// Its name in English.
    pub name_en: String,
    /// Longest working time, in force today.
    pub longest_minutes: i64,
}

/// All kinds of meetings.
#[utoipa::path(get, path = "/meeting-kinds", operation_id = "list_meeting_kinds", tag = "sessions",
    responses((status = OK, body = [MeetingKindView])))]
pub async fn list(State(app): State<Arc<App>>, _: Signed) -> Reply<Vec<MeetingKindView>> {
    let today = Day(app.now().date());
    let view = |&kind: &MeetingKind| MeetingKindView {
        kind,
        name_vi: texts::kind(kind, Language::Vi).into(),
        name_en: texts::kind(kind, Language::En).into(),
        longest_minutes: regime::longest_minutes(kind, &app.rules, today),
    };
    Ok(Json(MeetingKind::ALL.iter().map(view).collect()))
}
