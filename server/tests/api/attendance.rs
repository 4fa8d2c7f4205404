use schema::{
    event::{LeaveReason, RoomEventKind, TrackSource, Who},
    id::SessionId,
};
use serde_json::{Value, json};
use server::service::attendance;

use super::world::{World, id_of, who};

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
