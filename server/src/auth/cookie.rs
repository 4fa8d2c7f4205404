//! The cookie of a login.

use axum::http::{HeaderMap, HeaderName};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

/// Name of the cookie.
pub const NAME: &str = "giaoban_login";

/// Header that every changing request carries.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// What the token of a login becomes in `Me.csrf_token`.
pub fn csrf_of(token: &str) -> String {
    super::secret::derive(token, "csrf")
}

/// The token that the browser sent.
pub fn token(headers: &HeaderMap) -> Option<String> {
    CookieJar::from_headers(headers).get(NAME).map(|cookie| cookie.value().to_owned())
}

/// The cookie to set. It lives as long as the browser window: no `Max-Age`.
pub fn issue(token: String, secure: bool) -> Cookie<'static> {
    Cookie::build((NAME, token)).path("/").http_only(true).same_site(SameSite::Strict).secure(secure).build()
}

/// The cookie that takes it away again.
pub fn withdraw(secure: bool) -> Cookie<'static> {
    let mut cookie = issue(String::new(), secure);
    cookie.make_removal();
    cookie
}
