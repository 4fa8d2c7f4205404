//! The sample province of `giaoban demo`, as the scripts that look at pages need it.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta, Weekday};
use serde_json::{Value, json};

use crate::{
    booking::{book, briefing, working_days},
    client::Client,
    peer::script,
    world::World,
};

/// Signs in with an account that `demo` printed.
async fn login(world: &World, username: &str) -> Client {
    let password = password(world, username);
    world.login((username, &password)).await
}

fn password(world: &World, username: &str) -> String {
    world
        .giaoban
        .logins
        .get(username)
        .cloned()
        .unwrap_or_else(|| panic!("`demo` prints the login of {username}"))
}

/// Looks at every page in both languages and four sizes, at the weeks of `mondays` in the calendar too, and takes
/// pictures where a folder is given. Returns what was found wrong.
pub async fn look_at_pages(world: &World, mondays: &[NaiveDate], pictures: Option<&Path>) -> Vec<String> {
    let mut look = script("pages.mjs", &visit(world, mondays, pictures).await).await;
    loop {
        // Patience is for each page; how many there are is the script's business.
        let told = look.until("the next page", |line| line["event"] != "weight").await;
        if told["event"] == "looked_at_all" {
            look.finish().await;
            let faults = told["faults"].as_array().into_iter().flatten();
            return faults.filter_map(Value::as_str).map(str::to_owned).collect();
        }
    }
}

/// Writes down drafts of every length from a quarter of an hour to three hours, in steps of five minutes; those of an odd
/// number of steps stand two beside each other. Returns the weeks that they are in, by their Mondays.
pub async fn draft_every_length(world: &World) -> Vec<NaiveDate> {
    let secretary = login(world, "thuky").await;
    let endpoints = secretary.get("/endpoints?limit=200").await.ok();
    let endpoints = endpoints["items"].as_array().expect("endpoints");
    let host = endpoints.iter().find(|one| one["role"] == "host").expect("a host");
    let member = endpoints.iter().find(|one| one["role"] != "host").expect("a member");
    let days = working_days(&secretary, 5).await;
    let lengths: Vec<i64> = (15..=180).step_by(5).collect();
    for (day, lengths) in days.iter().zip(lengths.chunks(7)) {
        let mut at = *day + TimeDelta::hours(7);
        for &minutes in lengths {
            let mut draft = briefing(host, &[member], at, minutes);
            draft["draft"] = true.into();
            draft["subject"] = format!("Giao ban trực tuyến {minutes} phút về phòng, chống thiên tai").into();
            for _ in 0..=minutes / 5 % 2 {
                book(&secretary, &draft).await;
            }
            at += TimeDelta::minutes(minutes);
        }
    }
    let mut mondays: Vec<NaiveDate> =
        days.iter().map(|day| day.date_naive().week(Weekday::Mon).first_day()).collect();
    mondays.dedup();
    mondays
}

/// The wish of `pages.mjs`: who looks, at which sessions and weeks, and where the pictures go.
async fn visit(world: &World, mondays: &[NaiveDate], pictures: Option<&Path>) -> Value {
    let secretary = login(world, "thuky").await;
    let mut sessions = json!({});
    for state in ["live", "scheduled", "ended"] {
        let list = secretary.get(&format!("/sessions?state={state}&limit=1")).await.ok();
        sessions[state] = list["items"][0]["id"].clone();
        assert!(sessions[state].is_string(), "the sample province has a session that is {state}");
    }
    let account = |username: &str| json!([username, password(world, username)]);
    json!({
        "base": world.base(), "out": pictures, "sessions": sessions, "mondays": mondays,
        "endpoints": [account("ubndtinh"), account("tuangiao")],
        "accounts": {"secretary": account("thuky"), "administrator": account("quantri"), "technician": account("muongnhe")},
    })
}
