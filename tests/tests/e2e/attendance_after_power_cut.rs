//! Attendance survives anything: the process is killed in the middle of a session and started again.

use chrono::{DateTime, TimeDelta, Utc};
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

fn instant(value: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value.as_str().expect("an instant")).expect("RFC 3339").to_utc()
}

/// When an endpoint was on line: its intervals without their gaps, in order.
fn spans(endpoint: &Value) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut spans = Vec::new();
    for interval in endpoint["intervals"].as_array().expect("intervals") {
        let mut from = instant(&interval["from"]);
        for gap in interval["gaps"].as_array().expect("gaps") {
            spans.push((from, instant(&gap["from"])));
            from = instant(&gap["to"]);
        }
        spans.push((from, instant(&interval["to"])));
    }
    spans
}

async fn endpoints_resume_and_nothing_is_counted_twice(backend: Backend) {
    let _machine = whole_machine().await;
    // What passes between an event and our look at the clock.
    let moment = TimeDelta::seconds(1);
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
    python.forget();
    pages.forget();

    // Nobody presses anything: each client comes back by itself.
    sees_and_hears(&mut python, None, 2, 2).await;
    sees_and_hears(&mut pages, Some(0), 2, 2).await;
    sees_and_hears(&mut pages, Some(1), 2, 2).await;
    meeting.until_connected(3).await;
    let ended = now();
    let after = meeting.end().await;
    assert_eq!(after["state"], "ended");

    let connected = |e: &&Value| e["connected"] == true;
    let was_there: Vec<_> =
        before["endpoints"].as_array().expect("endpoints").iter().filter(connected).collect();
    assert_eq!(was_there.len(), 3);
    for was in was_there {
        let endpoints = after["endpoints"].as_array().expect("endpoints");
        let is =
            endpoints.iter().find(|e| e["roster_id"] == was["roster_id"]).expect("it is still on the roster");
        let name = &is["endpoint"]["name"];
        let on_line = spans(is);
        assert!(
            on_line.windows(2).all(|pair| pair[0].1 <= pair[1].0),
            "{name}: nothing overlaps: {on_line:#?}"
        );
        let sum: TimeDelta = on_line.iter().map(|(from, to)| *to - *from).sum();
        assert_eq!(
            is["connected_ms"].as_i64(),
            Some(sum.num_milliseconds()),
            "{name}: nothing is counted twice"
        );

        let (first, last) = (on_line[0], on_line[on_line.len() - 1]);
        assert_eq!(first.0, instant(&was["first_at"]), "{name}: the beginning is as it was");
        assert!(last.1 >= ended - moment, "{name}: present to the end: {on_line:#?}");
        let lost_at = on_line.iter().map(|span| span.1).filter(|to| *to <= cut + moment).max();
        let back_at = on_line.iter().map(|span| span.0).find(|from| *from >= cut);
        let (lost_at, back_at) = (lost_at.expect("a last sign of life"), back_at.expect("a return"));
        assert!(
            lost_at >= cut - heartbeat,
            "{name}: at most one heartbeat is lost: {lost_at} < {cut} - 10 s"
        );
        let counted = |span: &&(DateTime<Utc>, DateTime<Utc>)| span.0 < back_at && span.1 > cut + moment;
        assert_eq!(on_line.iter().filter(counted).count(), 0, "{name}: nobody was there without a server");
    }
    pages.finish().await;
    drop(world);
}

#[tokio::test]
async fn after_a_power_cut_endpoints_resume_and_attendance_is_right_to_one_heartbeat() {
    endpoints_resume_and_nothing_is_counted_twice(Backend::Sqlite).await;
}

#[tokio::test]
async fn after_a_power_cut_endpoints_resume_and_attendance_is_right_to_one_heartbeat_on_postgres() {
    endpoints_resume_and_nothing_is_counted_twice(Backend::Postgres).await;
}
