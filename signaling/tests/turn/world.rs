//! A signaling component with TURN on all three transports, and one open room.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use livekit_protocol as proto;
use prost::Message as _;
use schema::moment::{Clock, Moment};
use signaling::net::relay::{CertificateFiles, Listen};
use signaling::turn::Limits as TurnLimits;
use signaling::{Grant, Limits, RoomSettings, Signaling, SignalingConfig, TurnConfig};
use tempfile::TempDir;
use tokio_rustls::rustls::RootCertStore;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Transport};

const ROOM: &str = "room";
/// Nothing on the loopback takes this long; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// What the certificate is good for.
const NAME: &str = "turn.test";

struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "these tests talk to real sockets")]
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        Moment::from_millis(i64::try_from(since.as_millis()).expect("before the year 292 million"))
    }
}

pub struct World {
    signaling: Signaling,
    http: SocketAddr,
    roots: RootCertStore,
    _folder: TempDir,
}

/// What a participant knows after it has joined: where to have its media relayed, and how to talk to the room's media.
#[derive(Debug, Clone)]
pub struct Joined {
    pub sid: String,
    pub servers: Vec<proto::IceServer>,
    pub candidate: SocketAddr,
    pub ufrag: String,
    pub password: String,
}

impl World {
    pub async fn new() -> Self {
        Self::with(TurnLimits::default()).await
    }

    pub async fn with(limits: TurnLimits) -> Self {
        let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()]).expect("a certificate");
        let files = CertificateFiles {
            certificate: folder.path().join("turn.crt"),
            key: folder.path().join("turn.key"),
        };
        std::fs::write(&files.certificate, made.cert.pem()).expect("written");
        std::fs::write(&files.key, made.signing_key.serialize_pem()).expect("written");
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a certificate");
        let listen = Listen { udp: Some(loopback), tcp: Some(loopback), tls: Some((loopback, files)) };
        let config = SignalingConfig {
            media_listen: loopback,
            advertise: Vec::new(),
            workers: 1,
            api_key: "key".into(),
            api_secret: "a secret of at least thirty-two bytes".into(),
            limits: Limits::default(),
            turn: Some(TurnConfig { listen, limits, ..TurnConfig::default() }),
        };
        let (signaling, mut events) = Signaling::start(config, Arc::new(RealClock)).expect("ports are free");
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        signaling.open(ROOM, RoomSettings::default()).await.expect("the first room");
        let listener = tokio::net::TcpListener::bind(loopback).await.expect("a free port");
        let http = listener.local_addr().expect("bound");
        let router = signaling.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { signaling, http, roots, _folder: folder }
    }

    /// Where TURN listens.
    pub fn port(&self, transport: Transport) -> u16 {
        let ports = self.signaling.stats().turn_ports;
        let port = match transport {
            Transport::Udp => ports.udp,
            Transport::Tcp => ports.tcp,
            Transport::Tls => ports.tls,
        };
        port.expect("all are open")
    }

    /// Joins, and leaves nothing behind but a place that is kept for a while.
    pub async fn join(&self, identity: &str) -> Joined {
        let mut frames = self.open(identity, "").await;
        let mut joined = None;
        loop {
            match frames.next().await {
                Some(Frame::Join(join)) => joined = Some(join),
                Some(Frame::Offer(offer)) => {
                    let join = joined.expect("join comes first");
                    let value = |name: &str| line(&offer.sdp, name).to_owned();
                    let candidate: Vec<&str> = line(&offer.sdp, "a=candidate:").split(' ').collect();
                    return Joined {
                        sid: join.participant.expect("oneself").sid,
                        servers: join.ice_servers,
                        candidate: format!("{}:{}", candidate[4], candidate[5]).parse().expect("an address"),
                        ufrag: value("a=ice-ufrag:"),
                        password: value("a=ice-pwd:"),
                    };
                }
                Some(_) => {}
                None => panic!("closed before there was an offer"),
            }
        }
    }

    /// Comes back to a place: what it is told of TURN now.
    pub async fn resume(&self, identity: &str, sid: &str) -> Vec<proto::IceServer> {
        let mut frames = self.open(identity, &format!("&reconnect=1&sid={sid}")).await;
        match frames.next().await {
            Some(Frame::Reconnect(reconnect)) => reconnect.ice_servers,
            other => panic!("not resumed but {other:?}"),
        }
    }

    async fn open(&self, identity: &str, more: &str) -> Frames {
        let token = self.signaling.mint_token(&Grant::endpoint(ROOM, identity, identity));
        let url = format!("ws://{}/rtc?access_token={token}{more}", self.http);
        let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("let in");
        Frames(socket)
    }

    /// A TURN client with the credentials of somebody who joined.
    pub async fn turn(&self, transport: Transport, joined: &Joined) -> Client {
        let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port(transport));
        let server = &joined.servers[0];
        Client::new(transport, address, (NAME, &self.roots), &server.username, &server.credential).await
    }
}

type Frame = proto::signal_response::Message;

struct Frames(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

impl Frames {
    async fn next(&mut self) -> Option<Frame> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something comes") {
                Some(Ok(Message::Binary(frame))) => {
                    let response = proto::SignalResponse::decode(frame).expect("a frame of the protocol");
                    if response.message.is_some() {
                        return response.message;
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

fn line<'a>(sdp: &'a str, start: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("no {start} in\n{sdp}"))
}
