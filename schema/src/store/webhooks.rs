//! What is told to programs outside: written with the event, delivered afterwards, in order, at least once.
//!
//! An outbox of its own beside [`outbox`](super::outbox): receivers may be slow or gone for days, and what one of them
//! is told of one opening of a room has to arrive in the order in which it happened.

use super::sql::{all, execute, optional};
use super::{StoreError, Tx};
use crate::event::RoomEvent;
use crate::moment::Moment;

/// What one receiver is told of one opening of a room; delivered one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct Lane {
    /// Name of the receiver.
    pub target: String,
    /// The opening of the room.
    pub incarnation: String,
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Webhook {
    /// Its place in the lane: the number of the event.
    pub seq: i64,
    /// What is said, as JSON text.
    pub body: String,
    /// When it happened.
    pub happened_at: Moment,
    /// Tries so far.
    pub attempts: i64,
    /// How many were given up of which the receiver is told with this one.
    pub dropped: i64,
}

/// How a receiver stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Name of the receiver.
    pub target: String,
    /// Told.
    pub delivered: i64,
    /// Still to be told.
    pub waiting: i64,
    /// Given up.
    pub given_up: i64,
    /// When the oldest of those that wait happened.
    pub oldest: Option<Moment>,
    /// What the last try said.
    pub last_error: Option<String>,
}

/// Orders that `target` be told of an event. One that was ordered before is not ordered again.
pub async fn insert(
    tx: &mut Tx,
    target: &str,
    event: &RoomEvent,
    body: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO webhooks (target, incarnation, seq, body, happened_at, ordered_at, not_before, attempts, dropped)
         VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0) ON CONFLICT (target, incarnation, seq) DO NOTHING",
        target,
        &event.incarnation,
        i64::try_from(event.seq).unwrap_or(i64::MAX),
        body,
        event.at,
        now,
    )?;
    Ok(())
}

/// Lanes of a receiver whose first waiting entry is due, at most `limit`.
pub async fn due(tx: &mut Tx, target: &str, now: Moment, limit: i64) -> Result<Vec<Lane>, StoreError> {
    all!(
        tx,
        "SELECT w.target, w.incarnation FROM webhooks w
         WHERE w.target = $3 AND w.done_at IS NULL AND w.given_up_at IS NULL AND w.not_before <= $1
           AND NOT EXISTS (SELECT 1 FROM webhooks e WHERE e.target = w.target AND e.incarnation = w.incarnation
                           AND e.done_at IS NULL AND e.given_up_at IS NULL AND e.seq < w.seq)
         ORDER BY w.not_before, w.happened_at, w.incarnation LIMIT $2",
        now,
        limit,
        target,
    )
}

/// Takes the first waiting entry of a lane, if it is due, and puts it off until `retry_at`: nobody else takes it
/// before, and neither does anyone if this process dies. It carries the number of those given up meanwhile: whoever takes
/// that number is the only one to have it, and keeps it until it is told.
pub async fn take(
    tx: &mut Tx,
    lane: &Lane,
    now: Moment,
    retry_at: Moment,
) -> Result<Option<Webhook>, StoreError> {
    let taken: Option<Webhook> = optional!(
        tx,
        "UPDATE webhooks SET not_before = $4, attempts = attempts + 1
         WHERE target = $1 AND incarnation = $2 AND done_at IS NULL AND given_up_at IS NULL AND not_before <= $3
           AND seq = (SELECT MIN(e.seq) FROM webhooks e WHERE e.target = $1 AND e.incarnation = $2
                      AND e.done_at IS NULL AND e.given_up_at IS NULL)
         RETURNING seq, body, happened_at, attempts, dropped",
        &lane.target,
        &lane.incarnation,
        now,
        retry_at,
    )?;
    let Some(mut webhook) = taken else { return Ok(None) };
    let given_up = claim_given_up(tx, &lane.target, now).await?;
    if given_up > 0 {
        webhook.dropped += given_up;
        execute!(
            tx,
            "UPDATE webhooks SET dropped = $4 WHERE target = $1 AND incarnation = $2 AND seq = $3",
            &lane.target,
            &lane.incarnation,
            webhook.seq,
            webhook.dropped,
        )?;
    }
    Ok(Some(webhook))
}

