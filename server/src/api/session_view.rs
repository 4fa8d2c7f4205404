//! What a session looks like on the wire.

use schema::{
    delegate::Delegate,
    endpoint::{EndpointRef, EndpointRole},
    id::{RosterId, SessionId},
    moment::Moment,
    person::PersonRef,
    room::RoomRef,
    roster::{HistoryEntry, Override, RosterLine, Rsvp},
    session::{MeetingKind, Mode, SessionAction, SessionState, Urgency},
    store::sessions::SessionSummary,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::showing::SessionDetail;

/// A session in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionSummary)]
pub struct SessionSummaryView {
    /// Which.
    pub id: SessionId,
    /// Trích yếu.
    pub subject: String,
    /// Loại cuộc họp.
    pub kind: MeetingKind,
    /// Định kỳ hay đột xuất.
    pub urgency: Urgency,
    /// Hình thức.
    pub mode: Mode,
    /// How far it has come.
    pub state: SessionState,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// Where the chair sits.
    pub host: EndpointRef,
    /// Chủ trì.
    #[schema(required)]
    pub chair: Option<PersonRef>,
    /// Endpoints called in, the host included.
    pub endpoints_invited: i64,
    /// Endpoints that were connected at some time.
    pub endpoints_connected: i64,
    /// Part of the sample data.
    pub sample: bool,
    /// For the next change.
    pub version: i64,
}

/// A session, whole.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// As in a list.
    #[serde(flatten)]
    pub summary: SessionSummaryView,
    /// Why it is urgent.
    #[schema(required)]
    pub urgency_reason: Option<String>,
    /// Nội dung.
    pub content: String,
    /// Yêu cầu.
    pub requirements: String,
    /// Đầu mối liên hệ.
    pub contact: String,
    /// Rooms booked.
    pub rooms: Vec<RoomRef>,
    /// People called in by name.
    pub people: Vec<PersonRef>,
    /// Its endpoints, the host first.
    pub roster: Vec<RosterEntryView>,
    /// Warnings gone past.
    pub overrides: Vec<OverrideView>,
    /// Why it was postponed or cancelled.
    #[schema(required)]
    pub reason: Option<String>,
    /// Actual start.
    #[schema(required)]
    pub started_at: Option<Moment>,
    /// Actual end.
    #[schema(required)]
    pub ended_at: Option<Moment>,
    /// Did the rule of notice apply?
    pub notice_due: bool,
    /// Was the notice long enough?
    pub notice_kept: bool,
    /// What was done with it, oldest first.
    pub history: Vec<HistoryView>,
    /// What this account may do with it now.
    pub allowed: Vec<SessionAction>,
}

/// One endpoint of a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RosterEntry)]
pub struct RosterEntryView {
    /// Which line.
    pub id: RosterId,
    /// The endpoint, with its names of that day.
    pub endpoint: EndpointRef,
    /// Host or member.
    pub role: EndpointRole,
    /// One way to the host, by road.
    pub distance_metres: i64,
    /// One way to the host, by road.
    pub one_way_minutes: i64,
    /// Those named at it.
    pub delegates: Vec<Delegate>,
    /// Did it confirm?
    pub rsvp: Rsvp,
}

/// A warning gone past.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Override)]
pub struct OverrideView {
    /// Which warning.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// Something done with a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub struct HistoryView {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// What.
    pub action: SessionAction,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

impl From<SessionSummary> for SessionSummaryView {
    fn from(summary: SessionSummary) -> Self {
        let session = summary.session;
        Self {
            id: session.id,
            subject: session.subject,
            kind: session.kind,
            urgency: session.urgency,
            mode: session.mode,
            state: session.state,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            host: summary.host,
            chair: summary.chair,
            endpoints_invited: summary.endpoints_invited,
            endpoints_connected: summary.endpoints_connected,
            sample: session.sample,
            version: session.version,
        }
    }
}

impl From<SessionDetail> for SessionView {
    fn from(detail: SessionDetail) -> Self {
        let session = detail.summary.session.clone();
        Self {
            summary: detail.summary.into(),
            urgency_reason: session.urgency_reason,
            content: session.content,
            requirements: session.requirements,
            contact: session.contact,
            rooms: detail.rooms,
            people: detail.people,
            roster: detail.roster.into_iter().map(RosterEntryView::from).collect(),
            overrides: detail.overrides.into_iter().map(OverrideView::from).collect(),
            reason: session.reason,
            started_at: session.started_at,
            ended_at: session.ended_at,
            notice_due: session.notice_due,
            notice_kept: session.notice_kept,
            history: detail.history.into_iter().map(HistoryView::from).collect(),
            allowed: detail.allowed,
        }
    }
}

impl From<RosterLine> for RosterEntryView {
    fn from(line: RosterLine) -> Self {
        let entry = line.entry;
        Self {
            id: entry.id,
            endpoint: entry.endpoint,
            role: entry.role,
            distance_metres: entry.distance_metres,
            one_way_minutes: entry.one_way_minutes,
            delegates: line.delegates,
            rsvp: entry.rsvp,
        }
    }
}

impl From<Override> for OverrideView {
    fn from(gone_past: Override) -> Self {
        Self { code: gone_past.code, reason: gone_past.reason, by: gone_past.actor_name, at: gone_past.at }
    }
}

impl From<HistoryEntry> for HistoryView {
    fn from(entry: HistoryEntry) -> Self {
        Self { at: entry.at, by: entry.actor_name, action: entry.action, reason: entry.reason }
    }
}
