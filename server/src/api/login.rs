//! Signing in and out, and who one is.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use axum_extra::extract::CookieJar;
use schema::{
    account::{Account, Login},
    endpoint::EndpointRef,
    id::AccountId,
    moment::Moment,
    org::UnitRef,
    role::{self, Grant, Permission},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    input::{Body, Reply},
    problem::{ApiError, Problem},
};
use crate::{
    app::App,
    auth::{cookie, signed::Signed},
    service::{signing_in, whoami},
};

/// Name and password.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    /// Name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Old and new password.
#[derive(Deserialize, ToSchema)]
pub struct ChangePassword {
    /// The present one.
    pub current: String,
    /// The one to have from now on.
    pub new: String,
}

/// Who has signed in, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Which account.
    pub account_id: AccountId,
    /// Name to sign in with.
    pub username: String,
    /// Name that others see.
    pub display_name: String,
    /// Goes into `X-CSRF-Token` of every request that changes something.
    pub csrf_token: String,
    /// The server's clock.
    pub server_time: Moment,
    /// Roles × units.
    pub grants: Vec<Grant>,
    /// Everything that the roles carry somewhere.
    pub permissions: Vec<Permission>,
    /// The unit worked for.
    #[schema(required)]
    pub unit: Option<UnitRef>,
    /// The endpoint joined as.
    #[schema(required)]
    pub endpoint: Option<EndpointRef>,
    /// Where this is.
    pub province: Province,
}

/// The province that uses the system.
#[derive(Debug, Serialize, ToSchema)]
pub struct Province {
    /// `Tỉnh Điện Biên`.
    pub name: String,
    /// `UBND tỉnh Điện Biên`.
    pub host: String,
    /// Everything here is sample data.
    pub sample_data: bool,
}

/// Sign in. Sets the cookie.
#[utoipa::path(post, path = "/login", tag = "login", request_body = Credentials, responses(
    (status = OK, body = Me),
    (status = UNAUTHORIZED, description = "`wrong_credentials`", body = Problem, content_type = "application/problem+json"),
    (status = TOO_MANY_REQUESTS, description = "`locked`", body = Problem, content_type = "application/problem+json"),
))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    let (token, account, login) =
        signing_in::sign_in(&app, &credentials.username, &credentials.password).await?;
    let me = me(&app, account, &login).await?;
    Ok((jar.add(cookie::issue(token, app.settings.login.secure_cookie)), Json(me)))
}

/// Sign out.
#[utoipa::path(post, path = "/logout", tag = "login", responses((status = NO_CONTENT)))]
pub async fn sign_out(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    signed: Signed,
) -> Result<(CookieJar, StatusCode), ApiError> {
    signing_in::sign_out(&app, &signed.actor, &signed.login).await?;
    Ok((jar.add(cookie::withdraw(app.settings.login.secure_cookie)), StatusCode::NO_CONTENT))
}

/// Who has signed in.
#[utoipa::path(get, path = "/me", tag = "login", responses((status = OK, body = Me)))]
pub async fn show(State(app): State<Arc<App>>, signed: Signed) -> Reply<Me> {
    Ok(Json(me(&app, signed.account, &signed.login).await?))
}

/// Change one's own password.
#[utoipa::path(put, path = "/me/password", tag = "login", request_body = ChangePassword,
    responses((status = NO_CONTENT)))]
pub async fn change_password(
    State(app): State<Arc<App>>,
    signed: Signed,
    Body(change): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    signing_in::change_password(&app, &signed.actor, &signed.login, &change.current, change.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(app: &App, account: Account, login: &Login) -> Result<Me, ApiError> {
    let place = whoami::place(app, &account).await?;
    Ok(Me {
        account_id: account.id,
        username: account.username,
        display_name: account.display_name,
        csrf_token: login.csrf_token.clone(),
        server_time: app.now(),
        permissions: role::permissions(&account.grants),
        grants: account.grants,
        unit: place.unit,
        endpoint: place.endpoint,
        province: Province { name: place.province, host: place.host, sample_data: place.sample },
    })
}
