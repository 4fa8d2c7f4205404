//! Accounts: who may sign in.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use schema::{
    endpoint::EndpointRef,
    id::{AccountId, EndpointId, UnitId},
    moment::Moment,
    org::UnitRef,
    role::Grant,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    input::{Asked, Body, Id, Reply},
    list::{Listing, PageQuery},
    problem::ApiError,
};
use crate::{
    app::App,
    auth::signed::{AccountWrite, May},
    service::{
        Edit,
        accounts::{self, AccountEdit, CreateAccount, PlacedAccount},
    },
};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// Which.
    pub id: AccountId,
    /// Name to sign in with.
    pub username: String,
    /// Name that others see.
    pub display_name: String,
    /// The unit worked for.
    #[schema(required)]
    pub unit: Option<UnitRef>,
    /// The endpoint joined as.
    #[schema(required)]
    pub endpoint: Option<EndpointRef>,
    /// Roles × units.
    pub grants: Vec<Grant>,
    /// May sign in.
    pub active: bool,
    /// Locked after wrong passwords, now.
    pub locked: bool,
    /// Locked after wrong passwords until then.
    #[schema(required)]
    pub locked_until: Option<Moment>,
    /// Last signed in.
    #[schema(required)]
    pub last_login_at: Option<Moment>,
    /// For the next change.
    pub version: i64,
}

impl From<PlacedAccount> for AccountView {
    fn from(placed: PlacedAccount) -> Self {
        let account = placed.account;
        Self {
            id: account.id,
            username: account.username,
            display_name: account.display_name,
            unit: placed.unit,
            endpoint: placed.endpoint,
            grants: account.grants,
            active: !account.disabled,
            locked: placed.locked,
            locked_until: account.locked_until,
            last_login_at: account.last_login_at,
            version: account.version,
        }
    }
}

/// An account to create.
#[derive(Deserialize, ToSchema)]
pub struct CreateAccountBody {
    /// Name to sign in with.
    pub username: String,
    /// Name that others see.
    pub display_name: String,
    /// First password.
    pub password: String,
    /// The unit worked for.
    pub unit_id: Option<UnitId>,
    /// The endpoint joined as.
    pub endpoint_id: Option<EndpointId>,
    /// Roles × units.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// A change of an account. What is not sent stays.
#[derive(Deserialize, ToSchema)]
pub struct ChangeAccountBody {
    /// As read.
    pub version: i64,
    /// Name that others see.
    pub display_name: Option<String>,
    /// A new password, set by an administrator.
    pub password: Option<String>,
    /// The unit worked for.
    #[serde(default)]
    #[schema(value_type = Option<UnitId>)]
    pub unit_id: Edit<UnitId>,
    /// The endpoint joined as.
    #[serde(default)]
    #[schema(value_type = Option<EndpointId>)]
    pub endpoint_id: Edit<EndpointId>,
    /// Roles × units.
    pub grants: Option<Vec<Grant>>,
    /// May sign in. Switching it off ends all logins.
    pub active: Option<bool>,
}

/// Why a lock is lifted.
#[derive(Deserialize, ToSchema)]
pub struct Reason {
    /// For the audit log.
    pub reason: String,
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    /// Part of a name, without accents if you like.
    pub q: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most rows wanted, up to 200.
    pub limit: Option<u32>,
}

/// Accounts by name.
#[utoipa::path(get, path = "/accounts", operation_id = "list_accounts", tag = "accounts", params(AccountsQuery),
    responses((status = OK, body = Listing<AccountView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    may: May<AccountWrite>,
    Asked(query): Asked<AccountsQuery>,
) -> Reply<Listing<AccountView>> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.paging(&app.settings.http)?;
    let accounts = accounts::list(&app, &may.actor, query.q.as_deref(), &page).await?;
    Ok(Json(Listing::of(accounts, AccountView::from)))
}

/// One account.
#[utoipa::path(get, path = "/accounts/{id}", operation_id = "show_account", tag = "accounts", params(("id" = AccountId, Path)),
    responses((status = OK, body = AccountView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    may: May<AccountWrite>,
    Id(id): Id<AccountId>,
) -> Reply<AccountView> {
    Ok(Json(accounts::show(&app, &may.actor, id).await?.into()))
}

/// Create an account.
#[utoipa::path(post, path = "/accounts", operation_id = "create_account", tag = "accounts", request_body = CreateAccountBody,
    responses((status = CREATED, body = AccountView)))]
pub async fn create(
    State(app): State<Arc<App>>,
    may: May<AccountWrite>,
    Body(body): Body<CreateAccountBody>,
) -> Result<(StatusCode, Json<AccountView>), ApiError> {
    let new = CreateAccount {
        username: body.username,
        display_name: body.display_name,
        password: body.password,
        unit_id: body.unit_id,
        endpoint_id: body.endpoint_id,
        grants: body.grants,
    };
    let account = accounts::create(&app, &may.actor, new).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

/// Change an account.
#[utoipa::path(patch, path = "/accounts/{id}", operation_id = "change_account", tag = "accounts", params(("id" = AccountId, Path)),
    request_body = ChangeAccountBody, responses((status = OK, body = AccountView)))]
pub async fn change(
    State(app): State<Arc<App>>,
    may: May<AccountWrite>,
    Id(id): Id<AccountId>,
    Body(body): Body<ChangeAccountBody>,
) -> Reply<AccountView> {
    let edit = AccountEdit {
        version: body.version,
        display_name: body.display_name,
        password: body.password,
        unit_id: body.unit_id,
        endpoint_id: body.endpoint_id,
        grants: body.grants,
        disabled: body.active.map(|active| !active),
    };
    Ok(Json(accounts::change(&app, &may.actor, id, edit).await?.into()))
}

/// Lift a lock before its time; the reason goes into the audit log.
#[utoipa::path(post, path = "/accounts/{id}/unlock", operation_id = "unlock_account", tag = "accounts", params(("id" = AccountId, Path)),
    request_body = Reason, responses((status = OK, body = AccountView)))]
pub async fn unlock(
    State(app): State<Arc<App>>,
    may: May<AccountWrite>,
    Id(id): Id<AccountId>,
    Body(body): Body<Reason>,
) -> Reply<AccountView> {
    Ok(Json(accounts::unlock(&app, &may.actor, id, &body.reason).await?.into()))
}
