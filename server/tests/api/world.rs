//! A small province to test in.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{Router, http::StatusCode};
use schema::{
    day::Day,
    endpoint::{Endpoint, EndpointRole, NewEndpoint, Zone},
    event::{RoomEvent, RoomEventKind, Who},
    id::{EndpointId, PersonId, RoomId, SessionId, UnitId},
    moment::{Clock, Moment},
    org::{NewUnit, Unit, UnitKind},
    person::{NewPerson, Person},
    role::{Grant, Role},
    room::{NewRoom, Room},
    store::{self, Address},
    testing::Postgres,
};
use serde_json::{Value, json};
use server::{
    app::App,
    auth::actor::Actor,
    config::{AttendanceSettings, LoginSettings, Settings, WebhookSettings},
    rooms::FakeRooms,
    router,
    service::{accounts, attendance, directory},
};
use tempfile::TempDir;

pub use super::browser::Browser;

/// Everyone's password.
pub const PASSWORD: &str = "Giao-ban-Điện-Biên-2013";

/// A Monday morning. Sessions a week ahead give notice enough.
pub const NOW: &str = "2026-03-02T08:00:00+07:00";

/// A clock whose hands the test turns.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Units, endpoints, rooms and people of the small province.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub province: UnitId,
    pub muong_nhe: UnitId,
    pub tua_chua: UnitId,
    pub host: EndpointId,
    pub at_muong_nhe: EndpointId,
    pub at_tua_chua: EndpointId,
    /// Closed at the end of 2025.
    pub closed: EndpointId,
    pub hall: RoomId,
    pub chairman: PersonId,
    pub head_of_muong_nhe: PersonId,
    pub head_of_tua_chua: PersonId,
}

pub struct World {
    pub app: Arc<App>,
    pub rooms: Arc<FakeRooms>,
    pub places: Places,
    router: Router,
    clock: Arc<HandClock>,
    seq: AtomicI64,
    _folder: TempDir,
}

pub fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

impl World {
    /// On SQLite.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::File(folder.path().join("giaoban.sqlite"));
        Self::at(folder, address).await
    }

    /// On the PostgreSQL server that all tests of this process share.
    pub async fn on_postgres() -> Self {
        let url = Postgres::shared().fresh_database();
        Self::at(tempfile::tempdir().unwrap(), Address::Postgres(url)).await
    }

    /// As a province runs it: no session begins long before its time.
    pub async fn strict() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::File(folder.path().join("giaoban.sqlite"));
        Self::with(folder, address, AttendanceSettings::default()).await
    }

    pub async fn at(folder: TempDir, address: Address) -> Self {
        // Most tests start next week's session today.
        let attendance = AttendanceSettings { start_early_minutes: 100_000, ..AttendanceSettings::default() };
        Self::with(folder, address, attendance).await
    }

    /// A program outside is told what happens in rooms.
    pub async fn telling(webhooks: WebhookSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::File(folder.path().join("giaoban.sqlite"));
        let attendance = AttendanceSettings { start_early_minutes: 100_000, ..AttendanceSettings::default() };
        Self::made(folder, address, attendance, webhooks).await
    }

    async fn with(folder: TempDir, address: Address, attendance: AttendanceSettings) -> Self {
        Self::made(folder, address, attendance, WebhookSettings::default()).await
    }

    async fn made(
        folder: TempDir,
        address: Address,
        attendance: AttendanceSettings,
        webhooks: WebhookSettings,
    ) -> Self {
        let login = LoginSettings { argon2_memory_kib: 64, argon2_passes: 1, ..LoginSettings::default() };
        let settings =
            Settings { data: folder.path().into(), login, attendance, webhooks, ..Settings::default() };
        let clock = Arc::new(HandClock(AtomicI64::new(at(NOW).as_millis())));
        let rooms = Arc::new(FakeRooms::default());
        let tables = store::open(&address).await.unwrap();
        let app = App::new(settings, tables, rooms.clone(), clock.clone()).await.unwrap();
        let places = settle(&app).await;
        let router = router::router(Arc::clone(&app), None);
        Self { app, rooms, places, router, clock, seq: AtomicI64::new(0), _folder: folder }
    }

    /// Turns the hands to an instant.
    pub fn turn_to(&self, moment: &str) {
        self.clock.0.store(at(moment).as_millis(), Ordering::Relaxed);
    }

    pub fn pass_minutes(&self, minutes: i64) {
        self.clock.0.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    /// A browser in which nobody has signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A browser in which this account has signed in.
    pub async fn sign_in(&self, username: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{username}: {answer:?}");
        browser
    }

    /// What the room of a session tells now.
    pub fn event(&self, session: SessionId, kind: RoomEventKind) -> RoomEvent {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        RoomEvent {
            room: session.to_string(),
            incarnation: "RM_1".into(),
            seq: seq.unsigned_abs(),
            at: self.app.now(),
            kind,
            webhook: None,
        }
    }

    /// The room of a session tells something now.
    pub async fn tell(&self, session: SessionId, kind: RoomEventKind) {
        attendance::keep(&self.app, &[self.event(session, kind)]).await.unwrap();
    }

    /// A booking next Monday morning that breaks no rule.
    pub fn booking(&self) -> Value {
        json!({
            "subject": "Giao ban tháng 3", "kind": "briefing", "urgency": "periodic", "mode": "online",
            "starts_at": "2026-03-09T08:00:00+07:00", "ends_at": "2026-03-09T10:00:00+07:00",
            "host_endpoint_id": self.places.host,
            "endpoint_ids": [self.places.at_muong_nhe, self.places.at_tua_chua],
        })
    }

    /// The same, with fields changed.
    pub fn booking_with(&self, changes: Value) -> Value {
        let mut booking = self.booking();
        let (Value::Object(all), Value::Object(changes)) = (&mut booking, changes) else { unreachable!() };
        all.extend(changes);
        booking
    }
}

