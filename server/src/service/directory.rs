//! The directory: units, endpoints, rooms, people. Adding an entry takes the permission for the unit it belongs to, changing
//! one the permission for where it stands, moving it for both places.

use schema::{
    endpoint::{Endpoint, NewEndpoint, Zone},
    field::{FieldCode, FieldError},
    id::{EndpointId, PersonId, RoomId, UnitId},
    moment::Moment,
    org::{NewUnit, Unit},
    paging::{Page, Paging},
    person::{NewPerson, Person},
    role::Permission,
    room::{NewRoom, Room},
    store::{
        StoreError, Tx,
        endpoints::{self, EndpointFilter},
        people, rooms,
        units::{self, UnitFilter},
    },
};
use serde::Serialize;
use serde_json::json;

use super::{Record, Refusal};
use crate::{app::App, auth::actor::Actor};

/// What the four kinds of entries have in common.
pub trait Entry: Clone + Serialize + Send + Sync {
    /// What names one.
    type Id: Copy + std::fmt::Display + Send + Sync;
    /// One to be added, or what one becomes.
    type New: Send + Sync;
    /// Its word in the audit log.
    const KIND: &'static str;
    /// The field that says to which unit it belongs.
    const UNIT_FIELD: &'static str;

    /// The unit where it stands: for a unit, itself.
    fn stands_in(&self) -> UnitId;
    /// The unit that it belongs to: for a unit, the one above.
    fn belongs_to(&self) -> Option<UnitId>;
    /// The same of one to be added.
    fn will_belong_to(new: &Self::New) -> Option<UnitId>;
    /// What is wrong with it.
    fn verdict(new: &Self::New) -> Result<(), Vec<FieldError>>;
    /// Fields that differ and are not for its own unit to set.
    fn reserved(before: Option<&Self>, new: &Self::New) -> Vec<&'static str>;
    /// Reads one.
    fn find(tx: &mut Tx, id: Self::Id) -> impl Future<Output = Result<Option<Self>, StoreError>> + Send;
    /// Adds one.
    fn insert(
        tx: &mut Tx,
        new: &Self::New,
        now: Moment,
    ) -> impl Future<Output = Result<Self::Id, StoreError>> + Send;
    /// Changes the one read at `version`.
    fn update(
        tx: &mut Tx,
        id: Self::Id,
        version: i64,
        to: &Self::New,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// One of the directory.
pub async fn show<E: Entry>(app: &App, id: E::Id) -> Result<E, Refusal> {
    found(&mut app.store.read().await?, id).await
}

/// Adds one.
pub async fn create<E: Entry>(app: &App, actor: &Actor, new: E::New) -> Result<E, Refusal> {
    E::verdict(&new)?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::DirectoryWrite, E::will_belong_to(&new)).await?;
    check_reserved(&mut tx, actor, E::will_belong_to(&new), &E::reserved(None, &new)).await?;
    let id = E::insert(&mut tx, &new, now).await.map_err(refused::<E>)?;
    let created: E = found(&mut tx, id).await?;
    let record = Record::new(actor, now, &format!("{}.create", E::KIND)).on(id);
    record.with(json!(created)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(created)
}

/// Changes the one read at `version` into what `edit` makes of it.
pub async fn change<E: Entry>(
    app: &App,
    actor: &Actor,
    id: E::Id,
    version: i64,
    edit: impl FnOnce(E) -> E::New + Send,
) -> Result<E, Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let before: E = found(&mut tx, id).await?;
    actor.require(&mut tx, Permission::DirectoryWrite, Some(before.stands_in())).await?;
    let belonged_to = before.belongs_to();
    let to = edit(before.clone());
    if E::will_belong_to(&to) != belonged_to {
        actor.require(&mut tx, Permission::DirectoryWrite, E::will_belong_to(&to)).await?;
    }
    E::verdict(&to)?;
    check_reserved(&mut tx, actor, belonged_to, &E::reserved(Some(&before), &to)).await?;
    E::update(&mut tx, id, version, &to).await.map_err(refused::<E>)?;
    let after: E = found(&mut tx, id).await?;
    let record = Record::new(actor, now, &format!("{}.change", E::KIND)).on(id);
    record.with(json!(after)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

/// What the savings are reckoned by is set by whoever keeps the directory of the unit at the top, where the journeys go
/// to: nobody makes the own road longer.
async fn check_reserved(
    tx: &mut Tx,
    actor: &Actor,
    unit: Option<UnitId>,
    fields: &[&str],
) -> Result<(), Refusal> {
    if fields.is_empty() {
        return Ok(());
    }
    let top = match unit {
        Some(unit) => units::lineage(tx, unit).await?.pop(),
        None => None,
    };
    if actor.domain(tx, Permission::DirectoryWrite).await?.has(top) {
        return Ok(());
    }
    let reserved = |field: &&str| FieldError { field: (*field).to_owned(), code: FieldCode::Reserved };
    Err(Refusal::Invalid(fields.iter().map(reserved).collect()))
}

async fn found<E: Entry>(tx: &mut Tx, id: E::Id) -> Result<E, Refusal> {
    E::find(tx, id).await?.ok_or(Refusal::NotFound)
}

fn refused<E: Entry>(error: StoreError) -> Refusal {
    match error {
        StoreError::Reference => Refusal::field(E::UNIT_FIELD, FieldCode::Unknown),
        StoreError::Refused => Refusal::field(E::UNIT_FIELD, FieldCode::Contradiction),
        other => other.into(),
    }
}

/// Units by name.
pub async fn list_units(app: &App, filter: &UnitFilter<'_>, paging: &Paging) -> Result<Page<Unit>, Refusal> {
    Ok(units::list(&mut app.store.read().await?, filter, paging).await?)
}

/// Endpoints by name.
pub async fn list_endpoints(
    app: &App,
    filter: &EndpointFilter<'_>,
    paging: &Paging,
) -> Result<Page<Endpoint>, Refusal> {
    Ok(endpoints::list(&mut app.store.read().await?, filter, paging).await?)
}

/// Rooms by name, of a unit and all below it.
pub async fn list_rooms(
    app: &App,
    under: Option<UnitId>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<Room>, Refusal> {
    Ok(rooms::list(&mut app.store.read().await?, under, q, paging).await?)
}

/// People by name, of a unit and all below it.
pub async fn list_people(
    app: &App,
    under: Option<UnitId>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<Person>, Refusal> {
    Ok(people::list(&mut app.store.read().await?, under, q, paging).await?)
}

/// An entry whose rows are those of a module of the store.
macro_rules! entry {
    ($entry:ident, $new:ident, $id:ident, $rows:ident, $kind:literal, $field:literal,
     stands in $stands:expr, belongs to $belongs:expr, will belong to $will:expr, reserves $reserves:expr) => {
        impl Entry for $entry {
            type Id = $id;
            type New = $new;
            const KIND: &'static str = $kind;
            const UNIT_FIELD: &'static str = $field;

            fn stands_in(&self) -> UnitId {
                let stands: fn(&Self) -> UnitId = $stands;
                stands(self)
            }

            fn belongs_to(&self) -> Option<UnitId> {
                let belongs: fn(&Self) -> Option<UnitId> = $belongs;
                belongs(self)
            }

            fn will_belong_to(new: &$new) -> Option<UnitId> {
                let will: fn(&$new) -> Option<UnitId> = $will;
                will(new)
            }

            fn verdict(new: &$new) -> Result<(), Vec<FieldError>> {
                new.verdict()
            }

            fn reserved(before: Option<&Self>, new: &$new) -> Vec<&'static str> {
                let reserves: fn(Option<&Self>, &$new) -> Vec<&'static str> = $reserves;
                reserves(before, new)
            }

            async fn find(tx: &mut Tx, id: $id) -> Result<Option<Self>, StoreError> {
                $rows::find(tx, id).await
            }

            async fn insert(tx: &mut Tx, new: &$new, now: Moment) -> Result<$id, StoreError> {
                $rows::insert(tx, new, now).await
            }

            async fn update(tx: &mut Tx, id: $id, version: i64, to: &$new) -> Result<(), StoreError> {
                $rows::update(tx, id, version, to).await
            }
        }
    };
}

/// What of an endpoint the savings ledger is reckoned by, as far as it is to change. One that is added without a word
/// about the road stands next to the host.
fn ledger_inputs(before: Option<&Endpoint>, new: &NewEndpoint) -> Vec<&'static str> {
    let stood =
        before.map_or((Zone::Ordinary, 0, 0), |one| (one.zone, one.distance_metres, one.one_way_minutes));
    let differing = [
        ("zone", new.zone != stood.0),
        ("distance_metres", new.distance_metres != stood.1),
        ("one_way_minutes", new.one_way_minutes != stood.2),
    ];
    differing.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

entry!(Unit, NewUnit, UnitId, units, "unit", "parent_id",
    stands in |unit| unit.id, belongs to |unit| unit.parent_id, will belong to |new| new.parent_id,
    reserves |_, _| Vec::new());
entry!(Endpoint, NewEndpoint, EndpointId, endpoints, "endpoint", "unit_id",
    stands in |one| one.unit.id, belongs to |one| Some(one.unit.id), will belong to |new| Some(new.unit_id),
    reserves ledger_inputs);
entry!(Room, NewRoom, RoomId, rooms, "room", "unit_id",
    stands in |one| one.unit.id, belongs to |one| Some(one.unit.id), will belong to |new| Some(new.unit_id),
    reserves |_, _| Vec::new());
entry!(Person, NewPerson, PersonId, people, "person", "unit_id",
    stands in |one| one.unit.id, belongs to |one| Some(one.unit.id), will belong to |new| Some(new.unit_id),
    reserves |_, _| Vec::new());
