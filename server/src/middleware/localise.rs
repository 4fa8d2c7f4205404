//! Puts every refusal of the API into words, in the language of the reader.

use axum::{
    extract::Request,
    http::{Response, StatusCode, header},
    middleware::Next,
};

use crate::{
    api::problem::{ApiError, Code},
    language::Language,
};

/// Renders what a handler or a layer refused as a problem. A refusal that is already in words stays.
pub async fn localise(request: Request, next: Next) -> Response<axum::body::Body> {
    let language = Language::of(request.headers());
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        return keep_headers(&response, error.render(language));
    }
    let status = response.status();
    if status.as_u16() < StatusCode::BAD_REQUEST.as_u16() || in_words(&response) {
        return response;
    }
    keep_headers(&response, ApiError::from(Code::of_status(status)).render(language))
}

fn in_words(response: &Response<axum::body::Body>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/"))
}

/// Cookies and `Allow` that were set beside the refusal go out with it.
fn keep_headers(
    from: &Response<axum::body::Body>,
    mut to: Response<axum::body::Body>,
) -> Response<axum::body::Body> {
    for name in [header::SET_COOKIE, header::ALLOW] {
        for value in from.headers().get_all(&name) {
            to.headers_mut().append(name.clone(), value.clone());
        }
    }
    to
}
