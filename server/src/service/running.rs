//! A session while it runs: starting, extending, ending.

use schema::{
    conflict::{Conflict, Resource, Span},
    event::{RoomEvent, RoomEventKind},
    field::{FieldCode, Fields},
    id::SessionId,
    moment::Moment,
    role::Permission,
    session::{LONGEST_MS, Session, SessionAction, check_span, transition},
    store::{Tx, bookings, history, intervals, outbox, roster, sessions},
};
use serde_json::json;

use super::{
    Record, Refusal, attendance, authorship::author, finishing::finish, ledger, scheduling::Seen, sight,
};
use crate::{app::App, auth::actor::Actor, jobs::outbox as effects, live::AlarmCode};

/// The number of the closing word that a use case speaks for a room: after all that the room says itself.
const LAST_WORD: u64 = i64::MAX.unsigned_abs();

/// Begins a session: its room opens. What it holds must not be in use by a session that runs over, nor be booked by
/// another before its own planned start.
pub async fn start(app: &App, actor: &Actor, seen: Seen) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let held = roster::resources(&mut tx, seen.id).await?;
    bookings::lock(&mut tx, &held).await?;
    let mut session = sight::lock(&mut tx, actor, seen, Permission::SessionRun).await?;
    session.state = transition(session.state, SessionAction::Start)?;
    check_hour(app, &session, now)?;
    let mut conflicts = in_use(&mut tx, seen.id, &held).await?;
    let span = Span::new(now.min(session.starts_at), session.ends_at);
    if span.ends_at.millis_since(span.starts_at) <= LONGEST_MS {
        let booked = bookings::conflicts(&mut tx, &held, span, Some(seen.id)).await?;
        let named = |one: &Conflict| {
            conflicts.iter().any(|other| (other.id, other.session_id) == (one.id, one.session_id))
        };
        let others: Vec<Conflict> = booked.into_iter().filter(|one| !named(one)).collect();
        conflicts.extend(others);
        bookings::insert(&mut tx, seen.id, &held, span).await?;
    }
    if !conflicts.is_empty() {
        return Err(Refusal::Conflict(conflicts));
    }
    session.started_at = Some(now);
    sessions::update(&mut tx, &mut session).await?;
    outbox::insert(&mut tx, effects::OPEN_ROOM, &json!({ "session_id": seen.id }), now).await?;
    history::insert(&mut tx, seen.id, &author(actor), SessionAction::Start, None, now).await?;
    finish(app, tx, Record::new(actor, now, "session.start").on(seen.id), seen.id).await?;
    effects::run_due(app).await;
    Ok(())
}

/// Not long before the planned start, and not after the planned end.
fn check_hour(app: &App, session: &Session, now: Moment) -> Result<(), Refusal> {
    let early_ms = i64::from(app.settings.attendance.start_early_minutes) * 60_000;
    let mut fields = Fields::new();
    fields.require(now >= session.starts_at.plus_millis(-early_ms), "starts_at", FieldCode::OutOfRange);
    fields.require(now < session.ends_at, "ends_at", FieldCode::InThePast);
    Ok(fields.verdict()?)
}

/// What of these things another live session uses, however long it was planned to last.
async fn in_use(tx: &mut Tx, id: SessionId, held: &[Resource]) -> Result<Vec<Conflict>, Refusal> {
    let mut taken = Vec::new();
    for other in attendance::live(tx).await?.into_iter().filter(|other| other.id != id) {
        let endpoints = roster::list(tx, other.id).await?.into_iter();
        let endpoints = endpoints.map(|line| (Resource::Endpoint(line.endpoint.id), line.endpoint.name));
        let rooms =
            roster::rooms(tx, other.id).await?.into_iter().map(|one| (Resource::Room(one.id), one.name));
        let people = roster::people(tx, other.id).await?.into_iter();
        let people = people.map(|one| (Resource::Person(one.id), one.full_name));
        let used = endpoints.chain(rooms).chain(people).filter(|(resource, _)| held.contains(resource));
        taken.extend(used.map(|(resource, name)| Conflict {
            what: resource.kind(),
            id: resource.id(),
            name,
            session_id: other.id,
            subject: other.subject.clone(),
            starts_at: other.starts_at,
            ends_at: other.ends_at,
        }));
    }
    Ok(taken)
}

