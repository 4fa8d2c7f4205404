//! The attendance board of a session.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{
    delegate::{AttendanceWarningCode, Delegate},
    endpoint::EndpointRef,
    event::LeaveReason,
    id::{DelegateId, RosterId, SessionId},
    interval::{Gap, Interval},
    moment::Moment,
    session::SessionState,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{Id, Reply};
use crate::{
    app::App,
    auth::signed::{May, SessionRead},
    language::Language,
    live::Alarm,
    service::attendance::{self, Attendance, AttendanceLine},
    texts,
};

/// Who was there, as far as is known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attendance)]
pub struct AttendanceView {
    /// Which session.
    pub session_id: SessionId,
    /// Its state.
    pub state: SessionState,
    /// As of when.
    pub at: Moment,
    /// Endpoints called in.
    pub invited: usize,
    /// Endpoints connected now.
    pub connected: usize,
    /// Delegates named.
    pub delegates_named: usize,
    /// Delegates marked present.
    pub delegates_present: usize,
    /// What needs the operator.
    #[schema(required)]
    pub alarm: Option<Alarm>,
    /// Endpoint by endpoint, the host first.
    pub endpoints: Vec<EndpointAttendance>,
}

/// One endpoint of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointAttendance {
    /// The line of the roster.
    pub roster_id: RosterId,
    /// The endpoint.
    pub endpoint: EndpointRef,
    /// Connected now.
    pub connected: bool,
    /// Microphone muted; unknown while none is sent.
    #[schema(required)]
    pub muted: Option<bool>,
    /// Camera on; unknown while not connected.
    #[schema(required)]
    pub camera: Option<bool>,
    /// First connected.
    #[schema(required)]
    pub first_at: Option<Moment>,
    /// Last known to be connected.
    #[schema(required)]
    pub last_at: Option<Moment>,
    /// Time connected, gaps left out.
    pub connected_ms: i64,
    /// Times that the line was lost.
    pub gaps: i64,
    /// Time lost in them.
    pub gap_ms: i64,
    /// Came late.
    pub late: bool,
    /// Left early.
    pub left_early: bool,
    /// Stretch by stretch.
    pub intervals: Vec<IntervalView>,
    /// Those named at it.
    pub delegates: Vec<Delegate>,
    /// What is not in order about those who were there.
    pub warnings: Vec<AttendanceWarningView>,
}

/// What is not in order about one delegate who was there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceWarning)]
pub struct AttendanceWarningView {
    /// What, for programs.
    pub code: AttendanceWarningCode,
    /// About whom.
    pub delegate_id: DelegateId,
    /// What, for people.
    pub message: String,
}

/// One stretch of time during which an endpoint was connected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Interval)]
pub struct IntervalView {
    /// Beginning.
    pub from: Moment,
    /// End; `null` while it lasts.
    #[schema(required)]
    pub to: Option<Moment>,
    /// Last sign of life.
    pub last_seen_at: Moment,
    /// Why it ended.
    #[schema(required)]
    pub reason: Option<LeaveReason>,
    /// Times within it when the line was lost.
    pub gaps: Vec<Gap>,
}

impl AttendanceView {
    /// The board, with the alarm that stands.
    pub fn of(attendance: Attendance, alarm: Option<Alarm>, language: Language) -> Self {
        let of = |line| EndpointAttendance::of(line, language);
        let endpoints: Vec<EndpointAttendance> = attendance.lines.into_iter().map(of).collect();
        let delegates = || endpoints.iter().flat_map(|endpoint| &endpoint.delegates);
        Self {
            session_id: attendance.session.id,
            state: attendance.session.state,
            at: attendance.at,
            invited: endpoints.len(),
            connected: endpoints.iter().filter(|endpoint| endpoint.connected).count(),
            delegates_named: delegates().count(),
            delegates_present: delegates().filter(|delegate| delegate.presence.is_present()).count(),
            alarm,
            endpoints,
        }
    }
}

impl EndpointAttendance {
    fn of(one: AttendanceLine, language: Language) -> Self {
        let connection = one.connection;
        let warned = |delegate: &Delegate| {
            let code = delegate.warning()?;
            let message = texts::attendance_warning(code, language).into();
            Some(AttendanceWarningView { code, delegate_id: delegate.id, message })
        };
        let last = one.intervals.last().filter(|last| last.to.is_none());
        Self {
            roster_id: one.line.entry.id,
            endpoint: one.line.entry.endpoint,
            connected: connection.connected,
            muted: last.and_then(|last| last.muted),
            camera: last.and_then(|last| last.camera),
            first_at: connection.first_at,
            last_at: connection.last_at,
            connected_ms: connection.connected_ms,
            gaps: connection.gaps,
            gap_ms: connection.gap_ms,
            late: connection.late,
            left_early: connection.left_early,
            intervals: one.intervals.into_iter().map(IntervalView::from).collect(),
            warnings: one.line.delegates.iter().filter_map(warned).collect(),
            delegates: one.line.delegates,
        }
    }
}

impl From<Interval> for IntervalView {
    fn from(interval: Interval) -> Self {
        Self {
            from: interval.from,
            to: interval.to,
            last_seen_at: interval.last_seen_at,
            reason: interval.reason,
            gaps: interval.gaps,
        }
    }
}

/// The attendance board.
#[utoipa::path(get, path = "/sessions/{id}/attendance", operation_id = "show_attendance", tag = "attendance",
    params(("id" = SessionId, Path)), responses((status = OK, body = AttendanceView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    may: May<SessionRead>,
    language: Language,
    Id(id): Id<SessionId>,
) -> Reply<AttendanceView> {
    let attendance = attendance::show(&app, &may.actor, id).await?;
    Ok(Json(AttendanceView::of(attendance, app.alarms.foremost(), language)))
}
