use serde_json::{Value, json};

use super::world::{World, id_of};

/// What a list of sessions shows.
async fn count(world: &World) -> usize {
    world.sign_in("thuky").await.get("/sessions").await.ok()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_booking_that_breaks_no_rule_is_scheduled_at_once() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let changes = json!({ "room_ids": [world.places.hall], "chair_id": world.places.chairman });
    let booked = secretary.post("/sessions", world.booking_with(changes)).await.ok();
    assert_eq!(booked["state"], "scheduled");
    assert_eq!(booked["starts_at"], "2026-03-09T08:00:00+07:00");
    assert_eq!(booked["chair"]["full_name"], "Mùa A Sơn");
    assert_eq!((booked["notice_due"].as_bool(), booked["notice_kept"].as_bool()), (Some(true), Some(true)));
    let roster = booked["roster"].as_array().unwrap();
    assert_eq!(roster.len(), 3);
    assert_eq!((&roster[0]["role"], &roster[1]["distance_metres"]), (&json!("host"), &json!(195_000)));
    let actions: Vec<_> =
        booked["history"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["create", "schedule"]);
    let audit = world.sign_in("quantri").await.get("/audit?q=session.book").await.ok();
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);
}

async fn refuses(changes: impl FnOnce(&World) -> Value, expected: &[(&str, &str)]) {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booking = world.booking_with(changes(&world));
    let answer = secretary.post("/sessions", booking.clone()).await;
    let expected: Vec<(String, String)> =
        expected.iter().map(|(field, code)| ((*field).into(), (*code).into())).collect();
    assert_eq!(answer.fields(), expected);
    assert_eq!(count(&world).await, 0, "nothing is half saved");
    let check = secretary.post("/sessions/check", booking).await.ok();
    let named =
        check["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap().to_owned());
    let wanted: Vec<String> = expected.into_iter().map(|(field, _)| field).collect();
    assert_eq!(named.collect::<Vec<_>>(), wanted, "a check says the same before saving");
}

#[tokio::test]
async fn an_end_before_the_start_is_refused() {
    refuses(|_| json!({ "ends_at": "2026-03-09T07:00:00+07:00" }), &[("ends_at", "ends_before_start")]).await;
}

#[tokio::test]
async fn a_session_in_the_past_is_refused() {
    let past = json!({ "starts_at": "2026-03-02T07:00:00+07:00", "ends_at": "2026-03-02T09:00:00+07:00" });
    refuses(|_| past, &[("starts_at", "in_the_past")]).await;
}

#[tokio::test]
async fn an_endpoint_outside_its_validity_is_refused() {
    refuses(
        |world| json!({ "endpoint_ids": [world.places.closed] }),
        &[("endpoint_ids.0", "outside_validity")],
    )
    .await;
}

#[tokio::test]
async fn an_endpoint_that_closes_before_the_last_day_is_refused() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let path = format!("/endpoints/{}", world.places.at_muong_nhe);
    let read = secretary.get(&path).await.ok();
    let closing = json!({ "version": read["version"], "valid_to": "2026-03-09" });
    secretary.patch(&path, closing).await.ok();
    let two_days = json!({ "kind": "training", "ends_at": "2026-03-10T16:00:00+07:00" });
    let answer = secretary.post("/sessions", world.booking_with(two_days)).await;
    assert_eq!(answer.fields(), [("endpoint_ids.0".into(), "outside_validity".into())]);
    secretary.post("/sessions", world.booking()).await.ok();
}

#[tokio::test]
async fn a_member_cannot_host_and_an_unknown_person_cannot_chair() {
    let changes = |world: &World| {
        json!({ "host_endpoint_id": world.places.at_tua_chua, "endpoint_ids": [world.places.at_muong_nhe],
            "chair_id": "01a208ec-5d3a-740b-aedc-d3b64ed1a4d0" })
    };
    refuses(changes, &[("host_endpoint_id", "not_a_host"), ("chair_id", "unknown")]).await;
}

#[tokio::test]
async fn a_person_of_a_unit_that_is_not_called_is_refused() {
    let changes = |world: &World| {
        json!({ "endpoint_ids": [world.places.at_tua_chua], "chair_id": world.places.head_of_muong_nhe,
            "person_ids": [world.places.head_of_tua_chua, world.places.head_of_muong_nhe] })
    };
    refuses(changes, &[("chair_id", "other_unit"), ("person_ids.1", "other_unit")]).await;
}

