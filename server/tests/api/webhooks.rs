//! A program outside is told what happens in rooms: signed, in order, again after failures.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use schema::event::{RoomEvent, RoomEventKind};
use serde_json::{Value, json};
use server::{
    config::{WebhookSettings, WebhookTarget},
    jobs::{tidy, webhooks::Couriers},
    service::{attendance, telling},
};
use sha2::{Digest as _, Sha256};

use super::world::World;

const KEY: &str = "office";
const SECRET: &str = "a secret that only the office knows, in 32 or more";

/// A program outside that writes down what it is told, and answers as the test wants.
#[derive(Clone, Default)]
struct Office {
    told: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    failing: Arc<Mutex<bool>>,
}

async fn receive(State(office): State<Office>, headers: HeaderMap, body: Bytes) -> StatusCode {
    office.told.lock().unwrap().push((headers, body));
    if *office.failing.lock().unwrap() { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
}

impl Office {
    /// Opens its door on a free port; its address.
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/hook", post(receive)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    /// The events told since the last look.
    fn read(&self) -> Vec<Value> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        told.iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.read().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn target(url: &str) -> WebhookTarget {
    WebhookTarget { name: "office".into(), url: url.into(), key: KEY.into(), secret: SECRET.into() }
}

/// A world with an office outside, and the way there.
async fn world() -> (World, Office, Couriers) {
    let office = Office::default();
    let webhooks =
        WebhookSettings { targets: vec![target(&office.open().await)], ..WebhookSettings::default() };
    let couriers = Couriers::new(&webhooks).unwrap();
    (World::telling(webhooks).await, office, couriers)
}

/// Something happens in a room that no session knows: one that another program opened.
fn event(world: &World, incarnation: &str, seq: u64) -> RoomEvent {
    let body = json!({ "event": "participant_joined", "room": { "name": "elsewhere" }, "id": format!("{incarnation}/{seq}") });
    RoomEvent {
        room: "elsewhere".into(),
        incarnation: incarnation.into(),
        seq,
        at: world.app.now(),
        kind: RoomEventKind::Opened,
        webhook: Some(body.to_string()),
    }
}

async fn happen(world: &World, incarnation: &str, seqs: &[u64]) {
    let events: Vec<RoomEvent> = seqs.iter().map(|seq| event(world, incarnation, *seq)).collect();
    attendance::keep(&world.app, &events).await.unwrap();
}

#[tokio::test]
async fn what_arrives_is_signed_over_its_body_and_of_livekits_kind() {
    let (world, office, couriers) = world().await;
    happen(&world, "RM_1", &[1]).await;
    couriers.run_due(&world.app).await;
    let told = office.told.lock().unwrap().clone();
    let (headers, body) = &told[0];
    assert_eq!(headers[header::CONTENT_TYPE], "application/webhook+json");
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[KEY]);
    rules.validate_exp = false;
    rules.validate_nbf = false;
    let token = headers[header::AUTHORIZATION].to_str().unwrap();
    let known = |secret: &str| {
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_secret(secret.as_bytes()), &rules)
    };
    let claims = known(SECRET).unwrap().claims;
    assert_eq!(claims["sha256"], STANDARD.encode(Sha256::digest(body)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(), 300);
    assert!(known("another secret that is as long as the first one").is_err());
}

#[tokio::test]
async fn while_the_receiver_fails_its_room_waits_and_then_is_told_in_order() {
    let (world, office, couriers) = world().await;
    *office.failing.lock().unwrap() = true;
    happen(&world, "RM_1", &[1, 2, 3]).await;
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), ["RM_1/1"], "the first one failed: nothing overtakes it");
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), [""; 0], "it is not asked again at once");
    let standing = telling::standings(&world.app).await.unwrap().remove(0);
    assert_eq!((standing.delivered, standing.waiting), (0, 3));
    assert_eq!(standing.last_error.as_deref(), Some("the answer was 500 Internal Server Error"));
    *office.failing.lock().unwrap() = false;
    world.pass_minutes(1);
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), ["RM_1/1", "RM_1/2", "RM_1/3"]);
    assert_eq!(telling::standings(&world.app).await.unwrap()[0].delivered, 3);
}

#[tokio::test]
async fn a_receiver_that_nobody_reaches_is_told_when_it_is_there() {
    let (world, office, couriers) = world().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nowhere = WebhookSettings {
        targets: vec![target(&format!("http://{gone}/hook"))],
        ..WebhookSettings::default()
    };
    happen(&world, "RM_1", &[1]).await;
    Couriers::new(&nowhere).unwrap().run_due(&world.app).await;
    let standing = telling::standings(&world.app).await.unwrap().remove(0);
    let failure = standing.last_error.expect("a failure");
    assert!(!failure.contains("127.0.0.1"), "{failure}: addresses may carry secrets");
    world.pass_minutes(1);
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), ["RM_1/1"]);
}

