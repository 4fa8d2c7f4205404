//! A world of its own for each test: a data folder, a database, the program, and someone signed in.

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU16, Ordering},
};

use schema::testing::Postgres;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    client::Client,
    giaoban::{Giaoban, Start},
    line,
    peer::Page,
};

/// The administrator of an empty world.
pub const ADMINISTRATOR: (&str, &str) = ("quantri", "Quan-tri-Dien-Bien-2026!");
/// The secretary of an empty world.
pub const SECRETARY: (&str, &str) = ("thuky", "Thu-ky-Dien-Bien-2026!");

/// Which database the program runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file in the data folder.
    Sqlite,
    /// A database of its own on a PostgreSQL server that the tests started.
    Postgres,
}

/// A running program with all that it stands on. Everything goes when it is dropped.
pub struct World {
    /// The program.
    pub giaoban: Giaoban,
    command: &'static str,
    folder: Folder,
    database_url: Option<String>,
    address: Ipv4Addr,
    media_port: u16,
}

impl World {
    /// The sample province, with a briefing that is live.
    pub async fn demo() -> Self {
        Self::start("demo", Backend::Sqlite).await
    }

    /// A database with nothing but an administrator.
    pub async fn empty(backend: Backend) -> Self {
        Self::start("serve", backend).await
    }

    /// A database with nothing but an administrator on a server that the test may stop.
    pub async fn on(server: &Postgres) -> Self {
        Self::start_on("serve", Folder::new(), Some(server.fresh_database()), Ipv4Addr::LOCALHOST).await
    }

    /// A database with nothing but an administrator, and a program that clients reach through lines: at least one is
    /// up already, and one stays up.
    pub async fn behind_lines() -> Self {
        Self::start_on("serve", Folder::new(), None, line::SERVER).await
    }

    /// A database with nothing but an administrator, under a settings file. `settings` is given the data folder, and may
    /// put there what it names.
    pub async fn configured(backend: Backend, settings: impl FnOnce(&Path) -> String) -> Self {
        let folder = Folder::new();
        let text = settings(folder.path());
        std::fs::write(folder.path().join("giaoban.toml"), text).expect("the data folder can be written");
        Self::start_in(folder, "serve", backend).await
    }

    async fn start(command: &'static str, backend: Backend) -> Self {
        Self::start_in(Folder::new(), command, backend).await
    }

    async fn start_in(folder: Folder, command: &'static str, backend: Backend) -> Self {
        let database_url = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Postgres::shared().fresh_database()),
        };
        Self::start_on(command, folder, database_url, Ipv4Addr::LOCALHOST).await
    }

    async fn start_on(
        command: &'static str,
        folder: Folder,
        database_url: Option<String>,
        address: Ipv4Addr,
    ) -> Self {
        if command == "serve" {
            let (username, password) = ADMINISTRATOR;
            Giaoban::create_administrator(folder.path(), database_url.as_deref(), username, password).await;
        }
        let media_port = free_port();
        let how = Start {
            command,
            data: folder.path(),
            database_url: database_url.as_deref(),
            address,
            ports: (0, media_port),
        };
        let giaoban = Giaoban::start(how).await;
        Self { giaoban, command, folder, database_url, address, media_port }
    }

    /// The power goes: SIGKILL. And it comes back: the same command, folder and ports.
    pub async fn power_cut(self) -> Self {
        let Self { giaoban, command, folder, database_url, address, media_port } = self;
        let ports = (giaoban.port(), media_port);
        giaoban.kill().await;
        let database = database_url.as_deref();
        let how = Start { command, data: folder.path(), database_url: database, address, ports };
        let giaoban = Giaoban::start(how).await;
        Self { giaoban, command, folder, database_url, address, media_port }
    }

    /// Where it answers.
    pub fn base(&self) -> &str {
        &self.giaoban.base
    }

    /// The address of its tables.
    pub fn database(&self) -> String {
        let file = || format!("sqlite://{}", self.folder.path().join("giaoban.sqlite").display());
        self.database_url.clone().unwrap_or_else(file)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program's log, for what must or must not be in it.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("giaoban.log")
    }

    /// Someone signed in.
    pub async fn login(&self, (username, password): (&str, &str)) -> Client {
        Client::login(self.base(), username, password).await
    }
}

