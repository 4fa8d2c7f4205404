//! The sample province of `giaoban demo`, as the scripts that look at pages need it.

use std::path::Path;

use serde_json::{Value, json};

use crate::{client::Client, world::World};

/// Signs in with an account that `demo` printed.
pub async fn login(world: &World, username: &str) -> Client {
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

/// The wish of `pages.mjs`: who looks, at which sessions, and where the pictures go.
pub async fn visit(world: &World, pictures: Option<&Path>) -> Value {
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
        "accounts": {"secretary": account("thuky"), "administrator": account("quantri"), "technician": account("muongnhe")},
    })
}
