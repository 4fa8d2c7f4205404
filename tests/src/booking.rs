//! Sessions as a secretary asks for them.

use chrono::{DateTime, Datelike as _, Days, FixedOffset, NaiveTime, TimeDelta, Weekday};
use serde_json::{Value, json};

use crate::client::Client;

/// What the server's clock says.
pub async fn server_time(client: &Client) -> DateTime<FixedOffset> {
    let me = client.get("/me").await.ok();
    DateTime::parse_from_rfc3339(me["server_time"].as_str().expect("server_time")).expect("RFC 3339")
}

/// A morning from the eighth day after `now` that is neither Saturday nor Sunday, at `hour`:`minute`. Far enough for
/// every deadline of an invitation; whether it is a public holiday is the server's business and only a warning.
pub fn working_morning(now: DateTime<FixedOffset>, hour: u32, minute: u32) -> DateTime<FixedOffset> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of day");
    (8..)
        .filter_map(|days| now.checked_add_days(Days::new(days)))
        .find(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
        .and_then(|day| day.with_time(time).single())
        .expect("there is always another working day")
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

/// Books, giving a reason for each warning that the server wants one for.
pub async fn book(client: &Client, wish: &Value) -> Value {
    let reply = client.post("/sessions", wish).await;
    if reply.body["code"] != "needs_override" {
        return reply.ok();
    }
    let warnings = reply.body["warnings"].as_array().expect("warnings").clone();
    let reasons: Vec<_> =
        warnings.iter().map(|w| json!({"code": w["code"], "reason": "Theo chỉ đạo của Chủ tịch"})).collect();
    let mut wish = wish.clone();
    wish["overrides"] = Value::from(reasons);
    client.post("/sessions", &wish).await.ok()
}

/// Does one of the verbs on a session (`start`, `end`, …) at the version that it has now.
pub async fn act(client: &Client, session: &Value, verb: &str) -> Value {
    let id = session["id"].as_str().expect("an id");
    let now = client.get(&format!("/sessions/{id}")).await.ok();
    client.post(&format!("/sessions/{id}/{verb}"), &json!({"version": now["version"]})).await.ok()
}