/// How many were given up of which nobody has told the receiver or is about to, those included of which one that was
/// given up itself should have told.
async fn claim_given_up(tx: &mut Tx, target: &str, now: Moment) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "UPDATE webhooks SET done_at = $2 WHERE target = $1 AND given_up_at IS NOT NULL AND done_at IS NULL
         RETURNING dropped",
        target,
        now,
    )?;
    Ok(rows.into_iter().map(|(carried,)| carried + 1).sum())
}

/// Notes that it was delivered.
pub async fn finish(tx: &mut Tx, lane: &Lane, seq: i64, now: Moment) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE webhooks SET done_at = $4, last_error = NULL WHERE target = $1 AND incarnation = $2 AND seq = $3",
        &lane.target,
        &lane.incarnation,
        seq,
        now,
    )?;
    Ok(())
}

/// Notes that it failed and when to try again.
pub async fn put_off(
    tx: &mut Tx,
    lane: &Lane,
    seq: i64,
    error: &str,
    not_before: Moment,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE webhooks SET last_error = $4, not_before = $5
         WHERE target = $1 AND incarnation = $2 AND seq = $3",
        &lane.target,
        &lane.incarnation,
        seq,
        error,
        not_before,
    )?;
    Ok(())
}

/// Gives up what was last ordered before `before` and is not delivered; how many.
pub async fn give_up(tx: &mut Tx, before: Moment, now: Moment) -> Result<u64, StoreError> {
    execute!(
        tx,
        "UPDATE webhooks SET given_up_at = $2
         WHERE ordered_at < $1 AND done_at IS NULL AND given_up_at IS NULL",
        before,
        now,
    )
}

/// Has everything that happened from `since` on be told to a receiver once more, in order; how many.
pub async fn replay(tx: &mut Tx, target: &str, since: Moment, now: Moment) -> Result<u64, StoreError> {
    execute!(
        tx,
        "UPDATE webhooks SET ordered_at = $3, done_at = NULL, given_up_at = NULL, attempts = 0, not_before = 0,
             last_error = NULL, dropped = CASE WHEN done_at IS NULL THEN dropped ELSE 0 END
         WHERE target = $1 AND happened_at >= $2",
        target,
        since,
        now,
    )
}

/// How many wait, by receiver; one for which nothing waits is not named.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    all!(
        tx,
        "SELECT target, COUNT(*) FROM webhooks WHERE done_at IS NULL AND given_up_at IS NULL
         GROUP BY target ORDER BY target",
    )
}

/// How all receivers stand.
pub async fn standings(tx: &mut Tx) -> Result<Vec<Standing>, StoreError> {
    all!(
        tx,
        "SELECT target,
           SUM(CASE WHEN done_at IS NOT NULL AND given_up_at IS NULL THEN 1 ELSE 0 END) AS delivered,
           SUM(CASE WHEN done_at IS NULL AND given_up_at IS NULL THEN 1 ELSE 0 END) AS waiting,
           SUM(CASE WHEN given_up_at IS NOT NULL THEN 1 ELSE 0 END) AS given_up,
           MIN(CASE WHEN done_at IS NULL AND given_up_at IS NULL THEN happened_at END) AS oldest,
           MAX(CASE WHEN done_at IS NULL THEN last_error END) AS last_error
         FROM webhooks GROUP BY target ORDER BY target",
    )
}

/// Forgets what happened before `before` and is delivered or given up.
pub async fn delete_done(tx: &mut Tx, before: Moment) -> Result<u64, StoreError> {
    execute!(
        tx,
        "DELETE FROM webhooks WHERE happened_at < $1 AND (done_at IS NOT NULL OR given_up_at IS NOT NULL)",
        before
    )
}
