//! A session while it runs: starting, extending, ending.

use schema::{
    conflict::Span,
    event::{RoomEvent, RoomEventKind},
    field::Fields,
    id::SessionId,
    moment::Moment,
    role::Permission,
    session::{SessionAction, check_span, transition},
    store::{Tx, bookings, history, intervals, outbox, roster, sessions},
};
use serde_json::json;

use super::{Record, Refusal, authorship::author, finishing::finish, ledger, scheduling::Seen, sight};
use crate::{app::App, auth::actor::Actor, jobs::outbox as effects};

/// The number of the closing word that a use case speaks for a room: after all that the room says itself.
const LAST_WORD: u64 = i64::MAX.unsigned_abs();

/// Begins a session: its room opens.
pub async fn start(app: &App, actor: &Actor, seen: Seen) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let mut session = sight::lock(&mut tx, actor, seen, Permission::SessionRun).await?;
    session.state = transition(session.state, SessionAction::Start)?;
    session.started_at = Some(now);
    sessions::update(&mut tx, &mut session).await?;
    outbox::insert(&mut tx, effects::OPEN_ROOM, &json!({ "session_id": seen.id }), now).await?;
    history::insert(&mut tx, seen.id, &author(actor), SessionAction::Start, None, now).await?;
    finish(app, tx, Record::new(actor, now, "session.start").on(seen.id), seen.id).await?;
    effects::run_due(app).await;
    Ok(())
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
    fields.require(ends_at > now, "ends_at", schema::field::FieldCode::InThePast);
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
pub async fn end(app: &App, actor: &Actor, seen: Seen) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let mut session = sight::lock(&mut tx, actor, seen, Permission::SessionRun).await?;
    session.state = transition(session.state, SessionAction::End)?;
    session.ended_at = Some(now);
    sessions::update(&mut tx, &mut session).await?;
    everyone_leaves(app, &mut tx, seen.id, now).await?;
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
    };
    let events: Vec<RoomEvent> = openings.into_iter().map(closed).collect();
    intervals::record(tx, &events, super::attendance::linger_ms(app)).await?;
    Ok(())
}
