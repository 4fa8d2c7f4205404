//! Sessions.

use super::sql::{built, containing, execute, optional, touched};
use super::{StoreError, Tx};
use crate::endpoint::EndpointRef;
use crate::id::{AccountId, PersonId, SessionId, UnitId};
use crate::moment::Moment;
use crate::paging::{Cursor, Page, Paging};
use crate::person::PersonRef;
use crate::role::Reach;
use crate::session::{MeetingKind, NewSession, Session, SessionState};
use crate::text;

/// Which sessions to list.
#[derive(Debug, Clone)]
pub struct SessionFilter<'a> {
    /// Those that end after this.
    pub from: Option<Moment>,
    /// Those that start before this.
    pub to: Option<Moment>,
    /// Those in this state.
    pub state: Option<SessionState>,
    /// Those of this kind.
    pub kind: Option<MeetingKind>,
    /// Those to which this unit or one below it is called.
    pub under: Option<UnitId>,
    /// Those whose subject or content contains this.
    pub q: Option<&'a str>,
    /// Those to which a unit within the reader's reach is called.
    pub reach: Reach,
    /// Those that were never announced only where the chair sits within this.
    pub prepares: Reach,
}

impl Default for SessionFilter<'_> {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            state: None,
            kind: None,
            under: None,
            q: None,
            reach: Reach::Everywhere,
            prepares: Reach::Everywhere,
        }
    }
}

/// A session as it stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session.
    pub session: Session,
    /// Where the chair sits, by the names of the day.
    pub host: EndpointRef,
    /// Chủ trì, by the name of the day.
    pub chair: Option<PersonRef>,
    /// Lines of the roster, the host's included.
    pub endpoints_invited: i64,
    /// Endpoints that were connected at some time.
    pub endpoints_connected: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    session: Session,
    #[sqlx(flatten)]
    host: EndpointRef,
    chair_name: Option<String>,
    chair_title: Option<String>,
    endpoints_invited: i64,
    endpoints_connected: i64,
}

impl From<Row> for SessionSummary {
    fn from(row: Row) -> Self {
        let named = |id: PersonId| {
            Some(PersonRef { id, full_name: row.chair_name?, title: row.chair_title.unwrap_or_default() })
        };
        Self {
            chair: row.session.chair_id.and_then(named),
            session: row.session,
            host: row.host,
            endpoints_invited: row.endpoints_invited,
            endpoints_connected: row.endpoints_connected,
        }
    }
}

const SUMMARY: &str =
    "SELECT s.*, h.endpoint_id, h.endpoint_name, h.unit_id, h.unit_name, c.full_name AS chair_name, c.title AS chair_title,
         (SELECT COUNT(*) FROM roster x WHERE x.session_id = s.id) AS endpoints_invited,
         (SELECT COUNT(DISTINCT i.endpoint_id) FROM intervals i WHERE i.session_id = s.id) AS endpoints_connected
     FROM sessions s
     JOIN roster h ON h.session_id = s.id AND h.endpoint_id = s.host_endpoint_id
     LEFT JOIN session_people c ON c.session_id = s.id AND c.person_id = s.chair_id";

/// The session with this id.
pub async fn find(tx: &mut Tx, id: SessionId) -> Result<Option<Session>, StoreError> {
    optional!(tx, "SELECT * FROM sessions WHERE id = $1", id)
}

/// The session with this id, held until the transaction is over. Bookable things are locked before it.
pub async fn lock(tx: &mut Tx, id: SessionId) -> Result<Option<Session>, StoreError> {
    let sql = match tx {
        Tx::Sqlite(_) => "SELECT * FROM sessions WHERE id = $1",
        Tx::Postgres(_) => "SELECT * FROM sessions WHERE id = $1 FOR NO KEY UPDATE",
    };
    optional!(tx, sql, id)
}

/// The session with this id, as it stands in a list.
pub async fn find_summary(tx: &mut Tx, id: SessionId) -> Result<Option<SessionSummary>, StoreError> {
    let mut rows: Vec<Row> = built!(tx, query => {
        query.push(SUMMARY).push(" WHERE s.id = ").push_bind(id);
    })?;
    Ok(rows.pop().map(SessionSummary::from))
}

/// The units that bound a reach; `None` when nothing does.
const fn roots(reach: &Reach) -> Option<&[UnitId]> {
    match reach {
        Reach::Everywhere => None,
        Reach::Under(units) => Some(units.as_slice()),
    }
}

/// `(…)`: these units and all below them. Without any, nothing.
macro_rules! units_below {
    ($query:ident, $roots:expr) => {
        $query.push("(WITH RECURSIVE below (id) AS (SELECT id FROM units WHERE id IN (NULL");
        for root in $roots {
            $query.push(", ").push_bind(*root);
        }
        $query.push(
            ") UNION SELECT u.id FROM units u JOIN below ON u.parent_id = below.id) SELECT id FROM below)",
        );
    };
}