#[tokio::test]
async fn an_urgent_session_needs_a_reason_and_every_session_a_subject() {
    let changes = |_: &World| json!({ "urgency": "urgent", "subject": "  " });
    refuses(changes, &[("subject", "required"), ("urgency_reason", "required")]).await;
}

#[tokio::test]
async fn a_clash_names_the_session_and_offers_other_times() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let first = secretary.post("/sessions", world.booking()).await.ok();
    let overlapping = world.booking_with(json!({
        "subject": "Phiên thứ hai", "starts_at": "2026-03-09T09:30:00+07:00", "ends_at": "2026-03-09T11:00:00+07:00",
        "endpoint_ids": [world.places.at_muong_nhe],
    }));
    let answer = secretary.post("/sessions", overlapping.clone()).await;
    assert_eq!(answer.refused(), (409, "conflict".into()));
    let conflicts = answer.json()["conflicts"].clone();
    assert_eq!(conflicts.as_array().unwrap().len(), 2);
    assert_eq!(conflicts[0]["session_id"], first["id"]);
    assert_eq!(conflicts[0]["what"], "endpoint");
    assert_eq!(count(&world).await, 1);
    let check = secretary.post("/sessions/check", overlapping).await.ok();
    assert_eq!(check["conflicts"], conflicts);
    let best = &check["suggestions"][0];
    assert_eq!((&best["starts_at"], &best["conflicts"]), (&json!("2026-03-09T10:00:00+07:00"), &json!(0)));
}

#[tokio::test]
async fn one_session_may_begin_when_another_ends() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    secretary.post("/sessions", world.booking()).await.ok();
    let next = json!({ "starts_at": "2026-03-09T10:00:00+07:00", "ends_at": "2026-03-09T11:00:00+07:00" });
    secretary.post("/sessions", world.booking_with(next)).await.ok();
    assert_eq!(count(&world).await, 2);
}

#[tokio::test]
async fn a_broken_rule_needs_the_chief_of_office_and_a_reason() {
    let world = World::new().await;
    let (secretary, chief) = (world.sign_in("thuky").await, world.sign_in("chanhvanphong").await);
    let short = json!({ "starts_at": "2026-03-04T08:00:00+07:00", "ends_at": "2026-03-04T13:30:00+07:00" });
    let booking = world.booking_with(short.clone());
    let answer = secretary.post("/sessions", booking.clone()).await;
    assert_eq!(answer.refused(), (422, "needs_override".into()));
    let warnings = answer.json()["warnings"].clone();
    assert_eq!((&warnings[0]["code"], &warnings[0]["can_override"]), (&json!("short_notice"), &json!(true)));
    assert!(warnings[0]["legal_basis"].as_str().unwrap().contains("45/2018"));

    let mut with_reason = booking.clone();
    with_reason["overrides"] = json!([{ "code": "short_notice", "reason": "Mưa lũ" }]);
    assert_eq!(secretary.post("/sessions", with_reason.clone()).await.refused(), (403, "forbidden".into()));
    with_reason["overrides"][0]["reason"] = json!("");
    assert_eq!(
        chief.post("/sessions", with_reason.clone()).await.fields(),
        [("overrides.0.reason".into(), "required".into())]
    );
    assert_eq!(count(&world).await, 0);
    with_reason["overrides"][0]["reason"] = json!("Mưa lũ");
    let booked = chief.post("/sessions", with_reason).await.ok();
    assert_eq!(booked["notice_kept"], false);
    assert_eq!(
        (&booked["overrides"][0]["code"], &booked["overrides"][0]["by"]),
        (&json!("short_notice"), &json!("chanhvanphong"))
    );
}

#[tokio::test]
async fn a_session_longer_than_its_kind_may_be_is_warned_of() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let long = json!({ "ends_at": "2026-03-09T16:30:00+07:00" });
    let check = secretary.post("/sessions/check", world.booking_with(long)).await.ok();
    let codes: Vec<_> = check["warnings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert_eq!(codes, ["too_long"]);
}

