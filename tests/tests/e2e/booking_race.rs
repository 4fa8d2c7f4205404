//! No double booking: fifty secretaries want the same endpoint at the same time.

use futures::future::join_all;
use tests::{
    booking::{briefing, working_day},
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World},
};

const BOOKERS: usize = 50;

async fn exactly_one_of_fifty_wins(backend: Backend) {
    let world = World::empty(backend).await;
    let administrator = world.login(ADMINISTRATOR).await;
    let province =
        Province::make(&administrator, &[("Mường Nhé", 195_000, 290), ("Tuần Giáo", 80_000, 120)]).await;
    let secretary = world.login(SECRETARY).await;
    let starts_at = working_day(&secretary, 8).await;
    let wanted = &province.members[0];

    // Every second one shifts by a quarter of an hour: they overlap without being the same.
    let wishes = (0..BOOKERS).map(|n| {
        let shift = chrono::TimeDelta::minutes(if n % 2 == 0 { 0 } else { 15 });
        let mut wish = briefing(&province.host, &[wanted], starts_at + shift, 90);
        wish["subject"] = format!("Giao ban {n}").into();
        wish
    });
    let replies = join_all(wishes.map(|wish| {
        let secretary = secretary.clone();
        async move { secretary.post("/sessions", &wish).await }
    }))
    .await;

    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status.is_success());
    assert_eq!(won.len(), 1, "exactly one booking stands");
    let winner = &won[0].body["id"];
    for reply in lost {
        let problem = reply.refused(409, "conflict");
        let conflicts = problem["conflicts"].as_array().expect("the clash is named");
        assert!(
            conflicts
                .iter()
                .any(|c| c["what"] == "endpoint" && c["id"] == wanted["id"] && &c["session_id"] == winner)
        );
    }
    let day = starts_at.date_naive();
    let stored = secretary.get(&format!("/sessions?from={day}&to={day}")).await.ok();
    assert_eq!(stored["items"].as_array().map(Vec::len), Some(1), "nothing half saved");

    let audit = administrator.get("/audit/verify").await.ok();
    assert_eq!(audit["ok"], true, "the audit chain survives the rush");
}

#[tokio::test]
async fn one_endpoint_one_time_fifty_bookers_one_winner_on_sqlite() {
    exactly_one_of_fifty_wins(Backend::Sqlite).await;
}

#[tokio::test]
async fn one_endpoint_one_time_fifty_bookers_one_winner_on_postgres() {
    exactly_one_of_fifty_wins(Backend::Postgres).await;
}
