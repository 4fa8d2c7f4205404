//! What forwarding costs: CPU time of the server process for each packet that its clients received, one publisher to
//! fifty subscribers, everything in one run and in turns, so that a busy machine is unkind to all alike.
//!
//! - **floor**: a bare loop that only writes a header, seals in place (AES-128-GCM) and sends, with segmentation
//!   offload and without: what no forwarder can go below;
//! - **giaoban**: the program itself, every feature on, joined through LiveKit's protocol;
//! - **other**: another build of it, where one is named;
//! - **webrtc**: a forwarder on the `webrtc` crate's own driver;
//! - **janus**: Janus' videoroom from the system's packages.
//!
//! Subscribers open nothing: they read, count, find gaps, and report arrivals as browsers do. Called with a role
//! (`serve-floor`, `serve-webrtc`) this program is that server.

mod cpu;
mod crowd;
mod end;
mod floor;
mod giaoban;
mod janus;
mod pattern;
mod report;
mod subject;
mod webrtc;

use std::{path::Path, time::Duration};

use pattern::Pattern;
use report::Report;
use subject::Subject;

/// Subscribers: a session of a province after 2025 has 46 endpoints and more.
pub const SUBSCRIBERS: usize = 50;
/// The absolute path of another build of the program, to be measured beside this one: two runs differ by more than most
/// changes.
const OTHER: &str = "FORWARD_OTHER";
/// Turns that each subject has with each pattern. One turn differs from the next by a tenth and more on a machine that others
/// use too; five said 1.29 and 1.34 of the same program.
const ROUNDS: usize = 12;
/// What one turn measures.
const WINDOW: Duration = Duration::from_secs(3);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match arguments.first().map(String::as_str) {
        Some("serve-floor") => floor::serve(),
        Some("serve-webrtc") => webrtc::serve(),
        _ => {
            let kept = runtime.block_on(measure(&arguments));
            std::process::exit(i32::from(!kept));
        }
    }
}

/// Measures subjects and patterns whose names contain one of the words; where no word means any of them, all. False when a
/// limit is missed.
async fn measure(words: &[String]) -> bool {
    let patterns = Pattern::ALL.map(|pattern| pattern.to_string());
    let wanted = |name: &str| chosen(words, &["giaoban", "webrtc", "janus"], name);
    let mut subjects: Vec<Box<dyn Subject>> = Vec::new();
    // The floor is what the others are measured against; of bursts that with offload, and right before them.
    subjects.push(Box::new(floor::Floor::start(false)));
    subjects.push(Box::new(floor::Floor::start(true)));
    if wanted("giaoban") {
        subjects.push(Box::new(giaoban::Giaoban::start("giaoban", &tests::tools::program()).await));
        if let Some(build) = std::env::var_os(OTHER).filter(|path| !path.is_empty()) {
            subjects.push(Box::new(giaoban::Giaoban::start("other", Path::new(&build)).await));
        }
    }
    if wanted("webrtc") {
        subjects.push(Box::new(webrtc::Webrtc::start().await));
    }
    if wanted("janus") {
        subjects.push(Box::new(janus::Janus::start().await));
    }
    let mut report = Report::default();
    for round in 0..ROUNDS {
        for (pattern, name) in Pattern::ALL.into_iter().zip(&patterns) {
            if !chosen(words, &patterns, name) {
                continue;
            }
            for subject in &mut subjects {
                if subject.carries(pattern) {
                    let turn = subject.turn(pattern, WINDOW).await;
                    println!("round {} {pattern} {}: {turn}", round + 1, subject.name());
                    report.add(pattern, subject.name(), turn);
                }
            }
        }
    }
    for subject in subjects {
        subject.stop().await;
    }
    report.print()
}

/// Whether a word means `name`, or none means any of `all`.
fn chosen(words: &[String], all: &[impl AsRef<str>], name: &str) -> bool {
    let mut meant = words.iter().filter(|word| all.iter().any(|one| one.as_ref().contains(word.as_str())));
    let none = meant.clone().next().is_none();
    none || meant.any(|word| name.contains(word.as_str()))
}
