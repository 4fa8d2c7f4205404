//! The whole URL map.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state, map_response},
    response::IntoResponse as _,
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        self,
        problem::{ApiError, Code},
    },
    app::App,
    assets,
    middleware::{csrf, headers, localise::localise, measure::measure, trace},
};

/// Where the API begins.
pub const BASE: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(title = "giaoban", description = "Giao ban điện tử. The rules that hold for all of it: server/docs/API.md."),
    servers((url = "/api/v1")),
    components(schemas(api::problem::Problem, api::reports::ReportTable))
)]
struct Document;

/// Every path of the API, with its place in the OpenAPI document.
fn map() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(api::login::sign_in))
        .routes(routes!(api::login::sign_out))
        .routes(routes!(api::login::show))
        .routes(routes!(api::login::change_password))
        .routes(routes!(api::accounts::list, api::accounts::create))
        .routes(routes!(api::accounts::show, api::accounts::change))
        .routes(routes!(api::accounts::unlock))
        .routes(routes!(api::kinds::list))
        .routes(routes!(api::sessions::list, api::sessions::create))
        .routes(routes!(api::booking::check))
        .routes(routes!(api::sessions::show, api::sessions::change))
        .routes(routes!(api::session_state::schedule))
        .routes(routes!(api::session_state::postpone))
        .routes(routes!(api::session_state::cancel))
        .routes(routes!(api::session_state::start))
        .routes(routes!(api::session_state::extend))
        .routes(routes!(api::session_state::end))
        .routes(routes!(api::roster::name_delegates))
        .routes(routes!(api::roster::take))
        .routes(routes!(api::join::join))
        .routes(routes!(api::attendance::show))
        .routes(routes!(api::ledger::download_attendance))
        .routes(routes!(api::ledger::show))
        .routes(routes!(api::ledger::download))
        .routes(routes!(api::live::all))
        .routes(routes!(api::live::session))
        .routes(routes!(api::units::list, api::units::create))
        .routes(routes!(api::units::show, api::units::change))
        .routes(routes!(api::endpoints::list, api::endpoints::create))
        .routes(routes!(api::endpoints::show, api::endpoints::change))
        .routes(routes!(api::rooms::list, api::rooms::create))
        .routes(routes!(api::rooms::show, api::rooms::change))
        .routes(routes!(api::people::list, api::people::create))
        .routes(routes!(api::people::show, api::people::change))
        .routes(routes!(api::calendar::list))
        .routes(routes!(api::norms::list, api::norms::create))
        .routes(routes!(api::reports::show))
        .routes(routes!(api::reports::download))
        .routes(routes!(api::audit::list))
        .routes(routes!(api::audit::verify))
        .routes(routes!(api::system::show))
}

/// The OpenAPI document, as committed in `server/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    map().into_openapi()
}

/// The program's whole HTTP face. `signaling` is the router of the embedded rooms; a cluster has its own.
pub fn router(app: Arc<App>, signaling: Option<Router>) -> Router {
    let limits = app.settings.http.clone();
    let (paths, document) = map().split_for_parts();
    let api = paths
        .route("/openapi.json", get(move || std::future::ready(Json(document))))
        .fallback(|| std::future::ready(ApiError::from(Code::NotFound)))
        .method_not_allowed_fallback(|| std::future::ready(ApiError::from(Code::MethodNotAllowed)))
        .layer(from_fn(csrf::guard))
        .layer(RequestBodyLimitLayer::new(limits.body_bytes))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(limits.request_seconds),
        ))
        .layer(CatchPanicLayer::custom(|_| ApiError::from(Code::Internal).into_response()))
        .layer(from_fn(localise))
        .layer(from_fn(headers::private))
        .layer(from_fn_with_state(Arc::clone(&app), measure));
    let pages = Router::new()
        .route("/healthz", get(api::health::alive))
        .route("/readyz", get(api::health::ready))
        .route("/metrics", get(api::health::metrics))
        .fallback(assets::serve);
    let mut whole = pages.nest(BASE, api).with_state(app).layer(CompressionLayer::new());
    if let Some(signaling) = signaling {
        whole = whole.merge(signaling);
    }
    whole
        .layer(map_response(headers::secure))
        .layer(PropagateRequestIdLayer::new(trace::REQUEST_ID))
        .layer(TraceLayer::new_for_http().make_span_with(trace::span))
        .layer(SetRequestIdLayer::new(trace::REQUEST_ID, trace::Named))
        .layer(CatchPanicLayer::new())
}
