//! Puts away what is over: ended logins, carried-out effects, raw figures.

use std::{sync::Arc, time::Duration};

use schema::store::{StoreError, logins, outbox};

use crate::app::App;

/// How often. Figures not taken by a watcher grow in memory until then.
const EVERY: Duration = Duration::from_mins(1);

/// Done effects are kept for a day, for whoever looks into something.
const KEEP_MS: i64 = 86_400_000;

/// Tidies again and again, until the program stops.
pub async fn run_always(app: Arc<App>) {
    let mut turn = tokio::time::interval(EVERY);
    loop {
        turn.tick().await;
        app.metrics.run_upkeep();
        if let Err(error) = tidy(&app).await {
            tracing::warn!("tidying was put off: {error}");
        }
    }
}

async fn tidy(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    logins::delete_expired(&mut tx, now).await?;
    outbox::delete_done(&mut tx, now.plus_millis(-KEEP_MS)).await?;
    tx.commit().await
}
