use schema::{
    event::{LeaveReason, RoomEventKind, TrackSource, Who},
    id::SessionId,
};
use serde_json::{Value, json};
use server::service::attendance;

use super::world::{Browser, World, id_of, who};

async fn live(world: &World) -> SessionId {
    id_of(&world.sign_in("thuky").await.started(world.booking()).await)
}

async fn at_muong_nhe(world: &World, id: SessionId) -> Value {
    let board = world.sign_in("lanhdao").await.get(&format!("/sessions/{id}/attendance")).await.ok();
    let lines = board["endpoints"].as_array().unwrap().clone();
    lines.into_iter().find(|line| line["endpoint"]["id"] == json!(world.places.at_muong_nhe)).unwrap()
}

#[tokio::test]
async fn an_event_told_twice_counts_once() {
    let world = World::new().await;
    let id = live(&world).await;
    let joined = world.event(id, RoomEventKind::Joined(who(world.places.at_muong_nhe)));
    attendance::keep(&world.app, &[joined.clone(), joined.clone()]).await.unwrap();
    attendance::keep(&world.app, &[joined]).await.unwrap();
    let line = at_muong_nhe(&world, id).await;
    assert_eq!((line["intervals"].as_array().unwrap().len(), &line["connected"]), (1, &json!(true)));
}

