//! A program outside that nobody here wrote: LiveKit's own server SDK manages rooms and is told what happens in them.

use serde_json::{Value, json};
use tests::{
    lines::Lines,
    peer::{self, JoinPath},
    tools,
    world::{Backend, World},
};
use tokio::process::Command;

/// What the receiver and the program share.
const HOOK: (&str, &str) = ("office", "a secret that only the office knows, in 32 or more");
const ROOM: &str = "training";

/// LiveKit's server SDK for Python.
struct Manager {
    lines: Lines,
    /// Webhooks that came before they were waited for.
    waiting: Vec<Value>,
    server: String,
    secret: String,
}

impl Manager {
    /// Opens the receiver, then starts the program that is to tell it.
    async fn start(backend: Backend) -> (Self, World) {
        let mut command = Command::new(tools::python());
        command.arg(tools::project().join("tests/python/manager.py")).args([HOOK.0, HOOK.1]);
        let mut lines = Lines::start("manager", command);
        let opened = lines.until("its address", |line| line["url"].is_string()).await;
        let (key, secret) = HOOK;
        let settings = format!(
            "[[webhooks.targets]]\nname = \"office\"\nurl = {}\nkey = \"{key}\"\nsecret = \"{secret}\"\n",
            opened["url"]
        );
        let world = World::configured(backend, |_| settings).await;
        let secret = std::fs::read_to_string(world.folder().join("rooms.key")).expect("the key of the rooms");
        let server = world.base().to_owned();
        (Self { lines, waiting: Vec::new(), server, secret }, world)
    }

    /// Calls a method of the room service; what it answers.
    async fn call(&mut self, method: &str, fields: Value) -> Value {
        let mut order = json!({"server": self.server, "key": "giaoban", "secret": self.secret, "do": method});
        let (Value::Object(all), Value::Object(fields)) = (&mut order, fields) else { unreachable!() };
        all.extend(fields);
        self.lines.tell(&order).await;
        self.read(method, |line| line["answer"].is_object() || line["error"].is_string()).await
    }

    /// Waits for a webhook.
    async fn told(&mut self, event: &str) -> Value {
        let webhook = match self.waiting.iter().position(|webhook| webhook["event"] == event) {
            Some(place) => self.waiting.remove(place),
            None => self.read(event, |line| line["webhook"]["event"] == event).await["webhook"].take(),
        };
        assert_eq!(webhook["room"]["name"], ROOM);
        assert!(webhook["id"].as_str().is_some_and(|id| id.starts_with("EV_")));
        webhook
    }

    /// Reads on until a line is as wanted. Every webhook that comes is signed as it should be.
    async fn read(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = &mut self.waiting;
        let found = |line: &Value| {
            assert_eq!(line["forged"], Value::Null, "the signature holds");
            let found = wanted(line);
            if !found && line["webhook"].is_object() {
                waiting.push(line["webhook"].clone());
            }
            found
        };
        self.lines.until(what, found).await
    }

    /// A client of LiveKit in the room, publishing.
    async fn peer(&self, identity: &str) -> Lines {
        let mut command = Command::new(tools::python());
        let sign = "import sys, jwt, time; iss, key, sub, room = sys.argv[1:]; \
                    video = dict(room=room, roomJoin=True); \
                    print(jwt.encode(dict(iss=iss, sub=sub, name='Lớp tập huấn', exp=int(time.time()) + 600, video=video), key))";
        command.args(["-c", sign, "giaoban", self.secret.trim(), identity, ROOM]);
        let output = command.output().await.expect("Python signs");
        let token = String::from_utf8(output.stdout).expect("a token");
        let url = self.server.replace("http://", "ws://");
        peer::python(&json!({"url": url, "token": token.trim()}), JoinPath::Single).await
    }
}

async fn a_stock_server_sdk_manages_a_room_and_is_told_what_happens(backend: Backend) {
    let (mut manager, world) = Manager::start(backend).await;
    let created = manager.call("create_room", json!({"name": ROOM, "metadata": "lớp 1"})).await;
    assert_eq!(created["answer"]["metadata"], "lớp 1");
    let started = manager.told("room_started").await;
    assert_eq!(started["room"]["sid"], created["answer"]["sid"]);

    let peer = manager.peer("trainee").await;
    let joined = manager.told("participant_joined").await;
    assert_eq!(joined["participant"]["identity"], "trainee");
    assert_eq!(joined["participant"]["name"], "Lớp tập huấn");
    let first = manager.told("track_published").await;
    assert_eq!(first["participant"]["sid"], joined["participant"]["sid"]);
    manager.told("track_published").await;

    let listed = manager.call("list_rooms", json!({"names": [ROOM]})).await;
    assert_eq!(listed["answer"]["rooms"][0]["numParticipants"], 1);
    let whom = json!({"room": ROOM, "identity": "trainee"});
    let found = manager.call("get_participant", whom.clone()).await;
    assert_eq!(found["answer"]["tracks"].as_array().map(Vec::len), Some(2));
    let track = &first["track"]["sid"];
    let mute = json!({"room": ROOM, "identity": "trainee", "track_sid": track, "muted": true});
    assert_eq!(manager.call("mute_published_track", mute).await["answer"]["track"]["muted"], true);
    let change = json!({"room": ROOM, "identity": "trainee", "metadata": "đã điểm danh",
        "permission": {"can_subscribe": true, "can_publish": true, "can_publish_data": true}});
    assert_eq!(manager.call("update_participant", change).await["answer"]["metadata"], "đã điểm danh");
    let metadata = json!({"room": ROOM, "metadata": "lớp 2"});
    assert_eq!(manager.call("update_room_metadata", metadata).await["answer"]["metadata"], "lớp 2");
    let data = json!({"room": ROOM, "data": "eGluIGNow6Bv", "topic": "chat"});
    assert!(manager.call("send_data", data).await["answer"].is_object());

    assert!(manager.call("remove_participant", whom.clone()).await["answer"].is_object());
    let left = manager.told("participant_left").await;
    assert_eq!(left["participant"]["disconnectReason"], "PARTICIPANT_REMOVED");
    assert_eq!(manager.call("get_participant", whom).await["error"], "not_found");
    assert!(manager.call("delete_room", json!({"room": ROOM})).await["answer"].is_object());
    manager.told("room_finished").await;
    let mut stranger =
        Manager { secret: "another secret that is as long as the first one".into(), ..manager };
    assert_eq!(stranger.call("list_rooms", json!({})).await["error"], "unauthenticated");

    let log = std::fs::read_to_string(world.log()).expect("the log");
    assert!(!log.contains("/hook") && !log.contains(HOOK.1), "neither address nor secret in the log");
    drop(peer);
    stranger.lines.finish().await;
}

#[tokio::test]
async fn a_stock_server_sdk_manages_a_room_and_is_told_what_happens_on_sqlite() {
    a_stock_server_sdk_manages_a_room_and_is_told_what_happens(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_stock_server_sdk_manages_a_room_and_is_told_what_happens_on_postgres() {
    a_stock_server_sdk_manages_a_room_and_is_told_what_happens(Backend::Postgres).await;
}
