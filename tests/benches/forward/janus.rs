//! Janus' videoroom, from the system's packages, through its Unix socket.

use std::{
    collections::HashMap,
    fs,
    net::{IpAddr, Ipv4Addr, UdpSocket},
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::UnixDatagram,
    process::{Child, Command},
    sync::oneshot,
    time::timeout,
};

use crate::{
    SUBSCRIBERS,
    crowd::{Crowd, PICTURE, SOUND, wait},
    end::Shared,
    pattern::Pattern,
    subject::{Subject, Turn},
};

/// The room and the publisher's number in it.
const ROOM: u64 = 1;
const FEED: u64 = 7;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Janus and its crowd.
pub struct Janus {
    child: Child,
    crowd: Crowd,
    _folder: TempDir,
}

/// The machine's own address that is not the loopback's: Janus gathers no other. Nothing is sent by asking.
fn own_address() -> IpAddr {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    // An address reserved for documentation (RFC 5737): any route will do.
    socket
        .connect((Ipv4Addr::new(203, 0, 113, 1), 9))
        .expect("Janus needs an address besides the loopback's");
    socket.local_addr().expect("bound").ip()
}

fn configure(folder: &Path) {
    let place = folder.display();
    fs::write(
        folder.join("janus.jcfg"),
        format!(
            "general: {{ configs_folder = \"{place}\"; debug_level = 2; }}\n\
             media: {{ nack_optimizations = true; }}\n\
             nat: {{ ice_lite = true; ice_ignore_list = \"vmnet\"; }}\n\
             plugins: {{ disable = \"libjanus_audiobridge.so,libjanus_echotest.so,libjanus_recordplay.so,\
             libjanus_sip.so,libjanus_nosip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,\
             libjanus_voicemail.so,libjanus_lua.so,libjanus_duktape.so\"; }}\n\
             transports: {{ disable = \"libjanus_http.so,libjanus_websockets.so,libjanus_rabbitmq.so,\
             libjanus_mqtt.so,libjanus_nanomsg.so\"; }}\n"
        ),
    )
    .expect("the folder can be written");
    fs::write(
        folder.join("janus.transport.pfunix.jcfg"),
        format!(
            "general: {{ enabled = true; json = \"compact\"; path = \"{place}/api\"; type = \"SOCK_DGRAM\"; }}\n"
        ),
    )
    .expect("the folder can be written");
}

impl Janus {
    /// Starts Janus in a folder of its own and lets the crowd in.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for a while");
        configure(folder.path());
        let child = Command::new("janus")
            .arg("--configs-folder")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Janus is installed: tests/scripts/need.sh janus");
        let path = folder.path().join("api");
        wait("socket of Janus", || path.exists()).await;
        let api = Api::connect(folder.path());
        let session = api.ask(json!({ "janus": "create" })).await["data"]["id"].clone();
        api.keep_alive(session.clone());
        let ip = own_address();
        let publisher = Shared::open(ip, true);
        let handle = api.attach(&session).await;
        let room = json!({
            "request": "create", "room": ROOM, "publishers": 2, "bitrate": 0, "audiocodec": "opus",
            "videocodec": "vp8", "transport_wide_cc_ext": true, "audiolevel_ext": true,
        });
        api.tell(&session, &handle, room, None).await;
        let sections = [(SOUND.0, "audio", "sendonly", &[][..]), (PICTURE.0, "video", "sendonly", &[][..])];
        let offer = {
            let mut end = publisher.lock();
            let client = end.client.as_mut().expect("it has keys");
            client.number = Some(0);
            // The double only begins handshakes; sources are named, which Janus asks for.
            named(&client.offer(&sections)).replace("a=setup:actpass", "a=setup:active")
        };
        let join = json!({ "request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "id": FEED });
        let jsep = json!({ "type": "offer", "sdp": offer });
        let event = api.tell(&session, &handle, join, Some(jsep)).await;
        publisher.lock().learn(event["jsep"]["sdp"].as_str().expect("an answer"));
        // Janus knows of the feed once the publisher's connection is up.
        let mut crowd = Crowd::new(publisher, Vec::new());
        crowd.connected().await;
        crowd.announce(Pattern::Bursts).await;
        for _ in 0..SUBSCRIBERS {
            let subscriber = Shared::open(ip, true);
            let handle = api.attach(&session).await;
            let join = json!({
                "request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{ "feed": FEED }],
            });
            let event = api.tell(&session, &handle, join, None).await;
            let answer = subscriber.lock().answer(event["jsep"]["sdp"].as_str().expect("an offer"));
            let jsep = json!({ "type": "answer", "sdp": answer });
            api.tell(&session, &handle, json!({ "request": "start" }), Some(jsep)).await;
            crowd.subscribers.push(subscriber);
        }
        crowd.everybody_gets(Pattern::Sound).await;
        crowd.everybody_gets(Pattern::Bursts).await;
        Self { child, crowd, _folder: folder }
    }
}

/// The same offer with the source of each section.
pub fn named(offer: &str) -> String {
    let source = |line: &str| match line.strip_prefix("a=mid:") {
        Some(mid) if mid == SOUND.0 => format!("{line}\r\na=ssrc:{} cname:bench\r\n", SOUND.1),
        Some(mid) if mid == PICTURE.0 => format!("{line}\r\na=ssrc:{} cname:bench\r\n", PICTURE.1),
        _ => format!("{line}\r\n"),
    };
    offer.lines().map(source).collect()
}

impl Subject for Janus {
    fn name(&self) -> &'static str {
        "janus"
    }

