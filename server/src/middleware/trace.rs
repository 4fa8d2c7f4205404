//! One span per request: method, route and request id. Never the query string, which can carry a token, and never
//! a body.

use axum::{
    extract::MatchedPath,
    http::{HeaderName, HeaderValue},
};
use tower_http::request_id::{MakeRequestId, RequestId};
use tracing::Span;

/// Header that names a request, made here unless a proxy in front has made it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names requests at random.
#[derive(Debug, Clone, Copy)]
pub struct Named;

impl MakeRequestId for Named {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let name = crate::auth::secret::fresh().ok()?;
        HeaderValue::from_str(name.get(..16)?).ok().map(RequestId::new)
    }
}

/// The span of a request.
pub fn span<B>(request: &axum::http::Request<B>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let id = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or("-");
    tracing::info_span!("request", http.method = %request.method(), http.route = route, request.id = id)
}
