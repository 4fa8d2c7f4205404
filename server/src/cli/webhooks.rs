//! What an operator does about webhooks: looks how receivers stand, and has them told again.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use schema::moment::Moment;

use super::{Place, say};
use crate::{app::App, clock::SystemClock, config::Settings, rooms::FakeRooms, service::telling, serving};

/// What can be done about webhooks.
#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// How each receiver stands: delivered, waiting, given up, and the last failure.
    Status {
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Tell a receiver once more what happened from a moment on, in order and with the same ids. The program need not
    /// be stopped.
    Replay {
        /// Name of the receiver in the settings.
        target: String,
        /// From when on, as in 2026-03-02T08:00:00+07:00.
        #[arg(long, value_name = "TIME")]
        since: Moment,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub async fn run(command: Webhooks) -> anyhow::Result<()> {
    match command {
        Webhooks::Status { place } => {
            let app = open(place.settings()?).await?;
            for one in telling::standings(&app).await? {
                let oldest = one.oldest.map_or_else(|| "-".to_owned(), |at| at.to_string());
                say(format_args!(
                    "{}: delivered {}, waiting {} (oldest {oldest}), given up {}{}",
                    one.target,
                    one.delivered,
                    one.waiting,
                    one.given_up,
                    one.last_error.map(|error| format!("; last failure: {error}")).unwrap_or_default()
                ))?;
            }
            app.store.close().await;
        }
        Webhooks::Replay { target, since, place } => {
            let app = open(place.settings()?).await?;
            ensure!(
                app.settings.webhooks.targets.iter().any(|known| known.name == target),
                "the settings name no webhook target \"{target}\""
            );
            let count = telling::again(&app, &target, since).await?;
            say(format_args!("{target} is told again of {count} events"))?;
            app.store.close().await;
        }
    }
    Ok(())
}

async fn open(settings: Settings) -> anyhow::Result<Arc<App>> {
    let store = serving::open_store(&settings).await?;
    App::new(settings, store, Arc::new(FakeRooms::default()), Arc::new(SystemClock))
        .await
        .context("cannot read the settings of the rules")
}