#[tokio::test]
async fn events_of_a_session_are_told_and_kept_as_attendance_in_one_breath() {
    let (world, office, couriers) = world().await;
    let booked = world.sign_in("thuky").await.started(world.booking()).await;
    let id = super::world::id_of(&booked);
    let told = RoomEvent {
        webhook: Some(json!({ "event": "participant_joined", "id": "EV_1" }).to_string()),
        ..world.event(id, RoomEventKind::Joined(super::world::who(world.places.at_muong_nhe)))
    };
    attendance::keep(&world.app, &[told.clone(), told.clone()]).await.unwrap();
    attendance::keep(&world.app, &[told]).await.unwrap();
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), ["EV_1"], "delivered twice by the room, told once");
}

#[tokio::test]
async fn an_operator_has_a_receiver_told_again() {
    let (world, office, couriers) = world().await;
    happen(&world, "RM_1", &[1]).await;
    world.pass_minutes(1);
    let since = world.app.now();
    happen(&world, "RM_1", &[2, 3]).await;
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids().len(), 3);
    assert_eq!(telling::again(&world.app, "office", since).await.unwrap(), 2);
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), ["RM_1/2", "RM_1/3"]);
}

#[tokio::test]
async fn what_is_told_again_after_days_is_not_given_up_at_once() {
    let (world, office, couriers) = world().await;
    let since = world.app.now();
    happen(&world, "RM_1", &[1, 2]).await;
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids().len(), 2);
    world.pass_minutes(4 * 24 * 60);
    assert_eq!(telling::again(&world.app, "office", since).await.unwrap(), 2);
    tidy::run_due(&world.app).await.unwrap();
    assert_eq!(telling::standings(&world.app).await.unwrap()[0].waiting, 2);
    couriers.run_due(&world.app).await;
    assert_eq!(office.ids(), ["RM_1/1", "RM_1/2"]);
}

#[tokio::test]
async fn how_many_were_given_up_is_said_with_the_next_one() {
    let (world, office, couriers) = world().await;
    happen(&world, "RM_1", &[1, 2]).await;
    world.pass_minutes(1);
    let mut tx = world.app.store.write().await.unwrap();
    schema::store::webhooks::give_up(&mut tx, world.app.now(), world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    happen(&world, "RM_1", &[3, 4]).await;
    couriers.run_due(&world.app).await;
    let told = office.read();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["id"], &told[0]["numDropped"]), (&json!("RM_1/3"), &json!(2)));
    assert_eq!((&told[1]["id"], &told[1]["numDropped"]), (&json!("RM_1/4"), &Value::Null));
}

#[tokio::test]
async fn how_many_were_given_up_is_said_once_though_rooms_are_told_of_at_the_same_time() {
    let (world, office, couriers) = world().await;
    happen(&world, "RM_1", &[1, 2]).await;
    world.pass_minutes(1);
    let mut tx = world.app.store.write().await.unwrap();
    schema::store::webhooks::give_up(&mut tx, world.app.now(), world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    for room in ["RM_2", "RM_3", "RM_4"] {
        happen(&world, room, &[1]).await;
    }
    couriers.run_due(&world.app).await;
    let told = office.read();
    assert_eq!(told.len(), 3);
    let said: Vec<i64> = told.iter().filter_map(|event| event["numDropped"].as_i64()).collect();
    assert_eq!(said, [2]);
}

#[test]
fn settings_that_would_tell_the_wrong_ones_are_refused() {
    let with = |change: fn(&mut WebhookTarget)| {
        let mut target = target("https://office.example/hook");
        change(&mut target);
        Couriers::new(&WebhookSettings { targets: vec![target], ..WebhookSettings::default() })
    };
    assert!(with(|_| {}).is_ok());
    assert!(with(|target| target.url = "ftp://office.example".into()).is_err());
    assert!(with(|target| target.url = "https://user:word@office.example".into()).is_err());
    assert!(with(|target| target.url = "office.example".into()).is_err());
    assert!(with(|target| target.secret = "short".into()).is_err());
    assert!(with(|target| target.name = "văn phòng".into()).is_err());
    let twice = vec![target("https://a.example"), target("https://b.example")];
    assert!(Couriers::new(&WebhookSettings { targets: twice, ..WebhookSettings::default() }).is_err());
    assert!(!format!("{:?}", target("https://a.example/hook?token=x")).contains("secret that"));
}
