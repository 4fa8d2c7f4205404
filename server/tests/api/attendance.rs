use schema::{
    event::{LeaveReason, RoomEventKind, TrackSource, Who},
    id::{EndpointId, SessionId},
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
async fn what_was_told_before_the_end_and_written_after_it_settles_the_session_again() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let live = secretary.started(world.booking()).await;
    let id: SessionId = id_of(&live);
    let named = json!({ "delegates": [{ "full_name": "Lò Văn An" }] });
    let entry = secretary.put(&delegates_path_at(&live, world.places.at_muong_nhe), named).await.ok();
    let mark = json!({ "marks": [{ "delegate_id": entry["delegates"][0]["id"], "presence": "in_room" }] });
    secretary.put(&format!("/sessions/{id}/rollcall"), mark).await.ok();
    world.turn_to("2026-03-09T08:00:00+07:00");
    let me = who(world.places.at_muong_nhe);
    // The database is away: these are told in time and wait in memory.
    let joined = world.event(id, RoomEventKind::Joined(me.clone()));
    world.pass_minutes(30);
    let left = world.event(id, RoomEventKind::Left { who: me.clone(), reason: LeaveReason::Left });
    world.turn_to("2026-03-09T10:00:00+07:00");
    let secretary = world.sign_in("thuky").await;
    let path = format!("/sessions/{id}");
    let version = json!({ "version": secretary.get(&path).await.ok()["version"] });
    secretary.post(&format!("{path}/end"), version).await.ok();
    let ledger = secretary.get(&format!("{path}/ledger")).await.ok();
    assert_eq!((&ledger["revision"], &ledger["gross_dong"]), (&json!(1), &json!(0)), "it never connected");

    attendance::keep(&world.app, &[joined.clone(), left.clone()]).await.unwrap();
    let attended = at_muong_nhe(&world, id).await;
    assert_eq!((&attended["connected_ms"], &attended["left_early"]), (&json!(30 * 60_000), &json!(true)));
    let ledger = secretary.get(&format!("{path}/ledger")).await.ok();
    assert_eq!((&ledger["revision"], &ledger["gross_dong"]), (&json!(2), &json!(2_660_000)));
    let history = secretary.get(&path).await.ok()["history"].clone();
    let last = history.as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["action"], &last["by"]), (&json!("settle"), &json!("giaoban")));
    assert!(last["reason"].as_str().is_some_and(|reason| reason.contains("sau khi phiên kết thúc")));
    let audit = world.sign_in("quantri").await.get("/audit?q=session.settle").await.ok();
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);

    attendance::keep(&world.app, &[joined, left]).await.unwrap();
    world.tell(id, RoomEventKind::Alive(me)).await;
    world.tell(id, RoomEventKind::Closed).await;
    let ledger = secretary.get(&format!("{path}/ledger")).await.ok();
    assert_eq!(ledger["revision"], 2, "told twice, or after the end, changes nothing");
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

#[tokio::test]
async fn a_substitute_without_the_chair_s_consent_is_never_silent() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let live = secretary.started(world.booking()).await;
    let id: SessionId = id_of(&live);
    let path = delegates_path_at(&live, world.places.at_muong_nhe);
    let instead =
        |consented: Value| json!({ "full_name": "An", "substitute_for": "Bình", "consented": consented });
    let seated = json!([instead(Value::Null), instead(json!(true)), { "full_name": "Chi" }]);
    let entry = secretary.put(&path, json!({ "delegates": seated })).await.ok();
    let mark = |at: usize, presence: &str| json!({ "delegate_id": entry["delegates"][at]["id"], "presence": presence });
    let rollcall = format!("/sessions/{id}/rollcall");
    let absent = json!({ "marks": [mark(0, "excused"), mark(1, "in_room"), mark(2, "in_room")] });
    secretary.put(&rollcall, absent).await.ok();
    assert_eq!(at_muong_nhe(&world, id).await["warnings"], json!([]));
    secretary.put(&rollcall, json!({ "marks": [mark(0, "online")] })).await.ok();
    let warnings = at_muong_nhe(&world, id).await["warnings"].clone();
    assert_eq!(
        warnings,
        json!([{ "code": "substitute_without_consent", "delegate_id": entry["delegates"][0]["id"],
            "message": "A substitute without the chair's recorded consent" }])
    );
}

#[tokio::test]
async fn a_person_sits_at_one_endpoint_of_a_session() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let at = |endpoint| delegates_path_at(&booked, endpoint);
    let head =
        json!({ "delegates": [{ "full_name": "Lò Văn An", "person_id": world.places.head_of_muong_nhe }] });
    secretary.put(&at(world.places.at_muong_nhe), head.clone()).await.ok();
    let twice = secretary.put(&at(world.places.host), head.clone()).await;
    assert_eq!(twice.fields(), [("delegates.0.person_id".into(), "duplicate".into())]);
    secretary.put(&at(world.places.at_muong_nhe), json!({ "delegates": [] })).await.ok();
    secretary.put(&at(world.places.host), head).await.ok();
}

#[tokio::test]
async fn an_endpoint_has_only_so_many_delegates() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let path = delegates_at_muong_nhe(&world, &secretary).await;
    let many = |count: usize| {
        let named: Vec<Value> = (0..count).map(|n| json!({ "full_name": format!("Đại biểu {n}") })).collect();
        json!({ "delegates": named })
    };
    let most = world.app.settings.attendance.delegates_per_endpoint;
    let refused = secretary.put(&path, many(most + 1)).await;
    assert_eq!(refused.fields(), [("delegates".into(), "too_many".into())]);
    let kept = secretary.put(&path, many(most)).await.ok();
    assert_eq!(kept["delegates"].as_array().unwrap().len(), most);
}

async fn delegates_at_muong_nhe(world: &World, secretary: &Browser) -> String {
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    delegates_path_at(&booked, world.places.at_muong_nhe)
}

fn delegates_path_at(booked: &Value, endpoint: EndpointId) -> String {
    let mut lines = booked["roster"].as_array().unwrap().iter();
    let line = lines.find(|line| line["endpoint"]["id"] == json!(endpoint)).unwrap();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    format!("/sessions/{}/roster/{}/delegates", id(booked), id(line))
}
