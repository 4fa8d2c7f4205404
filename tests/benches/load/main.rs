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
/// Speakers of a busy room.
const SPEAKERS: u32 = 6;
/// What a speaker's picture takes, in kbit/s.
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
    let crowd = Crowd { speakers: 1, subscribers: JOINS, at_once: 1, kbps: 1000, seconds: 2, light: false };
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
    let crowd = Crowd {
        speakers: 1,
        subscribers: ENDPOINTS,
        at_once: 4,
        kbps: SPEAKER_KBPS,
        seconds: SECONDS,
        light: false,
    };
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

/// Seventy hundredths of a core and nothing lost, with several speakers whose pictures are ordinary: a room gets busy by
/// more of them, not by larger ones. The rate that takes so much is searched for. The subscribers are light ones, because
/// whole ones for such a load do not fit beside the server on two cores.
async fn headroom(table: &mut Table) {
    const SECONDS: u32 = 15;
    const LEAST: f64 = 0.7;
    const MOST: f64 = 0.76;
    const TRIES: u32 = 10;
    let site = Site::start(1).await;
    let mut crowd = Crowd {
        speakers: SPEAKERS,
        subscribers: ENDPOINTS,
        at_once: 4,
        kbps: SPEAKER_KBPS,
        seconds: SECONDS,
        light: true,
    };
    let (mut step, mut rose) = (crowd.kbps / 4, true);
    for left in (0..TRIES).rev() {
        let before = (cpu::drops(site.pid()), site.refused().await);
        let mut load = crowd.start(&site, &site.sessions[0]);
        load.measuring().await;
        let (used, others) =
            tokio::join!(Cpu::during(site.pid(), SECONDS - 1), Cpu::during(load.pid(), SECONDS - 1));
        let full = (cpu::drops(site.pid()) - before.0, cpu::drops(load.pid()));
        let report = load.end().await;
        let lost = report["subscribers"]["lost"].as_f64().unwrap_or(f64::INFINITY);
        let packets = report["subscribers"]["packets_per_second"].as_f64().unwrap_or_default();
        let missing = 1.0 - packets / f64::from(crowd.packets_per_second());
        let how = format!(
            "{SPEAKERS} speakers of {} kbit/s and sound, {ENDPOINTS} light subscribers: {packets:.0} packets a second at \
             {:.1} % of a core, the load {:.0} %; dropped at full sockets {} of the server, {} of the load; {} not taken \
             by the kernel",
            crowd.kbps,
            used.total * 100.0,
            others.total * 100.0,
            full.0,
            full.1,
            site.refused().await - before.1,
        );
        println!("# {how}; {lost} lost");
        if left == 0 || (LEAST..=MOST).contains(&used.total) {
            let beyond = (LEAST - used.total).max(used.total - MOST).max(0.0) * 100.0;
            table.add("lost at 70 to 76 % of a core", lost, 0.0, "", how);
            table.add("sent and not received", missing * 100.0, 0.5, "%", "no stream has stopped".to_owned());
            table.add("beyond 70 to 76 % of a core by", beyond, 0.0, "%", String::new());
            return;
        }
        // Steps of one size until one goes back: what others do on the machine may have spoilt an earlier one.
        let rises = used.total < LEAST;
        if rises != rose {
            step /= 2;
        }
        rose = rises;
        crowd.kbps = if rises { crowd.kbps + step } else { crowd.kbps.saturating_sub(step) };
    }
}

/// Two rooms on two workers, against one on one. On a machine whose cores also make the load, seconds of a clock say
/// nothing; what a worker carries is the packets it forwards in a second of *its own* CPU time.
async fn workers(table: &mut Table) {
    const SECONDS: u32 = 15;
    let crowd =
        Crowd { speakers: 1, subscribers: 60, at_once: 4, kbps: SPEAKER_KBPS, seconds: SECONDS, light: true };
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
