//! Phiên giao ban: one briefing, from draft to end.

use crate::conflict::{Resource, Span};
use crate::day::Day;
use crate::field::{FieldCode, FieldError, Fields};
use crate::id::{AccountId, EndpointId, PersonId, RoomId, SessionId};
use crate::moment::Moment;
use crate::text;

/// No single session is longer, whatever its kind (its own cap is a setting): three days. Longer ones are a series.
/// The index of bookings relies on it, and a rule of the table holds it.
pub const LONGEST_MS: i64 = 3 * 24 * 3_600_000;

crate::words::words! {
    /// Loại cuộc họp (Quyết định 45/2018/QĐ-TTg).
    pub enum MeetingKind {
        /// Họp giao ban.
        Briefing = "briefing",
        /// Họp tham mưu, tư vấn.
        Advisory = "advisory",
        /// Họp giải quyết công việc.
        ProblemSolving = "problem_solving",
        /// Họp điều phối.
        Coordination = "coordination",
        /// Họp chuyên môn.
        Professional = "professional",
        /// Họp chuyên đề.
        Thematic = "thematic",
        /// Họp sơ kết, tổng kết.
        Review = "review",
        /// Họp tập huấn, triển khai.
        Training = "training",
    }
}

crate::words::words! {
    /// Định kỳ hay đột xuất.
    pub enum Urgency {
        /// Định kỳ.
        Periodic = "periodic",
        /// Đột xuất: needs no notice, but a reason.
        Urgent = "urgent",
    }
}

crate::words::words! {
    /// Hình thức họp.
    pub enum Mode {
        /// Trực tiếp.
        InPerson = "in_person",
        /// Trực tuyến.
        Online = "online",
        /// Kết hợp.
        Hybrid = "hybrid",
    }
}

crate::words::words! {
    /// How far a session has come.
    pub enum SessionState {
        /// Nháp: books nothing.
        Draft = "draft",
        /// Đã lên lịch: holds its endpoints, rooms and people.
        Scheduled = "scheduled",
        /// Đang diễn ra.
        Live = "live",
        /// Kết thúc.
        Ended = "ended",
        /// Hoãn: without a date, books nothing.
        Postponed = "postponed",
        /// Hủy.
        Cancelled = "cancelled",
    }
}

crate::words::words! {
    /// What is done with a session.
    pub enum SessionAction {
        /// Write it down.
        Create = "create",
        /// Lên lịch.
        Schedule = "schedule",
        /// Change it.
        Edit = "edit",
        /// Hoãn, without a new date.
        Postpone = "postpone",
        /// Dời to another date.
        Reschedule = "reschedule",
        /// Hủy.
        Cancel = "cancel",
        /// Bắt đầu.
        Start = "start",
        /// Move the end while it runs.
        Extend = "extend",
        /// Kết thúc.
        End = "end",
        /// Enter the room.
        Join = "join",
        /// Name the delegates of an endpoint.
        NameDelegates = "name_delegates",
        /// Điểm danh, or correct it afterwards.
        Rollcall = "rollcall",
        /// Chốt lại: the program draws up attendance and ledger anew, by what the room told after the end.
        Settle = "settle",
    }
}

/// An action that does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} a session that is {state}")]
pub struct WrongState {
    /// The state found.
    pub state: SessionState,
    /// What was wanted.
    pub action: SessionAction,
}

/// The state after an action; the whole life of a session.
pub fn transition(state: SessionState, action: SessionAction) -> Result<SessionState, WrongState> {
    use SessionAction as A;
    use SessionState as S;
    match (state, action) {
        (S::Draft | S::Postponed, A::Schedule) | (S::Scheduled | S::Postponed, A::Reschedule) => {
            Ok(S::Scheduled)
        }
        (S::Scheduled, A::Postpone) => Ok(S::Postponed),
        (S::Draft | S::Scheduled | S::Postponed, A::Cancel) => Ok(S::Cancelled),
        (S::Scheduled, A::Start) | (S::Live, A::Extend | A::Join) => Ok(S::Live),
        (S::Live, A::End) => Ok(S::Ended),
        (S::Draft | S::Scheduled | S::Postponed, A::Edit | A::NameDelegates)
        | (S::Live, A::NameDelegates | A::Rollcall)
        | (S::Ended, A::Rollcall) => Ok(state),
        _ => Err(WrongState { state, action }),
    }
}

impl SessionState {
    /// What can be done with a session in this state.
    pub fn allowed(self) -> Vec<SessionAction> {
        SessionAction::ALL.iter().copied().filter(|action| transition(self, *action).is_ok()).collect()
    }

    /// Does it hold its endpoints, rooms and people?
    pub const fn books(self) -> bool {
        matches!(self, Self::Scheduled | Self::Live)
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Trích yếu: what it is about, in a line.
    pub subject: String,
    /// Loại cuộc họp.
    pub kind: MeetingKind,
    /// Định kỳ hay đột xuất.
    pub urgency: Urgency,
    /// Why it is urgent.
    pub urgency_reason: Option<String>,
    /// Hình thức.
    pub mode: Mode,
    /// How far it has come.
    pub state: SessionState,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// Civil date of the start, for reports.
    pub held_on: Day,
    /// Where the chair sits.
    pub host_endpoint_id: EndpointId,
    /// Chủ trì.
    pub chair_id: Option<PersonId>,
    /// Nội dung.
    pub content: String,
    /// Yêu cầu.
    pub requirements: String,
    /// Đầu mối liên hệ.
    pub contact: String,
    /// Why it was postponed or cancelled.
    pub reason: Option<String>,
    /// When it was put on the schedule for its present date: the notice counts from here.
    pub announced_at: Option<Moment>,
    /// Did the rule of notice apply to it? Set when scheduled.
    pub notice_due: bool,
    /// Was the notice long enough? Set when scheduled.
    pub notice_kept: bool,
    /// Actual start.
    pub started_at: Option<Moment>,
    /// Actual end.
    pub ended_at: Option<Moment>,
    /// Part of the sample data, not of the life of a province.
    pub sample: bool,
    /// Who wrote it down.
    pub created_by: Option<AccountId>,
    /// When it was written down.
    pub created_at: Moment,
    /// Rises with every change.
    pub version: i64,
}

impl Session {
    /// When it is planned.
    pub const fn span(&self) -> Span {
        Span::new(self.starts_at, self.ends_at)
    }

