//! A line between a client and the server: a network namespace for the client, and between it and the machine a
//! process that loses, delays and limits whole IP packets as told. Everything of the client goes through it, both ways.
//!
//! Nothing of it has a name that could be left behind: the namespace lives as long as a process whose input the test
//! holds, the two network interfaces as long as the process between them. Both end with the test, however it ends.

pub mod direction;
pub mod weather;

use std::{ffi::OsStr, net::Ipv4Addr, path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::process::Command;

pub use weather::{Bursts, Counts, Weather};

use crate::{lines::Lines, tools};

/// The machine's address at the near end of every line; the server listens there. From the range that RFC 2544 sets
/// aside for measuring, so that it is nobody's.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// A line, and the client's side of it.
pub struct Line {
    namespace: Lines,
    shaper: Lines,
    interface: String,
    number: u8,
    host: u8,
}

impl Line {
    /// A perfect line to a new namespace.
    pub async fn start() -> Self {
        let missing = missing();
        assert!(missing.is_empty(), "lines cannot be made here: {}", missing.join("; "));
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-ec", "ip link set lo up; echo ready; exec cat >/dev/null"]);
        let mut namespace = Lines::start("the client's namespace", command);
        namespace.pick("a namespace", |line| (line == "ready").then_some(())).await;

        let mut command = Command::new(tools::binary("line"));
        command.args(["between", &namespace.pid().to_string()]);
        let mut shaper = Lines::start("line", command);
        let up = shaper.event("up").await;
        let number = up["number"].as_u64().and_then(|number| u8::try_from(number).ok()).expect("a number");
        let interface = up["interface"].as_str().expect("a name").to_owned();
        let mut line = Self { namespace, shaper, interface, number, host: 1 };
        line.plug_in().await;
        line
    }

    /// Several perfect lines.
    pub async fn some(count: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(Self::start().await);
        }
        lines
    }

    /// A program on the client's side of the line.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.namespace.pid().to_string(), "--net", "--"]).arg(program);
        command
    }

    /// The client's address at the moment.
    pub const fn client(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.number, self.host)
    }

    /// Other weather from now on. Returns when it began, in milliseconds since 1970, as the pages of a browser count.
    pub async fn set(&mut self, weather: Weather) -> f64 {
        self.shaper.tell(&json!({"do": "set", "weather": weather})).await;
        self.shaper.event("set").await["at_ms"].as_f64().expect("a time")
    }

    /// What the line did so far, up and down.
    pub async fn counts(&mut self) -> (Counts, Counts) {
        self.shaper.tell(&json!({"do": "counts"})).await;
        let told = self.shaper.event("counts").await;
        let of = |value: &Value| serde_json::from_value(value.clone()).expect("counts");
        (of(&told["up"]), of(&told["down"]))
    }

    /// Takes the cable out, or walks out of reach of the Wi-Fi: the client's interface goes down and loses its address.
    pub async fn unplug(&mut self) {
        self.inside(&format!("ip link set {0} down; ip address flush dev {0}", self.interface)).await;
    }

    /// Puts it in again, into a network that gives another address.
    pub async fn plug_in(&mut self) {
        self.host += 1;
        let (interface, client) = (&self.interface, self.client());
        self.inside(&format!(
            "ip address add {client} peer {SERVER} dev {interface}; ip link set {interface} up; \
             ip route add default dev {interface} src {client}"
        ))
        .await;
    }

    /// Out for a while, as when somebody walks to another building.
    pub async fn unplug_for(&mut self, time: Duration) {
        self.unplug().await;
        // The one length of time that is the matter itself.
        tokio::time::sleep(time).await;
        self.plug_in().await;
    }

    /// Breaks the client's TCP connections to a port of the server, as a middlebox does that forgets them.
    pub async fn break_connections(&self, port: u16) {
        self.inside(&format!("ss --kill --tcp --numeric state established dst {SERVER} dport = {port}"))
            .await;
    }

    async fn inside(&self, script: &str) {
        let mut command = self.command("sh");
        let ended = command.args(["-ec", script]).output().await.expect("nsenter starts");
        assert!(ended.status.success(), "{script}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

/// What this machine lacks to make a line.
fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    let in_path = |program: &str| {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
            .iter()
            .any(|folder| Path::new(folder).join(program).exists())
    };
    for (program, says) in [("ip", "no `ip` (Debian: iproute2)"), ("nsenter", "no `nsenter` (util-linux)")] {
        if !in_path(program) {
            missing.push(says);
        }
    }
    if !Path::new("/dev/net/tun").exists() {
        missing.push("no /dev/net/tun: the kernel's module `tun` is not there");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    if uid.split_whitespace().nth(1) != Some("0") {
        missing.push("network namespaces need root, and the tests run without");
    }
    missing
}
