//! Settling a session: from the roll-call and the intervals to the savings ledger and the totals that reports add up.
//!
//! Called in the transaction that ends the session, and in every one that corrects its roll afterwards. A correction
//! makes another revision by the numbers of the first, so that a norm which changed meanwhile changes nothing; what
//! was settled before stays in the tables.

use schema::{
    cost::{Occasion, Terms, Totals},
    id::SessionId,
    interval::Hours,
    ledger::{self as reckoning, Attended, Ledger, Settlement},
    moment::Moment,
    regime::Plan,
    role::Permission,
    roster::RosterLine,
    session::{Session, SessionAction, SessionState},
    settings::Settings,
    store::{StoreError, Tx, calendar, history, intervals, ledger, norms, roster, sessions, settings},
};
use serde_json::json;

use super::{Record, Refusal, attendance, authorship::author, sight};
use crate::{app::App, auth::actor::Actor};

/// A session's ledger as shown, with what stands at its head.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The session.
    pub session: Session,
    /// Its latest settlement.
    pub ledger: Ledger,
}

/// Settles a session and keeps the result as its next revision. The session's row is locked by the caller.
pub async fn settle(tx: &mut Tx, id: SessionId, now: Moment) -> Result<Totals, StoreError> {
    let settlement = reckon(tx, id, now).await?;
    ledger::insert(tx, &settlement, now).await?;
    Ok(settlement.totals)
}

/// Why a session is settled again by the program itself; everybody reads it, so it is in both languages.
const TOLD_LATE: &str = "Phòng họp báo thêm về thời gian kết nối sau khi phiên kết thúc; điểm danh và chi phí được \
tính lại. · The room told more about who was connected after the session had ended; attendance and ledger were drawn \
up anew.";

/// Settles sessions again of which something was heard after their end, in the name of the program. Their rows are
/// locked by the caller.
pub async fn settle_late(tx: &mut Tx, sessions: &[SessionId], now: Moment) -> Result<(), StoreError> {
    let program = Actor::system();
    for id in sessions {
        settle(tx, *id, now).await?;
        history::insert(tx, *id, &author(&program), SessionAction::Settle, Some(TOLD_LATE), now).await?;
    }
    // The end of the audit chain is locked last.
    for id in sessions {
        let record = Record::new(&program, now, "session.settle").on(id);
        record.with(json!({ "reason": TOLD_LATE })).write(tx).await?;
    }
    Ok(())
}

/// What settling a session would write, from its attendance as it stands.
pub async fn reckon(tx: &mut Tx, id: SessionId, now: Moment) -> Result<Settlement, StoreError> {
    let session = sessions::find(tx, id).await?.ok_or(StoreError::Reference)?;
    let rules = settings::list(tx).await?;
    let terms = match ledger::terms(tx, id).await? {
        Some(first) => first,
        None => terms(tx, &session, &rules).await?,
    };
    let attended = attended(tx, &session, &rules, now).await?;
    Ok(reckoning::settle(&session, terms, attended))
}

async fn terms(tx: &mut Tx, session: &Session, rules: &Settings) -> Result<Terms, StoreError> {
    let plan = Plan {
        kind: session.kind,
        urgency: session.urgency,
        starts_at: session.starts_at,
        ends_at: session.ends_at,
        announced_at: session.announced_at.unwrap_or(session.created_at),
    };
    let occasion = Occasion::of(&plan, session.mode, &calendar::load(tx).await?);
    Ok(Terms::on(occasion, &norms::list(tx).await?, rules))
}

async fn attended(
    tx: &mut Tx,
    session: &Session,
    rules: &Settings,
    now: Moment,
) -> Result<Vec<Attended>, StoreError> {
    let ended_at = session.ended_at.unwrap_or(now);
    let hours = Hours { ended_at: Some(ended_at), ..attendance::hours(rules, session) };
    let presented = intervals::list(tx, session.id).await?;
    let lines = roster::list_with_delegates(tx, session.id).await?;
    let attend = |line: RosterLine| {
        let own = presented.iter().find(|one| one.endpoint_id == Some(line.entry.endpoint.id));
        let connection = own.map(|one| one.timeline.connection(hours, ended_at)).unwrap_or_default();
        Attended { line, connection }
    };
    Ok(lines.into_iter().map(attend).collect())
}

/// The ledger of a session that has ended. It names delegates of every unit that was called, so it takes the
/// permission for the unit where the chair sits; who reads reports of one unit only finds its sums there.
pub async fn show(app: &App, actor: &Actor, id: SessionId) -> Result<Shown, Refusal> {
    let mut tx = app.store.read().await?;
    let session = sight::find(&mut tx, actor, id).await?;
    let host = sight::host_unit(&mut tx, &session).await?;
    actor.require(&mut tx, Permission::ReportRead, host).await?;
    if session.state != SessionState::Ended {
        return Err(Refusal::NotEnded);
    }
    let ledger = ledger::find(&mut tx, id).await?.ok_or(Refusal::NotEnded)?;
    Ok(Shown { session, ledger })
}
