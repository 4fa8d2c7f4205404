//! The database goes away in the middle of a session and comes back.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use schema::{
    event::{RoomEventKind, Who},
    id::{LoginId, SessionId},
    store::Address,
    testing::Postgres,
};
use serde_json::json;
use server::{
    jobs::keep_events,
    live::{AlarmCode, Listener, UpdateBody},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::world::{World, id_of, who};

/// Waits for an alarm to be raised, or lifted; which one.
async fn alarm(listener: &mut Listener, raised: bool) -> Option<AlarmCode> {
    loop {
        if let UpdateBody::Alarm(alarm) = listener.next().await.unwrap().body
            && alarm.is_some() == raised
        {
            return alarm.map(|alarm| alarm.code);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_wait_in_memory_under_a_visible_alarm_and_are_written_when_the_database_is_back() {
    let postgres = Postgres::start();
    let address = Address::Postgres(postgres.fresh_database());
    let world = World::at(tempfile::tempdir().unwrap(), address).await;
    let id: SessionId = id_of(&world.sign_in("thuky").await.started(world.booking()).await);
    let leader = world.sign_in("lanhdao").await;

    let (events, inbox) = mpsc::channel(16);
    let stopping = CancellationToken::new();
    let keeping = tokio::spawn(keep_events::run(Arc::clone(&world.app), inbox, stopping.clone()));
    let mut listener = world.app.hub.listen(LoginId::new(world.app.now())).unwrap();

    postgres.stop();
    events.send(world.event(id, RoomEventKind::Joined(who(world.places.at_muong_nhe)))).await.unwrap();
    alarm(&mut listener, true).await;
    let ready = world.browser().send(Method::GET, "/readyz", None).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(leader.get("/sessions").await.refused(), (503, "unavailable".into()));
    world.pass_minutes(1);
    events.send(world.event(id, RoomEventKind::LinkDown(who(world.places.at_muong_nhe)))).await.unwrap();

    postgres.start_again();
    alarm(&mut listener, false).await;
    drop(events);
    stopping.cancel();
    keeping.await.unwrap();
    let board = leader.get(&format!("/sessions/{id}/attendance")).await.ok();
    let lines = board["endpoints"].as_array().unwrap();
    let line = lines.iter().find(|line| line["endpoint"]["id"] == json!(world.places.at_muong_nhe)).unwrap();
    assert_eq!(line["connected_ms"], 60_000, "both events are there");
    let ready = world.browser().send(Method::GET, "/readyz", None).await.ok();
    assert_eq!(ready["ready"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_can_never_be_written_is_left_out_loudly_and_the_others_are_kept() {
    let world = World::on_postgres().await;
    let id: SessionId = id_of(&world.sign_in("thuky").await.started(world.booking()).await);
    let mut listener = world.app.hub.listen(LoginId::new(world.app.now())).unwrap();
    let (events, inbox) = mpsc::channel(16);
    // PostgreSQL takes no text with a zero byte.
    let rubbish = Who { identity: "endpoint:\0".into(), sid: "PA_0".into() };
    for kind in [
        RoomEventKind::Joined(who(world.places.at_muong_nhe)),
        RoomEventKind::Joined(rubbish),
        RoomEventKind::Joined(who(world.places.at_tua_chua)),
    ] {
        events.send(world.event(id, kind)).await.unwrap();
    }
    let stopping = CancellationToken::new();
    let keeping = tokio::spawn(keep_events::run(Arc::clone(&world.app), inbox, stopping.clone()));
    let raised = alarm(&mut listener, true).await;
    assert_eq!(raised, Some(AlarmCode::EventsLost));
    drop(events);
    keeping.await.unwrap();
    let board = world.sign_in("lanhdao").await.get(&format!("/sessions/{id}/attendance")).await.ok();
    assert_eq!(board["connected"], 2);
}

/// A world on PostgreSQL, and the URL of its database.
async fn on_postgres() -> (World, String) {
    let url = Postgres::shared().fresh_database();
    let world = World::at(tempfile::tempdir().unwrap(), Address::Postgres(url.clone())).await;
    (world, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_left_out_while_a_table_is_missing_and_all_are_written_when_it_is_back() {
    let (world, url) = on_postgres().await;
    let id: SessionId = id_of(&world.sign_in("thuky").await.started(world.booking()).await);
    let mut listener = world.app.hub.listen(LoginId::new(world.app.now())).unwrap();
    let (events, inbox) = mpsc::channel(16);
    let keeping = tokio::spawn(keep_events::run(Arc::clone(&world.app), inbox, CancellationToken::new()));

    Postgres::shared().run(&url, "ALTER TABLE room_events RENAME TO room_events_away");
    for endpoint in [world.places.at_muong_nhe, world.places.at_tua_chua] {
        events.send(world.event(id, RoomEventKind::Joined(who(endpoint)))).await.unwrap();
    }
    assert_eq!(alarm(&mut listener, true).await, Some(AlarmCode::EventsWaiting));
    Postgres::shared().run(&url, "ALTER TABLE room_events_away RENAME TO room_events");
    alarm(&mut listener, false).await;
    drop(events);
    keeping.await.unwrap();
    assert!(!world.app.alarms.stands(AlarmCode::EventsLost));
    let board = world.sign_in("lanhdao").await.get(&format!("/sessions/{id}/attendance")).await.ok();
    assert_eq!(board["connected"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_left_out_because_the_ledger_that_it_changes_cannot_be_written() {
    let (world, url) = on_postgres().await;
    let live = world.sign_in("thuky").await.started(world.booking()).await;
    let id: SessionId = id_of(&live);
    let late = world.event(id, RoomEventKind::Joined(who(world.places.at_muong_nhe)));
    world.pass_minutes(30);
    let secretary = world.sign_in("thuky").await;
    secretary.post(&format!("/sessions/{id}/end"), json!({ "version": live["version"] })).await.ok();
    let mut listener = world.app.hub.listen(LoginId::new(world.app.now())).unwrap();
    let (events, inbox) = mpsc::channel(16);
    let keeping = tokio::spawn(keep_events::run(Arc::clone(&world.app), inbox, CancellationToken::new()));

    Postgres::shared().run(&url, "ALTER TABLE ledgers ADD CONSTRAINT once CHECK (revision = 1)");
    events.send(late).await.unwrap();
    assert_eq!(alarm(&mut listener, true).await, Some(AlarmCode::EventsWaiting));
    Postgres::shared().run(&url, "ALTER TABLE ledgers DROP CONSTRAINT once");
    alarm(&mut listener, false).await;
    drop(events);
    keeping.await.unwrap();
    assert!(!world.app.alarms.stands(AlarmCode::EventsLost));
    assert_eq!(secretary.get(&format!("/sessions/{id}/ledger")).await.ok()["revision"], 2);
}
