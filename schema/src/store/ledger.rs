//! Settlements of sessions, and the totals of their endpoints that reports add up.

use super::sql::{all, execute, insert_many, one, optional};
use super::{StoreError, Tx};
use crate::cost::{FORMULA_VERSION, Line, Terms, Totals};
use crate::id::{LedgerId, NormId, SessionId};
use crate::ledger::{Ledger, LedgerRow, NormUse, Settlement};
use crate::moment::Moment;
use crate::norm::NormKind;

#[derive(sqlx::FromRow)]
struct Head {
    revision: i64,
    settled_at: Moment,
    formula_version: i64,
    terms: String,
    #[sqlx(flatten)]
    totals: Totals,
}

#[derive(sqlx::FromRow)]
struct Stored {
    #[sqlx(flatten)]
    row: LedgerRow,
    #[sqlx(rename = "allowance_norm_id")]
    allowance: Option<NormId>,
    #[sqlx(rename = "lodging_norm_id")]
    lodging: Option<NormId>,
    #[sqlx(rename = "petrol_norm_id")]
    petrol: Option<NormId>,
    #[sqlx(rename = "refreshments_norm_id")]
    refreshments: Option<NormId>,
}

impl Stored {
    fn with_norms(self, terms: &Terms) -> LedgerRow {
        let used = [self.allowance, self.lodging, self.petrol, self.refreshments];
        let kept = |id: NormId| terms.norms.iter().find(|norm| norm.id == id).map(NormUse::from);
        LedgerRow { norms: used.into_iter().flatten().filter_map(kept).collect(), ..self.row }
    }
}

/// The numbers by which a session was settled the first time; every later settlement takes the same.
pub async fn terms(tx: &mut Tx, session: SessionId) -> Result<Option<Terms>, StoreError> {
    let row: Option<(String,)> =
        optional!(tx, "SELECT terms FROM ledgers WHERE session_id = $1 ORDER BY revision LIMIT 1", session)?;
    row.map(|(terms,)| parse(&terms)).transpose()
}

fn parse(terms: &str) -> Result<Terms, StoreError> {
    serde_json::from_str(terms).map_err(|error| StoreError::Corrupt(format!("terms of a ledger: {error}")))
}

/// The latest settlement of a session.
pub async fn find(tx: &mut Tx, session: SessionId) -> Result<Option<Ledger>, StoreError> {
    let head: Option<Head> =
        optional!(tx, "SELECT * FROM ledgers WHERE session_id = $1 ORDER BY revision DESC LIMIT 1", session)?;
    let Some(head) = head else { return Ok(None) };
    let rows: Vec<Stored> = all!(
        tx,
        "SELECT l.*, l.full_name AS delegate, r.unit_id, r.unit_name AS unit, r.endpoint_id, r.endpoint_name AS endpoint,
             r.role, r.distance_metres, r.one_way_minutes
         FROM ledger_rows l JOIN roster r ON r.id = l.roster_id
         WHERE l.session_id = $1 AND l.revision = $2 ORDER BY l.place",
        session,
        head.revision,
    )?;
    let terms = parse(&head.terms)?;
    Ok(Some(Ledger {
        session_id: session,
        revision: head.revision,
        settled_at: head.settled_at,
        formula_version: head.formula_version,
        rows: rows.into_iter().map(|row| row.with_norms(&terms)).collect(),
        terms,
        totals: head.totals,
    }))
}

/// Keeps a settlement as the session's next revision. The caller holds the session's row, so that no number is taken
/// twice.
pub async fn insert(tx: &mut Tx, settlement: &Settlement, now: Moment) -> Result<i64, StoreError> {
    let session = settlement.session_id;
    let (revision,): (i64,) =
        one!(tx, "SELECT COALESCE(MAX(revision), 0) + 1 FROM ledgers WHERE session_id = $1", session)?;
    let terms = serde_json::to_string(&settlement.terms)
        .map_err(|error| StoreError::Corrupt(format!("terms of a ledger: {error}")))?;
    let totals = &settlement.totals;
    execute!(
        tx,
        "INSERT INTO ledgers (session_id, revision, settled_at, formula_version, terms, low_dong, high_dong, gross_dong,
             costs_dong, net_dong, person_minutes_saved, co2_grams)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        session,
        revision,
        now,
        FORMULA_VERSION,
        terms,
        totals.low_dong,
        totals.high_dong,
        totals.gross_dong,
        totals.costs_dong,
        totals.net_dong,
        totals.person_minutes_saved,
        totals.co2_grams,
    )?;
    insert_rows(tx, settlement, revision, now).await?;
    replace_totals(tx, settlement).await?;
    Ok(revision)
}