    /// Has it ever been on the schedule? Until then it is the business of those who prepare it.
    pub const fn is_announced(&self) -> bool {
        self.announced_at.is_some()
    }

    /// Takes over what an edit says; its endpoints, rooms and people are frozen apart.
    pub fn edit(&mut self, to: &NewSession) {
        self.starts_at = to.starts_at;
        self.ends_at = to.ends_at;
        self.held_on = to.held_on();
        self.subject = text::clean(&to.subject);
        self.kind = to.kind;
        self.urgency = to.urgency;
        self.urgency_reason = to.urgency_reason.as_deref().map(text::clean);
        self.mode = to.mode;
        self.host_endpoint_id = to.host_endpoint_id;
        self.chair_id = to.chair_id;
        self.content = text::clean(&to.content);
        self.requirements = text::clean(&to.requirements);
        self.contact = text::clean(&to.contact);
    }
}

/// A session to write down, or what an edited one is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
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
    /// The other endpoints; naming the host again is harmless.
    pub endpoint_ids: Vec<EndpointId>,
    /// Rooms booked.
    pub room_ids: Vec<RoomId>,
    /// Chủ trì.
    pub chair_id: Option<PersonId>,
    /// People called in by name; naming the chair again is harmless.
    pub person_ids: Vec<PersonId>,
    /// Nội dung.
    pub content: String,
    /// Yêu cầu.
    pub requirements: String,
    /// Đầu mối liên hệ.
    pub contact: String,
    /// Part of the sample data.
    pub sample: bool,
}

impl NewSession {
    /// When it is planned.
    pub const fn span(&self) -> Span {
        Span::new(self.starts_at, self.ends_at)
    }

    /// Civil date of the start.
    pub fn held_on(&self) -> Day {
        Day(self.starts_at.date())
    }

    /// Civil date of its last moment; an end at midnight belongs to the day before.
    pub fn last_day(&self) -> Day {
        Day(self.ends_at.plus_millis(-1).max(self.starts_at).date())
    }

    /// All endpoints, the host first, each once.
    pub fn all_endpoints(&self) -> Vec<EndpointId> {
        each_once(std::iter::once(self.host_endpoint_id).chain(self.endpoint_ids.iter().copied()))
    }

    /// All people named, the chair first, each once.
    pub fn all_people(&self) -> Vec<PersonId> {
        each_once(self.chair_id.into_iter().chain(self.person_ids.iter().copied()))
    }

    /// All that it takes up: endpoints, rooms, people.
    pub fn resources(&self) -> Vec<Resource> {
        let mut resources: Vec<Resource> = self.all_endpoints().into_iter().map(Resource::Endpoint).collect();
        resources.extend(self.room_ids.iter().copied().map(Resource::Room));
        resources.extend(self.all_people().into_iter().map(Resource::Person));
        resources
    }

    /// What is wrong with it, without a look at the directory. A booking in the past is refused; one that is
    /// already written down may have begun meanwhile.
    pub fn verdict(&self, now: Moment) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        fields.line("subject", &self.subject, 500);
        let reason = self.urgency_reason.as_deref().unwrap_or_default();
        match self.urgency {
            Urgency::Urgent => fields.text("urgency_reason", reason, 1_000),
            Urgency::Periodic => fields.optional_text("urgency_reason", reason, 1_000),
        }
        fields.require(self.starts_at >= now, "starts_at", FieldCode::InThePast);
        check_span(&mut fields, self.starts_at, self.ends_at);
        fields.require(!repeats(&self.endpoint_ids), "endpoint_ids", FieldCode::Duplicate);
        fields.require(!repeats(&self.room_ids), "room_ids", FieldCode::Duplicate);
        fields.require(!repeats(&self.person_ids), "person_ids", FieldCode::Duplicate);
        let alone = self.all_endpoints().len() < 2;
        fields.require(self.mode == Mode::InPerson || !alone, "endpoint_ids", FieldCode::Required);
        fields.optional_text("content", &self.content, 20_000);
        fields.optional_text("requirements", &self.requirements, 20_000);
        fields.optional_text("contact", &self.contact, 500);
        fields.verdict()
    }
}

/// Notes what is wrong with a stretch of time of a session.
pub fn check_span(fields: &mut Fields, starts_at: Moment, ends_at: Moment) {
    fields.require(starts_at < ends_at, "ends_at", FieldCode::EndsBeforeStart);
    fields.require(ends_at.millis_since(starts_at) <= LONGEST_MS, "ends_at", FieldCode::OutOfRange);
}

fn each_once<T: PartialEq>(things: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for thing in things {
        if !seen.contains(&thing) {
            seen.push(thing);
        }
    }
    seen
}

fn repeats<T: PartialEq>(things: &[T]) -> bool {
    things.iter().enumerate().any(|(at, thing)| things[..at].contains(thing))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
