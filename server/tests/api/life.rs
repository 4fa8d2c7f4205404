//! A session from its booking to its ledger, on both databases.

use axum::http::StatusCode;
use schema::{
    event::{LeaveReason, RoomEventKind, TrackSource},
    id::{EndpointId, SessionId},
};
use serde_json::{Value, json};
use server::jobs::outbox;

use super::world::{Browser, World, id_of, who};

fn line<'a>(session: &'a Value, list: &str, endpoint: EndpointId) -> &'a Value {
    let lines = session[list].as_array().unwrap();
    lines.iter().find(|line| line["endpoint"]["id"] == json!(endpoint)).unwrap()
}

async fn name(browser: &Browser, session: &Value, endpoint: EndpointId, delegates: Value) -> Value {
    let roster = line(session, "roster", endpoint)["id"].as_str().unwrap();
    let path = format!("/sessions/{}/roster/{roster}/delegates", session["id"].as_str().unwrap());
    browser.put(&path, json!({ "delegates": delegates })).await.ok()
}

/// The worked example of the ministry's norms: one delegate of Mường Nhé, 195 km, 290 minutes one way, petrol at
/// 20,000 đ, norms of 2025, two days and one night: 2,660,000 đ and 580 minutes.
async fn lives(world: World) {
    let (secretary, technician) = (world.sign_in("thuky").await, world.sign_in("muongnhe").await);
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let id: SessionId = id_of(&booked);
    let path = |verb: &str| format!("/sessions/{id}/{verb}");
    assert_eq!(technician.post(&path("join"), json!({})).await.refused(), (409, "wrong_state".into()));

    let head =
        json!({ "person_id": world.places.head_of_muong_nhe, "full_name": "Lò Văn An", "title": "Chủ tịch" });
    let entry = name(&technician, &booked, world.places.at_muong_nhe, json!([head])).await;
    let delegate = entry["delegates"][0]["id"].clone();
    let absent = json!({ "full_name": "Giàng Thị Dung", "title": "Phó Chủ tịch" });
    let other =
        name(&secretary, &booked, world.places.at_tua_chua, json!([absent])).await["delegates"][0]["id"]
            .clone();

    world.turn_to("2026-03-09T07:58:00+07:00");
    let (secretary, technician) = (world.sign_in("thuky").await, world.sign_in("muongnhe").await);
    let started = secretary.post(&path("start"), json!({ "version": booked["version"] })).await.ok();
    assert_eq!((&started["state"], world.rooms.is_open(id)), (&json!("live"), true));

    let ticket = technician.post(&path("join"), json!({})).await.ok();
    assert_eq!(ticket["url"], "ws://giaoban.test:8080");
    assert_eq!(ticket["identity"], format!("endpoint:{}", world.places.at_muong_nhe));
    assert_eq!((&ticket["publish"], &ticket["room"]), (&json!(true), &json!(id)));

    let (me, neighbour) = (who(world.places.at_muong_nhe), who(world.places.at_tua_chua));
    world.tell(id, RoomEventKind::Joined(neighbour.clone())).await;
    world.tell(id, RoomEventKind::Left { who: neighbour, reason: LeaveReason::Left }).await;
    world.tell(id, RoomEventKind::Joined(me.clone())).await;
    world.tell(id, RoomEventKind::TrackPublished { who: me.clone(), source: TrackSource::Camera }).await;
    world.pass_minutes(62);
    world.tell(id, RoomEventKind::LinkDown(me.clone())).await;
    world.pass_minutes(1);
    world.tell(id, RoomEventKind::LinkUp(me)).await;
    let (secretary, technician) = (world.sign_in("thuky").await, world.sign_in("muongnhe").await);

    let marks = json!([{ "delegate_id": delegate, "presence": "in_room" },
        { "delegate_id": other, "presence": "excused", "note": "Ốm" }]);
    let elsewhere = technician.put(&path("rollcall"), json!({ "marks": marks })).await;
    assert_eq!(elsewhere.refused(), (403, "forbidden".into()), "a technician marks only the own endpoint");
    let board = secretary.put(&path("rollcall"), json!({ "marks": marks })).await.ok();
    assert_eq!((&board["delegates_named"], &board["delegates_present"]), (&json!(2), &json!(1)));
    assert_eq!((&board["invited"], &board["connected"]), (&json!(3), &json!(1)));

    world.turn_to("2026-03-09T10:00:00+07:00");
    let secretary = world.sign_in("thuky").await;
    assert_eq!(secretary.get(&path("ledger")).await.refused(), (409, "not_ended".into()));
    let ended = secretary.post(&path("end"), json!({ "version": started["version"] })).await.ok();
    assert_eq!((&ended["state"], world.rooms.is_open(id)), (&json!("ended"), false));
    assert_eq!(ended["endpoints_connected"], 2);

    let board = secretary.get(&path("attendance")).await.ok();
    let own = line(&board, "endpoints", world.places.at_muong_nhe);
    assert_eq!((&own["connected"], &own["gaps"], &own["gap_ms"]), (&json!(false), &json!(1), &json!(60_000)));
    assert_eq!(own["connected_ms"], 121 * 60_000);
    assert_eq!((&own["late"], &own["left_early"]), (&json!(false), &json!(false)));
    assert_eq!(own["intervals"][0]["to"], "2026-03-09T10:00:00+07:00");

    let ledger = secretary.get(&path("ledger")).await.ok();
    assert_eq!((&ledger["gross_dong"], &ledger["person_minutes_saved"]), (&json!(2_660_000), &json!(580)));
    let rows = ledger["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["delegate"] == "Lò Văn An").unwrap();
    assert_eq!((&row["trip_days"], &row["nights"]), (&json!(2), &json!(1)));
    let parts = [&row["allowance_dong"], &row["lodging_dong"], &row["transport_dong"], &row["total_dong"]];
    assert_eq!(parts, [&json!(600_000), &json!(500_000), &json!(1_560_000), &json!(2_660_000)]);
    assert_eq!(row["petrol_price_dong"], 20_000);
    assert!(
        row["norms"]
            .as_array()
            .unwrap()
            .iter()
            .any(|norm| norm["legal_basis"].as_str().unwrap().contains("12/2025"))
    );
    let excused = rows.iter().find(|row| row["delegate"] == "Giàng Thị Dung").unwrap();
    assert_eq!((&excused["excluded"], &excused["total_dong"]), (&json!("not_present"), &json!(0)));

    corrects(&secretary, id, &other).await;
    let verified = world.sign_in("quantri").await.get("/audit/verify").await.ok();
    assert_eq!(verified["ok"], true);
}

/// A correction after the end is a new mark, and the ledger follows.
async fn corrects(secretary: &Browser, id: SessionId, delegate: &Value) {
    let marks = json!([{ "delegate_id": delegate, "presence": "in_room", "late": true,
        "note": "Điểm cầu báo lại" }]);
    secretary.put(&format!("/sessions/{id}/rollcall"), json!({ "marks": marks })).await.ok();
    let ledger = secretary.get(&format!("/sessions/{id}/ledger")).await.ok();
    // Tủa Chùa: 125 km and 195 minutes: 2 × 300,000 + 500,000 + 0.2 × 125 × 2 × 20,000.
    assert_eq!(ledger["gross_dong"], 2_660_000 + 2_100_000);
    let csv = secretary.get(&format!("/sessions/{id}/ledger.csv")).await;
    assert!(csv.text.starts_with('\u{feff}') && csv.text.contains("Lò Văn An"), "{}", csv.text);
    let report = secretary.get("/reports?period=month&of=2026-03").await.ok();
    assert_eq!(report["headline"]["gross_dong"], 4_760_000);
    assert_eq!(report["totals"]["sessions_held"], 1);
}

#[tokio::test]
async fn a_session_lives_from_booking_to_ledger_on_sqlite() {
    let world = World::new().await;
    petrol(&world).await;
    lives(world).await;
}

#[tokio::test]
async fn a_session_lives_from_booking_to_ledger_on_postgresql() {
    let world = World::on_postgres().await;
    petrol(&world).await;
    lives(world).await;
}

/// Petrol at 20,000 đ a litre.
async fn petrol(world: &World) {
    let secretary = world.sign_in("thuky").await;
    let norm = json!({ "kind": "petrol_price", "value_dong": 20_000, "legal_basis": "Ví dụ", "effective_from": "2026-03-01" });
    let answer = secretary.post("/norms", norm).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
}

#[tokio::test]
async fn of_fifty_bookers_exactly_one_wins_on_either_database() {
    for world in [World::new().await, World::on_postgres().await] {
        let secretary = world.sign_in("thuky").await;
        let race = (0..50).map(|n| {
            let (secretary, booking) =
                (secretary.clone(), world.booking_with(json!({ "subject": format!("Phiên {n}") })));
            tokio::spawn(async move { secretary.post("/sessions", booking).await.status })
        });
        let race: Vec<_> = race.collect();
        let mut won = 0;
        for booker in race {
            match booker.await.unwrap() {
                StatusCode::CREATED => won += 1,
                status => assert_eq!(status, StatusCode::CONFLICT),
            }
        }
        assert_eq!(won, 1, "{}", world.app.store.backend());
    }
}

#[tokio::test]
async fn a_running_session_is_extended_unless_the_next_one_wants_the_endpoint() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let live = secretary.started(world.booking()).await;
    let path = format!("/sessions/{}/extend", live["id"].as_str().unwrap());
    let next = json!({ "starts_at": "2026-03-09T10:30:00+07:00", "ends_at": "2026-03-09T11:30:00+07:00" });
    secretary.post("/sessions", world.booking_with(next)).await.ok();
    let to = |ends_at: &str, version: &Value| json!({ "version": version, "ends_at": ends_at });
    let longer = secretary.post(&path, to("2026-03-09T10:30:00+07:00", &live["version"])).await.ok();
    assert_eq!(longer["ends_at"], "2026-03-09T10:30:00+07:00");
    let clash = secretary.post(&path, to("2026-03-09T10:31:00+07:00", &longer["version"])).await;
    assert_eq!(clash.refused(), (409, "conflict".into()));
    let backwards = secretary.post(&path, to("2026-03-09T07:00:00+07:00", &longer["version"])).await;
    assert_eq!(backwards.fields(), [("ends_at".into(), "ends_before_start".into())]);
}

