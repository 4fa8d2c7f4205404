//! Reports, added up from the totals of endpoints that were written when sessions were settled.

use std::collections::{BTreeMap, HashSet};

use super::sql::built;
use super::{StoreError, Tx};
use crate::cost::Totals;
use crate::day::Day;
use crate::id::UnitId;
use crate::org::UnitKind;
use crate::report::{
    Headline, KindRow, MonthRow, Question, Report, ReportTotals, SessionRow, UnitRow, month_of, share_percent,
};
use crate::session::SessionState;

const MINUTE_MS: i64 = 60_000;

/// What the endpoints of one session add up to.
#[derive(sqlx::FromRow)]
struct PastSession {
    #[sqlx(flatten)]
    row: SessionRow,
    #[sqlx(flatten)]
    totals: Totals,
    held_on: Day,
    connected_ms: i64,
    gap_ms: i64,
    delegates_named: i64,
    substitutes: i64,
    on_time: i64,
}

/// Sessions in one state, held or not; drafts and what became of them never count.
#[derive(sqlx::FromRow)]
struct Counted {
    state: SessionState,
    sessions: i64,
    sample: i64,
    notice_due: i64,
    notice_kept: i64,
}

/// Adds up a report. `percent_from` is the smallest number of agencies of which a percentage is taken.
pub async fn report(tx: &mut Tx, question: &Question, percent_from: i64) -> Result<Report, StoreError> {
    let held = held(tx, question).await?;
    let counted = counted(tx, question).await?;
    let postponed = postponed(tx, question).await?;
    let agencies = agencies(tx, question).await?;
    let online = online(tx, question).await?;
    let by_unit = by_unit(tx, question).await?;

    let period = &question.period;
    let roster_date = question.roster_date(period.to);
    let money: Totals = held.iter().map(|session| session.totals).sum();
    let all = agencies.on(roster_date);
    let took_part = online.values().flatten().filter(|unit| all.contains(unit)).collect::<HashSet<_>>();
    let (agencies_online, agencies_all) = (count(took_part.len()), count(all.len()));
    Ok(Report {
        period: period.kind,
        from: period.from,
        to: period.to,
        roster_date,
        sample: counted.iter().any(|of| of.sample > 0),
        headline: Headline {
            net_dong: money.net_dong,
            gross_dong: money.gross_dong,
            low_dong: money.low_dong,
            high_dong: money.high_dong,
            person_minutes_saved: money.person_minutes_saved,
            co2_grams: money.co2_grams,
            agencies_online,
            agencies_all,
            share_percent: share_percent(agencies_online, agencies_all, percent_from),
        },
        totals: totals(&held, &counted, postponed),
        by_month: by_month(question, &held, &agencies, &online),
        by_kind: by_kind(&held),
        by_unit,
        sessions: held.into_iter().map(|session| session.row).collect(),
    })
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// ` AND unit IN (…)` and ` AND kind = …`, for the rows of one table.
macro_rules! narrowed {
    ($query:ident, $question:expr, $kind:literal, $unit:literal) => {
        if let Some(kind) = $question.kind {
            $query.push(concat!(" AND ", $kind, " = ")).push_bind(kind);
        }
        if let Some(units) = &$question.units {
            $query.push(concat!(" AND ", $unit, " IN (NULL"));
            for unit in units {
                $query.push(", ").push_bind(*unit);
            }
            $query.push(")");
        }
    };
}

/// ` AND session_id IN (…)` of the sessions to which one of the units is called.
macro_rules! called {
    ($query:ident, $question:expr) => {
        if let Some(kind) = $question.kind {
            $query.push(" AND s.kind = ").push_bind(kind);
        }
        if let Some(units) = &$question.units {
            $query
                .push(" AND EXISTS (SELECT 1 FROM roster r WHERE r.session_id = s.id AND r.unit_id IN (NULL");
            for unit in units {
                $query.push(", ").push_bind(*unit);
            }
            $query.push("))");
        }
    };
}

async fn held(tx: &mut Tx, question: &Question) -> Result<Vec<PastSession>, StoreError> {
    let Question { period, .. } = question;
    built!(tx, query => {
        query.push(
            "SELECT s.id, s.subject, s.kind, s.starts_at, s.held_on, t.*
             FROM (SELECT session_id,
                     CAST(SUM(CASE WHEN online THEN 1 ELSE 0 END) AS BIGINT) AS endpoints_invited,
                     CAST(SUM(CASE WHEN online AND joined THEN 1 ELSE 0 END) AS BIGINT) AS endpoints_joined,
                     CAST(SUM(CASE WHEN online AND joined AND NOT late THEN 1 ELSE 0 END) AS BIGINT) AS on_time,
                     CAST(SUM(connected_ms) AS BIGINT) AS connected_ms, CAST(SUM(gap_ms) AS BIGINT) AS gap_ms,
                     CAST(SUM(delegates_named) AS BIGINT) AS delegates_named,
                     CAST(SUM(delegates_present) AS BIGINT) AS delegates_present,
                     CAST(SUM(substitutes) AS BIGINT) AS substitutes, CAST(SUM(low_dong) AS BIGINT) AS low_dong,
                     CAST(SUM(high_dong) AS BIGINT) AS high_dong, CAST(SUM(gross_dong) AS BIGINT) AS gross_dong,
                     CAST(SUM(costs_dong) AS BIGINT) AS costs_dong, CAST(SUM(net_dong) AS BIGINT) AS net_dong,
                     CAST(SUM(person_minutes_saved) AS BIGINT) AS person_minutes_saved,
                     CAST(SUM(co2_grams) AS BIGINT) AS co2_grams
                 FROM endpoint_totals WHERE held_on BETWEEN ",
        );
        query.push_bind(period.from).push(" AND ").push_bind(period.to);
        narrowed!(query, question, "kind", "unit_id");
        query.push(" GROUP BY session_id) t JOIN sessions s ON s.id = t.session_id ORDER BY s.starts_at, s.id");
    })
}

async fn by_unit(tx: &mut Tx, question: &Question) -> Result<Vec<UnitRow>, StoreError> {
    let Question { period, .. } = question;
    built!(tx, query => {
        query.push(
            "SELECT t.*, u.name AS unit_name
             FROM (SELECT unit_id,
                     CAST(SUM(CASE WHEN online THEN 1 ELSE 0 END) AS BIGINT) AS invited,
                     CAST(SUM(CASE WHEN online AND joined THEN 1 ELSE 0 END) AS BIGINT) AS joined,
                     CAST(SUM(CASE WHEN online AND joined AND late THEN 1 ELSE 0 END) AS BIGINT) AS late,
                     CAST(SUM(connected_ms) AS BIGINT) / 60000 AS connected_minutes,
                     CAST(SUM(delegates_named) AS BIGINT) AS delegates_named,
                     CAST(SUM(delegates_present) AS BIGINT) AS delegates_present,
                     CAST(SUM(net_dong) AS BIGINT) AS net_dong,
                     CAST(SUM(person_minutes_saved) AS BIGINT) AS person_minutes_saved
                 FROM endpoint_totals WHERE held_on BETWEEN ",
        );
        query.push_bind(period.from).push(" AND ").push_bind(period.to);
        narrowed!(query, question, "kind", "unit_id");
        query.push(
            " GROUP BY unit_id) t JOIN units u ON u.id = t.unit_id ORDER BY t.net_dong DESC, u.sort_key, u.id",
        );
    })
}

async fn counted(tx: &mut Tx, question: &Question) -> Result<Vec<Counted>, StoreError> {
    let Question { period, .. } = question;
    built!(tx, query => {
        query.push(
            "SELECT s.state, COUNT(*) AS sessions, CAST(SUM(CASE WHEN s.sample THEN 1 ELSE 0 END) AS BIGINT) AS sample,
                 CAST(SUM(CASE WHEN s.notice_due THEN 1 ELSE 0 END) AS BIGINT) AS notice_due,
                 CAST(SUM(CASE WHEN s.notice_due AND s.notice_kept THEN 1 ELSE 0 END) AS BIGINT) AS notice_kept
             FROM sessions s WHERE s.announced_at IS NOT NULL AND s.held_on BETWEEN ",
        );
        query.push_bind(period.from).push(" AND ").push_bind(period.to);
        called!(query, question);
        query.push(" GROUP BY s.state");
    })
}

async fn postponed(tx: &mut Tx, question: &Question) -> Result<i64, StoreError> {
    let Question { period, .. } = question;
    let rows: Vec<(i64,)> = built!(tx, query => {
        query.push("SELECT COUNT(*) FROM sessions s WHERE s.held_on BETWEEN ");
        query.push_bind(period.from).push(" AND ").push_bind(period.to);
        query.push(
            " AND EXISTS (SELECT 1 FROM session_history h
                          WHERE h.session_id = s.id AND h.action IN ('postpone', 'reschedule'))",
        );
        called!(query, question);
    })?;
    Ok(rows.first().map_or(0, |(sessions,)| *sessions))
}

/// Which units took part online, month by month.
async fn online(tx: &mut Tx, question: &Question) -> Result<BTreeMap<String, HashSet<UnitId>>, StoreError> {
    let Question { period, .. } = question;
    let rows: Vec<(String, UnitId)> = built!(tx, query => {
        query.push(
            "SELECT DISTINCT SUBSTR(held_on, 1, 7), unit_id FROM endpoint_totals
             WHERE online AND joined AND held_on BETWEEN ",
        );
        query.push_bind(period.from).push(" AND ").push_bind(period.to);
        narrowed!(query, question, "kind", "unit_id");
    })?;
    let mut months: BTreeMap<String, HashSet<UnitId>> = BTreeMap::new();
    for (month, unit) in rows {
        months.entry(month).or_default().insert(unit);
    }
    Ok(months)
}

/// A unit below the province, and the days on which it exists.
#[derive(sqlx::FromRow)]
struct Agency {
    id: UnitId,
    valid_from: Day,
    valid_to: Option<Day>,
}

struct Agencies(Vec<Agency>);

impl Agencies {
    fn on(&self, day: Day) -> HashSet<UnitId> {
        let valid = |agency: &&Agency| day.is_within(agency.valid_from, agency.valid_to);
        self.0.iter().filter(valid).map(|agency| agency.id).collect()
    }
}

/// All agencies, whether they have an endpoint or not: one without does not meet online.
async fn agencies(tx: &mut Tx, question: &Question) -> Result<Agencies, StoreError> {
    let rows = built!(tx, query => {
        query.push("SELECT id, valid_from, valid_to FROM units WHERE kind <> ").push_bind(UnitKind::Province);
        if let Some(units) = &question.units {
            query.push(" AND id IN (NULL");
            for unit in units {
                query.push(", ").push_bind(*unit);
            }
            query.push(")");
        }
    })?;
    Ok(Agencies(rows))
}

fn totals(held: &[PastSession], counted: &[Counted], postponed: i64) -> ReportTotals {
    let sum = |of: fn(&PastSession) -> i64| held.iter().map(of).sum::<i64>();
    let in_state = |state: SessionState| counted.iter().filter(move |of| of.state == state);
    let sessions = |state: SessionState| in_state(state).map(|of| of.sessions).sum::<i64>();
    ReportTotals {
        sessions_booked: counted.iter().map(|of| of.sessions).sum(),
        sessions_held: sessions(SessionState::Ended),
        cancelled: sessions(SessionState::Cancelled),
        postponed,
        endpoints_invited: sum(|session| session.row.endpoints_invited),
        endpoints_joined: sum(|session| session.row.endpoints_joined),
        delegates_named: sum(|session| session.delegates_named),
        delegates_present: sum(|session| session.row.delegates_present),
        substitutes: sum(|session| session.substitutes),
        connected_minutes: sum(|session| session.connected_ms) / MINUTE_MS,
        gap_minutes: sum(|session| session.gap_ms) / MINUTE_MS,
        on_time_endpoints: sum(|session| session.on_time),
        notice_kept: in_state(SessionState::Ended).map(|of| of.notice_kept).sum(),
        notice_due: in_state(SessionState::Ended).map(|of| of.notice_due).sum(),
    }
}

fn by_month(
    question: &Question,
    held: &[PastSession],
    agencies: &Agencies,
    online: &BTreeMap<String, HashSet<UnitId>>,
) -> Vec<MonthRow> {
    let month_row = |(month, last): (String, Day)| {
        let all = agencies.on(question.roster_date(last));
        let took_part = online.get(&month).map_or(0, |units| units.intersection(&all).count());
        let mut row = MonthRow {
            agencies_online: count(took_part),
            agencies_all: count(all.len()),
            month,
            ..MonthRow::default()
        };
        for session in held.iter().filter(|session| month_of(session.held_on) == row.month) {
            row.sessions += 1;
            row.endpoints_joined += session.row.endpoints_joined;
            row.delegates_present += session.row.delegates_present;
            row.net_dong += session.row.net_dong;
            row.person_minutes_saved += session.totals.person_minutes_saved;
        }
        row
    };
    question.period.months().into_iter().map(month_row).collect()
}

fn by_kind(held: &[PastSession]) -> Vec<KindRow> {
    let mut kinds: BTreeMap<_, KindRow> = BTreeMap::new();
    for session in held {
        let kind = session.row.kind;
        let row =
            kinds.entry(kind).or_insert(KindRow { kind, sessions: 0, delegates_present: 0, net_dong: 0 });
        row.sessions += 1;
        row.delegates_present += session.row.delegates_present;
        row.net_dong += session.row.net_dong;
    }
    kinds.into_values().collect()
}
