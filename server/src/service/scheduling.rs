//! What happens to a booked session before it begins: editing, scheduling a draft, postponing, moving, cancelling.

use schema::{
    field::Fields,
    id::SessionId,
    moment::Moment,
    role::Permission,
    session::{NewSession, Session, SessionAction, transition},
    store::{Tx, bookings, history, roster, sessions},
};
use serde_json::json;

use super::{
    Record, Refusal,
    authorship::author,
    booking::{self, Reasoned, Wish},
    finishing::{Before, finish, finish_for},
    sight,
};
use crate::{app::App, auth::actor::Actor};

/// Longest reason, in characters.
const REASON_CHARS: usize = 1000;

/// A session as read for change, with the version that the reader saw.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Which.
    pub id: SessionId,
    /// Its version then.
    pub version: i64,
}

/// Changes what was booked into what `edit` makes of it. What is booked stays booked: a new time or new endpoints are
/// checked as in a first booking.
pub async fn edit(
    app: &App,
    actor: &Actor,
    seen: Seen,
    overrides: Vec<Reasoned>,
    edit: impl FnOnce(NewSession) -> NewSession,
) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let planned = current(&mut tx, seen.id).await?;
    let wish = Wish { session: edit(planned), draft: false, overrides };
    let before = Before::read(&mut tx, seen.id).await?;
    apply(app, &mut tx, actor, seen, wish, SessionAction::Edit, None, now).await?;
    finish_for(app, tx, Record::new(actor, now, "session.edit").on(seen.id), seen.id, &before).await
}

/// Puts a draft, or a postponed session whose date still holds, on the schedule.
pub async fn schedule(app: &App, actor: &Actor, seen: Seen, overrides: Vec<Reasoned>) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let wish = Wish { session: current(&mut tx, seen.id).await?, draft: false, overrides };
    let before = Before::read(&mut tx, seen.id).await?;
    apply(app, &mut tx, actor, seen, wish, SessionAction::Schedule, None, now).await?;
    finish_for(app, tx, Record::new(actor, now, "session.schedule").on(seen.id), seen.id, &before).await
}

/// Moves a session to another time, with a reason.
pub async fn reschedule(
    app: &App,
    actor: &Actor,
    seen: Seen,
    to: (Moment, Moment),
    reason: &str,
    overrides: Vec<Reasoned>,
) -> Result<(), Refusal> {
    check_reason(reason)?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    let planned = current(&mut tx, seen.id).await?;
    let session = NewSession { starts_at: to.0, ends_at: to.1, ..planned };
    let wish = Wish { session, draft: false, overrides };
    let before = Before::read(&mut tx, seen.id).await?;
    apply(app, &mut tx, actor, seen, wish, SessionAction::Reschedule, Some(reason), now).await?;
    let detail = json!({ "reason": reason, "starts_at": to.0, "ends_at": to.1 });
    finish_for(
        app,
        tx,
        Record::new(actor, now, "session.reschedule").on(seen.id).with(detail),
        seen.id,
        &before,
    )
    .await
}

/// Takes a session off the schedule without a new date.
pub async fn postpone(app: &App, actor: &Actor, seen: Seen, reason: &str) -> Result<(), Refusal> {
    give_back(app, actor, seen, SessionAction::Postpone, reason).await
}

/// Cancels a session for good.
pub async fn cancel(app: &App, actor: &Actor, seen: Seen, reason: &str) -> Result<(), Refusal> {
    give_back(app, actor, seen, SessionAction::Cancel, reason).await
}

async fn give_back(
    app: &App,
    actor: &Actor,
    seen: Seen,
    action: SessionAction,
    reason: &str,
) -> Result<(), Refusal> {
    check_reason(reason)?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    let mut session = sight::lock(&mut tx, actor, seen, Permission::SessionBook).await?;
    session.state = transition(session.state, action)?;
    session.reason = Some(reason.trim().to_owned());
    sessions::update(&mut tx, &mut session).await?;
    bookings::delete(&mut tx, seen.id).await?;
    history::insert(&mut tx, seen.id, &author(actor), action, Some(reason), now).await?;
    let record = Record::new(actor, now, &format!("session.{action}")).on(seen.id);
    finish(app, tx, record.with(json!({ "reason": reason })), seen.id).await
}

fn check_reason(reason: &str) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    fields.text("reason", reason, REASON_CHARS);
    Ok(fields.verdict()?)
}

/// The session as one would book it today.
async fn current(tx: &mut Tx, id: SessionId) -> Result<NewSession, Refusal> {
    let session = sessions::find(tx, id).await?.ok_or(Refusal::NotFound)?;
    let lines = roster::list(tx, id).await?;
    let host = session.host_endpoint_id;
    Ok(NewSession {
        subject: session.subject,
        kind: session.kind,
        urgency: session.urgency,
        urgency_reason: session.urgency_reason,
        mode: session.mode,
        starts_at: session.starts_at,
        ends_at: session.ends_at,
        host_endpoint_id: host,
        endpoint_ids: lines.iter().map(|entry| entry.endpoint.id).filter(|id| *id != host).collect(),
        room_ids: roster::rooms(tx, id).await?.into_iter().map(|room| room.id).collect(),
        chair_id: session.chair_id,
        person_ids: roster::people(tx, id)
            .await?
            .into_iter()
            .map(|person| person.id)
            .filter(|id| Some(*id) != session.chair_id)
            .collect(),
        content: session.content,
        requirements: session.requirements,
        contact: session.contact,
        sample: session.sample,
    })
}

/// Makes the session what is wished. Whether it is checked against the regime and everything booked depends on what
/// it becomes: a draft is not, and a plan whose time and kind stay has been weighed already.
#[expect(clippy::too_many_arguments, reason = "one step of four use cases, not an interface")]
async fn apply(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    seen: Seen,
    wish: Wish,
    action: SessionAction,
    reason: Option<&str>,
    now: Moment,
) -> Result<(), Refusal> {
    let held = roster::resources(tx, seen.id).await?;
    booking::lock(tx, &wish.session, &held).await?;
    let mut session = sight::lock(tx, actor, seen, Permission::SessionBook).await?;
    let state = transition(session.state, action)?;
    // A session whose planned start has passed may still be edited, but not be moved into the past.
    let earliest = if wish.session.starts_at == session.starts_at { now.min(session.starts_at) } else { now };
    let named = booking::sound(tx, &wish.session, earliest).await?;
    booking::require_host(tx, actor, &named, &wish.session).await?;
    let same_plan = books_at(&session, &wish.session);
    session.edit(&wish.session);
    session.state = state;
    if reason.is_some() {
        session.reason = reason.map(|reason| reason.trim().to_owned());
    }
    if state.books() && same_plan {
        booking::take(tx, session.id, &wish.session).await?;
    } else if state.books() {
        booking::announce(app, tx, actor, &named, &wish, &mut session, now).await?;
    }
    roster::freeze(tx, session.id, &wish.session, &named, now).await?;
    sessions::update(tx, &mut session).await?;
    Ok(history::insert(tx, session.id, &author(actor), action, reason, now).await?)
}

/// Whether the session is on the schedule for just this plan.
fn books_at(session: &Session, plan: &NewSession) -> bool {
    session.state.books()
        && (session.kind, session.urgency, session.starts_at, session.ends_at)
            == (plan.kind, plan.urgency, plan.starts_at, plan.ends_at)
}
