//! Which sessions an actor sees, and what may be done with them. A session belongs to the unit where its chair sits;
//! every unit called to it may see it from the day on which it is announced. Before, only those who prepare it do.

use schema::{
    id::{SessionId, UnitId},
    role::Permission,
    session::{Session, SessionAction, SessionState},
    store::{Tx, roster, sessions},
};

use super::{Refusal, scheduling::Seen};
use crate::auth::actor::{Actor, Domain};

/// A session that the actor may read; one that may not be read is not there.
pub(super) async fn find(tx: &mut Tx, actor: &Actor, id: SessionId) -> Result<Session, Refusal> {
    let session = sessions::find(tx, id).await?.ok_or(Refusal::NotFound)?;
    seen(tx, actor, &session).await?;
    Ok(session)
}

/// The session, locked, unless it has changed since it was seen or the actor may not change it.
pub(super) async fn lock(
    tx: &mut Tx,
    actor: &Actor,
    seen: Seen,
    permission: Permission,
) -> Result<Session, Refusal> {
    let session = lock_for(tx, actor, seen.id, permission).await?;
    if session.version == seen.version { Ok(session) } else { Err(Refusal::Stale) }
}

/// The session, locked, unless the actor may not do this where its chair sits.
pub(super) async fn lock_for(
    tx: &mut Tx,
    actor: &Actor,
    id: SessionId,
    permission: Permission,
) -> Result<Session, Refusal> {
    let session = sessions::lock(tx, id).await?.ok_or(Refusal::NotFound)?;
    self::seen(tx, actor, &session).await?;
    let unit = host_unit(tx, &session).await?;
    actor.require(tx, permission, unit).await?;
    Ok(session)
}

async fn seen(tx: &mut Tx, actor: &Actor, session: &Session) -> Result<(), Refusal> {
    if !session.is_announced() {
        let host = host_unit(tx, session).await?;
        let prepares = actor.domain(tx, Permission::SessionBook).await?.has(host);
        return if prepares { Ok(()) } else { Err(Refusal::NotFound) };
    }
    let domain = actor.domain(tx, Permission::SessionRead).await?;
    if domain == Domain::Everywhere {
        return Ok(());
    }
    let called = roster::list(tx, session.id).await?;
    let visible = domain.has_any(called.iter().map(|entry| entry.endpoint.unit_id));
    if visible { Ok(()) } else { Err(Refusal::NotFound) }
}

/// The unit where the chair sits.
pub(super) async fn host_unit(tx: &mut Tx, session: &Session) -> Result<Option<UnitId>, Refusal> {
    let host = roster::find_by_endpoint(tx, session.id, session.host_endpoint_id).await?;
    Ok(host.map(|entry| entry.endpoint.unit_id))
}

/// Whether the actor may correct the roll of a session that has ended: whoever books, runs or takes the roll where its
/// chair sits, not the endpoint that it is about.
pub(super) async fn may_correct(tx: &mut Tx, actor: &Actor, session: &Session) -> Result<bool, Refusal> {
    let host = host_unit(tx, session).await?;
    for permission in [Permission::SessionBook, Permission::SessionRun, Permission::RollcallTake] {
        if actor.domain(tx, permission).await?.has(host) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the actor may do with the session as it stands.
pub(super) async fn allowed(
    tx: &mut Tx,
    actor: &Actor,
    session: &Session,
    called: &[UnitId],
) -> Result<Vec<SessionAction>, Refusal> {
    let host = host_unit(tx, session).await?;
    let books = actor.domain(tx, Permission::SessionBook).await?.has(host);
    let runs = actor.domain(tx, Permission::SessionRun).await?.has(host);
    let ended = session.state == SessionState::Ended;
    let marks = actor.domain(tx, Permission::RollcallTake).await?.has_any(called.iter().copied())
        && (!ended || may_correct(tx, actor, session).await?);
    let joins = actor.domain(tx, Permission::RoomJoin).await?.has_any(called.iter().copied());
    let may = |action: &SessionAction| match action {
        SessionAction::Rollcall => marks,
        SessionAction::Join => joins,
        SessionAction::NameDelegates => books || marks,
        SessionAction::Start | SessionAction::Extend | SessionAction::End => runs,
        SessionAction::Settle => false,
        SessionAction::Create
        | SessionAction::Schedule
        | SessionAction::Edit
        | SessionAction::Postpone
        | SessionAction::Reschedule
        | SessionAction::Cancel => books,
    };
    Ok(session.state.allowed().into_iter().filter(may).collect())
}
