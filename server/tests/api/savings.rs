//! From roll-call to ledger and report, through the interface.

use axum::http::{Method, StatusCode, header};
use schema::{
    event::RoomEventKind,
    id::SessionId,
    role::{Grant, Role},
};
use serde_json::{Value, json};
use server::{
    auth::actor::Actor,
    service::{
        accounts::{self, CreateAccount},
        ledger,
    },
};

use super::world::{Browser, PASSWORD, World, id_of, who};

/// The session of the worked example, live: one delegate named at Mường Nhé, its endpoint connected.
async fn live(world: &World) -> (Browser, SessionId, String) {
    let secretary = world.sign_in("thuky").await;
    world.turn_to("2026-03-02T08:00:00+07:00");
    let session = secretary.started(world.booking()).await;
    let id: SessionId = id_of(&session);
    let line = session["roster"].as_array().unwrap().iter();
    let line = line.clone().find(|line| line["endpoint"]["id"] == json!(world.places.at_muong_nhe)).unwrap();
    let named = json!({ "delegates": [{ "full_name": "=Lò Văn An", "title": "Chủ tịch",
        "person_id": world.places.head_of_muong_nhe, "substitute_for": null, "consented": null }] });
    let path = format!("/sessions/{id}/roster/{}/delegates", line["id"].as_str().unwrap());
    let entry = secretary.put(&path, named).await.ok();
    let delegate = entry["delegates"][0]["id"].as_str().unwrap().to_owned();
    world.turn_to("2026-03-09T07:55:00+07:00");
    world.tell(id, RoomEventKind::Joined(who(world.places.at_muong_nhe))).await;
    (world.sign_in("thuky").await, id, delegate)
}

async fn call(browser: &Browser, id: SessionId, delegate: &str, presence: &str) -> Value {
    let mark = json!({ "delegate_id": delegate, "presence": presence, "note": "Điểm cầu báo", "late": false, "left_early": false });
    browser.put(&format!("/sessions/{id}/rollcall"), json!({ "marks": [mark] })).await.ok()
}

/// Ends it two hours after Mường Nhé came in; the login of before has expired by then.
async fn end(world: &World, id: SessionId) -> Browser {
    world.turn_to("2026-03-09T09:55:00+07:00");
    let secretary = world.sign_in("thuky").await;
    let version = secretary.get(&format!("/sessions/{id}")).await.ok()["version"].clone();
    secretary.post(&format!("/sessions/{id}/end"), json!({ "version": version })).await.ok();
    secretary
}

#[tokio::test]
async fn ending_a_session_writes_the_worked_example_to_the_dong() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let early = secretary.get(&format!("/sessions/{id}/ledger")).await;
    assert_eq!(early.refused(), (409, "not_ended".into()));
    let secretary = end(&world, id).await;

    let ledger = secretary.get(&format!("/sessions/{id}/ledger")).await.ok();
    assert_eq!((&ledger["net_dong"], &ledger["likely_dong"]), (&json!(2_660_000), &json!(2_660_000)));
    assert_eq!((&ledger["person_minutes_saved"], &ledger["revision"]), (&json!(580), &json!(1)));
    let row = &ledger["rows"][0];
    assert_eq!((&row["allowance_dong"], &row["lodging_dong"]), (&json!(600_000), &json!(500_000)));
    assert_eq!((&row["transport_dong"], &row["total_dong"]), (&json!(1_560_000), &json!(2_660_000)));
    assert_eq!((&row["trip_days"], &row["nights"], &row["excluded"]), (&json!(2), &json!(1), &Value::Null));
    assert_eq!(row["norms"][0]["effective_from"], "2025-05-04");
    assert!(ledger["settings"].as_array().is_some_and(|settings| settings.len() == 14));
}

