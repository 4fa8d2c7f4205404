//! What a booking says, and what would come of it.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{
    conflict::{Conflict, Suggestion},
    id::{EndpointId, PersonId, RoomId, SessionId},
    moment::Moment,
    regime::WarningCode,
    session::{MeetingKind, Mode, NewSession, Urgency},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    input::{Body, Reply},
    problem::{FieldView, WarningView, field_view},
};
use crate::{
    app::App,
    auth::signed::{May, SessionBook},
    language::Language,
    service::{
        Edit,
        booking::{Reasoned, Wish},
        forecast::{self, Forecast},
    },
};

/// A session to book.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CreateSession {
    /// Trích yếu.
    pub subject: String,
    /// Loại cuộc họp.
    pub kind: MeetingKind,
    /// Định kỳ hay đột xuất.
    pub urgency: Urgency,
    /// Why it is urgent.
    pub urgency_reason: Option<String>,
    /// Hình thức.
    pub mode: Mode,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// Where the chair sits.
    pub host_endpoint_id: EndpointId,
    /// The other endpoints.
    #[serde(default)]
    pub endpoint_ids: Vec<EndpointId>,
    /// Rooms.
    #[serde(default)]
    pub room_ids: Vec<RoomId>,
    /// Chủ trì.
    pub chair_id: Option<PersonId>,
    /// People called in by name.
    #[serde(default)]
    pub person_ids: Vec<PersonId>,
    /// Nội dung.
    #[serde(default)]
    pub content: String,
    /// Yêu cầu.
    #[serde(default)]
    pub requirements: String,
    /// Đầu mối liên hệ.
    #[serde(default)]
    pub contact: String,
    /// Only write it down; nothing is booked.
    #[serde(default)]
    pub draft: bool,
    /// Warnings to go past, each with a reason.
    #[serde(default)]
    pub overrides: Vec<OverrideBody>,
}

/// A booking to look at before it is made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CheckSession {
    /// The booking.
    #[serde(flatten)]
    pub session: CreateSession,
    /// The session that is edited: it does not clash with itself.
    pub session_id: Option<SessionId>,
}

/// A change of a session. What is not sent stays; `null` clears.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct ChangeSession {
    /// As read.
    pub version: i64,
    /// Trích yếu.
    pub subject: Option<String>,
    /// Loại cuộc họp.
    pub kind: Option<MeetingKind>,
    /// Định kỳ hay đột xuất.
    pub urgency: Option<Urgency>,
    /// Why it is urgent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub urgency_reason: Edit<String>,
    /// Hình thức.
    pub mode: Option<Mode>,
    /// Planned start.
    pub starts_at: Option<Moment>,
    /// Planned end.
    pub ends_at: Option<Moment>,
    /// Where the chair sits.
    pub host_endpoint_id: Option<EndpointId>,
    /// The other endpoints.
    pub endpoint_ids: Option<Vec<EndpointId>>,
    /// Rooms.
    pub room_ids: Option<Vec<RoomId>>,
    /// Chủ trì.
    #[serde(default)]
    #[schema(value_type = Option<PersonId>)]
    pub chair_id: Edit<PersonId>,
    /// People called in by name.
    pub person_ids: Option<Vec<PersonId>>,
    /// Nội dung.
    pub content: Option<String>,
    /// Yêu cầu.
    pub requirements: Option<String>,
    /// Đầu mối liên hệ.
    pub contact: Option<String>,
    /// Warnings to go past, each with a reason.
    #[serde(default)]
    pub overrides: Vec<OverrideBody>,
}

/// A warning to go past.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct OverrideBody {
    /// Which.
    pub code: WarningCode,
    /// Why.
    pub reason: String,
}

/// What would come of a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// Wrong fields.
    pub fields: Vec<FieldView>,
    /// Rules departed from.
    pub warnings: Vec<WarningView>,
    /// What is taken.
    pub conflicts: Vec<Conflict>,
    /// Other times, the best first.
    pub suggestions: Vec<Suggestion>,
}

impl From<OverrideBody> for Reasoned {
    fn from(body: OverrideBody) -> Self {
        Self { code: body.code, reason: body.reason }
    }
}

impl From<CreateSession> for Wish {
    fn from(body: CreateSession) -> Self {
        Self {
            draft: body.draft,
            overrides: body.overrides.into_iter().map(Reasoned::from).collect(),
            session: NewSession {
                subject: body.subject,
                kind: body.kind,
                urgency: body.urgency,
                urgency_reason: body.urgency_reason,
                mode: body.mode,
                starts_at: body.starts_at,
                ends_at: body.ends_at,
                host_endpoint_id: body.host_endpoint_id,
                endpoint_ids: body.endpoint_ids,
                room_ids: body.room_ids,
                chair_id: body.chair_id,
                person_ids: body.person_ids,
                content: body.content,
                requirements: body.requirements,
                contact: body.contact,
                sample: false,
            },
        }
    }
}

impl ChangeSession {
    /// What the session becomes.
    pub fn apply(self, before: NewSession) -> NewSession {
        NewSession {
            subject: self.subject.unwrap_or(before.subject),
            kind: self.kind.unwrap_or(before.kind),
            urgency: self.urgency.unwrap_or(before.urgency),
            urgency_reason: self.urgency_reason.or(before.urgency_reason),
            mode: self.mode.unwrap_or(before.mode),
            starts_at: self.starts_at.unwrap_or(before.starts_at),
            ends_at: self.ends_at.unwrap_or(before.ends_at),
            host_endpoint_id: self.host_endpoint_id.unwrap_or(before.host_endpoint_id),
            endpoint_ids: self.endpoint_ids.unwrap_or(before.endpoint_ids),
            room_ids: self.room_ids.unwrap_or(before.room_ids),
            chair_id: self.chair_id.or(before.chair_id),
            person_ids: self.person_ids.unwrap_or(before.person_ids),
            content: self.content.unwrap_or(before.content),
            requirements: self.requirements.unwrap_or(before.requirements),
            contact: self.contact.unwrap_or(before.contact),
            sample: before.sample,
        }
    }
}

impl Check {
    fn of(forecast: Forecast, language: Language) -> Self {
        Self {
            fields: forecast.fields.iter().map(|error| field_view(error, language)).collect(),
            warnings: forecast.warnings.iter().map(|warning| WarningView::of(warning, language)).collect(),
            conflicts: forecast.conflicts,
            suggestions: forecast.suggestions,
        }
    }
}

/// Look at a booking before it is made: wrong fields, rules departed from, clashes, better times. Changes nothing.
#[utoipa::path(post, path = "/sessions/check", operation_id = "check_session", tag = "sessions",
    request_body = CheckSession, responses((status = OK, body = Check)))]
pub async fn check(
    State(app): State<Arc<App>>,
    may: May<SessionBook>,
    language: Language,
    Body(body): Body<CheckSession>,
) -> Reply<Check> {
    let wish = Wish::from(body.session);
    let forecast = forecast::check(&app, &may.actor, &wish.session, body.session_id).await?;
    Ok(Json(Check::of(forecast, language)))
}
