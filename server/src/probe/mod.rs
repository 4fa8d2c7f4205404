//! `giaoban probe`: an endpoint without a screen. It joins a room through LiveKit's public protocol, publishes a
//! synthetic picture and tone, and measures what a person there would get.
//!
//! ```text
//! door ──Ticket──► endpoint ──signal──► room
//!                   │  ▲
//!                   ▼  │ meter (an interceptor of the connection)
//!                  peer (one per direction) ◄── sending ◄── schedule ◄── picture, tone
//! run: join, wait, ask the meters, report
//! ```

mod clock;
mod door;
mod endpoint;
mod figures;
mod meter;
mod peer;
mod picture;
mod report;
mod schedule;
mod sending;
mod signal;
mod stream;
mod tap;
mod tone;
mod verdict;
mod words;

use std::{process::ExitCode, time::Duration};

use clap::Args;
use futures::StreamExt as _;
use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use tokio::time::{interval, sleep};

use crate::language::Language;
use door::{NoEntry, Tickets};
use endpoint::{Endpoint, Part};
use report::Report;
use verdict::Limits;

/// A figure is beyond its limit.
const MISSED: u8 = 3;
/// The room could not be joined.
const NO_ENTRY: u8 = 4;

/// How a probe is started.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    #[command(flatten)]
    door: door::DoorArgs,
    /// How long to measure, in seconds
    #[arg(long, value_name = "S", default_value_t = 20)]
    seconds: u32,
    /// Only receive, also where the token lets publish
    #[arg(long)]
    watch: bool,
    /// Bit rate of the picture in kbit/s; the default is what a camera needs to be seen well in a large tile
    #[arg(long, value_name = "KBPS", default_value_t = 1000)]
    video_kbps: u32,
    /// So many subscribers join at the same time
    #[arg(long, value_name = "N", default_value_t = 4)]
    at_once: usize,
    /// Subscribers only count packets, neither decrypt them nor tell the server what arrived: for loads that this
    /// machine could not receive otherwise
    #[arg(long)]
    light: bool,
    #[command(flatten)]
    limits: Limits,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
    /// Language of the report
    #[arg(long, value_enum, default_value_t)]
    lang: Language,
}

/// Runs it and prints the report.
pub async fn run(args: &ProbeArgs) -> anyhow::Result<ExitCode> {
    match measure(args).await {
        Ok(report) => {
            let text = if args.json { serde_json::to_string(&report)? } else { report.text(args.lang) };
            say(&text)?;
            Ok(if report.ok { ExitCode::SUCCESS } else { MISSED.into() })
        }
        Err(error) => {
            let Some(reason) = error.downcast_ref::<NoEntry>() else { return Err(error) };
            let words = words::no_entry(reason, args.lang);
            if args.json {
                say(&serde_json::json!({"ok": false, "no_entry": words}).to_string())?;
            }
            complain(&words)?;
            Ok(NO_ENTRY.into())
        }
    }
}

async fn measure(args: &ProbeArgs) -> anyhow::Result<Report> {
    let language = HeaderValue::from_static(args.lang.pick("vi", "en"));
    let http = reqwest::Client::builder()
        // Media cannot go through an HTTP proxy, so neither does the rest.
        .no_proxy()
        .default_headers(HeaderMap::from_iter([(ACCEPT_LANGUAGE, language)]))
        .build()
        .map_err(NoEntry::from)?;
    let Tickets { own, speakers: others, subscribers } = args.door.tickets(&http, args.watch).await?;
    let part = if args.watch { Part::Watch } else { Part::Speak { video_kbps: args.video_kbps } };
    let endpoint = Endpoint::join(&http, &own, part).await?;
    let mut speakers = Vec::with_capacity(others.len());
    for ticket in &others {
        let part = Part::Speak { video_kbps: args.video_kbps };
        speakers.push(Endpoint::join(&http, ticket, part).await?);
    }
    let wanted = subscribers.len();
    let mut crowd = Vec::with_capacity(wanted);
    let part = if args.light { Part::Count } else { Part::Watch };
    let mut joining = futures::stream::iter(&subscribers)
        .map(|ticket| Endpoint::join(&http, ticket, part))
        .buffer_unordered(args.at_once.max(1));
    while let Some(joined) = joining.next().await {
        match joined {
            Ok(subscriber) => crowd.push(subscriber),
            Err(error) => tracing::warn!(%error, "a subscriber could not join"),
        }
    }
    let before = figures::Mark::of(&endpoint, &crowd);
    let began = clock::now();
    tracing::info!(subscribers = crowd.len(), "everybody has joined; measuring begins");
    let round_trips = watch(&endpoint, Duration::from_secs(args.seconds.into())).await;
    let span = clock::now().saturating_duration_since(began);
    let figures = figures::of(&endpoint, &crowd, wanted, round_trips, before, span);
    for endpoint in crowd.into_iter().chain(speakers).chain([endpoint]) {
        if let Err(error) = endpoint.leave().await {
            tracing::warn!(%error, "an endpoint had been sent away before the end");
        }
    }
    Ok(Report::new(figures, &args.limits))
}

/// Waits, and once a second looks at the round trip.
async fn watch(endpoint: &Endpoint, span: Duration) -> Vec<Duration> {
    let mut round_trips = Vec::new();
    let mut ticks = interval(Duration::from_secs(1));
    let over = sleep(span);
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return round_trips,
            _ = ticks.tick() => {
                let peers = endpoint.peers();
                if let Some(peer) = peers.down.or(peers.up) {
                    round_trips.extend(peer.round_trip(clock::now()).await);
                }
            }
        }
    }
}

fn say(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

fn complain(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stderr().lock(), "giaoban probe: {text}")
}
