//! Counts and times every request of the API, by route.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::Response,
    middleware::Next,
};

use crate::app::App;

/// `giaoban_http_requests_total` and `giaoban_http_seconds`. A path that is no route is counted under `-`, so that a
/// scanner cannot fill the memory with names.
pub async fn measure(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response<axum::body::Body> {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let began = app.now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    #[expect(clippy::cast_precision_loss, reason = "a duration of a request fits")]
    let seconds = app.now().millis_since(began).max(0) as f64 / 1000.0;
    metrics::counter!("giaoban_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("giaoban_http_seconds", "route" => route).record(seconds);
    response
}
