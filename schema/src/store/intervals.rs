//! What the rooms told, and the intervals made of it as it arrives.

use std::collections::{BTreeMap, BTreeSet};

use super::sql::{all, execute, insert_many};
use super::{StoreError, Tx, sessions};
use crate::event::{LeaveReason, RoomEvent, RoomEventKind, TrackSource, Who};
use crate::id::{EndpointId, IntervalId, SessionId};
use crate::interval::{Gap, Interval, Timeline, endpoint_of};
use crate::moment::Moment;

#[derive(sqlx::FromRow)]
struct Row {
    id: IntervalId,
    identity: String,
    endpoint_id: Option<EndpointId>,
    incarnation: String,
    sid: String,
    from_at: Moment,
    to_at: Option<Moment>,
    last_seen_at: Moment,
    reason: Option<LeaveReason>,
    muted: Option<bool>,
    camera: Option<bool>,
}

/// All that is known of one identity in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// `endpoint:…` or `account:…`.
    pub identity: String,
    /// The endpoint, if it is one that exists.
    pub endpoint_id: Option<EndpointId>,
    /// When it was there.
    pub timeline: Timeline,
}

/// Who was in the room of a session, and when.
pub async fn list(tx: &mut Tx, session: SessionId) -> Result<Vec<Presented>, StoreError> {
    let rows: Vec<Row> =
        all!(tx, "SELECT * FROM intervals WHERE session_id = $1 ORDER BY identity, from_at, id", session)?;
    let gaps: Vec<(IntervalId, Moment, Option<Moment>)> = all!(
        tx,
        "SELECT g.interval_id, g.from_at, g.to_at FROM interval_gaps g JOIN intervals i ON i.id = g.interval_id
         WHERE i.session_id = $1 ORDER BY g.interval_id, g.from_at",
        session
    )?;
    Ok(grouped(rows, &gaps))
}

fn grouped(rows: Vec<Row>, gaps: &[(IntervalId, Moment, Option<Moment>)]) -> Vec<Presented> {
    let mut found: Vec<(String, Option<EndpointId>, Vec<Interval>)> = Vec::new();
    for row in rows {
        let start = gaps.partition_point(|(id, ..)| *id < row.id);
        let own = gaps[start..].iter().take_while(|(id, ..)| *id == row.id);
        let interval = Interval {
            id: row.id,
            incarnation: row.incarnation,
            sid: row.sid,
            from: row.from_at,
            to: row.to_at,
            last_seen_at: row.last_seen_at,
            reason: row.reason,
            gaps: own.map(|(_, from, to)| Gap { from: *from, to: *to }).collect(),
            muted: row.muted,
            camera: row.camera,
        };
        match found.last_mut().filter(|(identity, ..)| *identity == row.identity) {
            Some((.., intervals)) => intervals.push(interval),
            None => found.push((row.identity, row.endpoint_id, vec![interval])),
        }
    }
    let presented = |(identity, endpoint_id, intervals)| Presented {
        identity,
        endpoint_id,
        timeline: Timeline::new(intervals),
    };
    found.into_iter().map(presented).collect()
}

async fn find(tx: &mut Tx, session: SessionId, identity: &str) -> Result<Timeline, StoreError> {
    let rows: Vec<Row> = all!(
        tx,
        "SELECT * FROM intervals WHERE session_id = $1 AND identity = $2 ORDER BY from_at, id",
        session,
        identity
    )?;
    let gaps: Vec<(IntervalId, Moment, Option<Moment>)> = all!(
        tx,
        "SELECT g.interval_id, g.from_at, g.to_at FROM interval_gaps g JOIN intervals i ON i.id = g.interval_id
         WHERE i.session_id = $1 AND i.identity = $2 ORDER BY g.interval_id, g.from_at",
        session,
        identity
    )?;
    Ok(grouped(rows, &gaps).pop().map(|presented| presented.timeline).unwrap_or_default())
}

/// A session of which a room told something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub session: SessionId,
    /// It had ended, and what was told changes who was there when: what was settled of it no longer holds.
    pub unsettled: bool,
}

/// Keeps what rooms told, in the order told. Events seen before change nothing; neither do those of a room that is
/// no session. Heartbeats only move the last sign of life. The sessions are locked, so that none ends meanwhile.
pub async fn record(tx: &mut Tx, events: &[RoomEvent], linger_ms: i64) -> Result<Vec<Heard>, StoreError> {
    let sessions = lock_all(tx, events).await?;
    let mut changed: Vec<Heard> = Vec::new();
    for event in events {
        let Ok(session) = event.room.parse::<SessionId>() else { continue };
        if let RoomEventKind::Alive(who) = &event.kind {
            heartbeat(tx, session, event, who).await?;
            continue;
        }
        let ended_at = sessions.get(&session).copied().flatten();
        if !insert_event(tx, session, event).await? {
            continue;
        }
        let identities = match event.kind.who() {
            Some(who) => vec![who.identity.clone()],
            None => open_identities(tx, session).await?,
        };
        let mut unsettled = false;
        for identity in identities {
            let before = find(tx, session, &identity).await?;
            let mut after = before.clone();
            match ended_at {
                None => after.apply(event, &identity, linger_ms),
                Some(ended_at) => after.apply_late(event, &identity, linger_ms, ended_at),
            }
            unsettled |= ended_at.is_some() && !after.is_same_presence(&before);
            save(tx, session, &identity, &before, &after).await?;
        }
        match changed.iter_mut().find(|heard| heard.session == session) {
            Some(heard) => heard.unsettled |= unsettled,
            None => changed.push(Heard { session, unsettled }),
        }
    }
    Ok(changed)
}

