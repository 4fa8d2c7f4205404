//! One open room on its own, for trying clients by hand: `cargo run -p signaling --example room -- 7880 7882`.
//!
//! Prints every event as a line of JSON. Signs tokens for whoever asks (`/token?identity=…`), so it must never listen on
//! anything but the loopback address or, given as a third argument, that of a network namespace for trying bad lines.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use schema::event::TrackSource;
use schema::moment::{Clock, Moment};
use signaling::{Grant, Limits, RoomSettings, Signaling, SignalingConfig};

const ROOM: &str = "trial";

struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "the one real clock of this program")]
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[derive(serde::Deserialize)]
struct Who {
    identity: String,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    muted: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_env_filter("info,signaling=debug").with_writer(std::io::stderr).init();
    let mut arguments = std::env::args().skip(1);
    let http: u16 = arguments.next().map_or(Ok(7880), |text| text.parse())?;
    let media: u16 = arguments.next().map_or(Ok(7882), |text| text.parse())?;
    let address: IpAddr = arguments.next().map_or(Ok(Ipv4Addr::LOCALHOST.into()), |text| text.parse())?;
    let config = SignalingConfig {
        media_listen: SocketAddr::new(address, media),
        advertise: Vec::new(),
        workers: 1,
        api_key: "trial".to_owned(),
        api_secret: "only for trials on this machine, never elsewhere".to_owned(),
        limits: Limits::default(),
        turn: None,
    };
    let (signaling, mut events) = Signaling::start(config, Arc::new(RealClock))?;
    signaling.open(ROOM, RoomSettings::default()).await?;
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            println!("{}", serde_json::to_string(&event).unwrap_or_default());
        }
    });
    let trial = Router::new()
        .route("/token", get(token))
        .route("/connected", get(connected))
        .route("/mute", post(mute))
        .route("/remove", post(remove))
        .with_state(signaling.clone());
    let listener = tokio::net::TcpListener::bind(SocketAddr::new(address, http)).await?;
    axum::serve(listener, signaling.router().merge(trial))
        .with_graceful_shutdown(async {
            // Without a signal handler the process simply runs until it is killed.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    signaling.stop().await;
    Ok(())
}

async fn token(State(signaling): State<Signaling>, Query(who): Query<Who>) -> String {
    let grant = Grant { hidden: who.hidden, ..Grant::endpoint(ROOM, &who.identity, &who.identity) };
    signaling.mint_token(&grant)
}

async fn connected(State(signaling): State<Signaling>) -> String {
    format!("{:#?}", signaling.connected(ROOM).await)
}

async fn mute(State(signaling): State<Signaling>, Query(who): Query<Who>) -> String {
    format!("{:?}", signaling.mute(ROOM, &who.identity, TrackSource::Microphone, who.muted).await)
}

async fn remove(State(signaling): State<Signaling>, Query(who): Query<Who>) -> String {
    format!("{:?}", signaling.remove(ROOM, &who.identity).await)
}
