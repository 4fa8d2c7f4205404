//! A changing request must prove that it comes from our own page.

use axum::{
    extract::Request,
    http::{Method, Response},
    middleware::Next,
    response::IntoResponse as _,
};

use crate::{
    api::problem::{ApiError, Code},
    auth::{cookie, secret},
};

/// Refuses a changing request that carries a login but not its CSRF token. Without a login there is nothing to abuse:
/// signing in takes a password, and all else is refused for want of a login.
pub async fn guard(request: Request, next: Next) -> Response<axum::body::Body> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || request.uri().path() == "/login" {
        return next.run(request).await;
    }
    if let Some(token) = cookie::token(request.headers()) {
        let given = request.headers().get(cookie::CSRF_HEADER).and_then(|value| value.to_str().ok());
        if !given.is_some_and(|given| secret::same(given, &cookie::csrf_of(&token))) {
            return ApiError::from(Code::Csrf).into_response();
        }
    }
    next.run(request).await
}