#[tokio::test]
async fn a_draft_books_nothing_until_it_is_scheduled() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let draft = secretary.post("/sessions", world.booking_with(json!({ "draft": true }))).await.ok();
    assert_eq!(draft["state"], "draft");
    secretary.post("/sessions", world.booking()).await.ok();
    let path = format!("/sessions/{}/schedule", draft["id"].as_str().unwrap());
    let clash = secretary.post(&path, json!({ "version": draft["version"] })).await;
    assert_eq!(clash.refused(), (409, "conflict".into()));
    let edit = json!({ "version": draft["version"], "starts_at": "2026-03-10T08:00:00+07:00",
        "ends_at": "2026-03-10T10:00:00+07:00" });
    let path_of = format!("/sessions/{}", draft["id"].as_str().unwrap());
    let edited = secretary.patch(&path_of, edit).await.ok();
    assert_eq!((&edited["state"], &edited["subject"]), (&json!("draft"), &json!("Giao ban tháng 3")));
    let scheduled = secretary.post(&path, json!({ "version": edited["version"] })).await.ok();
    assert_eq!(scheduled["state"], "scheduled");
}

#[tokio::test]
async fn an_edit_checks_like_a_booking_but_not_against_itself() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let path = format!("/sessions/{}", booked["id"].as_str().unwrap());
    let moved = json!({ "version": booked["version"], "starts_at": "2026-03-09T09:00:00+07:00",
        "ends_at": "2026-03-09T11:00:00+07:00", "endpoint_ids": [world.places.at_muong_nhe] });
    let moved = secretary.patch(&path, moved).await.ok();
    assert_eq!(
        (&moved["starts_at"], moved["roster"].as_array().unwrap().len()),
        (&json!("2026-03-09T09:00:00+07:00"), 2)
    );
    let other = json!({ "starts_at": "2026-03-09T13:30:00+07:00", "ends_at": "2026-03-09T15:00:00+07:00" });
    secretary.post("/sessions", world.booking_with(other)).await.ok();
    let into_it = json!({ "version": moved["version"], "starts_at": "2026-03-09T14:00:00+07:00",
        "ends_at": "2026-03-09T15:00:00+07:00" });
    assert_eq!(secretary.patch(&path, into_it).await.refused(), (409, "conflict".into()));
    assert_eq!(secretary.get(&path).await.ok()["starts_at"], "2026-03-09T09:00:00+07:00");
    let stale = json!({ "version": booked["version"], "subject": "Muộn" });
    assert_eq!(secretary.patch(&path, stale).await.refused(), (409, "stale".into()));
}

#[tokio::test]
async fn a_postponed_session_gives_its_time_back_and_returns_with_a_date() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let path = format!("/sessions/{}/postpone", booked["id"].as_str().unwrap());
    let bare = secretary.post(&path, json!({ "version": booked["version"], "reason": "" })).await;
    assert_eq!(bare.fields(), [("reason".into(), "required".into())]);
    let half =
        json!({ "version": booked["version"], "reason": "Bão", "starts_at": "2026-03-10T08:00:00+07:00" });
    assert_eq!(secretary.post(&path, half).await.fields(), [("ends_at".into(), "required".into())]);
    let postponed =
        secretary.post(&path, json!({ "version": booked["version"], "reason": "Bão" })).await.ok();
    assert_eq!((&postponed["state"], &postponed["reason"]), (&json!("postponed"), &json!("Bão")));
    secretary.post("/sessions", world.booking()).await.ok();
    let to = json!({ "version": postponed["version"], "reason": "Hết bão",
        "starts_at": "2026-03-10T08:00:00+07:00", "ends_at": "2026-03-10T10:00:00+07:00" });
    let back = secretary.post(&path, to).await.ok();
    assert_eq!(
        (&back["state"], &back["starts_at"]),
        (&json!("scheduled"), &json!("2026-03-10T08:00:00+07:00"))
    );
}

#[tokio::test]
async fn a_cancelled_session_stays_cancelled() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let booked = secretary.post("/sessions", world.booking()).await.ok();
    let path = |verb: &str| format!("/sessions/{}/{verb}", booked["id"].as_str().unwrap());
    let cancelled = secretary
        .post(&path("cancel"), json!({ "version": booked["version"], "reason": "Gộp phiên" }))
        .await
        .ok();
    assert_eq!((&cancelled["state"], &cancelled["allowed"]), (&json!("cancelled"), &json!([])));
    let start = secretary.post(&path("start"), json!({ "version": cancelled["version"] })).await;
    assert_eq!(start.refused(), (409, "wrong_state".into()));
}

