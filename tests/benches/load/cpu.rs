//! CPU time, memory and full sockets of a process, as the kernel accounts them.

use std::{collections::BTreeMap, fs, time::Duration};

use tokio::time::{Instant, sleep};

/// Share of one core that a process used.
#[derive(Debug)]
pub struct Cpu {
    /// All of its threads.
    pub total: f64,
    /// By the name of a thread.
    threads: BTreeMap<String, f64>,
}

impl Cpu {
    /// Measures for so long.
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    pub async fn during(pid: u32, seconds: u32) -> Self {
        let (began, before) = (Instant::now(), threads(pid));
        sleep(Duration::from_secs(seconds.into())).await;
        let (span, after) = (began.elapsed().as_secs_f64(), threads(pid));
        let mut cpu = Self { total: 0.0, threads: BTreeMap::new() };
        for (id, (name, now)) in &after {
            let used = now.saturating_sub(before.get(id).map_or(Duration::ZERO, |(_, then)| *then));
            let share = used.as_secs_f64() / span;
            cpu.total += share;
            *cpu.threads.entry(name.clone()).or_default() += share;
        }
        cpu
    }

    /// The media workers that did more than wait.
    pub fn workers(&self) -> Vec<f64> {
        let workers = self.threads.iter().filter(|(name, used)| name.starts_with("media-") && **used > 0.005);
        workers.map(|(_, used)| *used).collect()
    }
}

/// Name and CPU time of each thread.
fn threads(pid: u32) -> BTreeMap<u32, (String, Duration)> {
    let folder = fs::read_dir(format!("/proc/{pid}/task")).expect("the server runs");
    folder
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let id = path.file_name()?.to_str()?.parse().ok()?;
            let name = fs::read_to_string(path.join("comm")).ok()?.trim().to_owned();
            // The first number is the time on a CPU, in nanoseconds.
            let account = fs::read_to_string(path.join("schedstat")).ok()?;
            let nanos = account.split_whitespace().next()?.parse().ok()?;
            Some((id, (name, Duration::from_nanos(nanos))))
        })
        .collect()
}

/// Resident memory in KiB.
pub fn memory_kib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of its memory");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}

/// How often the kernel dropped something because a UDP socket that the process has open was full. Datagrams that
/// travelled joined count as one.
pub fn drops(pid: u32) -> u64 {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs");
    let open: Vec<String> = open
        .filter_map(|entry| {
            let link = fs::read_link(entry.ok()?.path()).ok()?;
            Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
        })
        .collect();
    let sockets = fs::read_to_string("/proc/net/udp").expect("the kernel's sockets");
    // The tenth word is the socket's inode, the last what was dropped there.
    let drops = sockets.lines().skip(1).filter_map(|line| {
        let mut words = line.split_whitespace();
        let inode = words.nth(9)?;
        let drops = words.last()?.parse::<u64>().ok()?;
        open.iter().any(|ours| ours == inode).then_some(drops)
    });
    drops.sum()
}
