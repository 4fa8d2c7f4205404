//! Entering the room of a live session.

use schema::{
    id::{EndpointId, SessionId},
    moment::Moment,
    role::Permission,
    session::{SessionAction, transition},
    store::roster,
};
use serde_json::json;

use super::{Record, Refusal, sight};
use crate::{app::App, auth::actor::Actor, rooms::Pass};

/// What opens the door once.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The pass that the token says.
    pub pass: Pass,
    /// The token.
    pub token: String,
    /// When it stops opening the door.
    pub expires_at: Moment,
}

/// Lets the actor in as an endpoint, or to watch. An account of an endpoint joins as its endpoint; others may join as
/// any endpoint of their scope, or watch when they name none.
pub async fn join(
    app: &App,
    actor: &Actor,
    id: SessionId,
    endpoint: Option<EndpointId>,
) -> Result<Ticket, Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let session = sight::find(&mut tx, actor, id).await?;
    let domain = actor.domain(&mut tx, Permission::RoomJoin).await?;
    let lines = roster::list(&mut tx, id).await?;
    let own = actor.endpoint_id.filter(|own| lines.iter().any(|line| line.endpoint.id == *own));
    let line = match endpoint.or(own) {
        None => None,
        Some(wanted) => {
            let line = lines.iter().find(|line| line.endpoint.id == wanted).ok_or(Refusal::NotFound)?;
            if !domain.has(Some(line.endpoint.unit_id)) {
                return Err(Refusal::Forbidden);
            }
            Some(line)
        }
    };
    if !domain.has_any(lines.iter().map(|line| line.endpoint.unit_id)) {
        return Err(Refusal::Forbidden);
    }
    transition(session.state, SessionAction::Join)?;
    let seconds = app.settings.media.token_seconds;
    let (identity, display_name) = match (line, actor.account_id) {
        (Some(line), _) => (format!("endpoint:{}", line.endpoint.id), line.endpoint.name.clone()),
        (None, Some(account)) => (format!("account:{account}"), actor.display_name.clone()),
        (None, None) => return Err(Refusal::Forbidden),
    };
    let pass = Pass { session: id, identity, display_name, publish: line.is_some(), seconds };
    let record = Record::new(actor, now, "session.join").on(id);
    record.with(json!({ "identity": pass.identity })).write(&mut tx).await?;
    tx.commit().await?;
    let token = app.rooms.token(&pass);
    Ok(Ticket { pass, token, expires_at: now.plus_millis(i64::from(seconds) * 1000) })
}
