//! Puts away what is over: ended logins, carried-out effects, raw figures.

use std::{sync::Arc, time::Duration};

use schema::store::{StoreError, logins, outbox, webhooks};

use crate::app::App;

/// How often. Figures not taken by a watcher grow in memory until then.
const EVERY: Duration = Duration::from_mins(1);

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Done effects are kept for a day, for whoever looks into something.
const KEEP_MS: i64 = DAY_MS;

/// Tidies again and again, until the program stops.
pub async fn run_always(app: Arc<App>) {
    let mut turn = tokio::time::interval(EVERY);
    loop {
        turn.tick().await;
        app.metrics.run_upkeep();
        if let Err(error) = run_due(&app).await {
            tracing::warn!("tidying was put off: {error}");
        }
    }
}

/// Puts away what is over by now.
pub async fn run_due(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    logins::delete_expired(&mut tx, now).await?;
    outbox::delete_done(&mut tx, now.plus_millis(-KEEP_MS)).await?;
    let rules = &app.settings.webhooks;
    let given_up =
        webhooks::give_up(&mut tx, now.plus_millis(-HOUR_MS * i64::from(rules.give_up_hours)), now).await?;
    webhooks::delete_done(&mut tx, now.plus_millis(-DAY_MS * i64::from(rules.keep_days))).await?;
    tx.commit().await?;
    if given_up > 0 {
        tracing::error!(
            events = given_up,
            "webhooks were given up: their receivers did not take them in time"
        );
    }
    if rules.targets.is_empty() {
        return Ok(());
    }
    // Counted where it holds up nobody.
    let waiting = webhooks::waiting(&mut app.store.read().await?).await?;
    for target in &rules.targets {
        let count = waiting.iter().find(|(name, _)| *name == target.name).map_or(0, |(_, count)| *count);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("giaoban_webhooks_waiting", "target" => target.name.clone()).set(count);
    }
    Ok(())
}