#[tokio::test]
async fn the_board_shows_camera_and_microphone_as_they_are() {
    let world = World::new().await;
    let id = live(&world).await;
    let me = who(world.places.at_muong_nhe);
    world.tell(id, RoomEventKind::Joined(me.clone())).await;
    let line = at_muong_nhe(&world, id).await;
    assert_eq!((&line["camera"], &line["muted"]), (&Value::Null, &Value::Null));
    world.tell(id, RoomEventKind::TrackPublished { who: me.clone(), source: TrackSource::Camera }).await;
    world.tell(id, RoomEventKind::TrackPublished { who: me.clone(), source: TrackSource::Microphone }).await;
    world.tell(id, RoomEventKind::TrackMuted { who: me, source: TrackSource::Microphone, muted: true }).await;
    let line = at_muong_nhe(&world, id).await;
    assert_eq!((&line["camera"], &line["muted"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn after_a_crash_open_intervals_end_at_the_last_heartbeat_and_rooms_open_again() {
    let world = World::new().await;
    let id = live(&world).await;
    let me = who(world.places.at_muong_nhe);
    world.tell(id, RoomEventKind::Joined(me.clone())).await;
    world.pass_minutes(10);
    world.tell(id, RoomEventKind::Alive(me)).await;
    let last = world.app.now();
    world.pass_minutes(5);

    // The process is gone without a word, and another begins with the same tables and no rooms.
    server::rooms::Rooms::close(&*world.rooms, id).await.unwrap();
    attendance::recover(&world.app).await.unwrap();
    assert!(world.rooms.is_open(id));
    let line = at_muong_nhe(&world, id).await;
    assert_eq!((&line["connected"], &line["intervals"][0]["to"]), (&json!(false), &json!(last)));

    let mut back =
        world.event(id, RoomEventKind::Joined(Who { sid: "PA_2".into(), ..who(world.places.at_muong_nhe) }));
    back.incarnation = "RM_2".into();
    attendance::keep(&world.app, &[back]).await.unwrap();
    world.pass_minutes(5);
    let line = at_muong_nhe(&world, id).await;
    assert_eq!((&line["connected"], &line["connected_ms"]), (&json!(true), &json!(15 * 60_000)));
    assert_eq!(line["gap_ms"], 5 * 60_000);
    attendance::recover(&world.app).await.unwrap();
}

#[tokio::test]
async fn one_who_comes_after_the_start_is_late_and_one_who_goes_before_the_end_left_early() {
    let world = World::new().await;
    let id = live(&world).await;
    world.turn_to("2026-03-09T08:20:00+07:00");
    let me = who(world.places.at_muong_nhe);
    world.tell(id, RoomEventKind::Joined(me.clone())).await;
    world.turn_to("2026-03-09T09:00:00+07:00");
    world.tell(id, RoomEventKind::Left { who: me, reason: LeaveReason::Left }).await;
    world.turn_to("2026-03-09T10:00:00+07:00");
    let secretary = world.sign_in("thuky").await;
    let session = secretary.get(&format!("/sessions/{id}")).await.ok();
    secretary.post(&format!("/sessions/{id}/end"), json!({ "version": session["version"] })).await.ok();
    let line = at_muong_nhe(&world, id).await;
    assert_eq!((&line["late"], &line["left_early"]), (&json!(true), &json!(true)));
    assert_eq!(line["intervals"][0]["reason"], "left");
}

#[tokio::test]
async fn what_the_room_says_after_the_end_changes_nothing() {
    let world = World::new().await;
    let id = live(&world).await;
    world.turn_to("2026-03-09T08:00:00+07:00");
    let me = who(world.places.at_muong_nhe);
    world.tell(id, RoomEventKind::Joined(me.clone())).await;
    world.pass_minutes(60);
    let secretary = world.sign_in("thuky").await;
    let session = secretary.get(&format!("/sessions/{id}")).await.ok();
    secretary.post(&format!("/sessions/{id}/end"), json!({ "version": session["version"] })).await.ok();
    let before = at_muong_nhe(&world, id).await;
    world.pass_minutes(1);
    world.tell(id, RoomEventKind::Alive(me.clone())).await;
    world.tell(id, RoomEventKind::Left { who: me, reason: LeaveReason::RoomClosed }).await;
    world.tell(id, RoomEventKind::Closed).await;
    let after = at_muong_nhe(&world, id).await;
    assert_eq!(before["intervals"], after["intervals"]);
    assert_eq!(after["connected_ms"], 60 * 60_000);
}

#[tokio::test]
async fn a_list_of_delegates_that_another_has_changed_is_not_overwritten() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let path = delegates_at_muong_nhe(&world, &secretary).await;
    let first = json!({ "delegates": [{ "full_name": "An" }], "known": [] });
    let entry = secretary.put(&path, first.clone()).await.ok();
    assert_eq!(secretary.put(&path, first).await.refused(), (409, "stale".into()));
    let an = &entry["delegates"][0]["id"];
    let both = json!([{ "id": an, "full_name": "An" }, { "full_name": "Bình" }]);
    let entry = secretary.put(&path, json!({ "delegates": both, "known": [an] })).await.ok();
    assert_eq!(entry["delegates"].as_array().unwrap().len(), 2);
    secretary.put(&path, json!({ "delegates": [] })).await.ok();
}

#[tokio::test]
async fn the_chair_s_consent_to_a_substitute_is_written_down_by_the_host() {
    let world = World::new().await;
    let (secretary, technician) = (world.sign_in("thuky").await, world.sign_in("muongnhe").await);
    let path = delegates_at_muong_nhe(&world, &secretary).await;
    let instead = |consented: Value, id: &Value, name: &str| json!({ "delegates": [{ "id": id, "full_name": name, "substitute_for": "Bình", "consented": consented }] });
    let claimed = technician.put(&path, instead(json!(true), &Value::Null, "An")).await;
    assert_eq!(claimed.refused(), (403, "forbidden".into()));
    let asked = technician.put(&path, instead(Value::Null, &Value::Null, "An")).await.ok();
    let id = &asked["delegates"][0]["id"];
    assert_eq!(technician.put(&path, instead(json!(true), id, "An")).await.status, 403);
    secretary.put(&path, instead(json!(true), id, "An")).await.ok();
    let kept = technician.put(&path, instead(json!(true), id, "An")).await.ok();
    assert_eq!(kept["delegates"][0]["consented"], true, "what the host wrote down stays");
    assert_eq!(technician.put(&path, instead(json!(true), id, "Chi")).await.status, 403, "of An, not of Chi");
}

async fn delegates_at_muong_nhe(world: &World, secretary: &Browser) -> String {
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let mut lines = booked["roster"].as_array().unwrap().iter();
    let line = lines.find(|line| line["endpoint"]["id"] == json!(world.places.at_muong_nhe)).unwrap();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    format!("/sessions/{}/roster/{}/delegates", id(&booked), id(line))
}
