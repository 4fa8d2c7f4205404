//! The program itself, joined through LiveKit's protocol on its dual path.

use std::{fs, net::Ipv4Addr, path::Path, time::Duration};

use futures::{
    SinkExt as _, StreamExt as _,
    future::{BoxFuture, FutureExt as _},
};
use jsonwebtoken::{EncodingKey, Header};
use livekit_protocol as proto;
use prost::Message as _;
use proto::signal_request::Message as Request;
use proto::signal_response::Message as Response;
use serde_json::json;
use tempfile::TempDir;
use tests::giaoban::{Giaoban as Program, Start};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite;

use crate::{
    SUBSCRIBERS,
    crowd::{Crowd, PICTURE, SOUND},
    end::Shared,
    pattern::Pattern,
    subject::{Subject, Turn},
};

/// Name of the room.
const ROOM: &str = "bench";
/// How long the tokens hold.
const TOKEN_SECONDS: u64 = 3600;

/// The program and its crowd.
pub struct Giaoban {
    name: &'static str,
    program: Program,
    crowd: Crowd,
    _data: TempDir,
}

impl Giaoban {
    /// Starts a build of the program on an empty folder and lets the crowd in.
    pub async fn start(name: &'static str, build: &Path) -> Self {
        let data = tempfile::tempdir().expect("a folder for a while");
        let start = Start {
            command: "serve",
            data: data.path(),
            database_url: None,
            address: Ipv4Addr::LOCALHOST,
            ports: (0, 0),
        };
        let program = Program::start_build(build, start).await;
        let key = fs::read_to_string(data.path().join("rooms.key")).expect("the program made its key");
        let key = EncodingKey::from_secret(key.trim().as_bytes());
        create_room(&program.base, &key).await;
        let publisher = join(&program.base, &key, "publisher", true).await.0;
        let mut subscribers = Vec::new();
        for number in 0..SUBSCRIBERS {
            subscribers.push(join(&program.base, &key, &format!("subscriber {number}"), false).await.1);
        }
        let mut crowd = Crowd::new(publisher.expect("a publisher's connection"), subscribers);
        crowd.connected().await;
        crowd.everybody_gets(Pattern::Sound).await;
        crowd.everybody_gets(Pattern::Bursts).await;
        Self { name, program, crowd, _data: data }
    }
}

impl Subject for Giaoban {
    fn name(&self) -> &'static str {
        self.name
    }

    fn carries(&self, _: Pattern) -> bool {
        true
    }

    fn turn(&mut self, pattern: Pattern, window: Duration) -> BoxFuture<'_, Turn> {
        let pid = self.program.pid();
        self.crowd.turn(pattern, window, pid).boxed()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async move { self.program.kill().await }.boxed()
    }
}

fn token(key: &EncodingKey, identity: &str, grants: &serde_json::Value) -> String {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::UNIX_EPOCH + unix_time());
    let exp = u64::try_from(now.timestamp()).expect("after 1970") + TOKEN_SECONDS;
    let claims = json!({ "iss": "giaoban", "sub": identity, "name": identity, "exp": exp, "video": grants });
    jsonwebtoken::encode(&Header::default(), &claims, key).expect("a token can be signed")
}

#[expect(clippy::disallowed_methods, reason = "tokens hold by the real clock")]
fn unix_time() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970")
}

async fn create_room(base: &str, key: &EncodingKey) {
    let answer = reqwest::Client::new()
        .post(format!("{base}/twirp/livekit.RoomService/CreateRoom"))
        .bearer_auth(token(key, "bench", &json!({ "roomCreate": true })))
        .json(&json!({ "name": ROOM, "empty_timeout": 3600, "max_participants": 400 }))
        .send();
    let answer = answer.await.expect("an answer");
    assert!(answer.status().is_success(), "the room is made: {}", answer.text().await.unwrap_or_default());
}

/// Joins; the connections on which it sends and receives.
async fn join(base: &str, key: &EncodingKey, identity: &str, sends: bool) -> (Option<Shared>, Shared) {
    let token = token(key, identity, &json!({ "room": ROOM, "roomJoin": true }));
    let url = format!(
        "{}/rtc?access_token={token}&auto_subscribe=1&protocol=16&sdk=bench",
        base.replacen("http", "ws", 1)
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("let in");
    let ip = Ipv4Addr::LOCALHOST.into();
    let (publisher, subscriber) = (sends.then(|| Shared::open(ip, true)), Shared::open(ip, true));
    let (answered, first_answer) = oneshot::channel();
    let (sender, receiver) = (publisher.clone(), subscriber.clone());
    tokio::spawn(async move {
        let mut answered = Some(answered);
        let mut pings = tokio::time::interval(Duration::from_secs(5));
        loop {
            let frame = tokio::select! {
                frame = socket.next() => frame,
                _ = pings.tick() => {
                    say(&mut socket, Request::PingReq(proto::Ping::default())).await;
                    continue;
                }
            };
            let Some(Ok(tungstenite::Message::Binary(frame))) = frame else {
                match frame {
                    None | Some(Err(_) | Ok(tungstenite::Message::Close(_))) => return,
                    Some(_) => continue,
                }
            };
            let response = proto::SignalResponse::decode(frame).expect("a frame of the protocol");
            match response.message {
                Some(Response::Join(_)) => {
                    if let Some(sender) = &sender {
                        publish(&mut socket, sender).await;
                    }
                }
                Some(Response::Offer(offer)) => {
                    let sdp = receiver.lock().answer(&offer.sdp);
                    let answer =
                        proto::SessionDescription { r#type: "answer".into(), sdp, ..Default::default() };
                    say(&mut socket, Request::Answer(answer)).await;
                    if sender.is_none() {
                        answered.take().map(|answered| answered.send(()));
                    }
                }
                Some(Response::Answer(answer)) => {
                    sender.as_ref().expect("it asked").lock().learn(&answer.sdp);
                    answered.take().map(|answered| answered.send(()));
                }
                _ => {}
            }
        }
    });
    first_answer.await.expect("the first description is exchanged");
    (publisher, subscriber)
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn say(socket: &mut Socket, request: Request) {
    let frame = proto::SignalRequest { message: Some(request) }.encode_to_vec();
    // When the program has gone, so has this client.
    let _ = socket.send(tungstenite::Message::Binary(frame.into())).await;
}

async fn publish(socket: &mut Socket, sender: &Shared) {
    for (mid, kind, source) in [
        (SOUND.0, proto::TrackType::Audio, proto::TrackSource::Microphone),
        (PICTURE.0, proto::TrackType::Video, proto::TrackSource::Camera),
    ] {
        let track = proto::AddTrackRequest {
            cid: format!("track-{mid}"),
            name: mid.to_owned(),
            r#type: kind.into(),
            source: source.into(),
            width: 1280,
            height: 720,
            ..Default::default()
        };
        say(socket, Request::AddTrack(track)).await;
    }
    let sections = [(SOUND.0, "audio", "sendonly", &[][..]), (PICTURE.0, "video", "sendonly", &[][..])];
    let sdp = {
        let mut end = sender.lock();
        let client = end.client.as_mut().expect("it has keys");
        client.number = Some(0);
        client.offer(&sections)
    };
    let offer = proto::SessionDescription { r#type: "offer".into(), sdp, ..Default::default() };
    say(socket, Request::Offer(offer)).await;
}