/// Sessions, the latest start first.
pub async fn list(
    tx: &mut Tx,
    filter: &SessionFilter<'_>,
    paging: &Paging,
) -> Result<Page<SessionSummary>, StoreError> {
    let rows: Vec<Row> = built!(tx, query => {
        query.push(SUMMARY).push(" WHERE 1 = 1");
        if let Some(from) = filter.from {
            // No session is longer than that, so the index over starts bounds the search from below too.
            query.push(" AND s.starts_at > ").push_bind(from.plus_millis(-crate::session::LONGEST_MS - 1));
            query.push(" AND s.ends_at > ").push_bind(from);
        }
        if let Some(to) = filter.to {
            query.push(" AND s.starts_at < ").push_bind(to);
        }
        if let Some(state) = filter.state {
            query.push(" AND s.state = ").push_bind(state);
        }
        if let Some(kind) = filter.kind {
            query.push(" AND s.kind = ").push_bind(kind);
        }
        if let Some(pattern) = containing(filter.q) {
            query.push(" AND s.search_key LIKE ").push_bind(pattern).push(" ESCAPE '!'");
        }
        let under = filter.under.as_ref().map(std::slice::from_ref);
        for roots in [under, roots(&filter.reach)].into_iter().flatten() {
            query.push(" AND EXISTS (SELECT 1 FROM roster x WHERE x.session_id = s.id AND x.unit_id IN ");
            units_below!(query, roots);
            query.push(")");
        }
        if let Some(roots) = roots(&filter.prepares) {
            query.push(" AND (s.announced_at IS NOT NULL OR h.unit_id IN ");
            units_below!(query, roots);
            query.push(")");
        }
        if let Some((key, id)) = paging.after.as_ref().and_then(|after| Some((after.as_number()?, after.id))) {
            query.push(" AND (s.starts_at, s.id) < (").push_bind(key).push(", ").push_bind(id).push(")");
        }
        query.push(" ORDER BY s.starts_at DESC, s.id DESC LIMIT ").push_bind(paging.fetch());
    })?;
    let place = |row: &Row| Cursor::number(row.session.starts_at.as_millis(), row.session.id.0);
    Ok(Page::of(rows, paging, place).map(SessionSummary::from))
}

/// Writes a session down as a draft. Its roster is frozen apart ([`super::roster::freeze`]).
pub async fn insert(
    tx: &mut Tx,
    new: &NewSession,
    author: Option<AccountId>,
    now: Moment,
) -> Result<SessionId, StoreError> {
    let id = SessionId::new(now);
    execute!(
        tx,
        "INSERT INTO sessions (id, subject, kind, urgency, urgency_reason, mode, state, starts_at, ends_at, held_on,
             host_endpoint_id, chair_id, content, requirements, contact, reason, announced_at, notice_due, notice_kept,
             started_at, ended_at, sample, created_by, created_at, search_key, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, NULL, NULL, $16, $16, NULL, NULL,
             $17, $18, $19, $20, 1)",
        id,
        text::clean(&new.subject),
        new.kind,
        new.urgency,
        new.urgency_reason.as_deref().map(text::clean),
        new.mode,
        SessionState::Draft,
        new.starts_at,
        new.ends_at,
        new.held_on(),
        new.host_endpoint_id,
        new.chair_id,
        text::clean(&new.content),
        text::clean(&new.requirements),
        text::clean(&new.contact),
        false,
        new.sample,
        author,
        now,
        search_key(&new.subject, &new.content),
    )?;
    Ok(id)
}

/// Keeps a session as it now is, unless it was changed since it was read; the version rises.
pub async fn update(tx: &mut Tx, session: &mut Session) -> Result<(), StoreError> {
    touched(execute!(
        tx,
        "UPDATE sessions SET subject = $3, kind = $4, urgency = $5, urgency_reason = $6, mode = $7, state = $8,
             starts_at = $9, ends_at = $10, held_on = $11, host_endpoint_id = $12, chair_id = $13, content = $14,
             requirements = $15, contact = $16, reason = $17, announced_at = $18, notice_due = $19, notice_kept = $20,
             started_at = $21, ended_at = $22, search_key = $23, version = version + 1
         WHERE id = $1 AND version = $2",
        session.id,
        session.version,
        &session.subject,
        session.kind,
        session.urgency,
        &session.urgency_reason,
        session.mode,
        session.state,
        session.starts_at,
        session.ends_at,
        session.held_on,
        session.host_endpoint_id,
        session.chair_id,
        &session.content,
        &session.requirements,
        &session.contact,
        &session.reason,
        session.announced_at,
        session.notice_due,
        session.notice_kept,
        session.started_at,
        session.ended_at,
        search_key(&session.subject, &session.content),
    )?)?;
    session.version += 1;
    Ok(())
}

fn search_key(subject: &str, content: &str) -> String {
    text::search_key_of(&[subject, content])
}
