//! Sessions as a secretary asks for them.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Weekday};
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

/// So many working days from the eighth day on: Monday to Friday but for what the server's calendar says otherwise.
pub async fn working_days(client: &Client, count: usize) -> Vec<DateTime<FixedOffset>> {
    let now = server_time(client).await;
    let days: Vec<NaiveDate> = now.date_naive().iter_days().skip(8).take(2 * count + 30).collect();
    let (from, to) = (days[0], days[days.len() - 1]);
    let special = client.get(&format!("/calendar?from={from}&to={to}")).await.ok();
    let special = special.as_array().expect("days");
    let working = |day: &NaiveDate| {
        let said = special.iter().find(|special| special["date"] == day.to_string());
        said.map_or(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun), |special| {
            special["working"] == true
        })
    };
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_local_timezone(*now.offset());
    let found: Vec<_> =
        days.into_iter().filter(working).filter_map(|day| midnight(day).single()).take(count).collect();
    assert_eq!(found.len(), count, "at least every second day is a working day");
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