/// Who sits at an endpoint, as the room knows it.
pub fn who(endpoint: EndpointId) -> Who {
    Who { identity: format!("endpoint:{endpoint}"), sid: "PA_1".into() }
}

/// The id of what was answered.
pub fn id_of<T: std::str::FromStr>(answer: &Value) -> T {
    answer["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id in {answer}"))
}

async fn settle(app: &App) -> Places {
    let system = Actor::system();
    let day = |text: &str| text.parse::<Day>().unwrap();
    let unit = |name: &str, kind, parent_id| NewUnit {
        name: name.into(),
        short_name: name.into(),
        kind,
        parent_id,
        code: None,
        valid_from: day("2013-01-01"),
        valid_to: None,
    };
    let add_unit = async |new| directory::create::<Unit>(app, &system, new).await.unwrap().id;
    let province = add_unit(unit("UBND tỉnh Điện Biên", UnitKind::Province, None)).await;
    let muong_nhe = add_unit(unit("UBND huyện Mường Nhé", UnitKind::District, Some(province))).await;
    let tua_chua = add_unit(unit("UBND huyện Tủa Chùa", UnitKind::District, Some(province))).await;
    let endpoint = |name: &str, unit_id, km: i64, minutes: i64| NewEndpoint {
        name: name.into(),
        unit_id,
        role: if km == 0 { EndpointRole::Host } else { EndpointRole::Member },
        zone: Zone::Ordinary,
        distance_metres: km * 1000,
        one_way_minutes: minutes,
        seats: 20,
        contact_phone: None,
        valid_from: day("2013-01-01"),
        valid_to: None,
    };
    let add_endpoint = async |new| directory::create::<Endpoint>(app, &system, new).await.unwrap().id;
    let host = add_endpoint(endpoint("Điểm cầu tỉnh", province, 0, 0)).await;
    let at_muong_nhe = add_endpoint(endpoint("Điểm cầu Mường Nhé", muong_nhe, 195, 290)).await;
    let at_tua_chua = add_endpoint(endpoint("Điểm cầu Tủa Chùa", tua_chua, 125, 195)).await;
    let closed = NewEndpoint {
        valid_to: Some(day("2025-12-31")),
        ..endpoint("Điểm cầu cũ", tua_chua, 125, 195)
    };
    let closed = add_endpoint(closed).await;
    let hall = NewRoom {
        name: "Phòng họp số 1".into(),
        unit_id: province,
        endpoint_id: Some(host),
        seats: 40,
        equipment: String::new(),
    };
    let hall = directory::create::<Room>(app, &system, hall).await.unwrap().id;
    let person = |name: &str, unit_id| NewPerson {
        full_name: name.into(),
        title: "Chủ tịch".into(),
        unit_id,
        phone: None,
        email: None,
        active: true,
    };
    let add_person = async |new| directory::create::<Person>(app, &system, new).await.unwrap().id;
    let chairman = add_person(person("Mùa A Sơn", province)).await;
    let head_of_muong_nhe = add_person(person("Lò Văn An", muong_nhe)).await;
    let head_of_tua_chua = add_person(person("Giàng Thị Dung", tua_chua)).await;
    for (username, role, unit, at) in [
        ("quantri", Role::Administrator, None, None),
        ("thuky", Role::Secretary, None, None),
        ("chanhvanphong", Role::ChiefOfOffice, None, None),
        ("vanhanh", Role::Operator, None, None),
        ("lanhdao", Role::Leader, None, None),
        ("muongnhe", Role::Technician, Some(muong_nhe), Some(at_muong_nhe)),
        ("tuachua", Role::Technician, Some(tua_chua), Some(at_tua_chua)),
    ] {
        let new = accounts::CreateAccount {
            username: username.into(),
            display_name: username.into(),
            password: PASSWORD.into(),
            unit_id: unit,
            endpoint_id: at,
            grants: vec![Grant { role, unit_id: unit }],
        };
        accounts::create(app, &system, new).await.unwrap();
    }
    Places {
        province,
        muong_nhe,
        tua_chua,
        host,
        at_muong_nhe,
        at_tua_chua,
        closed,
        hall,
        chairman,
        head_of_muong_nhe,
        head_of_tua_chua,
    }
}
