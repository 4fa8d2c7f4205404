//! A signaling component with one open room, and clients that speak the protocol's frames.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use prost::Message as _;
use schema::event::RoomEvent;
use schema::moment::{Clock, Moment};
use signaling::{Grant, Limits, RoomSettings, Signaling, SignalingConfig};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub const ROOM: &str = "room";
/// Nothing on the loopback takes this long; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(5);

pub type Response = proto::signal_response::Message;
pub type Request = proto::signal_request::Message;

pub struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> Moment {
        #[expect(
            clippy::disallowed_methods,
            reason = "the clock of these tests is the real one: they talk to real sockets"
        )]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        Moment::from_millis(i64::try_from(since.as_millis()).expect("before the year 292 million"))
    }
}

pub struct World {
    pub signaling: Signaling,
    pub events: mpsc::Receiver<RoomEvent>,
    pub address: SocketAddr,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Limits::default(), RoomSettings::default()).await
    }

    pub async fn with(limits: Limits, settings: RoomSettings) -> Self {
        let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let config = SignalingConfig {
            media_listen: loopback,
            advertise: Vec::new(),
            workers: 1,
            api_key: "key".into(),
            api_secret: "a secret of at least thirty-two bytes".into(),
            limits,
            turn: None,
        };
        let (signaling, events) = Signaling::start(config, Arc::new(RealClock)).expect("ports are free");
        signaling.open(ROOM, settings).await.expect("the first room");
        let listener = tokio::net::TcpListener::bind(loopback).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let router = signaling.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { signaling, events, address }
    }

    pub fn token(&self, identity: &str) -> String {
        self.signaling.mint_token(&Grant::endpoint(ROOM, identity, identity))
    }

    /// Joins on the dual path.
    pub async fn join(&self, identity: &str) -> Client {
        let mut client =
            self.knock(&format!("/rtc?access_token={}", self.token(identity))).await.expect("let in");
        match client.next().await {
            Some(Response::Join(join)) => client.sid = join.participant.expect("oneself").sid,
            other => panic!("the first message is {other:?}"),
        }
        client
    }

    /// Opens a WebSocket; the status when that is refused.
    pub async fn knock(&self, path: &str) -> Result<Client, u16> {
        match tokio_tungstenite::connect_async(format!("ws://{}{path}", self.address)).await {
            Ok((socket, _)) => Ok(Client { socket, sid: String::new() }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Asks by plain HTTP: the whole answer as text.
    pub async fn get(&self, path: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\norigin: https://elsewhere\r\nconnection: close\r\n\r\n"
        );
        String::from_utf8(self.exchange(request.as_bytes()).await).expect("text")
    }

    /// Calls a method of the room service: status and body of the answer.
    pub async fn post(&self, token: &str, method: &str, kind: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let head = format!(
            "POST /twirp/livekit.RoomService/{method} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let answer = self.exchange(&[head.as_bytes(), body].concat()).await;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let status = std::str::from_utf8(&answer[9..12]).expect("digits").parse().expect("a status");
        (status, answer[end + 4..].to_vec())
    }

    async fn exchange(&self, request: &[u8]) -> Vec<u8> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = TcpStream::connect(self.address).await.expect("listening");
        stream.write_all(request).await.expect("open");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        answer
    }

    /// Waits for an event of this kind.
    pub async fn event(&mut self, wanted: impl Fn(&RoomEvent) -> bool) -> RoomEvent {
        let wait = async {
            loop {
                let event = self.events.recv().await.expect("events go on");
                if wanted(&event) {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the event comes")
    }
}

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub sid: String,
}

impl Client {
    pub async fn say(&mut self, request: Request) {
        let frame = proto::SignalRequest { message: Some(request) }.encode_to_vec();
        self.socket.send(Message::Binary(frame.into())).await.expect("open");
    }

    /// The next message; `None` when the socket is closed.
    pub async fn next(&mut self) -> Option<Response> {
        let wait = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(frame))) => {
                        let response = proto::SignalResponse::decode(frame).expect("a frame of the protocol");
                        if response.message.is_some() {
                            return response.message;
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("something comes")
    }

    /// Reads on until a message is as wanted.
    pub async fn until(&mut self, wanted: impl Fn(&Response) -> bool) -> Response {
        loop {
            match self.next().await {
                Some(message) if wanted(&message) => return message,
                Some(_) => {}
                None => panic!("closed before it came"),
            }
        }
    }

    /// Whether the server closes this connection.
    pub async fn is_closed(&mut self) -> bool {
        while self.next().await.is_some() {}
        true
    }

    /// Whether the room still answers: not even that it does not know data tracks is said at the socket.
    pub async fn answers(&mut self) -> bool {
        use proto::request_response::Request::PublishDataTrack;
        self.say(Request::PublishDataTrackRequest(proto::PublishDataTrackRequest::default())).await;
        let refused = |message: &Response| {
            let Response::RequestResponse(refused) = message else { return false };
            matches!(refused.request, Some(PublishDataTrack(_)))
        };
        refused(&self.until(refused).await)
    }
}
