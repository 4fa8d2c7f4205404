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

/// Stores a session with its frozen roster, as a draft.
pub async fn insert(tx: &mut Tx, new: &NewSession, now: Moment) -> Session {
    let id = sessions::insert(tx, new, None, now).await.expect("stored");
    let endpoints = endpoints::find_all(tx, &new.all_endpoints()).await.expect("read");
    let named = Named { endpoints, ..Named::default() };
    roster::freeze(tx, id, new, &named, now).await.expect("stored");
    sessions::find(tx, id).await.expect("read").expect("just stored")
}