/// Moves the end of a running session, unless something it holds is wanted by another then.
pub async fn extend(app: &App, actor: &Actor, seen: Seen, ends_at: Moment) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let held = roster::resources(&mut tx, seen.id).await?;
    bookings::lock(&mut tx, &held).await?;
    let mut session = sight::lock(&mut tx, actor, seen, Permission::SessionRun).await?;
    session.state = transition(session.state, SessionAction::Extend)?;
    let mut fields = Fields::new();
    check_span(&mut fields, session.starts_at, ends_at);
    fields.require(ends_at > now, "ends_at", FieldCode::InThePast);
    fields.verdict()?;
    let span = Span::new(session.starts_at, ends_at);
    let conflicts = bookings::conflicts(&mut tx, &held, span, Some(seen.id)).await?;
    if !conflicts.is_empty() {
        return Err(Refusal::Conflict(conflicts));
    }
    session.ends_at = ends_at;
    sessions::update(&mut tx, &mut session).await?;
    bookings::update_end(&mut tx, seen.id, ends_at).await?;
    history::insert(&mut tx, seen.id, &author(actor), SessionAction::Extend, None, now).await?;
    let record = Record::new(actor, now, "session.extend").on(seen.id).with(json!({ "ends_at": ends_at }));
    finish(app, tx, record, seen.id).await
}

/// Ends a session. In one transaction: everyone still there has left, what it held is free, and its ledger stands.
/// While events wait to be written the attendance is not whole, and nothing is ended; of what is still on its way, see
/// [`attendance::keep`].
pub async fn end(app: &App, actor: &Actor, seen: Seen) -> Result<(), Refusal> {
    if app.alarms.stands(AlarmCode::EventsWaiting) {
        return Err(Refusal::NotNow);
    }
    let now = app.now();
    let mut tx = app.store.write().await?;
    let mut session = sight::lock(&mut tx, actor, seen, Permission::SessionRun).await?;
    session.state = transition(session.state, SessionAction::End)?;
    everyone_leaves(app, &mut tx, seen.id, now).await?;
    session.ended_at = Some(now);
    sessions::update(&mut tx, &mut session).await?;
    bookings::delete(&mut tx, seen.id).await?;
    ledger::settle(&mut tx, seen.id, now).await?;
    outbox::insert(&mut tx, effects::CLOSE_ROOM, &json!({ "session_id": seen.id }), now).await?;
    history::insert(&mut tx, seen.id, &author(actor), SessionAction::End, None, now).await?;
    finish(app, tx, Record::new(actor, now, "session.end").on(seen.id), seen.id).await?;
    effects::run_due(app).await;
    Ok(())
}

/// Closes what is still open, as the room will say itself a moment later: the attendance must not wait for it.
async fn everyone_leaves(app: &App, tx: &mut Tx, id: SessionId, now: Moment) -> Result<(), Refusal> {
    let present = intervals::list(tx, id).await?;
    let open =
        present.iter().flat_map(|one| one.timeline.intervals()).filter(|interval| interval.to.is_none());
    let mut openings: Vec<String> = open.map(|interval| interval.incarnation.clone()).collect();
    openings.sort_unstable();
    openings.dedup();
    let closed = |incarnation| RoomEvent {
        room: id.to_string(),
        incarnation,
        seq: LAST_WORD,
        at: now,
        kind: RoomEventKind::Closed,
        webhook: None,
    };
    let events: Vec<RoomEvent> = openings.into_iter().map(closed).collect();
    intervals::record(tx, &events, attendance::linger_ms(app)).await?;
    Ok(())
}