#[tokio::test]
async fn a_session_does_not_begin_long_before_its_time_nor_after_its_end() {
    let world = World::strict().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let path = format!("/sessions/{}/start", booked["id"].as_str().unwrap());
    let now = json!({ "version": booked["version"] });
    assert_eq!(
        secretary.post(&path, now.clone()).await.fields(),
        [("starts_at".into(), "out_of_range".into())]
    );
    world.turn_to("2026-03-09T10:00:00+07:00");
    let late = world.sign_in("thuky").await.post(&path, now.clone()).await;
    assert_eq!(late.fields(), [("ends_at".into(), "in_the_past".into())]);
    world.turn_to("2026-03-09T07:00:00+07:00");
    assert_eq!(world.sign_in("thuky").await.post(&path, now).await.ok()["state"], "live");
}

#[tokio::test]
async fn a_session_does_not_begin_over_one_that_runs_over() {
    let world = World::strict().await;
    let secretary = world.sign_in("thuky").await;
    let first = secretary.post("/sessions", world.booking()).await.ok();
    let next = json!({ "starts_at": "2026-03-09T10:00:00+07:00", "ends_at": "2026-03-09T11:00:00+07:00" });
    let next = secretary.post("/sessions", world.booking_with(next)).await.ok();
    let path = |session: &Value, verb: &str| format!("/sessions/{}/{verb}", session["id"].as_str().unwrap());
    world.turn_to("2026-03-09T07:58:00+07:00");
    let version = json!({ "version": first["version"] });
    let live = world.sign_in("thuky").await.post(&path(&first, "start"), version).await.ok();
    world.turn_to("2026-03-09T10:01:00+07:00");
    let secretary = world.sign_in("thuky").await;
    let over = secretary.post(&path(&next, "start"), json!({ "version": next["version"] })).await;
    assert_eq!(over.refused(), (409, "conflict".into()));
    assert_eq!(over.json()["conflicts"][0]["session_id"], first["id"]);
    secretary.post(&path(&live, "end"), json!({ "version": live["version"] })).await.ok();
    secretary.post(&path(&next, "start"), json!({ "version": next["version"] })).await.ok();
}

