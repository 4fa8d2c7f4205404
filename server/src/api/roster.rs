//! Who sits at an endpoint of a session, and the roll.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::{
    delegate::{NewDelegate, NewMark, Presence},
    id::{DelegateId, PersonId, RosterId, SessionId},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    attendance::AttendanceView,
    input::{Body, Id, Reply},
    problem::Code,
    session_view::RosterEntryView,
};
use crate::{
    app::App,
    auth::signed::{May, RollcallTake, SessionRead},
    language::Language,
    service::{
        attendance,
        rollcall::{self, Naming},
        showing,
    },
};

/// The delegates of one endpoint, all of them.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NameDelegates {
    /// In their order. Those left out are withdrawn.
    pub delegates: Vec<DelegateBody>,
    /// Who stood on the list that was changed. When others stand there by now, the answer is `stale`; without it, the
    /// list is replaced whatever it says.
    pub known: Option<Vec<DelegateId>>,
}

/// A delegate to name.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DelegateBody {
    /// The delegate as named before; keeps the marks.
    pub id: Option<DelegateId>,
    /// The person of the directory.
    pub person_id: Option<PersonId>,
    /// Họ và tên.
    pub full_name: String,
    /// Chức vụ.
    #[serde(default)]
    pub title: String,
    /// Đi thay: name of the one who cannot come.
    pub substitute_for: Option<String>,
    /// Did the chair consent to the substitute? Takes `session.book` or `session.run` where the chair sits.
    pub consented: Option<bool>,
}

/// The roll.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Rollcall {
    /// Marks; all are kept, or none.
    pub marks: Vec<MarkBody>,
}

/// One mark of the roll.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MarkBody {
    /// About whom.
    pub delegate_id: DelegateId,
    /// The verdict.
    pub presence: Presence,
    /// What else is to be said.
    pub note: Option<String>,
    /// Đến muộn.
    #[serde(default)]
    pub late: bool,
    /// Về sớm.
    #[serde(default)]
    pub left_early: bool,
}

impl From<DelegateBody> for NewDelegate {
    fn from(body: DelegateBody) -> Self {
        Self {
            id: body.id,
            person_id: body.person_id,
            full_name: body.full_name,
            title: body.title,
            substitute_for: body.substitute_for,
            consented: body.consented,
        }
    }
}

impl From<MarkBody> for NewMark {
    fn from(body: MarkBody) -> Self {
        Self {
            delegate_id: body.delegate_id,
            presence: body.presence,
            late: body.late,
            left_early: body.left_early,
            note: body.note,
        }
    }
}

/// Name the delegates of an endpoint anew. Takes `session.book`, or `rollcall.take` at that endpoint.
#[utoipa::path(put, path = "/sessions/{id}/roster/{roster_id}/delegates", operation_id = "name_delegates", tag = "sessions",
    params(("id" = SessionId, Path), ("roster_id" = RosterId, Path)), request_body = NameDelegates,
    responses((status = OK, body = RosterEntryView)))]
pub async fn name_delegates(
    State(app): State<Arc<App>>,
    may: May<SessionRead>,
    Id((id, line)): Id<(SessionId, RosterId)>,
    Body(body): Body<NameDelegates>,
) -> Reply<RosterEntryView> {
    let delegates = body.delegates.into_iter().map(NewDelegate::from).collect();
    let naming = Naming { delegates, known: body.known };
    rollcall::name_delegates(&app, &may.actor, id, line, naming).await?;
    let roster = showing::show(&app, &may.actor, id).await?.roster;
    let entry = roster.into_iter().find(|one| one.entry.id == line).ok_or(Code::NotFound)?;
    Ok(Json(entry.into()))
}

/// Take the roll, or correct it.
#[utoipa::path(put, path = "/sessions/{id}/rollcall", operation_id = "take_rollcall", tag = "attendance",
    params(("id" = SessionId, Path)), request_body = Rollcall, responses((status = OK, body = AttendanceView)))]
pub async fn take(
    State(app): State<Arc<App>>,
    may: May<RollcallTake>,
    language: Language,
    Id(id): Id<SessionId>,
    Body(body): Body<Rollcall>,
) -> Reply<AttendanceView> {
    let marks = body.marks.into_iter().map(NewMark::from).collect();
    rollcall::take(&app, &may.actor, id, marks).await?;
    let attendance = attendance::show(&app, &may.actor, id).await?;
    Ok(Json(AttendanceView::of(attendance, app.alarms.foremost(), language)))
}
