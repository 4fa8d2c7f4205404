//! What a server carries, measured on a release build of this machine, each figure with its limit beside it.
//! `make bench-load` runs all, `make bench-load B=joining` those whose name contains the word.
//!
//! The load is `giaoban probe`: endpoints on the `webrtc` crate, in processes of their own. What is measured is the
//! server's process alone, from the kernel's accounts of its threads; figures are shares of one core, never wall time.

mod cpu;
mod crowd;
mod site;
#[path = "../figures/table.rs"]
mod table;

use std::time::Duration;

use cpu::Cpu;
use crowd::Crowd;
use site::Site;
use table::{Table, quantile};

/// Endpoints of the province that has to fit.
const ENDPOINTS: u32 = 150;
/// What the speaker's picture takes, in kbit/s.
const SPEAKER_KBPS: u32 = 2500;

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let measure = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let mut table = Table::default();
    println!("machine: {}", tests::machine::describe());
    if measure("joining") {
        joining(&mut table).await;
    }
    if measure("speaker") {
        speaker(&mut table).await;
    }
    if measure("headroom") {
        headroom(&mut table).await;
    }
    if measure("workers") {
        workers(&mut table).await;
    }
    if !table.print() {
        std::process::exit(1);
    }
}

/// Joins one after the other, so that each is alone with the server.
async fn joining(table: &mut Table) {
    const JOINS: u32 = 50;
    let site = Site::start(1).await;
    let crowd = Crowd { subscribers: JOINS, at_once: 1, kbps: 1000, seconds: 2, light: false };
    let report = crowd.start(&site, &site.sessions[0]).end().await;
    let each = report["subscribers"]["each"].as_array().cloned().unwrap_or_default();
    let mut times: Vec<Duration> = each
        .iter()
        .filter_map(|one| Some(Duration::from_secs_f64(one["join_ms"].as_f64()? / 1000.0)))
        .collect();
    assert_eq!(times.len(), 50, "all have joined: {report:#}");
    let worst = quantile(&mut times, 1.0);
    let how = format!(
        "first byte to first packet of media, dual path, {JOINS} joins one after the other; worst {worst:.0} ms"
    );
    table.add("join, median", quantile(&mut times, 0.5), 400.0, "ms", how);
}

/// One speaker with sound to the endpoints of a province.
async fn speaker(table: &mut Table) {
    const SECONDS: u32 = 20;
    let site = Site::start(1).await;
    let before = cpu::memory_kib(site.pid());
    let crowd =
        Crowd { subscribers: ENDPOINTS, at_once: 4, kbps: SPEAKER_KBPS, seconds: SECONDS, light: false };
    let mut load = crowd.start(&site, &site.sessions[0]);
    load.measuring().await;
    let used = Cpu::during(site.pid(), SECONDS - 1).await;
    let memory = cpu::memory_kib(site.pid()) - before;
    let report = load.end().await;
    let joined = report["subscribers"]["joined"].as_u64().unwrap_or_default();
    assert_eq!(joined, u64::from(ENDPOINTS), "all have joined: {report:#}");
    let packets = report["subscribers"]["packets_per_second"].as_f64().unwrap_or_default();
    let how = format!(
        "{ENDPOINTS} subscribers of one speaker, {SPEAKER_KBPS} kbit/s and sound: {packets:.0} packets a second, \
         {:.2} µs each",
        used.total * 1e6 / packets
    );
    table.add("CPU of the server", used.total * 100.0, 35.0, "% of a core", how);
    let lost = report["subscribers"]["lost"].as_f64().unwrap_or(f64::INFINITY);
    let how =
        format!("gaps in the sequences of all subscribers, of {} packets", report["subscribers"]["packets"]);
    table.add("packets missing", lost, 0.0, "", how);
    let how =
        format!("resident memory with {ENDPOINTS} subscribers and a speaker, less that before they came");
    table.add("memory per connection", memory / f64::from(ENDPOINTS + 1), 1024.0, "KiB", how);
}

