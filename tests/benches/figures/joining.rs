//! From the press on Join to the first decoded frame of somebody else, in Chromium on this machine.

use std::time::Duration;

use serde_json::json;
use tests::{
    meeting::Meeting,
    peer::{JoinPath, script},
    world::{Backend, World},
};

use crate::table::{Table, quantile};

const JOINS: usize = 15;

pub async fn measure(table: &mut Table) {
    for path in [JoinPath::Single, JoinPath::Dual] {
        let world = World::empty(Backend::Sqlite).await;
        let meeting = Meeting::start(&world).await;
        let speaker = meeting.python(&world, 2, JoinPath::Dual).await;
        let who = &meeting.technicians[0];
        let wish = json!({"base": world.base(), "session": meeting.id(), "path": path.name(), "joins": JOINS,
            "username": who.username, "password": who.password});
        let mut page = script("join_time.mjs", &wish).await;
        let mut times = Vec::new();
        for _ in 0..JOINS {
            let joined = page.event("joined").await;
            times.push(Duration::from_secs_f64(joined["ms"].as_f64().expect("milliseconds") / 1000.0));
        }
        page.finish().await;
        speaker.finish().await;
        let worst = quantile(&mut times, 1.0);
        let how =
            format!("click to first decoded remote frame, Chromium; median of {JOINS}, worst {worst:.0} ms");
        table.add(&format!("join, {} path", path.name()), quantile(&mut times, 0.5), 1000.0, "ms", how);
    }
}
