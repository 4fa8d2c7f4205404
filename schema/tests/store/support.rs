//! A world of its own for each test, on either database.

use std::ops::Deref;

use schema::day::Day;
use schema::endpoint::{EndpointRole, NewEndpoint, Zone};
use schema::id::{EndpointId, PersonId, RoomId, SessionId, UnitId};
use schema::moment::Moment;
use schema::org::{NewUnit, UnitKind};
use schema::person::NewPerson;
use schema::room::NewRoom;
use schema::roster::Named;
use schema::session::{MeetingKind, Mode, NewSession, Session, SessionState, Urgency};
use schema::store::{self, Address, Store, StoreError, Tx};
use schema::testing::Postgres;

/// Writes each named test once and runs it on both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::support::sqlite().await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::support::postgres().await).await; })+
        }
    };
}
pub(crate) use on_both;

/// A store that is gone after the test.
pub struct World {
    pub store: Store,
    _folder: Option<tempfile::TempDir>,
}

impl Deref for World {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub async fn sqlite() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&Address::File(folder.path().join("giaoban.db"))).await.unwrap();
    World { store, _folder: Some(folder) }
}

pub async fn postgres() -> World {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().fresh_database()).await.unwrap();
    let store = store::open(&url.parse().unwrap()).await.unwrap();
    World { store, _folder: None }
}

/// Monday 2026-03-02, 08:00 in Việt Nam.
pub const MONDAY: Moment = Moment::from_millis(1_772_413_200_000);
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Runs one write transaction.
#[macro_export]
macro_rules! writing {
    ($world:expr, |$tx:ident| $body:expr) => {{
        let mut tx = $world.write().await.unwrap();
        let $tx = &mut tx;
        let done = $body;
        tx.commit().await.unwrap();
        done
    }};
}

/// Runs one read transaction.
#[macro_export]
macro_rules! reading {
    ($world:expr, |$tx:ident| $body:expr) => {{
        let mut tx = $world.read().await.unwrap();
        let $tx = &mut tx;
        $body
    }};
}

pub fn unit(name: &str, kind: UnitKind, parent: Option<UnitId>) -> NewUnit {
    NewUnit {
        name: name.into(),
        short_name: name.trim_start_matches("UBND ").into(),
        kind,
        parent_id: parent,
        code: None,
        valid_from: day("2013-01-01"),
        valid_to: None,
    }
}

pub fn endpoint(name: &str, unit_id: UnitId, role: EndpointRole) -> NewEndpoint {
    NewEndpoint {
        name: name.into(),
        unit_id,
        role,
        zone: Zone::Ordinary,
        distance_metres: 195_000,
        one_way_minutes: 290,
        seats: 30,
        contact_phone: None,
        valid_from: day("2013-01-01"),
        valid_to: None,
    }
}

pub fn person(full_name: &str, unit_id: UnitId) -> NewPerson {
    NewPerson {
        full_name: full_name.into(),
        title: "Chủ tịch".into(),
        unit_id,
        phone: None,
        email: None,
        active: true,
    }
}

/// A small province: a host, two districts with an endpoint each, a room and two people.
#[derive(Debug, Clone, Copy)]
pub struct Province {
    pub root: UnitId,
    pub nhe: UnitId,
    pub lay: UnitId,
    pub host: EndpointId,
    pub muong_nhe: EndpointId,
    pub muong_lay: EndpointId,
    pub hall: RoomId,
    pub chair: PersonId,
    pub secretary: PersonId,
}

pub async fn province(world: &World) -> Province {
    writing!(world, |tx| {
        let root =
            store::units::insert(tx, &unit("UBND tỉnh Điện Biên", UnitKind::Province, None), MONDAY).await;
        let root = root.unwrap();
        let district = |name| unit(name, UnitKind::District, Some(root));
        let nhe = store::units::insert(tx, &district("UBND huyện Mường Nhé"), MONDAY).await.unwrap();
        let lay = store::units::insert(tx, &district("UBND thị xã Mường Lay"), MONDAY).await.unwrap();
        let mut endpoints = Vec::new();
        for new in [
            endpoint("Tỉnh", root, EndpointRole::Host),
            endpoint("Mường Nhé", nhe, EndpointRole::Member),
            endpoint("Mường Lay", lay, EndpointRole::Member),
        ] {
            endpoints.push(store::endpoints::insert(tx, &new, MONDAY).await.unwrap());
        }
        let hall = NewRoom {
            name: "Phòng họp A".into(),
            unit_id: root,
            endpoint_id: None,
            seats: 60,
            equipment: String::new(),
        };
        Province {
            root,
            nhe,
            lay,
            host: endpoints[0],
            muong_nhe: endpoints[1],
            muong_lay: endpoints[2],
            hall: store::rooms::insert(tx, &hall, MONDAY).await.unwrap(),
            chair: store::people::insert(tx, &person("Lê Thành Đô", root), MONDAY).await.unwrap(),
            secretary: store::people::insert(tx, &person("Lò Văn An", root), MONDAY).await.unwrap(),
        }
    })
}

impl Province {
    /// One hour from `starts_at`, with the chair and the hall.
    pub fn session(&self, starts_at: Moment, members: &[EndpointId]) -> NewSession {
        NewSession {
            subject: "Giao ban tháng 3 với các huyện".into(),
            kind: MeetingKind::Briefing,
            urgency: Urgency::Periodic,
            urgency_reason: None,
            mode: Mode::Online,
            starts_at,
            ends_at: starts_at.plus_millis(HOUR),
            host_endpoint_id: self.host,
            endpoint_ids: members.to_vec(),
            room_ids: vec![self.hall],
            chair_id: Some(self.chair),
            person_ids: vec![self.secretary],
            content: "Tình hình kinh tế - xã hội".into(),
            requirements: String::new(),
            contact: String::new(),
            sample: false,
        }
    }
}

pub async fn named(tx: &mut Tx, new: &NewSession) -> Result<Named, StoreError> {
    Ok(Named {
        endpoints: store::endpoints::find_all(tx, &new.all_endpoints()).await?,
        rooms: store::rooms::find_all(tx, &new.room_ids).await?,
        people: store::people::find_all(tx, &new.all_people()).await?,
    })
}

/// Books as the server does; `None` when something is taken.
pub async fn book(store: &Store, new: &NewSession) -> Result<Option<SessionId>, StoreError> {
    let mut tx = store.write().await?;
    let resources = new.resources();
    store::bookings::lock(&mut tx, &resources).await?;
    if !store::bookings::conflicts(&mut tx, &resources, new.span(), None).await?.is_empty() {
        return Ok(None);
    }
    let id = store::sessions::insert(&mut tx, new, None, MONDAY).await?;
    let named = named(&mut tx, new).await?;
    store::roster::freeze(&mut tx, id, new, &named, MONDAY).await?;
    store::bookings::insert(&mut tx, id, &resources, new.span()).await?;
    let mut session = store::sessions::find(&mut tx, id).await?.expect("it was just inserted");
    session.state = SessionState::Scheduled;
    session.announced_at = Some(MONDAY);
    store::sessions::update(&mut tx, &mut session).await?;
    tx.commit().await?;
    Ok(Some(id))
}

pub async fn session(world: &World, id: SessionId) -> Session {
    reading!(world, |tx| store::sessions::find(tx, id).await.unwrap().unwrap())
}
