//! People of the directory. Changing one takes the permission for its unit; moving it, for both.

use schema::{
    field::FieldCode,
    id::{PersonId, UnitId},
    paging::{Page, Paging},
    person::{NewPerson, Person},
    role::Permission,
    store::{StoreError, Tx, people},
};
use serde_json::json;

use super::{Record, Refusal};
use crate::{app::App, auth::actor::Actor};

/// By name.
pub async fn list(
    app: &App,
    under: Option<UnitId>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<Person>, Refusal> {
    let mut tx = app.store.read().await?;
    Ok(people::list(&mut tx, under, q, paging).await?)
}

/// One of them.
pub async fn show(app: &App, id: PersonId) -> Result<Person, Refusal> {
    found(&mut app.store.read().await?, id).await
}

/// Adds one.
pub async fn create(app: &App, actor: &Actor, new: NewPerson) -> Result<Person, Refusal> {
    new.verdict()?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::DirectoryWrite, Some(new.unit_id)).await?;
    let id = people::insert(&mut tx, &new, now).await.map_err(refused)?;
    let created = found(&mut tx, id).await?;
    Record::new(actor, now, "person.create").on(id).with(json!(created)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(created)
}

/// Changes the one read at `version` into what `edit` makes of it.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: PersonId,
    version: i64,
    edit: impl FnOnce(Person) -> NewPerson,
) -> Result<Person, Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let before = found(&mut tx, id).await?;
    actor.require(&mut tx, Permission::DirectoryWrite, Some(before.unit.id)).await?;
    let to = edit(before);
    actor.require(&mut tx, Permission::DirectoryWrite, Some(to.unit_id)).await?;
    to.verdict()?;
    people::update(&mut tx, id, version, &to).await.map_err(refused)?;
    let after = found(&mut tx, id).await?;
    Record::new(actor, now, "person.change").on(id).with(json!(after)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

async fn found(tx: &mut Tx, id: PersonId) -> Result<Person, Refusal> {
    people::find(tx, id).await?.ok_or(Refusal::NotFound)
}

fn refused(error: StoreError) -> Refusal {
    match error {
        StoreError::Reference => Refusal::field("unit_id", FieldCode::Unknown),
        StoreError::Refused => Refusal::field("unit_id", FieldCode::Contradiction),
        other => other.into(),
    }
}
