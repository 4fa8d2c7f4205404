//! Fills a database with years of sessions through the store's own functions.

use chrono::Utc;
use schema::{
    conflict::Span,
    id::EndpointId,
    moment::Moment,
    roster::Named,
    session::{MeetingKind, Mode, NewSession, Session, Urgency},
    store::{self, Store, Tx, endpoints, roster, sessions},
};
use tests::world::World;

/// What the clock says.
#[expect(clippy::disallowed_methods, reason = "the edge: what is stored is stored now")]
pub fn now() -> Moment {
    Utc::now().into()
}

/// The tables of a running program, beside it.
pub async fn open(world: &World) -> Store {
    store::connect(&world.database().parse().expect("an address")).await.expect("the tables open")
}

/// A briefing over the line.
pub fn session(subject: String, host: EndpointId, endpoint_ids: Vec<EndpointId>, span: Span) -> NewSession {
    NewSession {
        subject,
        kind: MeetingKind::Briefing,
        urgency: Urgency::Periodic,
        urgency_reason: None,
        mode: Mode::Online,
        starts_at: span.starts_at,
        ends_at: span.ends_at,
        host_endpoint_id: host,
        endpoint_ids,
        room_ids: Vec::new(),
        chair_id: None,
        person_ids: Vec::new(),
        content: String::new(),
        requirements: String::new(),
        contact: String::new(),
        sample: false,
    }
}

/// What the directory says of these endpoints: read once, not for each of thousands of sessions.
pub async fn named(store: &Store, ids: &[EndpointId]) -> Named {
    let mut tx = store.read().await.expect("a transaction");
    Named { endpoints: endpoints::find_all(&mut tx, ids).await.expect("read"), ..Named::default() }
}

/// Stores a session with its frozen roster; its announcement is for the caller to store with its state.
pub async fn insert(tx: &mut Tx, new: &NewSession, named: &Named, now: Moment) -> Session {
    let id = sessions::insert(tx, new, None, now).await.expect("stored");
    roster::freeze(tx, id, new, named, now).await.expect("stored");
    let mut session = sessions::find(tx, id).await.expect("read").expect("just stored");
    session.announced_at = Some(now);
    session
}
