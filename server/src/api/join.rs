//! Entering the room of a live session.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
};
use schema::{
    id::{EndpointId, SessionId},
    moment::Moment,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Id, Reply};
use super::problem::Code;
use crate::{
    app::App,
    auth::signed::{May, RoomJoin},
    config::HttpSettings,
    service::joining,
};

/// As whom.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Join {
    /// As this endpoint; left out, as one's own endpoint, or to watch.
    pub endpoint_id: Option<EndpointId>,
}

/// What the LiveKit client needs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinTicket {
    /// Where the rooms are.
    pub url: String,
    /// What opens the door.
    pub token: String,
    /// Name of the room.
    pub room: String,
    /// `endpoint:<id>` or `account:<id>`.
    pub identity: String,
    /// What the others read.
    pub display_name: String,
    /// Until when the token opens the door.
    pub expires_at: Moment,
    /// May send camera, microphone and screen; otherwise only watches, unseen.
    pub publish: bool,
}

/// The rooms stand on the same host and port as this request reached.
fn url(settings: &HttpSettings, headers: &HeaderMap) -> Option<String> {
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = settings.public_host.as_deref().or(asked)?;
    let scheme = if settings.tls_in_front { "wss" } else { "ws" };
    Some(format!("{scheme}://{host}"))
}

/// A token for the room of a live session.
#[utoipa::path(post, path = "/sessions/{id}/join", operation_id = "join_session", tag = "sessions",
    params(("id" = SessionId, Path)), request_body = Join, responses((status = OK, body = JoinTicket)))]
pub async fn join(
    State(app): State<Arc<App>>,
    may: May<RoomJoin>,
    Id(id): Id<SessionId>,
    headers: HeaderMap,
    Body(body): Body<Join>,
) -> Reply<JoinTicket> {
    let url = url(&app.settings.http, &headers).ok_or(Code::Malformed)?;
    let ticket = joining::join(&app, &may.actor, id, body.endpoint_id).await?;
    Ok(Json(JoinTicket {
        url,
        token: ticket.token,
        room: id.to_string(),
        identity: ticket.pass.identity,
        display_name: ticket.pass.display_name,
        expires_at: ticket.expires_at,
        publish: ticket.pass.publish,
    }))
}
