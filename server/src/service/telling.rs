//! Telling programs outside what happens in rooms: what is ordered here in the transaction that keeps the events, the
//! job [`webhooks`](crate::jobs::webhooks) delivers.

use schema::{
    event::RoomEvent,
    moment::Moment,
    store::{
        StoreError, Tx,
        webhooks::{self, Standing},
    },
};

use crate::app::App;

/// Orders that every receiver be told of the events. Whether there was anything to tell.
pub async fn order(app: &App, tx: &mut Tx, events: &[RoomEvent]) -> Result<bool, StoreError> {
    let now = app.now();
    let mut ordered = false;
    for target in &app.settings.webhooks.targets {
        for event in events {
            if let Some(body) = &event.webhook {
                webhooks::insert(tx, &target.name, event, body, now).await?;
                ordered = true;
            }
        }
    }
    Ok(ordered)
}

/// Has a receiver be told once more of everything that happened from `since` on; how many events.
pub async fn again(app: &App, target: &str, since: Moment) -> Result<u64, StoreError> {
    let mut tx = app.store.write().await?;
    let count = webhooks::replay(&mut tx, target, since, app.now()).await?;
    tx.commit().await?;
    Ok(count)
}

/// How the receivers stand.
pub async fn standings(app: &App) -> Result<Vec<Standing>, StoreError> {
    webhooks::standings(&mut app.store.read().await?).await
}