#[tokio::test]
async fn a_room_that_could_not_open_in_time_stays_shut_after_the_end() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    world.rooms.set_away(true);
    let live = secretary.started(world.booking()).await;
    let id: SessionId = id_of(&live);
    world.rooms.set_away(false);
    assert!(!world.rooms.is_open(id));
    secretary.post(&format!("/sessions/{id}/end"), json!({ "version": live["version"] })).await.ok();
    world.pass_minutes(1);
    outbox::run_due(&world.app).await;
    assert!(!world.rooms.is_open(id), "tried again after the end, it opens nothing");
}

#[tokio::test]
async fn only_those_who_may_run_a_session_start_it() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let path = format!("/sessions/{}/start", booked["id"].as_str().unwrap());
    for username in ["muongnhe", "lanhdao", "quantri"] {
        let answer = world.sign_in(username).await.post(&path, json!({ "version": booked["version"] })).await;
        assert_eq!(answer.refused(), (403, "forbidden".into()), "{username}");
    }
    world.sign_in("vanhanh").await.post(&path, json!({ "version": booked["version"] })).await.ok();
}

#[tokio::test]
async fn one_joins_as_an_endpoint_of_one_s_scope_or_watches_unseen() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let live = secretary.started(world.booking()).await;
    let path = format!("/sessions/{}/join", live["id"].as_str().unwrap());
    let watching = secretary.post(&path, json!({})).await.ok();
    assert_eq!(watching["publish"], false);
    assert!(watching["identity"].as_str().unwrap().starts_with("account:"));
    let hosting = secretary.post(&path, json!({ "endpoint_id": world.places.host })).await.ok();
    assert_eq!((&hosting["publish"], &hosting["display_name"]), (&json!(true), &json!("Điểm cầu tỉnh")));
    let technician = world.sign_in("muongnhe").await;
    let elsewhere = technician.post(&path, json!({ "endpoint_id": world.places.at_tua_chua })).await;
    assert_eq!(elsewhere.refused(), (403, "forbidden".into()));
    let not_called = secretary.post(&path, json!({ "endpoint_id": world.places.closed })).await;
    assert_eq!(not_called.refused(), (404, "not_found".into()));
    assert_eq!(
        world.sign_in("lanhdao").await.post(&path, json!({})).await.refused(),
        (403, "forbidden".into())
    );
}

