//! Effects that leave the house: written with the change that causes them, carried out here, at least once.

use std::{sync::Arc, time::Duration};

use schema::{
    id::SessionId,
    session::SessionState,
    store::{
        StoreError,
        outbox::{self, Outgoing},
        sessions,
    },
};
use serde::Deserialize;

use crate::{app::App, rooms::RoomsError};

/// The room of a session opens.
pub const OPEN_ROOM: &str = "open_room";

/// The room of a session closes.
pub const CLOSE_ROOM: &str = "close_room";

/// Effects taken at once.
const BATCH: i64 = 50;

/// First wait before an effect is tried again; it doubles with every try, up to ten minutes.
const RETRY_MS: i64 = 2_000;
const RETRY_MAX_MS: i64 = 600_000;

/// How often effects are looked for that failed before. Those of a use case are carried out as it ends.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
struct OfSession {
    session_id: SessionId,
}

/// Why an effect failed.
#[derive(Debug, thiserror::Error)]
enum EffectError {
    #[error(transparent)]
    Rooms(#[from] RoomsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot be read: {0}")]
    Payload(#[from] serde_json::Error),
    #[error("no such effect")]
    Unknown,
}

/// Carries out what is due; failures stay for the next time.
pub async fn run_due(app: &App) {
    if let Err(error) = run(app).await {
        tracing::warn!("effects could not be carried out now: {error}");
    }
}

/// Looks again and again, until the program stops.
pub async fn run_always(app: Arc<App>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        look.tick().await;
        run_due(&app).await;
    }
}

async fn run(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let due = outbox::take(&mut tx, now, now.plus_millis(RETRY_MS), BATCH).await?;
    tx.commit().await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut outcomes = Vec::with_capacity(due.len());
    for effect in due {
        let outcome = carry_out(app, &effect).await;
        outcomes.push((effect, outcome));
    }
    let mut tx = app.store.write().await?;
    for (effect, outcome) in outcomes {
        match outcome {
            Ok(()) => outbox::finish(&mut tx, effect.id, now).await?,
            Err(error) => {
                tracing::warn!(effect.kind = effect.kind, effect.attempts, "an effect failed: {error}");
                let wait = RETRY_MS.saturating_mul(1 << effect.attempts.clamp(0, 20)).min(RETRY_MAX_MS);
                outbox::put_off(&mut tx, effect.id, &error.to_string(), now.plus_millis(wait)).await?;
            }
        }
    }
    tx.commit().await
}

async fn is_live(app: &App, id: SessionId) -> Result<bool, StoreError> {
    let session = sessions::find(&mut app.store.read().await?, id).await?;
    Ok(session.is_some_and(|session| session.state == SessionState::Live))
}

async fn carry_out(app: &App, effect: &Outgoing) -> Result<(), EffectError> {
    let OfSession { session_id } = serde_json::from_str(&effect.payload)?;
    match effect.kind.as_str() {
        // Tried again and again, it may come after the end.
        OPEN_ROOM if !is_live(app, session_id).await? => Ok(()),
        OPEN_ROOM => Ok(app.rooms.open(session_id).await?),
        CLOSE_ROOM => Ok(app.rooms.close(session_id).await?),
        _ => Err(EffectError::Unknown),
    }
}
