//! An endpoint behind a line of its own, whatever its client: a browser or LiveKit's Python wheel. All of them are told
//! the same commands and tell the same events.

use std::{collections::VecDeque, fmt, time::Duration};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    line::Line,
    lines::{Lines, PATIENCE},
    peer::JoinPath,
    tools,
};

/// Whose client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `livekit-client` in Chromium.
    Chromium,
    /// `livekit-client` in Firefox.
    Firefox,
    /// The Python wheel.
    Python,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Python];

    /// The server's reason for an end, as this client tells it: both follow the protocol's numbers.
    pub const DUPLICATE_IDENTITY: u64 = 2;
    /// See there.
    pub const PARTICIPANT_REMOVED: u64 = 4;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::Python => "Python",
        })
    }
}

/// A client in the room, or about to join it.
pub struct Attendee {
    /// Which client.
    pub kind: Kind,
    /// Who it is in the room; empty before it has joined.
    pub identity: String,
    /// Its line.
    pub line: Line,
    process: Lines,
    /// Told, and asked for by nobody yet.
    told: VecDeque<Value>,
}

impl Attendee {
    /// Starts the client behind the line and joins. Returns it with what it said of it: `took_ms`, `sid`.
    pub async fn join(kind: Kind, line: Line, ticket: &Value, path: JoinPath) -> (Self, Value) {
        let process = start(kind, &line, ticket, path).await;
        let mut attendee = Self { kind, identity: String::new(), line, process, told: VecDeque::new() };
        if kind != Kind::Python {
            let wish =
                json!({"do": "join", "url": ticket["url"], "token": ticket["token"], "path": path.name()});
            attendee.act(&wish).await;
        }
        let connected = attendee.event("connected", |_| true).await;
        connected["identity"].as_str().expect("an identity").clone_into(&mut attendee.identity);
        (attendee, connected)
    }

    /// Carries out a command, and returns the answer.
    pub async fn act(&mut self, wish: &Value) -> Value {
        self.process.tell(wish).await;
        self.event("done", |line| line["do"] == wish["do"]).await
    }

    /// Sends something, or no longer: `publish`, `unpublish`, `mute`, `unmute`.
    pub async fn source(&mut self, verb: &str, source: &str) -> Value {
        self.act(&json!({"do": verb, "source": source})).await
    }

    /// Waits for an event of that name that `found` accepts, among those told since [`Self::forget`].
    pub async fn event(&mut self, name: &str, found: impl Fn(&Value) -> bool) -> Value {
        self.until(name, PATIENCE, |line| line["event"] == name && found(line)).await
    }

    /// Forgets what was told so far.
    pub fn forget(&mut self) {
        self.told.clear();
    }

    /// Whether an event of that name was told that nobody asked for.
    pub fn was_told(&self, name: &str, found: impl Fn(&Value) -> bool) -> bool {
        self.told.iter().any(|line| line["event"] == name && found(line))
    }

    /// Reads what it has told so far and nobody has read: what was true then need not be so now.
    async fn catch_up(&mut self) {
        self.act(&json!({"do": "state"})).await;
    }

    /// Waits until a track of somebody goes on: frames are decoded, or sound has energy, later than now.
    pub async fn receives(&mut self, identity: &str, source: &str) {
        self.catch_up().await;
        let mut before: Option<(Value, f64)> = None;
        let what = format!("{source} of {identity} that goes on");
        self.until(&what, PATIENCE, |line| {
            let tracks = line["tracks"].as_array().into_iter().flatten();
            let mut of = tracks.filter(|track| track["identity"] == identity && track["source"] == source);
            let Some(track) = of.next() else {
                before = None;
                return false;
            };
            let count = if track["kind"] == "video" { &track["frames"] } else { &track["energy"] };
            let count = count.as_f64().unwrap_or_default();
            match &before {
                Some((id, earlier)) if *id == track["id"] => count > *earlier,
                _ => {
                    before = Some((track["id"].clone(), count));
                    false
                }
            }
        })
        .await;
    }

    /// Waits until a track of somebody arrives in that codec, as a browser names it, and goes on.
    pub async fn receives_in(&mut self, identity: &str, source: &str, codec: &str) {
        self.catch_up().await;
        let what = format!("{source} of {identity} in {codec}");
        self.until(&what, PATIENCE, |line| {
            let mut tracks = line["tracks"].as_array().into_iter().flatten();
            tracks.any(|track| {
                track["identity"] == identity && track["source"] == source && track["codec"] == codec
            })
        })
        .await;
        self.receives(identity, source).await;
    }

    /// Waits until it receives no more of a source of somebody.
    pub async fn receives_no_more(&mut self, identity: &str, source: &str) {
        self.catch_up().await;
        let what = format!("an end of {source} of {identity}");
        self.until(&what, PATIENCE, |line| {
            line["tracks"].as_array().is_some_and(|tracks| {
                tracks.iter().all(|track| track["identity"] != identity || track["source"] != source)
            })
        })
        .await;
    }

    /// Waits for a line that `found` accepts.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        mut found: impl FnMut(&Value) -> bool,
    ) -> Value {
        if let Some(at) = self.told.iter().position(&mut found) {
            return self.told.remove(at).expect("it is there");
        }
        let waited = timeout(patience, async {
            loop {
                let line = self.process.until(what, |_| true).await;
                if found(&line) {
                    return line;
                }
                if line["event"].is_string() {
                    self.told.push_back(line);
                }
            }
        })
        .await;
        waited.unwrap_or_else(|_| {
            panic!(
                "{} ({}): no {what} in {patience:?}; it told {:#?}",
                self.kind,
                self.identity,
                self.told.iter().rev().take(12).rev().collect::<Vec<_>>()
            )
        })
    }

    /// Asks the client to end, and waits until it has. Returns its line for another client.
    pub async fn finish(self) -> Line {
        self.process.finish().await;
        self.line
    }
}

async fn start(kind: Kind, line: &Line, ticket: &Value, path: JoinPath) -> Lines {
    if kind == Kind::Python {
        let mut command = line.command(tools::python());
        command.arg(tools::project().join("tests/python/peer.py"));
        let mut process = Lines::start("Python", command);
        let wish =
            json!({"url": ticket["url"], "token": ticket["token"], "path": path.name(), "publish": false});
        process.tell(&wish).await;
        return process;
    }
    let mut command = line.command("node");
    command.arg(tools::browser_script("endpoint.mjs"));
    let mut process = Lines::start(&kind.to_string(), command);
    process.tell(&json!({"browser": kind.to_string().to_lowercase()})).await;
    process.event("opened").await;
    process
}
