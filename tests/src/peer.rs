//! Endpoints in a room: pages of a real browser, and a client that nobody here wrote. Both tell of themselves in the
//! same lines: events, and twice a second the counts of every remote track that they receive.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{client::Client, lines::Lines, tools};

/// How a client joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinPath {
    /// `/rtc/v1`: one connection for both directions.
    Single,
    /// `/rtc`: one connection each.
    Dual,
}

impl JoinPath {
    /// As the scripts call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Dual => "dual",
        }
    }
}

/// LiveKit's Python client, joined with what `POST /sessions/{id}/join` answered.
pub async fn python(ticket: &Value, path: JoinPath) -> Lines {
    let mut command = Command::new(tools::python());
    command.arg(tools::project().join("tests/python/peer.py"));
    let mut peer = Lines::start("python", command);
    peer.tell(&json!({"url": ticket["url"], "token": ticket["token"], "path": path.name()})).await;
    peer
}

/// One browser page in the room, as the UI shows it to an endpoint.
#[derive(Debug, Clone)]
pub struct Page {
    /// Who signs in.
    pub username: String,
    /// With which password.
    pub password: String,
    /// False: the browser refuses camera and microphone.
    pub devices: bool,
    /// The camera that it sends gives no picture until it is opened anew.
    pub dark: bool,
}

impl Page {
    /// What the server answers when this account wants to join.
    pub async fn ticket(&self, base: &str, session: &str) -> Value {
        let client = Client::login(base, &self.username, &self.password).await;
        client.post(&format!("/sessions/{session}/join"), &json!({"endpoint_id": null})).await.ok()
    }

    /// The same endpoint in the Python client, publishing.
    pub async fn python(&self, base: &str, session: &str, path: JoinPath) -> Lines {
        let mut peer = python(&self.ticket(base, session).await, path).await;
        peer.event("published").await;
        peer
    }
}

/// A script of `tests/browser`, told what to do.
pub async fn script(name: &str, wish: &Value) -> Lines {
    let mut command = Command::new("node");
    command.arg(tools::browser_script(name));
    let mut peer = Lines::start(name, command);
    peer.tell(wish).await;
    peer
}

/// Chromium with one page per entry, each signed in through the UI and in the room of the session.
pub async fn browser(base: &str, session: &str, path: JoinPath, pages: &[Page]) -> Lines {
    browser_through(&Value::Null, base, session, path, pages).await
}

/// The same, where nothing passes but TURN: `relay` says on which transport, and whose certificate is good.
pub async fn browser_through(
    relay: &Value,
    base: &str,
    session: &str,
    path: JoinPath,
    pages: &[Page],
) -> Lines {
    let pages: Vec<_> = pages
        .iter()
        .map(|page| {
            let (username, password) = (&page.username, &page.password);
            json!({"username": username, "password": password, "devices": page.devices, "dark": page.dark})
        })
        .collect();
    let wish = json!({"base": base, "session": session, "path": path.name(), "pages": pages, "relay": relay});
    script("endpoints.mjs", &wish).await
}

/// What one peer (or one page of it) received, from one of its lines: by track.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Received {
    /// Decoded frames of each remote picture.
    pub frames: BTreeMap<String, u64>,
    /// Energy of each remote sound.
    pub energy: BTreeMap<String, f64>,
}

impl Received {
    /// Reads a line; `page` picks one of several in a browser.
    pub fn from_line(line: &Value, page: Option<u64>) -> Option<Self> {
        let tracks = line["tracks"].as_array()?;
        if line["page"].as_u64() != page {
            return None;
        }
        let mut received = Self::default();
        for track in tracks {
            let id = track["id"].as_str()?.to_owned();
            if track["kind"] == "video" {
                received.frames.insert(id, track["frames"].as_u64()?);
            } else {
                received.energy.insert(id, track["energy"].as_f64()?);
            }
        }
        Some(received)
    }

    /// Whether `pictures` pictures and `sounds` sounds are there and each of them went on since `earlier`.
    pub fn went_on_since(&self, earlier: &Self, pictures: usize, sounds: usize) -> bool {
        let seen =
            self.frames.iter().filter(|(id, now)| earlier.frames.get(*id).is_some_and(|then| *now > then));
        let heard =
            self.energy.iter().filter(|(id, now)| earlier.energy.get(*id).is_some_and(|then| *now > then));
        seen.count() == pictures && heard.count() == sounds
    }
}

/// Waits until a peer sees `pictures` others and hears `sounds`, and all of them go on from there.
pub async fn sees_and_hears(peer: &mut Lines, page: Option<u64>, pictures: usize, sounds: usize) -> Received {
    let mut first: Option<Received> = None;
    let mut latest = Received::default();
    let what = format!("{pictures} pictures and {sounds} sounds that go on (page {page:?})");
    peer.until(&what, |line| {
        let Some(now) = Received::from_line(line, page) else { return false };
        if now.frames.len() != pictures || now.energy.len() != sounds {
            first = None;
            return false;
        }
        latest = now.clone();
        latest.went_on_since(first.get_or_insert(now), pictures, sounds)
    })
    .await;
    latest
}
