//! Endpoints: điểm cầu. Changing one takes the permission for its unit; moving it, for both.

use schema::{
    endpoint::{Endpoint, NewEndpoint},
    field::FieldCode,
    id::EndpointId,
    paging::{Page, Paging},
    role::Permission,
    store::{
        StoreError, Tx,
        endpoints::{self, EndpointFilter},
    },
};
use serde_json::json;

use super::{Record, Refusal};
use crate::{app::App, auth::actor::Actor};

/// By name.
pub async fn list(
    app: &App,
    filter: &EndpointFilter<'_>,
    paging: &Paging,
) -> Result<Page<Endpoint>, Refusal> {
    let mut tx = app.store.read().await?;
    Ok(endpoints::list(&mut tx, filter, paging).await?)
}

/// One of them.
pub async fn show(app: &App, id: EndpointId) -> Result<Endpoint, Refusal> {
    found(&mut app.store.read().await?, id).await
}

/// Adds one.
pub async fn create(app: &App, actor: &Actor, new: NewEndpoint) -> Result<Endpoint, Refusal> {
    new.verdict()?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::DirectoryWrite, Some(new.unit_id)).await?;
    let id = endpoints::insert(&mut tx, &new, now).await.map_err(refused)?;
    let created = found(&mut tx, id).await?;
    Record::new(actor, now, "endpoint.create").on(id).with(json!(created)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(created)
}

/// Changes the one read at `version` into what `edit` makes of it.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: EndpointId,
    version: i64,
    edit: impl FnOnce(Endpoint) -> NewEndpoint,
) -> Result<Endpoint, Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let before = found(&mut tx, id).await?;
    actor.require(&mut tx, Permission::DirectoryWrite, Some(before.unit.id)).await?;
    let to = edit(before);
    actor.require(&mut tx, Permission::DirectoryWrite, Some(to.unit_id)).await?;
    to.verdict()?;
    endpoints::update(&mut tx, id, version, &to).await.map_err(refused)?;
    let after = found(&mut tx, id).await?;
    Record::new(actor, now, "endpoint.change").on(id).with(json!(after)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

async fn found(tx: &mut Tx, id: EndpointId) -> Result<Endpoint, Refusal> {
    endpoints::find(tx, id).await?.ok_or(Refusal::NotFound)
}

fn refused(error: StoreError) -> Refusal {
    match error {
        StoreError::Reference => Refusal::field("unit_id", FieldCode::Unknown),
        StoreError::Refused => Refusal::field("unit_id", FieldCode::Contradiction),
        other => other.into(),
    }
}
