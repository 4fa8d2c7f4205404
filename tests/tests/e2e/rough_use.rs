//! What people do to a page without meaning harm, and what others would have it do: a step back, a double click, a login
//! that ends, a line that is down, two tabs, no mouse, and names that are markup.

use serde_json::{Value, json};
use tests::{
    booking::{act, book, briefing, working_days},
    peer::script,
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World, whole_machine},
};

/// A name that would run where a page forgot to treat it as text.
const MARKUP: &str = "<img src=x onerror=\"window.hacked=1\"> Mường Nhé";
/// As long as a short name may be, with a part that offers no place to break.
const LONG: &str =
    "Khu bảo tồn Mường Nhé, Nậm Pồ và ThànhphốĐiệnBiênPhủvàthịxãMườngLayViếtLiềnKhôngCáchChữNào";

#[tokio::test]
async fn a_tired_user_loses_nothing_and_a_hostile_name_runs_nothing() {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let administrator = world.login(ADMINISTRATOR).await;
    let province = Province::make(&administrator, &[(MARKUP, 195_000, 290), (LONG, 80_000, 120)]).await;
    let technician = province.technician(&administrator, 0).await;
    let secretary = world.login(SECRETARY).await;
    let days = working_days(&secretary, 3).await;
    let everybody: Vec<&Value> = province.members.iter().collect();

    let mut sessions = Vec::new();
    for (day, subject) in days.iter().zip([MARKUP, LONG]) {
        let eight = *day + chrono::TimeDelta::hours(8);
        let mut wish = briefing(&province.host, &everybody, eight, 60);
        wish["subject"] = subject.into();
        sessions.push(book(&secretary, &wish).await);
    }
    let live = act(&secretary, &sessions[0], "start").await;
    let entry = live["roster"]
        .as_array()
        .and_then(|roster| roster.iter().find(|entry| entry["endpoint"]["id"] == province.members[0]["id"]))
        .expect("the member is on the roster");
    let delegates = json!({"delegates": [{"id": null, "person_id": null, "full_name": MARKUP, "title": LONG,
        "substitute_for": null, "consented": null}], "known": []});
    let path = format!("/sessions/{}/roster/{}/delegates", text(&live["id"]), text(&entry["id"]));
    secretary.put(&path, &delegates).await.ok();

    let mut rough = script(
        "rough.mjs",
        &json!({"base": world.base(), "secretary": SECRETARY, "day": days[2].date_naive().to_string(),
            "technician": [technician.username, technician.password],
            "live": live["id"], "scheduled": sessions[1]["id"]}),
    )
    .await;
    loop {
        // Patience is for each case.
        let told = rough.until("the next case", |_| true).await;
        if told["event"] == "all_cases" {
            assert_eq!(told["faults"], json!([]));
            break;
        }
    }
    rough.finish().await;
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