/// A data folder for a while. When its test fails, the end of the program's log is shown first.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("giaoban-").tempdir().expect("a folder for a while"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.path().join("giaoban.log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "the end of the program's log:\n{}",
                lines[lines.len().saturating_sub(20)..].join("\n")
            );
        }
    }
}

/// A port that nobody has at the moment, for UDP and TCP, and that no other test of this process is given. It lies
/// below the range that the system gives to outgoing connections.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 10_000).expect("below 10,000");
    loop {
        let port = 20_000 + (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Tests with real media take a machine to themselves: what they measure must not starve.
pub async fn whole_machine() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::const_new(());
    MACHINE.lock().await
}

/// A small province, made through the interface: a host and its members, one person each, and a secretary.
#[derive(Debug)]
pub struct Province {
    /// The unit on top.
    pub unit: Value,
    /// The host endpoint.
    pub host: Value,
    /// The members, in the order asked for.
    pub members: Vec<Value>,
    /// One person per member.
    pub people: Vec<Value>,
}

impl Province {
    /// Makes it; `members` are names with the road to the host in metres and minutes.
    pub async fn make(administrator: &Client, members: &[(&str, i64, i64)]) -> Self {
        let unit = administrator
            .post(
                "/units",
                &json!({"name": "UBND tỉnh Điện Biên", "short_name": "Tỉnh", "kind": "province",
                "parent_id": null, "code": null, "valid_from": "2013-01-01", "valid_to": null}),
            )
            .await
            .ok();
        let host = endpoint(administrator, &unit, "host", "UBND tỉnh Điện Biên", 0, 0).await;
        let mut province = Self { unit: unit.clone(), host, members: Vec::new(), people: Vec::new() };
        for (name, metres, minutes) in members {
            let district = administrator
                .post(
                    "/units",
                    &json!({"name": format!("UBND huyện {name}"), "short_name": name, "kind": "district",
                    "parent_id": unit["id"], "code": null, "valid_from": "2013-01-01", "valid_to": null}),
                )
                .await
                .ok();
            province
                .members
                .push(endpoint(administrator, &district, "member", name, *metres, *minutes).await);
            let person = json!({"full_name": format!("Lò Văn {name}"), "title": "Chủ tịch UBND huyện",
                "unit_id": district["id"], "phone": null, "email": null});
            province.people.push(administrator.post("/people", &person).await.ok());
        }
        let (username, password) = SECRETARY;
        let account = json!({"username": username, "password": password, "display_name": "Thư ký",
            "unit_id": unit["id"], "endpoint_id": null, "grants": [{"role": "secretary", "unit_id": null}]});
        administrator.post("/accounts", &account).await.ok();
        province
    }

    /// Makes one more endpoint that can host, at the province.
    pub async fn another_host(&self, administrator: &Client, name: &str) -> Value {
        endpoint(administrator, &self.unit, "host", name, 0, 0).await
    }

    /// Makes an account for the technician of a member, who signs in on the device of that endpoint.
    pub async fn technician(&self, administrator: &Client, member: usize) -> Page {
        let endpoint = &self.members[member];
        let page = Page {
            username: format!("diemcau{member}"),
            password: "Diem-cau-Dien-Bien-2026!".into(),
            devices: true,
            dark: false,
        };
        let account = json!({"username": page.username, "password": page.password, "display_name": endpoint["name"],
            "unit_id": endpoint["unit"]["id"], "endpoint_id": endpoint["id"],
            "grants": [{"role": "technician", "unit_id": endpoint["unit"]["id"]}]});
        administrator.post("/accounts", &account).await.ok();
        page
    }
}

async fn endpoint(
    administrator: &Client,
    unit: &Value,
    role: &str,
    name: &str,
    metres: i64,
    minutes: i64,
) -> Value {
    let endpoint = json!({"name": name, "unit_id": unit["id"], "role": role, "distance_metres": metres,
        "one_way_minutes": minutes, "seats": 40, "contact_phone": null, "valid_from": "2013-01-01", "valid_to": null});
    administrator.post("/endpoints", &endpoint).await.ok()
}
