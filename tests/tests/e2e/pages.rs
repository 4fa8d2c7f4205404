//! What people see: the main flow by hand in a real browser, and every page in both languages.

use serde_json::{Value, json};
use tests::{
    booking::{book, briefing, working_day},
    peer::{JoinPath, script},
    sample::{draft_every_length, look_at_pages},
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World, whole_machine},
};

#[tokio::test]
async fn a_secretary_books_around_a_clash_holds_the_session_and_reads_the_report() {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let administrator = world.login(ADMINISTRATOR).await;
    let roads = [("Mường Nhé", 195_000, 290), ("Tuần Giáo", 80_000, 120)];
    let province = Province::make(&administrator, &roads).await;
    let secretary = world.login(SECRETARY).await;
    let day = working_day(&secretary, 9).await;
    let mut taken = briefing(&province.host, &[&province.members[1]], day, 30);
    taken["subject"] = "Họp giải phóng mặt bằng".into();
    taken["mode"] = "in_person".into();
    book(&secretary, &taken).await;

    let mut flow = script(
        "secretary.mjs",
        &json!({"base": world.base(), "username": SECRETARY.0, "password": SECRETARY.1,
            "day": day.date_naive().to_string(), "taken": taken["subject"], "endpoint": "Mường Nhé",
            "delegate": "Giàng A Chống"}),
    )
    .await;
    let clash = flow.event("clash_shown").await;
    assert!(
        clash["text"].as_str().is_some_and(|text| text.contains("Tuần Giáo")),
        "who clashes is named: {clash}"
    );
    let session = flow.event("booked").await["session"].as_str().expect("a path").to_owned();
    flow.event("started").await;
    let technician = province.technician(&administrator, 0).await;
    let id = session.rsplit('/').next().expect("a path ends with the id");
    let line = technician.python(world.base(), id, JoinPath::Single).await;
    let attendance = format!("{session}/attendance");
    secretary.until(&attendance, "one connected", |now| (now["connected"] == 1).then_some(())).await;
    flow.tell(&json!({"go": "on"})).await;
    let report = flow.event("reported").await;
    assert!(
        report["share"].as_str().is_some_and(|text| text.contains('/')),
        "numerator and denominator: {report}"
    );
    flow.finish().await;
    drop(line);

    // What the browser did is what the interface says.
    let ledger = secretary.get(&format!("{session}/ledger")).await.ok();
    let counted: Vec<&Value> =
        ledger["rows"].as_array().expect("rows").iter().filter(|row| row["excluded"].is_null()).collect();
    assert_eq!(counted.len(), 1, "{ledger:#}");
    assert_eq!(counted[0]["delegate"], "Giàng A Chống");
    assert_eq!(secretary.get(&session).await.ok()["state"], "ended");
}

#[tokio::test]
async fn every_page_in_both_languages_is_accessible_light_and_asks_nobody_outside() {
    let _machine = whole_machine().await;
    let world = World::demo().await;
    let mondays = draft_every_length(&world).await;
    let faults = look_at_pages(&world, &mondays, None).await;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