/// Locks the sessions that the events are about, always in the same order; when each ended, if it has.
async fn lock_all(
    tx: &mut Tx,
    events: &[RoomEvent],
) -> Result<BTreeMap<SessionId, Option<Moment>>, StoreError> {
    let named: BTreeSet<SessionId> = events.iter().filter_map(|event| event.room.parse().ok()).collect();
    let mut found = BTreeMap::new();
    for id in named {
        if let Some(session) = sessions::lock(tx, id).await? {
            found.insert(id, session.ended_at);
        }
    }
    Ok(found)
}

async fn heartbeat(tx: &mut Tx, session: SessionId, event: &RoomEvent, who: &Who) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE intervals SET last_seen_at = $5
         WHERE session_id = $1 AND identity = $2 AND incarnation = $3 AND sid = $4 AND to_at IS NULL
           AND last_seen_at < $5",
        session,
        &who.identity,
        &event.incarnation,
        &who.sid,
        event.at,
    )?;
    Ok(())
}

/// The word for the kind, the track's source, its silence, and the reason of a leaving.
type Told = (&'static str, Option<TrackSource>, Option<bool>, Option<LeaveReason>);

fn told(kind: &RoomEventKind) -> Told {
    use RoomEventKind as K;
    match kind {
        K::Opened => ("opened", None, None, None),
        K::Closed => ("closed", None, None, None),
        K::Joined(_) => ("joined", None, None, None),
        K::Alive(_) => ("alive", None, None, None),
        K::LinkDown(_) => ("link_down", None, None, None),
        K::LinkUp(_) => ("link_up", None, None, None),
        K::Left { reason, .. } => ("left", None, None, Some(*reason)),
        K::TrackPublished { source, .. } => ("track_published", Some(*source), None, None),
        K::TrackUnpublished { source, .. } => ("track_unpublished", Some(*source), None, None),
        K::TrackMuted { source, muted, .. } => ("track_muted", Some(*source), Some(*muted), None),
    }
}

/// Adds the event, unless it is there already or its room is no session.
async fn insert_event(tx: &mut Tx, session: SessionId, event: &RoomEvent) -> Result<bool, StoreError> {
    let (kind, source, muted, reason) = told(&event.kind);
    let who = event.kind.who();
    let rows = execute!(
        tx,
        "INSERT INTO room_events (incarnation, seq, session_id, at, kind, identity, sid, source, muted, reason)
         SELECT $1, $2, s.id, $4, $5, $6, $7, $8, $9, $10 FROM sessions s WHERE s.id = $3
         ON CONFLICT (incarnation, seq) DO NOTHING",
        &event.incarnation,
        i64::try_from(event.seq).unwrap_or(i64::MAX),
        session,
        event.at,
        kind,
        who.map(|who| who.identity.clone()),
        who.map(|who| who.sid.clone()),
        source,
        muted,
        reason,
    )?;
    Ok(rows == 1)
}

async fn open_identities(tx: &mut Tx, session: SessionId) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT DISTINCT identity FROM intervals WHERE session_id = $1 AND to_at IS NULL ORDER BY identity",
        session
    )?;
    Ok(rows.into_iter().map(|(identity,)| identity).collect())
}

/// Writes the intervals that differ.
async fn save(
    tx: &mut Tx,
    session: SessionId,
    identity: &str,
    before: &Timeline,
    after: &Timeline,
) -> Result<(), StoreError> {
    for interval in after.intervals() {
        let known = before.intervals().iter().find(|known| known.id == interval.id);
        if known == Some(interval) {
            continue;
        }
        execute!(
            tx,
            "INSERT INTO intervals (id, session_id, identity, endpoint_id, incarnation, sid, from_at, to_at,
                 last_seen_at, reason, muted, camera)
             VALUES ($1, $2, $3, (SELECT id FROM endpoints WHERE id = $4), $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation, sid = excluded.sid,
                 to_at = excluded.to_at, last_seen_at = excluded.last_seen_at, reason = excluded.reason,
                 muted = excluded.muted, camera = excluded.camera",
            interval.id,
            session,
            identity,
            endpoint_of(identity),
            &interval.incarnation,
            &interval.sid,
            interval.from,
            interval.to,
            interval.last_seen_at,
            interval.reason,
            interval.muted,
            interval.camera,
        )?;
        if known.map(|known| &known.gaps) != Some(&interval.gaps) {
            execute!(tx, "DELETE FROM interval_gaps WHERE interval_id = $1", interval.id)?;
            insert_many!(
                tx,
                "INSERT INTO interval_gaps (interval_id, from_at, to_at) ",
                interval.gaps,
                |tuple, gap| {
                    tuple.push_bind(interval.id).push_bind(gap.from).push_bind(gap.to);
                }
            )?;
        }
    }
    Ok(())
}

/// Ends every interval that is still open, at its last sign of life: called once when the program starts, since no
/// room outlives it. Returns the sessions touched.
pub async fn settle(tx: &mut Tx) -> Result<Vec<SessionId>, StoreError> {
    let open: Vec<(SessionId, String)> = all!(
        tx,
        "SELECT DISTINCT session_id, identity FROM intervals WHERE to_at IS NULL ORDER BY session_id, identity"
    )?;
    let mut sessions: Vec<SessionId> = Vec::new();
    for (session, identity) in open {
        let before = find(tx, session, &identity).await?;
        let mut after = before.clone();
        // No opening of a room has an empty name.
        after.settle("");
        save(tx, session, &identity, &before, &after).await?;
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    Ok(sessions)
}
