//! The worked example of a finance office, through the interface and to the đồng: one delegate of Mường Nhé, 195 km
//! and 290 minutes from the host, a briefing that starts before 09:30, petrol at 20,000 đ a litre (the
//! norm that the product starts with).

use serde_json::{Value, json};
use tests::{
    booking::{act, book, briefing, working_day},
    client::Client,
    peer::JoinPath,
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World},
};

/// Two days at 300,000, one night at 500,000, and 0.2 l/km × 195 km × 2 × 20,000.
const SAVED_DONG: i64 = 600_000 + 500_000 + 1_560_000;

/// There and back: 2 × 290 minutes, 9.67 hours.
const SAVED_MINUTES: i64 = 580;

async fn ended_session(world: &World) -> (Client, Value, Province) {
    let administrator = world.login(ADMINISTRATOR).await;
    let roads = [("Mường Nhé", 195_000, 290), ("Điện Biên", 8_000, 20)];
    let province = Province::make(&administrator, &roads).await;
    let secretary = world.login(SECRETARY).await;
    let starts_at = working_day(&secretary, 8).await;
    let members: Vec<_> = province.members.iter().collect();
    let session = book(&secretary, &briefing(&province.host, &members, starts_at, 120)).await;
    let path = format!("/sessions/{}", session["id"].as_str().expect("an id"));
    let mut marks = Vec::new();
    for entry in session["roster"].as_array().expect("a roster") {
        let Some(n) = province.members.iter().position(|m| m["id"] == entry["endpoint"]["id"]) else {
            continue;
        };
        // Two are named in Mường Nhé; the second does not come.
        let named: Vec<_> = [Some(&province.people[n]), (n == 0).then_some(&province.people[1])]
            .into_iter()
            .flatten()
            .map(|p| json!({"id": null, "person_id": if n == 0 && p == &province.people[1] { Value::Null } else { p["id"].clone() },
                "full_name": p["full_name"], "title": p["title"], "substitute_for": null, "consented": null}))
            .collect();
        let roster = entry["id"].as_str().expect("an id");
        let entry = secretary
            .put(&format!("{path}/roster/{roster}/delegates"), &json!({"delegates": named}))
            .await
            .ok();
        for (n, delegate) in entry["delegates"].as_array().expect("delegates").iter().enumerate() {
            let presence = if n == 0 { "in_room" } else { "unexcused" };
            marks.push(
                json!({"delegate_id": delegate["id"], "presence": presence, "note": null, "late": false,
                "left_early": false}),
            );
        }
    }
    secretary.get(&format!("{path}/ledger")).await.refused(409, "not_ended");
    act(&secretary, &session, "start").await;
    let id = session["id"].as_str().expect("an id");
    let mut lines = Vec::new();
    for member in 0..province.members.len() {
        let technician = province.technician(&administrator, member).await;
        lines.push(technician.python(world.base(), id, JoinPath::Single).await);
    }
    let connected = |now: &Value| (now["connected"] == 2).then_some(());
    secretary.until(&format!("{path}/attendance"), "both connected", connected).await;
    let attendance = secretary.put(&format!("{path}/rollcall"), &json!({"marks": marks})).await.ok();
    assert_eq!((&attendance["delegates_named"], &attendance["delegates_present"]), (&json!(3), &json!(2)));
    let ended = act(&secretary, &session, "end").await;
    assert_eq!(ended["state"], "ended");
    (secretary, ended, province)
}

async fn the_example_comes_out_to_the_dong(backend: Backend) {
    let world = World::empty(backend).await;
    let (secretary, session, province) = ended_session(&world).await;
    let path = format!("/sessions/{}/ledger", session["id"].as_str().expect("an id"));
    let ledger = secretary.get(&path).await.ok();

    let rows = ledger["rows"].as_array().expect("rows");
    let counted: Vec<_> = rows.iter().filter(|row| row["excluded"].is_null()).collect();
    assert_eq!(counted.len(), 1, "one delegate was present and far enough: {rows:#?}");
    let row = counted[0];
    assert_eq!(row["delegate"], province.people[0]["full_name"]);
    assert_eq!((&row["distance_metres"], &row["one_way_minutes"]), (&json!(195_000), &json!(290)));
    assert_eq!((&row["trip_days"], &row["nights"]), (&json!(2), &json!(1)));
    assert_eq!(row["allowance_dong"], 600_000);
    assert_eq!(row["lodging_dong"], 500_000);
    assert_eq!(row["transport_dong"], 1_560_000);
    assert_eq!(row["petrol_price_dong"], 20_000);
    assert_eq!(row["total_dong"], SAVED_DONG);
    assert_eq!(row["minutes_saved"], SAVED_MINUTES);
    for norm in row["norms"].as_array().expect("the norms are named") {
        assert!(norm["legal_basis"].as_str().is_some_and(|basis| !basis.is_empty()), "{norm}");
        assert!(norm["norm_id"].is_string() && norm["effective_from"].is_string(), "{norm}");
    }
    assert_eq!(ledger["person_minutes_saved"], SAVED_MINUTES);
    let excluded: Vec<_> = rows.iter().filter_map(|row| row["excluded"].as_str()).collect();
    assert!(excluded.contains(&"not_present") && excluded.contains(&"below_threshold"), "{excluded:?}");

    // The report's total drills down to the same delegate.
    let year = &session["starts_at"].as_str().expect("an instant")[..4];
    let report = secretary.get(&format!("/reports?period=year&of={year}")).await.ok();
    assert_eq!(report["headline"]["gross_dong"], ledger["gross_dong"]);
    assert_eq!(report["headline"]["person_minutes_saved"], SAVED_MINUTES);
    let by_unit: Vec<_> = report["by_unit"].as_array().expect("units").iter().collect();
    let far = by_unit
        .iter()
        .find(|unit| unit["unit"]["id"] == province.members[0]["unit"]["id"])
        .expect("Mường Nhé");
    assert_eq!(far["person_minutes_saved"], SAVED_MINUTES);

    // A new norm does not change what was written.
    let administrator = world.login(ADMINISTRATOR).await;
    let norm = json!({"kind": "petrol_price", "value_dong": 25_000, "zone": null, "legal_basis": "Giá mới",
        "effective_from": &session["starts_at"].as_str().expect("an instant")[..10], "effective_to": null});
    administrator.post("/norms", &norm).await;
    assert_eq!(secretary.get(&path).await.ok(), ledger, "an old report never changes when a norm does");
}

#[tokio::test]
async fn the_worked_example_comes_out_to_the_dong_on_sqlite() {
    the_example_comes_out_to_the_dong(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_worked_example_comes_out_to_the_dong_on_postgres() {
    the_example_comes_out_to_the_dong(Backend::Postgres).await;
}
