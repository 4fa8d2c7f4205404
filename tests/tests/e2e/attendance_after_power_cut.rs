//! Attendance survives anything: the process is killed in the middle of a session and started again.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use schema::event::HEARTBEAT_MS;
use serde_json::Value;
use tests::{
    meeting::Meeting,
    peer::{JoinPath, sees_and_hears},
    world::{Backend, World, whole_machine},
};

#[expect(
    clippy::disallowed_methods,
    reason = "compared with what the server wrote by the same machine's clock"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn instant(value: &Value) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(value.as_str().expect("an instant")).expect("RFC 3339")
}

async fn endpoints_resume_and_nothing_is_counted_twice(backend: Backend) {
    let _machine = whole_machine().await;
    let heartbeat = TimeDelta::milliseconds(HEARTBEAT_MS);
    let world = World::empty(backend).await;
    let meeting = Meeting::start(&world).await;
    let mut pages = meeting.two_pages(&world, JoinPath::Single).await;
    let mut python = meeting.python(&world, 2, JoinPath::Dual).await;
    sees_and_hears(&mut python, None, 2, 2).await;
    sees_and_hears(&mut pages, Some(0), 2, 2).await;
    let before = meeting.until_connected(3).await;

    let cut = now();
    let world = world.power_cut().await;
    let back = now();

    // Nobody presses anything: each client comes back by itself.
    sees_and_hears(&mut python, None, 2, 2).await;
    sees_and_hears(&mut pages, Some(0), 2, 2).await;
    sees_and_hears(&mut pages, Some(1), 2, 2).await;
    meeting.until_connected(3).await;
    let ended = now();
    let after = meeting.end().await;
    assert_eq!(after["state"], "ended");

    let joined = |attendance: &Value, id: &Value| {
        let endpoints = attendance["endpoints"].as_array().expect("endpoints");
        endpoints.iter().find(|e| &e["endpoint"]["id"] == id).cloned().expect("the endpoint is there")
    };
    let connected: Vec<_> = before["endpoints"]
        .as_array()
        .expect("endpoints")
        .iter()
        .filter(|e| e["connected"] == true)
        .collect();
    assert_eq!(connected.len(), 3);
    for was in connected {
        let is = joined(&after, &was["endpoint"]["id"]);
        let name = &is["endpoint"]["name"];
        let intervals = is["intervals"].as_array().expect("intervals");
        assert_eq!(intervals.len(), 2, "{name}: one before the cut, one after: {intervals:#?}");
        let span = |n: usize| (instant(&intervals[n]["from"]), instant(&intervals[n]["to"]));
        let ((from, lost), (returned, to)) = (span(0), span(1));
        assert_eq!(from, instant(&was["first_at"]), "{name}: the beginning is as it was");
        assert!(
            lost <= cut + TimeDelta::seconds(1),
            "{name}: nobody was there after the cut: {lost} > {cut}"
        );
        assert!(lost >= cut - heartbeat, "{name}: at most one heartbeat is lost: {lost} < {cut} - 10 s");
        assert!(returned >= cut && returned >= lost, "{name}: intervals do not overlap");
        assert!(to >= ended - TimeDelta::seconds(1), "{name}: present to the end");
        let sum = (lost - from) + (to - returned);
        assert_eq!(
            is["connected_ms"].as_i64(),
            Some(sum.num_milliseconds()),
            "{name}: nothing is counted twice"
        );
        let whole = (ended - from.to_utc()) - (back - cut);
        let missing = whole - sum;
        let allowed = heartbeat + (returned.to_utc() - back).max(TimeDelta::zero()) + TimeDelta::seconds(2);
        assert!(missing <= allowed, "{name}: {missing} missing, {allowed} allowed");
    }
    pages.finish().await;
    drop(world);
}

#[tokio::test]
async fn after_a_power_cut_endpoints_resume_and_attendance_is_right_to_one_heartbeat() {
    endpoints_resume_and_nothing_is_counted_twice(Backend::Sqlite).await;
}
