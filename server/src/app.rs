//! What the whole program shares.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use schema::{
    day::Day,
    moment::{Clock, Moment},
    settings,
    store::{Store, StoreError},
};
use tokio::sync::watch;

use crate::{
    alarms::Alarms,
    auth::{
        password::{PasswordError, Passwords},
        strangers::Strangers,
    },
    config::Settings,
    figures,
    live::Hub,
    rooms::Rooms,
};

/// Everything a use case may need. Made once; shared by handlers, jobs and commands.
pub struct App {
    /// The settings it was started with.
    pub settings: Settings,
    /// The tables.
    pub store: Store,
    /// The numbers of the rules, with their dates. Read at the start.
    pub rules: settings::Settings,
    /// Who holds the rooms.
    pub rooms: Arc<dyn Rooms>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Live updates.
    pub hub: Arc<Hub>,
    /// Rises whenever something is to be told outside.
    pub webhooks: watch::Sender<u64>,
    /// What needs the operator.
    pub alarms: Alarms,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Failures under names that do not exist.
    pub strangers: Strangers,
    /// Figures of the process.
    pub metrics: PrometheusHandle,
    /// When the program started.
    pub started_at: Moment,
}

impl App {
    /// Puts the parts together.
    pub async fn new(
        settings: Settings,
        store: Store,
        rooms: Arc<dyn Rooms>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StartError> {
        let hub = Arc::new(Hub::new(settings.http.live_streams, settings.http.live_streams_per_login));
        let passwords = Passwords::new(&settings.login)?;
        let rules = schema::store::settings::list(&mut store.read().await?).await?;
        let started_at = clock.now();
        Ok(Arc::new(Self {
            alarms: Alarms::new(Arc::clone(&hub)),
            metrics: figures::handle(),
            settings,
            store,
            rules,
            rooms,
            clock,
            hub,
            webhooks: watch::Sender::new(0),
            passwords,
            strangers: Strangers::default(),
            started_at,
        }))
    }

    /// The instant it is.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The number of a rule in force today.
    pub fn rule(&self, name: &str) -> i64 {
        self.rules.number(name, Day(self.now().date()))
    }
}

/// Why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings of passwords.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
}
