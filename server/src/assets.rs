//! The browser UI, from inside the binary.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header},
    response::IntoResponse,
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

/// A file of the UI. A path that is no file is a page of the UI, which `index.html` shows.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let (name, file) = match Dist::get(path) {
        Some(file) => (path, Some(file)),
        // A missing script must not be answered with a page, or the browser reports nonsense.
        None if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => (path, None),
        None => ("index.html", Dist::get("index.html")),
    };
    let Some(plain) = file else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", hex::encode(plain.metadata.sha256_hash()));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return with_caching(StatusCode::NOT_MODIFIED.into_response(), name, &tag);
    }
    let kind = plain.metadata.mimetype().to_owned();
    let (encoding, file) = smallest(name, &headers).unwrap_or((None, plain));
    let mut response = Response::new(Body::from(file.data.into_owned()));
    let out = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&with_charset(&kind)) {
        out.insert(header::CONTENT_TYPE, value);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    with_caching(response, name, &tag)
}

/// The compressed copy that the build made, when there is one and the browser takes it.
fn smallest(name: &str, headers: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    let taken = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, suffix)| {
        let wanted = taken.split(',').any(|part| part.trim().split(';').next() == Some(encoding));
        let file = wanted.then(|| Dist::get(&format!("{name}.{suffix}"))).flatten()?;
        Some((Some(encoding), file))
    })
}

/// Vite puts a hash of the content into the names below `assets/`: those never change. All else is asked for again.
fn with_caching(mut response: Response<Body>, name: &str, tag: &str) -> Response<Body> {
    let caching =
        if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn with_charset(kind: &str) -> String {
    let text = kind.starts_with("text/") || kind == "application/javascript";
    if text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}
