//! Accounts: creating, changing, unlocking. Accounts belong to no unit: this takes a province-wide grant.

use schema::{
    account::{Account, AccountChange, NewAccount},
    endpoint::EndpointRef,
    field::{FieldCode, FieldError, Fields},
    id::{AccountId, EndpointId, UnitId},
    org::UnitRef,
    paging::{Page, Paging},
    role::{self, Grant, Permission},
    store::{StoreError, Tx, accounts, logins},
};
use serde_json::json;

use super::{Edit, Record, Refusal, whoami};
use crate::{app::App, auth::actor::Actor};

/// An account to create.
pub struct CreateAccount {
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
    pub grants: Vec<Grant>,
}

/// A change; what is `None` stays.
pub struct AccountEdit {
    /// As read.
    pub version: i64,
    /// Name that others see.
    pub display_name: Option<String>,
    /// A new password.
    pub password: Option<String>,
    /// The unit worked for.
    pub unit_id: Edit<UnitId>,
    /// The endpoint joined as.
    pub endpoint_id: Edit<EndpointId>,
    /// Roles × units.
    pub grants: Option<Vec<Grant>>,
    /// Cannot sign in at all.
    pub disabled: Option<bool>,
}

/// An account, and where it stands.
#[derive(Debug, Clone)]
pub struct PlacedAccount {
    /// The account.
    pub account: Account,
    /// The unit worked for.
    pub unit: Option<UnitRef>,
    /// The endpoint joined as.
    pub endpoint: Option<EndpointRef>,
    /// Locked after wrong passwords, now.
    pub locked: bool,
}

/// Accounts by name.
pub async fn list(
    app: &App,
    actor: &Actor,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<PlacedAccount>, Refusal> {
    let mut tx = app.store.read().await?;
    actor.require(&mut tx, Permission::AccountWrite, None).await?;
    let page = accounts::list(&mut tx, q, paging).await?;
    let mut placed = Vec::with_capacity(page.items.len());
    for account in page.items {
        placed.push(place(app, &mut tx, account).await?);
    }
    Ok(Page { items: placed, next: page.next })
}

/// One account.
pub async fn show(app: &App, actor: &Actor, id: AccountId) -> Result<PlacedAccount, Refusal> {
    let mut tx = app.store.read().await?;
    actor.require(&mut tx, Permission::AccountWrite, None).await?;
    let account = found(&mut tx, id).await?;
    place(app, &mut tx, account).await
}

/// Creates an account.
pub async fn create(app: &App, actor: &Actor, new: CreateAccount) -> Result<PlacedAccount, Refusal> {
    let mut faults = Fields::new();
    if let Some(code) = app.passwords.fault(&new.password) {
        faults.refuse("password", code);
    }
    let mut account = NewAccount {
        username: new.username,
        display_name: new.display_name,
        password_hash: String::new(),
        unit_id: new.unit_id,
        endpoint_id: new.endpoint_id,
        grants: new.grants,
    };
    refuse_both(faults, account.verdict())?;
    account.password_hash = app.passwords.hash(new.password).await?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::AccountWrite, None).await?;
    let id = accounts::insert(&mut tx, &account, now).await.map_err(taken)?;
    let created = found(&mut tx, id).await?;
    Record::new(actor, now, "account.create")
        .on(id)
        .with(json!({ "username": created.username, "grants": created.grants }))
        .write(&mut tx)
        .await?;
    let placed = place(app, &mut tx, created).await?;
    tx.commit().await?;
    Ok(placed)
}

fn refuse_both(faults: Fields, verdict: Result<(), Vec<FieldError>>) -> Result<(), Refusal> {
    let mut errors = verdict.err().unwrap_or_default();
    errors.extend(faults.into_errors());
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

fn taken(error: StoreError) -> Refusal {
    match error {
        StoreError::Duplicate => Refusal::field("username", FieldCode::Duplicate),
        StoreError::Reference => Refusal::field("unit_id", FieldCode::Unknown),
        other => other.into(),
    }
}

/// Changes an account. A new password, or switching it off, ends all its logins.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: AccountId,
    edit: AccountEdit,
) -> Result<PlacedAccount, Refusal> {
    let hash = match edit.password {
        Some(password) => {
            if let Some(code) = app.passwords.fault(&password) {
                return Err(Refusal::field("password", code));
            }
            Some(app.passwords.hash(password).await?)
        }
        None => None,
    };
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::AccountWrite, None).await?;
    let before = found(&mut tx, id).await?;
    let to = AccountChange {
        display_name: edit.display_name.unwrap_or(before.display_name),
        unit_id: edit.unit_id.or(before.unit_id),
        endpoint_id: edit.endpoint_id.or(before.endpoint_id),
        grants: edit.grants.unwrap_or(before.grants),
        disabled: edit.disabled.unwrap_or(before.disabled),
    };
    to.verdict()?;
    accounts::update(&mut tx, id, edit.version, &to).await.map_err(taken)?;
    if !has_administrator(&mut tx).await? {
        let field = if to.disabled { "active" } else { "grants" };
        return Err(Refusal::field(field, FieldCode::Contradiction));
    }
    if let Some(hash) = &hash {
        accounts::set_password(&mut tx, id, hash).await?;
    }
    if hash.is_some() || to.disabled {
        logins::delete_of(&mut tx, id, None).await?;
    }
    let after = found(&mut tx, id).await?;
    Record::new(actor, now, "account.change")
        .on(id)
        .with(json!({ "grants": after.grants, "disabled": after.disabled, "password": hash.is_some() }))
        .write(&mut tx)
        .await?;
    let placed = place(app, &mut tx, after).await?;
    tx.commit().await?;
    Ok(placed)
}

/// Whether somebody is left who can sign in and change accounts: without, only the machine's owner could.
async fn has_administrator(tx: &mut Tx) -> Result<bool, Refusal> {
    let mut paging = Paging::first(200);
    loop {
        let page = accounts::list(tx, None, &paging).await?;
        let able = |one: &Account| !one.disabled && role::allows(&one.grants, Permission::AccountWrite, &[]);
        if page.items.iter().any(able) {
            return Ok(true);
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(false),
        }
    }
}

/// Lifts a lock before its time: a technician must not be stranded minutes before a session.
pub async fn unlock(app: &App, actor: &Actor, id: AccountId, reason: &str) -> Result<PlacedAccount, Refusal> {
    let mut fields = Fields::new();
    fields.text("reason", reason, 500);
    fields.verdict()?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::AccountWrite, None).await?;
    found(&mut tx, id).await?;
    accounts::unlock(&mut tx, id).await?;
    let account = found(&mut tx, id).await?;
    Record::new(actor, now, "account.unlock").on(id).with(json!({ "reason": reason })).write(&mut tx).await?;
    let placed = place(app, &mut tx, account).await?;
    tx.commit().await?;
    Ok(placed)
}

async fn place(app: &App, tx: &mut Tx, account: Account) -> Result<PlacedAccount, Refusal> {
    let (unit, endpoint) = whoami::stands(tx, &account).await?;
    let locked = account.locked_until.is_some_and(|until| app.now() < until);
    Ok(PlacedAccount { account, unit, endpoint, locked })
}

async fn found(tx: &mut Tx, id: AccountId) -> Result<Account, Refusal> {
    accounts::find(tx, id).await?.ok_or(Refusal::NotFound)
}