async fn insert_rows(
    tx: &mut Tx,
    settlement: &Settlement,
    revision: i64,
    now: Moment,
) -> Result<(), StoreError> {
    let session = settlement.session_id;
    let lines = settlement.endpoints.iter().flat_map(|endpoint| {
        let delegates = endpoint.attended.line.delegates.iter();
        delegates.zip(&endpoint.savings.lines)
    });
    let rows: Vec<_> = (0_i64..).zip(lines).collect();
    insert_many!(
        tx,
        "INSERT INTO ledger_rows (id, session_id, revision, place, roster_id, delegate_id, full_name, title, trip_days,
             nights, allowance_dong, lodging_dong, transport_dong, refreshments_dong, total_dong, low_dong, high_dong,
             minutes_saved, excluded, allowance_norm_id, lodging_norm_id, petrol_norm_id, refreshments_norm_id,
             petrol_price_dong, formula_version) ",
        rows,
        |tuple, row| {
            let (place, (delegate, line)) = row;
            tuple.push_bind(LedgerId::new(now)).push_bind(session).push_bind(revision).push_bind(*place);
            tuple.push_bind(delegate.roster_id).push_bind(delegate.id);
            tuple.push_bind(delegate.full_name.clone()).push_bind(delegate.title.clone());
            tuple.push_bind(line.trip_days).push_bind(line.nights).push_bind(line.allowance_dong);
            tuple.push_bind(line.lodging_dong).push_bind(line.transport_dong).push_bind(line.refreshments_dong);
            tuple.push_bind(line.total_dong).push_bind(line.low_dong).push_bind(line.high_dong);
            tuple.push_bind(line.minutes_saved).push_bind(line.excluded);
            tuple.push_bind(used(line, NormKind::StayAllowance)).push_bind(used(line, NormKind::Lodging));
            tuple.push_bind(used(line, NormKind::PetrolPrice)).push_bind(used(line, NormKind::Refreshments));
            tuple.push_bind(line.petrol_price_dong).push_bind(FORMULA_VERSION);
        }
    )
}

fn used(line: &Line, kind: NormKind) -> Option<NormId> {
    line.norms.iter().find(|norm| norm.kind == kind).map(|norm| norm.id)
}

async fn replace_totals(tx: &mut Tx, settlement: &Settlement) -> Result<(), StoreError> {
    let session = settlement.session_id;
    execute!(tx, "DELETE FROM endpoint_totals WHERE session_id = $1", session)?;
    insert_many!(
        tx,
        "INSERT INTO endpoint_totals (session_id, roster_id, unit_id, held_on, kind, role, online, joined, late,
             connected_ms, gap_ms, delegates_named, delegates_present, substitutes, low_dong, high_dong, gross_dong,
             costs_dong, net_dong, person_minutes_saved, co2_grams) ",
        settlement.endpoints,
        |tuple, endpoint| {
            let (entry, connection) = (&endpoint.attended.line.entry, &endpoint.attended.connection);
            let totals = endpoint.savings.totals;
            tuple.push_bind(session).push_bind(entry.id).push_bind(entry.endpoint.unit_id);
            tuple.push_bind(settlement.held_on).push_bind(settlement.kind).push_bind(entry.role);
            tuple.push_bind(settlement.online).push_bind(endpoint.joined()).push_bind(connection.late);
            tuple.push_bind(connection.connected_ms).push_bind(connection.gap_ms);
            tuple.push_bind(endpoint.delegates_named()).push_bind(endpoint.delegates_present());
            tuple.push_bind(endpoint.substitutes()).push_bind(totals.low_dong).push_bind(totals.high_dong);
            tuple.push_bind(totals.gross_dong).push_bind(totals.costs_dong).push_bind(totals.net_dong);
            tuple.push_bind(totals.person_minutes_saved).push_bind(totals.co2_grams);
        }
    )
}
