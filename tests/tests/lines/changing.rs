//! Another address, at once or after 8 s without any network.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{attendee::Kind, line::Weather};

use crate::{pair::Pair, row::Rows};

/// What the attendance board says of the endpoint with that name.
async fn presence(pair: &Pair, name: &str) -> Value {
    let attendance = pair.meeting.secretary.get(&pair.meeting.attendance()).await.ok();
    let mut endpoints = attendance["endpoints"].as_array().expect("endpoints").iter();
    endpoints.find(|one| one["endpoint"]["name"] == name).expect("it is on the roster").clone()
}

async fn resumes(kind: Kind, line: &'static str, away: Duration) {
    let mut pair = Pair::join(kind, Weather::default()).await;
    pair.publish(&["camera", "microphone"]).await;
    let (good, bad) = (pair.good.identity.clone(), pair.bad.identity.clone());
    let sid = pair.joined["sid"].clone();
    pair.bad.forget();
    pair.good.forget();

    pair.bad.line.unplug_for(away).await;
    pair.bad.event("reconnected", |_| true).await;
    for source in ["camera", "microphone"] {
        pair.bad.receives(&good, source).await;
        pair.good.receives(&bad, source).await;
    }
    let state = pair.bad.act(&json!({"do": "state"})).await;
    let mut rows = Rows::new(line, kind);
    let same = state["sid"] == sid;
    rows.row("participant afterwards", &if same { "the same" } else { "another" }, "the same", same);
    let left = pair.good.was_told("participant_left", |_| true);
    rows.row("the other saw it leave", &if left { "yes" } else { "no" }, "no", !left);

    let board = presence(&pair, "Mường Nhé").await;
    let intervals = board["intervals"].as_array().expect("intervals").clone();
    rows.row("presence intervals", &intervals.len(), "1", intervals.len() == 1);
    let open = intervals.last().is_some_and(|interval| interval["to"].is_null());
    rows.row("the interval goes on", &if open { "yes" } else { "no" }, "yes", open);
    let gap_ms = board["gap_ms"].as_f64().expect("a sum");
    rows.row("gaps noted in it", &board["gaps"], "1", board["gaps"] == 1);
    rows.note("time lost in gaps", &format!("{:.1} s", gap_ms / 1000.0));
    pair.finish().await;
    rows.judge();
}

#[tokio::test]
async fn another_address_with_chromium() {
    resumes(Kind::Chromium, "address change", Duration::ZERO).await;
}

#[tokio::test]
async fn another_address_with_firefox() {
    resumes(Kind::Firefox, "address change", Duration::ZERO).await;
}

#[tokio::test]
async fn eight_seconds_without_network_with_chromium() {
    resumes(Kind::Chromium, "Wi-Fi drop of 8 s", Duration::from_secs(8)).await;
}

#[tokio::test]
async fn eight_seconds_without_network_with_firefox() {
    resumes(Kind::Firefox, "Wi-Fi drop of 8 s", Duration::from_secs(8)).await;
}
