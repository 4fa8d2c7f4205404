//! A booking of 150 endpoints against 50,000 stored sessions, over HTTP, on both databases.

use std::time::{Duration, Instant};

use schema::{
    conflict::{Resource, Span},
    id::EndpointId,
    moment::Moment,
    session::SessionState,
    store::{Store, bookings, sessions},
};
use serde_json::Value;
use tests::{
    booking::{briefing, working_days},
    client::Client,
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World},
};

use crate::{
    seed,
    table::{Table, quantile},
};

const ENDPOINTS: usize = 150;
const STORED: usize = 50_000;
const BOOKINGS: usize = 300;
/// Hours of each day at which a stored session stands; the measured ones are booked at the others.
const TAKEN_HOURS: [i64; 10] = [3, 4, 5, 6, 12, 18, 19, 20, 21, 22];
const FREE_HOURS: [u32; 3] = [8, 9, 10];
/// Endpoints of a stored session, besides the host.
const EACH: usize = 10;

pub async fn measure(table: &mut Table) {
    for (backend, name) in [(Backend::Sqlite, "SQLite"), (Backend::Postgres, "PostgreSQL")] {
        let world = World::empty(backend).await;
        let administrator = world.login(ADMINISTRATOR).await;
        let names: Vec<String> = (1..ENDPOINTS).map(|n| format!("Điểm cầu {n:03}")).collect();
        let roads: Vec<_> = names.iter().map(|name| (name.as_str(), 50_000, 90)).collect();
        let province = Province::make(&administrator, &roads).await;
        let secretary = world.login(SECRETARY).await;
        fill(&seed::open(&world).await, &province).await;
        let mut times = book(&secretary, &province).await;
        let median = quantile(&mut times, 0.5);
        let p99 = quantile(&mut times, 0.99);
        let how = format!(
            "{ENDPOINTS} endpoints, {STORED} stored sessions, {BOOKINGS} bookings over HTTP; median {median:.1} ms"
        );
        table.add(&format!("booking p99, {name}"), p99, 20.0, "ms", how);
    }
}

/// Stores sessions with their bookings, ten on each day from tomorrow on, each with other endpoints.
async fn fill(store: &Store, province: &Province) {
    let id = |endpoint: &Value| -> EndpointId {
        endpoint["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    };
    let host = id(&province.host);
    let members: Vec<EndpointId> = province.members.iter().map(id).collect();
    let now = seed::now();
    let midnight = Moment::from_millis(now.as_millis().div_euclid(86_400_000) * 86_400_000 - 7 * 3_600_000);
    let named = seed::named(store, &[members.as_slice(), &[host]].concat()).await;
    let numbers: Vec<usize> = (0..STORED).collect();
    for chunk in numbers.chunks(1000) {
        let mut tx = store.write().await.expect("a transaction");
        for n in chunk {
            let day = i64::try_from(n / TAKEN_HOURS.len()).expect("a few thousand") + 1;
            let hour = day * 24 + TAKEN_HOURS[n % TAKEN_HOURS.len()];
            let span = Span::new(
                midnight.plus_millis(hour * 3_600_000),
                midnight.plus_millis((hour + 1) * 3_600_000),
            );
            let chosen = (0..EACH).map(|k| members[(n * 7 + k * 13) % members.len()]).collect();
            let new = seed::session(format!("Phiên {n}"), host, chosen, span);
            let mut session = seed::insert(&mut tx, &new, &named, now).await;
            session.state = SessionState::Scheduled;
            sessions::update(&mut tx, &mut session).await.expect("stored");
            let taken: Vec<Resource> = new.all_endpoints().into_iter().map(Resource::Endpoint).collect();
            bookings::insert(&mut tx, session.id, &taken, span).await.expect("stored");
        }
        tx.commit().await.expect("stored");
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
async fn book(secretary: &Client, province: &Province) -> Vec<Duration> {
    let members: Vec<&Value> = province.members.iter().collect();
    let days = working_days(secretary, BOOKINGS / FREE_HOURS.len() + 1).await;
    let mut times = Vec::new();
    for day in &days {
        for hour in FREE_HOURS {
            let starts_at =
                day.with_time(chrono::NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour")).single();
            let wish = briefing(&province.host, &members, starts_at.expect("no daylight saving time"), 60);
            let began = Instant::now();
            let reply = secretary.post("/sessions", &wish).await;
            times.push(began.elapsed());
            assert_eq!(reply.status, 201, "{:#}", reply.body);
        }
    }
    // The first ones warm the program's and the database's caches.
    times.split_off(FREE_HOURS.len()).into_iter().take(BOOKINGS).collect()
}