    fn carries(&self, _: Pattern) -> bool {
        true
    }

    fn turn(&mut self, pattern: Pattern, window: Duration) -> BoxFuture<'_, Turn> {
        let pid = self.child.id().expect("Janus runs");
        self.crowd.turn(pattern, window, pid).boxed()
    }

    fn stop(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        async move { self.child.kill().await.expect("Janus runs") }.boxed()
    }
}

/// Requests that wait, by transaction.
type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<Value>>>>;

struct Api {
    socket: Arc<UnixDatagram>,
    waiting: Waiting,
    last: Mutex<u64>,
}

impl Api {
    fn connect(folder: &Path) -> Self {
        let socket = UnixDatagram::bind(folder.join("bench")).expect("a path for the answers");
        socket.connect(folder.join("api")).expect("Janus listens");
        let (socket, waiting) = (Arc::new(socket), Waiting::default());
        let (reader, answered) = (Arc::clone(&socket), Arc::clone(&waiting));
        tokio::spawn(async move {
            let mut buffer = vec![0; 1 << 17];
            while let Ok(length) = reader.recv(&mut buffer).await {
                let Ok(message) = serde_json::from_slice::<Value>(&buffer[..length]) else { continue };
                // The plugin's answer comes as an event after the acknowledgement.
                let Some(transaction) = message["transaction"].as_str().filter(|_| message["janus"] != "ack")
                else {
                    continue;
                };
                let waits = answered.lock().expect("nobody panics with it in hand").remove(transaction);
                waits.map(|waits| waits.send(message));
            }
        });
        Self { socket, waiting, last: Mutex::new(0) }
    }

    /// Sends a request; the answer to it.
    async fn ask(&self, mut request: Value) -> Value {
        let transaction = {
            let mut last = self.last.lock().expect("nobody panics with it in hand");
            *last += 1;
            last.to_string()
        };
        request["transaction"] = transaction.clone().into();
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().expect("nobody panics with it in hand").insert(transaction, sender);
        self.socket.send(request.to_string().as_bytes()).await.expect("Janus listens");
        let answer = timeout(PATIENCE, answer).await.expect("Janus answers").expect("Janus answers");
        assert!(answer["janus"] != "error" && answer["plugindata"]["data"]["error"].is_null(), "{answer}");
        answer
    }

    async fn attach(&self, session: &Value) -> Value {
        let request = json!({ "janus": "attach", "session_id": session, "plugin": "janus.plugin.videoroom" });
        self.ask(request).await["data"]["id"].clone()
    }

    async fn tell(&self, session: &Value, handle: &Value, body: Value, jsep: Option<Value>) -> Value {
        let mut request =
            json!({ "janus": "message", "session_id": session, "handle_id": handle, "body": body });
        if let Some(jsep) = jsep {
            request["jsep"] = jsep;
        }
        self.ask(request).await
    }

    /// Janus ends sessions of which it hears nothing for a minute.
    fn keep_alive(&self, session: Value) {
        let socket = Arc::clone(&self.socket);
        tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_secs(20));
            loop {
                every.tick().await;
                let alive = json!({ "janus": "keepalive", "session_id": session, "transaction": "alive" });
                if socket.send(alive.to_string().as_bytes()).await.is_err() {
                    return;
                }
            }
        });
    }
}