#[tokio::test]
async fn a_technician_sees_only_sessions_that_call_the_district() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let without = world.booking_with(json!({ "endpoint_ids": [world.places.at_tua_chua] }));
    let booked = secretary.post("/sessions", without).await.ok();
    let technician = world.sign_in("muongnhe").await;
    assert_eq!(technician.get("/sessions").await.ok()["items"], json!([]));
    let path = format!("/sessions/{}", booked["id"].as_str().unwrap());
    assert_eq!(technician.get(&path).await.refused(), (404, "not_found".into()));
    assert_eq!(technician.post("/sessions", world.booking()).await.refused(), (403, "forbidden".into()));
    assert_eq!(world.sign_in("tuachua").await.get(&path).await.ok()["allowed"], json!(["name_delegates"]));
}

#[tokio::test]
async fn a_person_is_not_in_two_places_at_once() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let first = world.booking_with(json!({ "endpoint_ids": [world.places.at_tua_chua],
        "person_ids": [world.places.head_of_tua_chua], "room_ids": [world.places.hall], "mode": "hybrid" }));
    let booked: schema::id::SessionId = id_of(&secretary.post("/sessions", first.clone()).await.ok());
    let answer = secretary.post("/sessions", first).await;
    let conflicts = answer.json()["conflicts"].as_array().unwrap().clone();
    let whats: Vec<_> = conflicts.iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["endpoint", "endpoint", "person", "room"]);
    assert!(conflicts.iter().all(|one| one["session_id"] == json!(booked)));
}

#[tokio::test]
async fn a_draft_is_seen_only_by_those_who_prepare_it() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let draft = secretary.post("/sessions", world.booking_with(json!({ "draft": true }))).await.ok();
    let path = format!("/sessions/{}", draft["id"].as_str().unwrap());
    assert_eq!((&draft["state"], count(&world).await), (&json!("draft"), 1));
    world.sign_in("chanhvanphong").await.get(&path).await.ok();
    let others = ["muongnhe", "lanhdao", "vanhanh", "quantri"];
    let listed = async |username: &str| {
        world.sign_in(username).await.get("/sessions").await.ok()["items"].as_array().unwrap().len()
    };
    for username in others {
        let browser = world.sign_in(username).await;
        for page in [path.clone(), format!("{path}/attendance"), format!("{path}/live")] {
            assert_eq!(browser.get(&page).await.refused(), (404, "not_found".into()), "{username} {page}");
        }
        assert_eq!(listed(username).await, 0, "{username}");
    }
    let line = draft["roster"][1]["id"].as_str().unwrap();
    let delegates = format!("{path}/roster/{line}/delegates");
    let technician = world.sign_in("muongnhe").await;
    let naming = technician.put(&delegates, json!({ "delegates": [] })).await;
    assert_eq!(naming.refused(), (404, "not_found".into()));

    let version = json!({ "version": draft["version"] });
    secretary.post(&format!("{path}/schedule"), version).await.ok();
    for username in others {
        world.sign_in(username).await.get(&path).await.ok();
        assert_eq!(listed(username).await, 1, "{username}");
    }
}

#[tokio::test]
async fn a_draft_that_is_given_up_was_never_announced() {
    let world = World::new().await;
    let secretary = world.sign_in("thuky").await;
    let draft = secretary.post("/sessions", world.booking_with(json!({ "draft": true }))).await.ok();
    let path = format!("/sessions/{}", draft["id"].as_str().unwrap());
    let cancel = json!({ "version": draft["version"], "reason": "Gộp với phiên sau" });
    secretary.post(&format!("{path}/cancel"), cancel).await.ok();
    assert_eq!(world.sign_in("muongnhe").await.get(&path).await.refused(), (404, "not_found".into()));
    let report = secretary.get("/reports?period=month&of=2026-03").await.ok();
    assert_eq!(
        (&report["totals"]["sessions_booked"], &report["totals"]["cancelled"]),
        (&json!(0), &json!(0))
    );
}
