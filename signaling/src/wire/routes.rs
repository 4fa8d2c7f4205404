//! The addresses that clients know: the two join paths, and for each one that tells why a join failed.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::cors::{Any, CorsLayer};

use super::join::{self, JoinQuery};
use super::socket;
use super::tokens::Pass;
use super::twirp;
use crate::host::Front;

/// Every refusal reads the same: whether the token was forged, had expired or is for a room that is not open is nobody's
/// business.
const REFUSED: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "not allowed");
const UNREADABLE: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "bad request");
const BUSY: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, "try again later");

/// Bytes read from a signaling socket at a time. Most frames have some hundred; the library's own measure, 128 KiB, would be
/// kept for each client and cleared for each frame. A longer frame gets room for all of it at once.
const READ_BYTES: usize = 4096;

/// The signaling paths of LiveKit, and its room service.
pub fn router(front: Arc<Front>) -> Router {
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any);
    Router::new()
        .route("/rtc", get(join))
        .route("/rtc/v1", get(join))
        .route("/rtc/validate", get(validate))
        .route("/rtc/v1/validate", get(validate))
        .merge(twirp::router())
        .layer(cors)
        .with_state(front)
}

async fn join(
    State(front): State<Arc<Front>>,
    Query(query): Query<JoinQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let Some(pass) = admit(&front, &query, &headers) else { return REFUSED.into_response() };
    let Ok(upgrade) = upgrade else { return UNREADABLE.into_response() };
    let Some(seat) = front.take_seat() else { return BUSY.into_response() };
    let limit = front.limits().frame_bytes;
    let Ok(arrival) = join::arrival(seat.conn(), pass, &query, agent(&headers), front.limits()) else {
        return UNREADABLE.into_response();
    };
    upgrade
        .read_buffer_size(READ_BYTES)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| socket::serve(socket, front, seat, arrival))
}

/// What the client calls itself.
fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Clients ask here after a failed join.
async fn validate(
    State(front): State<Arc<Front>>,
    Query(query): Query<JoinQuery>,
    headers: HeaderMap,
) -> Response {
    match admit(&front, &query, &headers) {
        Some(_) => "success".into_response(),
        None => REFUSED.into_response(),
    }
}

/// The token is good and its room is open.
fn admit(front: &Front, query: &JoinQuery, headers: &HeaderMap) -> Option<Pass> {
    let token = bearer(headers).or(query.access_token.as_deref())?;
    let pass = front.verify(token).ok()?;
    front.is_open(&pass.grant.room).then_some(pass)
}

/// The token in the `Authorization` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
