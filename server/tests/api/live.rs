use axum::body::Body;
use http_body_util::BodyExt as _;
use schema::{
    endpoint::{Endpoint, EndpointRole, NewEndpoint, Zone},
    event::RoomEventKind,
    id::SessionId,
    role::{Grant, Role},
};
use serde_json::{Value, json};
use server::{
    auth::actor::Actor,
    service::{accounts, directory},
};

use super::world::{PASSWORD, World, id_of, who};

/// The next event that is not a ping: its name and its data.
async fn next(stream: &mut Body) -> (String, Value) {
    loop {
        let frame = stream.frame().await.expect("the stream goes on").unwrap();
        let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|rest| rest.trim().to_owned()).unwrap_or_default()
        };
        let name = field("event:");
        if !name.is_empty() && name != "ping" {
            return (name, serde_json::from_str(&field("data:")).unwrap());
        }
    }
}

#[tokio::test]
async fn a_browser_hears_of_a_session_as_it_changes() {
    let world = World::new().await;
    let (secretary, leader) = (world.sign_in("thuky").await, world.sign_in("lanhdao").await);
    let mut all = leader.open("/live").await;
    assert_eq!(next(&mut all).await, ("alarm".into(), Value::Null), "first comes what stands");
    let live = secretary.started(world.booking()).await;
    let id: SessionId = id_of(&live);
    assert_eq!(
        next(&mut all).await,
        ("session".into(), json!({ "id": id, "state": "scheduled", "version": 2 }))
    );
    assert_eq!(next(&mut all).await, ("session".into(), json!({ "id": id, "state": "live", "version": 3 })));

    let mut one = leader.open(&format!("/sessions/{id}/live")).await;
    assert_eq!(next(&mut one).await.0, "alarm");
    world.tell(id, RoomEventKind::Joined(who(world.places.at_muong_nhe))).await;
    let (name, presence) = next(&mut one).await;
    assert_eq!((name.as_str(), &presence["connected"]), ("presence", &json!(true)));
    assert_eq!(presence["endpoint_id"], json!(world.places.at_muong_nhe));
    assert_eq!(next(&mut one).await, ("attendance".into(), json!({ "session_id": id })));
}

#[tokio::test]
async fn a_technician_hears_nothing_of_sessions_elsewhere() {
    let world = World::new().await;
    let (secretary, technician) = (world.sign_in("thuky").await, world.sign_in("muongnhe").await);
    let mut all = technician.open("/live").await;
    assert_eq!(next(&mut all).await.0, "alarm");
    let without = world.booking_with(json!({ "endpoint_ids": [world.places.at_tua_chua] }));
    secretary.post("/sessions", without).await.ok();
    let own = json!({ "starts_at": "2026-03-10T08:00:00+07:00", "ends_at": "2026-03-10T10:00:00+07:00" });
    let own = secretary.post("/sessions", world.booking_with(own)).await.ok();
    assert_eq!(next(&mut all).await.1["id"], own["id"]);
}

#[tokio::test]
async fn of_a_draft_only_those_hear_who_prepare_it() {
    let world = World::new().await;
    let (secretary, technician) = (world.sign_in("thuky").await, world.sign_in("muongnhe").await);
    let (mut theirs, mut all) = (secretary.open("/live").await, technician.open("/live").await);
    assert_eq!(next(&mut theirs).await.0, "alarm");
    assert_eq!(next(&mut all).await.0, "alarm");
    let draft = secretary.post("/sessions", world.booking_with(json!({ "draft": true }))).await.ok();
    let told = |version: i64, state: &str| {
        ("session".to_owned(), json!({ "id": draft["id"], "state": state, "version": version }))
    };
    assert_eq!(next(&mut theirs).await, told(1, "draft"));
    let path = format!("/sessions/{}/schedule", draft["id"].as_str().unwrap());
    secretary.post(&path, json!({ "version": 1 })).await.ok();
    assert_eq!(next(&mut all).await, told(2, "scheduled"));
    assert_eq!(next(&mut theirs).await, told(2, "scheduled"));
}

#[tokio::test]
async fn those_from_whom_a_draft_is_taken_away_hear_of_it() {
    let world = World::new().await;
    let theirs = NewEndpoint {
        name: "Hội trường Tủa Chùa".into(),
        unit_id: world.places.tua_chua,
        role: EndpointRole::Host,
        zone: Zone::Ordinary,
        distance_metres: 0,
        one_way_minutes: 0,
        seats: 20,
        contact_phone: None,
        valid_from: "2013-01-01".parse().unwrap(),
        valid_to: None,
    };
    let theirs = directory::create::<Endpoint>(&world.app, &Actor::system(), theirs).await.unwrap().id;
    let unit_id = Some(world.places.tua_chua);
    let booker = accounts::CreateAccount {
        username: "thukytuachua".into(),
        display_name: "Thư ký Tủa Chùa".into(),
        password: PASSWORD.into(),
        unit_id,
        endpoint_id: None,
        grants: vec![Grant { role: Role::Secretary, unit_id }],
    };
    accounts::create(&world.app, &Actor::system(), booker).await.unwrap();
    let mut heard = world.sign_in("thukytuachua").await.open("/live").await;
    assert_eq!(next(&mut heard).await.0, "alarm");
    let secretary = world.sign_in("thuky").await;
    let draft = json!({ "draft": true, "host_endpoint_id": theirs });
    let draft = secretary.post("/sessions", world.booking_with(draft)).await.ok();
    assert_eq!(next(&mut heard).await.1["version"], 1);
    let path = format!("/sessions/{}", draft["id"].as_str().unwrap());
    let change = json!({ "version": 1, "host_endpoint_id": world.places.host, "endpoint_ids": [world.places.at_muong_nhe] });
    secretary.patch(&path, change).await.ok();
    assert_eq!(next(&mut heard).await.1, json!({ "id": draft["id"], "state": "draft", "version": 2 }));
}

#[tokio::test]
async fn one_login_has_only_so_many_streams() {
    let world = World::new().await;
    let (one, other) = (world.sign_in("lanhdao").await, world.sign_in("lanhdao").await);
    let mut held = Vec::new();
    for _ in 0..world.app.settings.http.live_streams_per_login {
        held.push(one.open("/live").await);
    }
    assert_eq!(one.get("/live").await.refused(), (429, "too_many".into()));
    drop(other.open("/live").await);
}

#[tokio::test]
async fn all_streams_end_when_the_program_stops() {
    let world = World::new().await;
    let mut all = world.sign_in("lanhdao").await.open("/live").await;
    world.app.hub.close();
    while let Some(frame) = all.frame().await {
        assert!(frame.is_ok());
    }
}