#[tokio::test]
async fn a_correction_after_the_end_makes_another_revision_and_an_audit_line() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "unexcused").await;
    let secretary = end(&world, id).await;
    let ledger = secretary.get(&format!("/sessions/{id}/ledger")).await.ok();
    assert_eq!((&ledger["net_dong"], &ledger["rows"][0]["excluded"]), (&json!(0), &json!("not_present")));

    // A norm that changes meanwhile changes nothing of what was settled.
    let petrol = json!({ "kind": "petrol_price", "value_dong": 30_000, "zone": null, "legal_basis": "Công văn 1",
        "effective_from": "2026-01-01", "effective_to": null, "confirmed": true });
    assert_eq!(secretary.post("/norms", petrol).await.status, StatusCode::CREATED);
    call(&secretary, id, &delegate, "online").await;
    let ledger = secretary.get(&format!("/sessions/{id}/ledger")).await.ok();
    assert_eq!((&ledger["net_dong"], &ledger["revision"]), (&json!(2_660_000), &json!(2)));

    let audit = world.sign_in("quantri").await.get("/audit?q=session.rollcall").await.ok();
    assert_eq!(audit["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_roll_is_corrected_after_the_end_by_the_host_for_a_reason_and_not_for_ever() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let secretary = end(&world, id).await;
    let path = format!("/sessions/{id}/rollcall");
    let mark =
        |note: Value| json!({ "marks": [{ "delegate_id": delegate, "presence": "excused", "note": note }] });
    for silent in [Value::Null, json!(" \u{200b}")] {
        let answer = secretary.put(&path, mark(silent)).await;
        assert_eq!(answer.fields(), [("marks.0.note".into(), "required".into())]);
    }
    let technician = world.sign_in("muongnhe").await;
    assert_eq!(technician.put(&path, mark(json!("Ốm"))).await.refused(), (403, "forbidden".into()));
    let allowed = technician.get(&format!("/sessions/{id}")).await.ok()["allowed"].clone();
    assert!(!allowed.as_array().unwrap().contains(&json!("rollcall")), "{allowed}");
    world.turn_to("2026-04-08T09:56:00+07:00");
    let secretary = world.sign_in("thuky").await;
    assert_eq!(secretary.put(&path, mark(json!("Ốm"))).await.refused(), (409, "wrong_state".into()));
    world.turn_to("2026-04-08T09:54:00+07:00");
    world.sign_in("thuky").await.put(&path, mark(json!("Ốm"))).await.ok();
}

#[tokio::test]
async fn one_called_present_at_an_endpoint_that_never_connected_saves_nothing() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let session = secretary.get(&format!("/sessions/{id}")).await.ok();
    let line = session["roster"].as_array().unwrap().iter();
    let line = line.clone().find(|line| line["endpoint"]["id"] == json!(world.places.at_tua_chua)).unwrap();
    let path = format!("/sessions/{id}/roster/{}/delegates", line["id"].as_str().unwrap());
    let entry = secretary.put(&path, json!({ "delegates": [{ "full_name": "Giàng Thị Dung" }] })).await.ok();
    call(&secretary, id, entry["delegates"][0]["id"].as_str().unwrap(), "in_room").await;
    let secretary = end(&world, id).await;
    let ledger = secretary.get(&format!("/sessions/{id}/ledger")).await.ok();
    assert_eq!(ledger["gross_dong"], 2_660_000, "Mường Nhé alone was connected");
    let rows = ledger["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["delegate"] == "Giàng Thị Dung").unwrap();
    assert_eq!((&row["excluded"], &row["total_dong"]), (&json!("not_connected"), &json!(0)));
}

#[tokio::test]
async fn a_marked_delegate_who_is_named_otherwise_loses_the_mark_and_the_audit_trail_says_who_it_was() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let session = secretary.get(&format!("/sessions/{id}")).await.ok();
    let line = session["roster"].as_array().unwrap().iter();
    let line = line.clone().find(|line| line["endpoint"]["id"] == json!(world.places.at_muong_nhe)).unwrap();
    let path = format!("/sessions/{id}/roster/{}/delegates", line["id"].as_str().unwrap());
    let renamed = json!({ "delegates": [{ "id": delegate, "full_name": "Đổi Tên" }] });
    let entry = secretary.put(&path, renamed).await.ok();
    assert_eq!(entry["delegates"][0]["presence"], "unknown");
    assert_ne!(entry["delegates"][0]["id"], delegate.as_str());
    let audit = world.sign_in("quantri").await.get("/audit?q=session.name_delegates").await.ok();
    let detail: Value = serde_json::from_str(audit["items"][0]["detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["withdrawn"][0]["full_name"], "=Lò Văn An");
    assert_eq!(detail["added"][0]["full_name"], "Đổi Tên");
}

#[tokio::test]
async fn recomputing_from_attendance_gives_the_ledger_again() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let secretary = end(&world, id).await;
    let kept = secretary.get(&format!("/sessions/{id}/ledger")).await.ok();
    let mut tx = world.app.store.read().await.unwrap();
    let again = ledger::reckon(&mut tx, id, world.app.now()).await.unwrap();
    assert_eq!(kept["net_dong"], again.totals.net_dong);
    assert_eq!(kept["co2_grams"], again.totals.co2_grams);
    let muong_nhe = again.endpoints.iter().find(|one| one.delegates_named() == 1).unwrap();
    assert_eq!(muong_nhe.attended.connection.connected_ms, 120 * 60_000);
}

#[tokio::test]
async fn the_report_adds_up_what_was_held_for_those_who_may_see_it() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let secretary = end(&world, id).await;

    let report = secretary.get("/reports?period=month&of=2026-03").await.ok();
    assert_eq!(report["headline"]["net_dong"], 2_660_000);
    assert_eq!(
        (&report["headline"]["agencies_online"], &report["headline"]["agencies_all"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(report["headline"]["share_percent"], Value::Null, "two agencies are too few for a percentage");
    assert_eq!(
        (&report["totals"]["endpoints_invited"], &report["totals"]["endpoints_joined"]),
        (&json!(3), &json!(1))
    );
    assert_eq!((&report["totals"]["notice_kept"], &report["totals"]["notice_due"]), (&json!(1), &json!(1)));
    assert_eq!(report["sessions"][0]["id"], json!(id));
    let elsewhere = format!("/reports?period=month&of=2026-03&unit_id={}", world.places.tua_chua);
    assert_eq!(secretary.get(&elsewhere).await.ok()["headline"]["net_dong"], 0);

    let technician = world.sign_in("muongnhe").await;
    let refused = technician.get("/reports?period=month&of=2026-03").await;
    assert_eq!(refused.refused(), (403, "forbidden".into()));
    let nonsense = secretary.get("/reports?period=quarter&of=2026-03").await;
    assert_eq!(nonsense.fields(), [("of".into(), "bad_format".into())]);
}

#[tokio::test]
async fn a_leader_of_one_district_reads_its_report_and_neither_another_nor_the_ledger() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    end(&world, id).await;
    let own = world.places.muong_nhe;
    let leader = CreateAccount {
        username: "lanhdaomuongnhe".into(),
        display_name: "Lãnh đạo Mường Nhé".into(),
        password: PASSWORD.into(),
        unit_id: Some(own),
        endpoint_id: None,
        grants: vec![Grant { role: Role::Leader, unit_id: Some(own) }],
    };
    accounts::create(&world.app, &Actor::system(), leader).await.unwrap();
    let leader = world.sign_in("lanhdaomuongnhe").await;

    let report = leader.get("/reports?period=month&of=2026-03").await.ok();
    assert_eq!(report["by_unit"].as_array().unwrap().len(), 1);
    assert_eq!(report["headline"]["net_dong"], 2_660_000);
    let elsewhere = format!("/reports?period=month&of=2026-03&unit_id={}", world.places.tua_chua);
    assert_eq!(leader.get(&elsewhere).await.refused(), (403, "forbidden".into()));
    assert_eq!(leader.get(&format!("/sessions/{id}/ledger")).await.refused(), (403, "forbidden".into()));
    let nowhere = format!("/reports?period=month&of=2026-03&unit_id={id}");
    assert_eq!(leader.get(&nowhere).await.refused(), (404, "not_found".into()));
}

#[tokio::test]
async fn tables_open_in_a_spreadsheet_in_the_language_of_the_reader() {
    let world = World::new().await;
    let (secretary, id, delegate) = live(&world).await;
    call(&secretary, id, &delegate, "in_room").await;
    let mut reader = end(&world, id).await;
    reader.language = "vi";
    for (path, first, cell) in [
        (format!("/sessions/{id}/ledger.csv"), "Đại biểu,", "'=Lò Văn An"),
        (format!("/sessions/{id}/attendance.csv"), "Đơn vị,", "'=Lò Văn An"),
        ("/reports.csv?period=year&of=2026&table=units".into(), "Đơn vị,", "2660000"),
        ("/reports.csv?period=year&of=2026&table=sessions".into(), "Thời gian,", "Giao ban tháng 3"),
        ("/reports.csv?period=year&of=2026&table=months".into(), "Tháng,", "2026-12"),
    ] {
        let answer = reader.get(&path).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8", "{path}");
        let text = answer.text.strip_prefix('\u{feff}').unwrap_or_else(|| panic!("{path} has no mark"));
        assert!(text.starts_with(first) && text.contains(cell), "{path}: {text}");
    }
}

#[tokio::test]
async fn norms_are_added_for_the_whole_province_and_checked_field_by_field() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let wrong = json!({ "kind": "lodging", "value_dong": -1, "zone": null, "legal_basis": "",
        "effective_from": "2026-02-01", "effective_to": "2026-01-01", "confirmed": false });
    let fields: Vec<String> =
        secretary.post("/norms", wrong.clone()).await.fields().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["value_dong", "legal_basis", "effective_to"]);
    assert_eq!(secretary.get("/norms").await.ok().as_array().unwrap().len(), 7);
    let leader = world.sign_in("lanhdao").await;
    assert_eq!(leader.post("/norms", wrong).await.refused(), (403, "forbidden".into()));
}

