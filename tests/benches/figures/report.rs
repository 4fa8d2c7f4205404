//! The yearly report over ten years of 500 sessions with 46 endpoints each.

use std::time::{Duration, Instant};

use schema::{
    calendar::Calendar,
    conflict::Span,
    cost::{Occasion, Terms},
    delegate::{NewDelegate, Presence},
    id::EndpointId,
    interval::Connection,
    ledger::{self as reckoning, Attended},
    moment::Moment,
    regime::Plan,
    roster::{Named, RosterLine},
    session::{NewSession, Session, SessionState},
    store::{Store, Tx, calendar, delegates, ledger, norms, roster, sessions, settings},
};
use serde_json::Value;
use tests::{
    client::Client,
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World},
};

use crate::{
    seed,
    table::{Table, quantile},
};

const YEARS: i64 = 10;
const A_YEAR: i64 = 500;
const ENDPOINTS: usize = 46;
const DELEGATES: usize = 2;
const REQUESTS: usize = 20;
/// Sessions stored in one transaction: to wait for the disk after each of them takes longer than all the rest.
const AT_ONCE: usize = 100;
/// 2016-01-01T00:00:00+07:00.
const FIRST: Moment = Moment::from_millis(1_451_581_200_000);
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

pub async fn measure(table: &mut Table) {
    for (backend, name) in [(Backend::Sqlite, "SQLite"), (Backend::Postgres, "PostgreSQL")] {
        let world = World::empty(backend).await;
        let administrator = world.login(ADMINISTRATOR).await;
        let names: Vec<String> = (1..ENDPOINTS).map(|n| format!("Xã {n:02}")).collect();
        let roads: Vec<_> = names.iter().map(|name| (name.as_str(), 90_000, 200)).collect();
        let province = Province::make(&administrator, &roads).await;
        let secretary = world.login(SECRETARY).await;
        fill(&seed::open(&world).await, &province).await;
        let mut times = read(&secretary).await;
        let median = quantile(&mut times, 0.5);
        let worst = quantile(&mut times, 1.0);
        let how = format!(
            "{YEARS} years × {A_YEAR} sessions × {ENDPOINTS} endpoints, over HTTP; worst of {REQUESTS}, median {median:.0} ms"
        );
        table.add(&format!("yearly report, {name}"), worst, 200.0, "ms", how);
    }
}

/// Ten years of sessions, held and settled.
async fn fill(store: &Store, province: &Province) {
    let id = |endpoint: &Value| -> EndpointId {
        endpoint["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    };
    let host = id(&province.host);
    let members: Vec<EndpointId> = province.members.iter().map(id).collect();
    let mut reader = store.read().await.expect("a transaction");
    let working = calendar::load(&mut reader).await.expect("the calendar");
    let rules = settings::list(&mut reader).await.expect("the settings");
    let rates = norms::list(&mut reader).await.expect("the norms");
    drop(reader);
    let directory = seed::named(store, &[members.as_slice(), &[host]].concat()).await;
    let seated: Vec<NewDelegate> = (0..DELEGATES).map(delegate).collect();
    let numbers: Vec<i64> = (0..YEARS * A_YEAR).collect();
    for chunk in numbers.chunks(AT_ONCE) {
        let mut tx = store.write().await.expect("a transaction");
        for n in chunk {
            let starts_at = FIRST.plus_millis(n * 365 / A_YEAR * DAY_MS + 8 * HOUR_MS);
            let span = Span::new(starts_at, starts_at.plus_millis(2 * HOUR_MS));
            let new = seed::session(format!("Giao ban {n}"), host, members.clone(), span);
            let session = hold(&mut tx, &new, &directory, &seated).await;
            let lines = roster::list_with_delegates(&mut tx, session.id).await.expect("read");
            let terms = Terms::on(occasion(&session, &working), &rates, &rules);
            let settlement = reckoning::settle(
                &session,
                terms,
                lines.into_iter().map(|line| attended(line, span)).collect(),
            );
            ledger::insert(&mut tx, &settlement, span.ends_at).await.expect("stored");
        }
        tx.commit().await.expect("stored");
    }
}

/// A session that is over, with its delegates.
async fn hold(tx: &mut Tx, new: &NewSession, directory: &Named, seated: &[NewDelegate]) -> Session {
    let announced_at = new.starts_at.plus_millis(-5 * DAY_MS);
    let mut session = seed::insert(tx, new, directory, announced_at).await;
    session.state = SessionState::Ended;
    session.started_at = Some(new.starts_at);
    session.ended_at = Some(new.ends_at);
    sessions::update(tx, &mut session).await.expect("stored");
    let entries = roster::list(tx, session.id).await.expect("read");
    let lines: Vec<_> = entries.iter().map(|entry| (entry.id, seated)).collect();
    delegates::replace_all(tx, session.id, &lines, announced_at).await.expect("stored");
    session
}

fn occasion(session: &Session, working: &Calendar) -> Occasion {
    let plan = Plan {
        kind: session.kind,
        urgency: session.urgency,
        starts_at: session.starts_at,
        ends_at: session.ends_at,
        announced_at: session.created_at,
    };
    Occasion::of(&plan, session.mode, working)
}

/// Everybody was in the room, from the beginning to the end.
fn attended(mut line: RosterLine, span: Span) -> Attended {
    line.delegates.iter_mut().for_each(|delegate| delegate.presence = Presence::InRoom);
    Attended { line, connection: connected(span) }
}

fn delegate(n: usize) -> NewDelegate {
    NewDelegate {
        id: None,
        person_id: None,
        full_name: format!("Đại biểu {n}"),
        title: "Phó Chủ tịch".into(),
        substitute_for: None,
        consented: None,
    }
}

fn connected(span: Span) -> Connection {
    Connection {
        first_at: Some(span.starts_at),
        last_at: Some(span.ends_at),
        connected_ms: span.ends_at.millis_since(span.starts_at),
        ..Connection::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
async fn read(secretary: &Client) -> Vec<Duration> {
    let mut times = Vec::new();
    for n in 0..REQUESTS {
        let year = 2016 + n % 10;
        let began = Instant::now();
        let report = secretary.get(&format!("/reports?period=year&of={year}")).await.ok();
        times.push(began.elapsed());
        assert!(
            report["totals"]["sessions_held"].as_i64().is_some_and(|held| held >= 490),
            "{}",
            report["totals"]
        );
    }
    times
}
