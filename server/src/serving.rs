//! From settings to a listening program, and back down in order.

use std::{
    fs, io,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
};

use anyhow::Context as _;
use schema::{event::RoomEvent, store};
use signaling::{Limits, Signaling, SignalingConfig};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    auth::secret,
    clock::SystemClock,
    config::Settings,
    jobs::{keep_events, outbox, tidy, webhooks::Couriers},
    rooms::Embedded,
    router,
    service::attendance,
};

/// Name of the file with the key that signs room tokens.
pub const KEY_FILE: &str = "rooms.key";
/// In whose name room tokens are signed.
pub const API_KEY: &str = "giaoban";

/// Makes the data folder, readable by the owner only.
pub fn prepare_folder(settings: &Settings) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.data)
        .with_context(|| format!("cannot make the data folder {}", settings.data.display()))
}

/// Opens the tables and brings them to this version.
pub async fn open_store(settings: &Settings) -> anyhow::Result<store::Store> {
    prepare_folder(settings)?;
    let address = settings.database().parse::<store::Address>()?;
    if let store::Address::File(path) = &address {
        // Names and password hashes are for the owner's eyes; SQLite gives its side files the same mode.
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
    }
    store::open(&address).await.context("cannot open the database")
}

/// A running program that has not begun to answer yet.
pub struct Running {
    /// What it shares.
    pub app: Arc<App>,
    signaling: Signaling,
    listener: TcpListener,
    /// Where it listens; the real port when 0 was asked for.
    pub address: SocketAddr,
    events: mpsc::Receiver<RoomEvent>,
    couriers: Couriers,
}

/// Starts everything but the answering.
pub async fn start(settings: Settings) -> anyhow::Result<Running> {
    let couriers = Couriers::new(&settings.webhooks)?;
    let store = open_store(&settings).await?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let clock = Arc::new(SystemClock);
    let (signaling, events) = Signaling::start(rooms_config(&settings)?, clock.clone())
        .context("cannot start the media plane; is its port taken?")?;
    let rooms = Arc::new(Embedded::new(signaling.clone()));
    let app = App::new(settings, store, rooms, clock).await?;
    Ok(Running { app, signaling, listener, address, events, couriers })
}

/// An address at which this machine reaches what listens there.
pub fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

impl Running {
    /// What a person types into a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", reachable(self.address))
    }

    /// Answers until the process is told to stop, then closes in order: no new requests, rooms, events, tables.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let Self { app, signaling, listener, events, couriers, .. } = self;
        attendance::recover(&app).await?;
        let rooms_gone = CancellationToken::new();
        let keeping = tokio::spawn(keep_events::run(Arc::clone(&app), events, rooms_gone.clone()));
        let effects = tokio::spawn(outbox::run_always(Arc::clone(&app)));
        let telling = tokio::spawn({
            let app = Arc::clone(&app);
            async move { couriers.run_always(&app).await }
        });
        let tidying = tokio::spawn(tidy::run_always(Arc::clone(&app)));
        let router = router::router(Arc::clone(&app), Some(signaling.router()));
        let hub = Arc::clone(&app.hub);
        let stopping = async move {
            stop.await;
            // Streams and sockets would hold the last answer back for ever.
            hub.close();
            signaling.stop().await;
        };
        axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(stopping)
            .await?;
        effects.abort();
        telling.abort();
        tidying.abort();
        rooms_gone.cancel();
        keeping.await?;
        app.store.close().await;
        Ok(())
    }
}

fn rooms_config(settings: &Settings) -> anyhow::Result<SignalingConfig> {
    Ok(SignalingConfig {
        media_listen: SocketAddr::new(settings.listen.ip(), settings.media.port),
        advertise: settings.media.addresses.clone(),
        workers: settings.media.workers,
        api_key: API_KEY.into(),
        api_secret: key(&settings.data.join(KEY_FILE))?,
        limits: Limits::default(),
        turn: settings.turn.config(settings.listen.ip())?,
    })
}

/// The key that signs room tokens: made once, so that clients come back by themselves after a restart.
fn key(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(key) if key.trim().len() >= 32 => return Ok(key.trim().to_owned()),
        Ok(_) => tracing::warn!("the key of the rooms was too short and is replaced"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let key = secret::fresh()?;
    let mut file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}

/// Resolves when the process is asked to stop: Ctrl-C, or SIGTERM from the service manager.
pub async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = async { tokio::signal::ctrl_c().await.is_ok() };
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await.is_some(),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! { _ = interrupt => {}, _ = terminate => {} }
}
