//! The sample province of `giaoban demo`, as the scripts that look at pages need it.

use std::path::Path;

use serde_json::{Value, json};

use crate::{client::Client, peer::script, world::World};

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

/// Looks at every page in both languages and four sizes, and takes pictures where a folder is given. Returns what was
/// found wrong.
pub async fn look_at_pages(world: &World, pictures: Option<&Path>) -> Vec<String> {
    let mut look = script("pages.mjs", &visit(world, pictures).await).await;
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

/// The wish of `pages.mjs`: who looks, at which sessions, and where the pictures go.
async fn visit(world: &World, pictures: Option<&Path>) -> Value {
    let secretary = login(world, "thuky").await;
    let mut sessions = json!({});
    for state in ["live", "scheduled", "ended"] {
        let list = secretary.get(&format!("/sessions?state={state}&limit=1")).await.ok();
        sessions[state] = list["items"][0]["id"].clone();
        assert!(sessions[state].is_string(), "the sample province has a session that is {state}");
    }
    let account = |username: &str| json!([username, password(world, username)]);
    json!({
        "base": world.base(), "out": pictures, "sessions": sessions,
        "endpoints": [account("ubndtinh"), account("tuangiao")],
        "accounts": {"secretary": account("thuky"), "administrator": account("quantri"), "technician": account("muongnhe")},
    })
}
