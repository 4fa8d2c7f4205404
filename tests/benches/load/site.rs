//! A server with two live sessions.

use std::fs;
use std::net::Ipv4Addr;

use serde_json::Value;
use tempfile::TempDir;
use tests::{
    booking::{act, book, briefing, working_day},
    client::Client,
    giaoban::{Giaoban, Start},
    world::{ADMINISTRATOR, Province, SECRETARY},
};

/// The server and what it stands on.
pub struct Site {
    giaoban: Giaoban,
    folder: TempDir,
    /// Ids of the live sessions.
    pub sessions: Vec<String>,
}

impl Site {
    /// Starts a server with so many media workers, and as many sessions.
    pub async fn start(workers: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a while");
        let settings = format!("[media]\nworkers = {workers}\n");
        fs::write(folder.path().join("giaoban.toml"), settings).expect("the settings are written");
        let (username, password) = ADMINISTRATOR;
        Giaoban::create_administrator(folder.path(), None, username, password).await;
        let how = Start {
            command: "serve",
            data: folder.path(),
            database_url: None,
            address: Ipv4Addr::LOCALHOST,
            ports: (0, 0),
        };
        let giaoban = Giaoban::start(how).await;
        let administrator = Client::login(&giaoban.base, username, password).await;
        // Nobody can be in two sessions at once: each has endpoints of its own, one of them the host.
        let names: Vec<String> = (0..workers).map(|n| format!("Điểm cầu {n}")).collect();
        let roads: Vec<_> = names.iter().map(|name| (name.as_str(), 50_000, 90)).collect();
        let province = Province::make(&administrator, &roads).await;
        let secretary = Client::login(&giaoban.base, SECRETARY.0, SECRETARY.1).await;
        let mut sessions = Vec::new();
        for (name, member) in names.iter().zip(&province.members) {
            let host = province.another_host(&administrator, &format!("Phòng họp {name}")).await;
            let starts_at = working_day(&secretary, 8).await;
            let session: Value = book(&secretary, &briefing(&host, &[member], starts_at, 30)).await;
            act(&secretary, &session, "start").await;
            sessions.push(session["id"].as_str().expect("an id").to_owned());
        }
        Self { giaoban, folder, sessions }
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.giaoban.pid()
    }

    /// How often the kernel did not take datagrams from it.
    pub async fn refused(&self) -> u64 {
        let answer = reqwest::get(format!("{}/metrics", self.giaoban.base)).await.expect("an answer");
        let text = answer.text().await.expect("figures");
        let count = text.lines().find_map(|line| line.strip_prefix("giaoban_media_udp_dropped_total "));
        // A counter that never counted is not there.
        count.map_or(0, |count| count.parse().expect("a number"))
    }

    /// How a probe finds it.
    pub fn place(&self) -> [String; 4] {
        let listen = self.giaoban.base.trim_start_matches("http://").to_owned();
        let data = self.folder.path().to_str().expect("a path").to_owned();
        ["--data".to_owned(), data, "--listen".to_owned(), listen]
    }
}
