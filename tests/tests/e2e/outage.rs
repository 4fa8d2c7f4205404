//! A full disk, a lost database: a clear error, a visible alarm, and no attendance lost.

use std::process::Command;

use schema::testing::Postgres;
use serde_json::{Value, json};
use tests::{
    booking::{briefing, working_day},
    client::{Client, Live},
    meeting::Meeting,
    peer::JoinPath,
    world::{ADMINISTRATOR, Backend, World},
};

/// Someone joins and leaves while nothing can be written; once it can, both are in the attendance.
async fn attendance_outlives<B, A>(world: World, broken: B, mended: A)
where
    B: AsyncFnOnce(&World),
    A: AsyncFnOnce(&World),
{
    let meeting = Meeting::start(&world).await;
    let administrator = world.login(ADMINISTRATOR).await;
    let before = meeting.ticket(&world, 0).await;
    let other = meeting.ticket(&world, 1).await;
    let mut live = administrator.live().await;
    let starts_at = working_day(&meeting.secretary, 14).await;
    let roster = meeting.session["roster"].as_array().expect("a roster");
    let member = &roster.iter().find(|entry| entry["role"] == "member").expect("a member")["endpoint"];
    let wish = briefing(&meeting.session["host"], &[member], starts_at, 60);

    broken(&world).await;
    let mut stays = tests::peer::python(&before, JoinPath::Dual).await;
    stays.event("published").await;
    let mut leaves = tests::peer::python(&other, JoinPath::Single).await;
    leaves.event("published").await;
    leaves.finish().await;

    alarm(&mut live, true).await;
    let refused = meeting.secretary.post("/sessions", &wish).await;
    assert_eq!(refused.status, 503, "{:#}", refused.body);
    assert!(refused.body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{:#}", refused.body);
    let ready = reqwest::get(format!("{}/readyz", world.base())).await.expect("an answer");
    assert_eq!(ready.status(), 503, "a load balancer sees it");

    mended(&world).await;
    alarm(&mut live, false).await;
    let attendance = meeting.until_connected(1).await;
    let seen: Vec<&Value> = attendance["endpoints"]
        .as_array()
        .expect("endpoints")
        .iter()
        .filter(|e| !e["first_at"].is_null())
        .collect();
    assert_eq!(seen.len(), 2, "who came and went during the outage is there: {seen:#?}");
    assert!(seen.iter().all(|e| e["intervals"].as_array().map(Vec::len) == Some(1)), "and once: {seen:#?}");
    stays.finish().await;
    meeting.until_connected(0).await;
    assert_eq!(meeting.end().await["state"], json!("ended"));
}

async fn alarm(live: &mut Live, raised: bool) {
    live.until("alarm", |data| data.is_null() != raised).await;
}

/// Soft limit of the size of files that a process may write; a file that would grow past it fails like a full disk.
fn limit_files(pid: u32, limit: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &format!("--fsize={limit}:unlimited")])
        .status()
        .expect("prlimit is part of util-linux");
    assert!(done.success(), "prlimit");
}

#[tokio::test]
async fn a_full_disk_is_told_and_costs_no_attendance() {
    let world = World::empty(Backend::Sqlite).await;
    attendance_outlives(
        world,
        async |world| limit_files(world.giaoban.pid(), "0"),
        async |world| limit_files(world.giaoban.pid(), "unlimited"),
    )
    .await;
}

#[tokio::test]
async fn a_lost_database_is_told_and_costs_no_attendance() {
    let server = Postgres::start();
    let world = World::on(&server).await;
    attendance_outlives(world, async |_| server.stop(), async |_| server.start_again()).await;
}

#[tokio::test]
async fn a_client_that_comes_after_an_outage_is_served() {
    let server = Postgres::start();
    let world = World::on(&server).await;
    server.stop();
    let (_, refused) = Client::try_login(world.base(), ADMINISTRATOR.0, ADMINISTRATOR.1).await;
    assert_eq!(refused.status, 503, "an outage is not a wrong password: {:#}", refused.body);
    server.start_again();
    world.login(ADMINISTRATOR).await;
}