#[tokio::test]
async fn a_person_of_another_unit_cannot_sit_at_an_endpoint() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let roster = line(&booked, "roster", world.places.at_muong_nhe)["id"].as_str().unwrap().to_owned();
    let path = format!("/sessions/{}/roster/{roster}/delegates", booked["id"].as_str().unwrap());
    let stranger = json!({ "person_id": world.places.head_of_tua_chua, "full_name": "Giàng Thị Dung" });
    let answer = secretary.put(&path, json!({ "delegates": [stranger] })).await;
    assert_eq!(answer.fields(), [("delegates.0.person_id".into(), "other_unit".into())]);
    let nameless = json!({ "full_name": "" });
    assert_eq!(
        secretary.put(&path, json!({ "delegates": [nameless] })).await.fields(),
        [("delegates.0.full_name".into(), "required".into())]
    );
    let other = world.sign_in("tuachua").await.put(&path, json!({ "delegates": [] })).await;
    assert_eq!(other.refused(), (403, "forbidden".into()));
}

#[tokio::test]
async fn a_mark_about_a_stranger_spoils_the_whole_roll() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let live = secretary.started(world.booking()).await;
    let guest = json!([{ "full_name": "Lò Văn An" }]);
    let entry = name(&secretary, &live, world.places.at_muong_nhe, guest).await;
    let known = &entry["delegates"][0]["id"];
    let path = format!("/sessions/{}/rollcall", live["id"].as_str().unwrap());
    let marks = json!([{ "delegate_id": known, "presence": "in_room" },
        { "delegate_id": "01a208ec-5d3a-740b-aedc-d3b64ed1a4d0", "presence": "in_room" }]);
    let answer = secretary.put(&path, json!({ "marks": marks })).await;
    assert_eq!(answer.fields(), [("marks.1.delegate_id".into(), "unknown".into())]);
    let late = json!([{ "delegate_id": known, "presence": "excused", "late": true }]);
    let answer = secretary.put(&path, json!({ "marks": late })).await;
    assert_eq!(answer.fields(), [("marks.0.late".into(), "contradiction".into())]);
    let board = secretary.get(&format!("/sessions/{}/attendance", live["id"].as_str().unwrap())).await.ok();
    assert_eq!(board["delegates_present"], 0);
}
