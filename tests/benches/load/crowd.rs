//! Those who speak and those who listen, in one process of `giaoban probe`.

use serde_json::Value;
use tests::probe;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr},
};

use crate::site::Site;

/// How many, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Endpoints that speak, at least one; each receives the others.
    pub speakers: u32,
    /// Endpoints that only receive.
    pub subscribers: u32,
    /// So many of them join at the same time.
    pub at_once: u32,
    /// What a speaker's picture takes.
    pub kbps: u32,
    /// How long they stay when all are there.
    pub seconds: u32,
    /// They only count packets, which costs this machine little.
    pub light: bool,
}

/// A running probe.
pub struct Load {
    child: Child,
    told: Lines<BufReader<ChildStderr>>,
}

impl Crowd {
    /// Sends them into a session.
    pub fn start(self, site: &Site, session: &str) -> Load {
        let place = site.place();
        let others = self.speakers.saturating_sub(1);
        let numbers =
            [self.subscribers, self.at_once, self.kbps, self.seconds, others].map(|n| n.to_string());
        let mut arguments: Vec<&str> = place.iter().map(String::as_str).collect();
        arguments.extend(["--session", session, "--json", "--subscribers", &numbers[0]]);
        arguments.extend(["--at-once", &numbers[1], "--video-kbps", &numbers[2], "--seconds", &numbers[3]]);
        arguments.extend(["--speakers", &numbers[4]]);
        if self.light {
            arguments.push("--light");
        }
        let mut command = probe::command(&arguments, &[("GIAOBAN_LOG", "off,server::probe=info")]);
        let mut child = command.spawn().expect("giaoban starts");
        let told = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        Load { child, told }
    }

    /// Packets that its subscribers are to get in a second: 50 of sound and 15 pictures, cut as the probe cuts them.
    pub fn packets_per_second(self) -> u32 {
        let picture = (self.kbps * 1000 / 8 / 15).div_ceil(1130);
        self.speakers * self.subscribers * (50 + 15 * picture)
    }
}

impl Load {
    /// The probe's process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the probe runs")
    }

    /// Waits until all have joined.
    pub async fn measuring(&mut self) {
        while let Some(line) = self.told.next_line().await.expect("the probe's log can be read") {
            if line.contains("measuring begins") {
                return;
            }
        }
        panic!("the probe ended before everybody had joined");
    }

    /// Its report.
    pub async fn end(self) -> Value {
        let Self { child, mut told } = self;
        let output = tokio::spawn(child.wait_with_output());
        while let Ok(Some(line)) = told.next_line().await {
            eprintln!("{line}");
        }
        let output = output.await.expect("the wait ends").expect("a child can be waited for");
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}
