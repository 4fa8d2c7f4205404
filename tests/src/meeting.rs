//! A session in which endpoints meet: booked, started, joined by pages of a real browser and by the Python client.

use serde_json::Value;

use crate::{
    booking::{act, book, briefing, working_day},
    client::Client,
    lines::Lines,
    peer::{JoinPath, Page, browser},
    world::{ADMINISTRATOR, Province, SECRETARY, World},
};

/// The endpoints of a meeting: two join in a browser, the third with the Python client.
const MEMBERS: [(&str, i64, i64); 3] =
    [("Mường Nhé", 195_000, 290), ("Tuần Giáo", 80_000, 120), ("Mường Chà", 54_000, 80)];

/// A live session and who may join it.
pub struct Meeting {
    /// The secretary, who looks at the attendance.
    pub secretary: Client,
    /// The session.
    pub session: Value,
    /// The technicians of the three members.
    pub technicians: Vec<Page>,
}

impl Meeting {
    /// Books a briefing of three members and starts it.
    pub async fn start(world: &World) -> Self {
        let administrator = world.login(ADMINISTRATOR).await;
        let province = Province::make(&administrator, &MEMBERS).await;
        let secretary = world.login(SECRETARY).await;
        let starts_at = working_day(&secretary, 8).await;
        let members: Vec<_> = province.members.iter().collect();
        let session = book(&secretary, &briefing(&province.host, &members, starts_at, 120)).await;
        let session = act(&secretary, &session, "start").await;
        let mut technicians = Vec::new();
        for member in 0..province.members.len() {
            technicians.push(province.technician(&administrator, member).await);
        }
        Self { secretary, session, technicians }
    }

    /// The session's id.
    pub fn id(&self) -> &str {
        self.session["id"].as_str().expect("an id")
    }

    /// Where its attendance is read.
    pub fn attendance(&self) -> String {
        format!("/sessions/{}/attendance", self.id())
    }

    /// The first two members, each in a page of a browser, in the room.
    pub async fn two_pages(&self, world: &World, path: JoinPath) -> Lines {
        let mut pages = browser(world.base(), self.id(), path, &self.technicians[..2]).await;
        pages.event("all_joined").await;
        pages
    }

    /// What the server answers when the technician of `member` wants to join.
    pub async fn ticket(&self, world: &World, member: usize) -> Value {
        self.technicians[member].ticket(world.base(), self.id()).await
    }

    /// A member in the Python client, publishing.
    pub async fn python(&self, world: &World, member: usize, path: JoinPath) -> Lines {
        self.technicians[member].python(world.base(), self.id(), path).await
    }

    /// Waits until so many endpoints are connected, and returns the attendance that says so.
    pub async fn until_connected(&self, count: u64) -> Value {
        let what = format!("{count} connected");
        self.secretary
            .until(&self.attendance(), &what, |now| (now["connected"] == count).then(|| now.clone()))
            .await
    }

    /// Ends the session and returns its attendance.
    pub async fn end(&self) -> Value {
        act(&self.secretary, &self.session, "end").await;
        self.secretary.get(&self.attendance()).await.ok()
    }
}