#[tokio::test]
async fn the_calendar_names_days_that_are_not_what_they_seem() {
    let world = World::new().await;
    let reader = world.sign_in("muongnhe").await;
    let days = reader.get("/calendar?from=2026-08-20&to=2026-09-02").await.ok();
    let listed: Vec<(&str, bool)> = days
        .as_array()
        .unwrap()
        .iter()
        .map(|day| (day["date"].as_str().unwrap(), day["working"].as_bool().unwrap()))
        .collect();
    let expected =
        [("2026-08-22", true), ("2026-08-31", false), ("2026-09-01", false), ("2026-09-02", false)];
    assert_eq!(listed, expected);
    let endless = reader.get("/calendar?from=0001-01-01&to=9999-12-31").await;
    assert_eq!(endless.fields(), [("to".into(), "out_of_range".into())]);
}

#[tokio::test]
async fn the_audit_log_is_shown_and_verified_for_those_who_may_read_it() {
    let world = World::new().await;
    let administrator = world.sign_in("quantri").await;
    let page = administrator.get("/audit?limit=2&q=quantri").await.ok();
    let newest = &page["items"][0];
    assert_eq!((&newest["action"], &newest["actor"]), (&json!("account.sign_in"), &json!("quantri")));
    let verdict = administrator.get("/audit/verify").await.ok();
    assert_eq!((&verdict["ok"], &verdict["broken_at"]), (&json!(true), &Value::Null));
    let secretary = world.sign_in("thuky").await;
    let refused = secretary.send(Method::GET, "/api/v1/audit", None).await;
    assert_eq!(refused.refused(), (403, "forbidden".into()));
}

#[tokio::test]
async fn the_state_of_the_system_is_for_its_operators() {
    let world = World::new().await;
    let system = world.sign_in("vanhanh").await.get("/system").await.ok();
    assert_eq!((&system["database"], &system["media"]["events_lost"]), (&json!("sqlite"), &json!(0)));
    assert_eq!(world.sign_in("lanhdao").await.get("/system").await.refused(), (403, "forbidden".into()));
}
