//! Sessions as a secretary asks for them.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta};
use serde_json::{Value, json};

use crate::client::Client;

/// What the server's clock says.
pub async fn server_time(client: &Client) -> DateTime<FixedOffset> {
    let me = client.get("/me").await.ok();
    DateTime::parse_from_rfc3339(me["server_time"].as_str().expect("server_time")).expect("RFC 3339")
}

/// A working day at `hour`:00, by the server's own calendar, far enough away for every deadline of an invitation.
pub async fn working_day(client: &Client, hour: u32) -> DateTime<FixedOffset> {
    let time = NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour of the day");
    working_days(client, 1).await[0].with_time(time).single().expect("no daylight saving time")
}

/// So many working days from the eighth day on, by the server's own calendar.
pub async fn working_days(client: &Client, count: usize) -> Vec<DateTime<FixedOffset>> {
    let now = server_time(client).await;
    let day = |days| now.checked_add_days(Days::new(days)).expect("the calendar goes on");
    let mut found = Vec::new();
    for month in 0.. {
        let (from, to) = (day(8 + month * 30).date_naive(), day(37 + month * 30).date_naive());
        let calendar = client.get(&format!("/calendar?from={from}&to={to}")).await.ok();
        for day in calendar.as_array().expect("days").iter().filter(|day| day["working"] == true) {
            let date: NaiveDate = day["date"].as_str().and_then(|date| date.parse().ok()).expect("a date");
            let midnight = date.and_time(NaiveTime::MIN).and_local_timezone(*now.offset());
            found.push(midnight.single().expect("no daylight saving time"));
        }
        if found.len() >= count {
            break;
        }
    }
    found.truncate(count);
    found
}

/// A briefing of the host with `endpoints` that lasts `minutes`.
pub fn briefing(host: &Value, endpoints: &[&Value], starts_at: DateTime<FixedOffset>, minutes: i64) -> Value {
    let ends_at = starts_at + TimeDelta::minutes(minutes);
    json!({
        "subject": "Giao ban tháng", "kind": "briefing", "urgency": "periodic", "urgency_reason": null,
        "mode": "online", "starts_at": starts_at.to_rfc3339(), "ends_at": ends_at.to_rfc3339(),
        "host_endpoint_id": host["id"], "endpoint_ids": endpoints.iter().map(|e| e["id"].clone()).collect::<Vec<_>>(),
        "room_ids": [], "chair_id": null, "person_ids": [], "content": "Tình hình kinh tế - xã hội",
        "requirements": "", "contact": "", "draft": false, "overrides": [],
    })
}

/// Books; nothing stands against it.
pub async fn book(client: &Client, wish: &Value) -> Value {
    client.post("/sessions", wish).await.ok()
}

/// Does one of the verbs on a session (`start`, `end`, …) at the version that it has now.
pub async fn act(client: &Client, session: &Value, verb: &str) -> Value {
    let id = session["id"].as_str().expect("an id");
    let now = client.get(&format!("/sessions/{id}")).await.ok();
    client.post(&format!("/sessions/{id}/{verb}"), &json!({"version": now["version"]})).await.ok()
}