/// Seventy hundredths of a core and nothing lost. The rate that takes so much is found first; the subscribers are light
/// ones, because whole ones for such a load do not fit beside the server on two cores.
async fn headroom(table: &mut Table) {
    const SECONDS: u32 = 15;
    const SHARE: f64 = 0.7;
    const TRIES: u32 = 8;
    let site = Site::start(1).await;
    let mut crowd =
        Crowd { subscribers: ENDPOINTS, at_once: 4, kbps: SPEAKER_KBPS, seconds: SECONDS, light: true };
    let mut used = 0.0;
    let mut report = serde_json::Value::Null;
    let mut dropped = 0;
    // The first run tells what a kilobit costs; a second one corrects it where batches got cheaper with the rate.
    for _ in 0..TRIES {
        let before = cpu::datagrams_dropped();
        let mut load = crowd.start(&site, &site.sessions[0]);
        load.measuring().await;
        used = Cpu::during(site.pid(), SECONDS - 1).await.total;
        report = load.end().await;
        dropped = cpu::datagrams_dropped() - before;
        println!("# {} kbit/s: {:.0} % of a core", crowd.kbps, used * 100.0);
        if used >= SHARE {
            break;
        }
        let factor = (SHARE * 1.05 / used).clamp(1.05, 3.0);
        crowd.kbps =
            (1..=200_000).find(|kbps| f64::from(*kbps) >= f64::from(crowd.kbps) * factor).expect("a rate");
    }
    let gaps = report["subscribers"]["lost"].as_u64().unwrap_or(u64::MAX);
    let packets = &report["subscribers"]["packets_per_second"];
    let how = format!(
        "gaps of {ENDPOINTS} light subscribers at {:.0} % of a core ({} kbit/s, {packets} packets a second): {gaps}, of \
         them {dropped} dropped by the kernel before a receiver took them",
        used * 100.0,
        crowd.kbps,
    );
    let lost = gaps.saturating_sub(dropped);
    table.add(
        "lost by the server at 70 % of a core",
        f64::from(u32::try_from(lost).unwrap_or(u32::MAX)),
        0.0,
        "",
        how,
    );
    table.add("short of 70 % of a core by", ((SHARE - used) * 100.0).max(0.0), 0.0, "%", String::new());
}

/// Two rooms on two workers, against one on one. On a machine whose cores also make the load, seconds of a clock say
/// nothing; what a worker carries is the packets it forwards in a second of *its own* CPU time.
async fn workers(table: &mut Table) {
    const SECONDS: u32 = 15;
    let crowd = Crowd { subscribers: 60, at_once: 4, kbps: SPEAKER_KBPS, seconds: SECONDS, light: true };
    let site = Site::start(2).await;
    let mut load = crowd.start(&site, &site.sessions[0]);
    load.measuring().await;
    let alone = Cpu::during(site.pid(), SECONDS - 1).await;
    let report = load.end().await;
    let packets =
        |report: &serde_json::Value| report["subscribers"]["packets_per_second"].as_f64().unwrap_or_default();
    let carried_alone = packets(&report) / alone.workers().iter().sum::<f64>();

    let mut first = crowd.start(&site, &site.sessions[0]);
    let mut second = crowd.start(&site, &site.sessions[1]);
    tokio::join!(first.measuring(), second.measuring());
    let both = Cpu::during(site.pid(), SECONDS / 2).await;
    let (first, second) = tokio::join!(first.end(), second.end());
    let busy = both.workers();
    assert_eq!(busy.len(), 2, "each room has a worker of its own: {both:?}");
    // Rooms have the same load, so either worker may be either's.
    let each = f64::midpoint(packets(&first), packets(&second));
    let carried: f64 = busy.iter().map(|used| each / used).sum();
    let how = format!(
        "two rooms of 60 subscribers on two workers: {carried:.0} packets for a CPU second of each, {carried_alone:.0} \
         for one alone: {:.2} ×; limit 1.7 ×",
        carried / carried_alone
    );
    table.add("CPU of a packet beside a busy worker", 200.0 * carried_alone / carried, 200.0 / 1.7, "%", how);
}
