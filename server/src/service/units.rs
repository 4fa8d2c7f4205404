//! Units: cơ quan, đơn vị. A new unit takes the permission for the unit above it.

use schema::{
    field::FieldCode,
    id::UnitId,
    org::{NewUnit, Unit},
    paging::{Page, Paging},
    role::Permission,
    store::{
        StoreError, Tx,
        units::{self, UnitFilter},
    },
};
use serde_json::json;

use super::{Record, Refusal};
use crate::{app::App, auth::actor::Actor};

/// By name.
pub async fn list(app: &App, filter: &UnitFilter<'_>, paging: &Paging) -> Result<Page<Unit>, Refusal> {
    let mut tx = app.store.read().await?;
    Ok(units::list(&mut tx, filter, paging).await?)
}

/// One of them.
pub async fn show(app: &App, id: UnitId) -> Result<Unit, Refusal> {
    found(&mut app.store.read().await?, id).await
}

/// Adds one.
pub async fn create(app: &App, actor: &Actor, new: NewUnit) -> Result<Unit, Refusal> {
    new.verdict()?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::DirectoryWrite, new.parent_id).await?;
    let id = units::insert(&mut tx, &new, now).await.map_err(refused)?;
    let created = found(&mut tx, id).await?;
    Record::new(actor, now, "unit.create").on(id).with(json!(created)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(created)
}

/// Changes the one read at `version` into what `edit` makes of it.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: UnitId,
    version: i64,
    edit: impl FnOnce(Unit) -> NewUnit,
) -> Result<Unit, Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let before = found(&mut tx, id).await?;
    actor.require(&mut tx, Permission::DirectoryWrite, Some(id)).await?;
    let before_parent = before.parent_id;
    let to = edit(before);
    if to.parent_id != before_parent {
        actor.require(&mut tx, Permission::DirectoryWrite, to.parent_id).await?;
    }
    to.verdict()?;
    units::update(&mut tx, id, version, &to).await.map_err(refused)?;
    let after = found(&mut tx, id).await?;
    Record::new(actor, now, "unit.change").on(id).with(json!(after)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

async fn found(tx: &mut Tx, id: UnitId) -> Result<Unit, Refusal> {
    units::find(tx, id).await?.ok_or(Refusal::NotFound)
}

fn refused(error: StoreError) -> Refusal {
    match error {
        StoreError::Reference => Refusal::field("parent_id", FieldCode::Unknown),
        StoreError::Refused => Refusal::field("parent_id", FieldCode::Contradiction),
        other => other.into(),
    }
}
