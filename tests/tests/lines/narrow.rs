//! 300 kbit/s to the client: speech before the slide, the slide before the camera, and all of it back afterwards.

use serde_json::json;
use tests::{attendee::Kind, line::Weather};

use crate::{
    pair::{Pair, watched},
    row::Rows,
};

const LINE: &str = "300 kbit/s down";
const NARROW: Weather = Weather {
    delay_ms: 20,
    jitter_ms: 0,
    loss: 0.0,
    bursts: None,
    up_kbps: None,
    down_kbps: Some(300),
    queue_ms: 200,
    udp_blocked: false,
    down: false,
};
const SECONDS_BEFORE: u32 = 10;
const SECONDS: u32 = 60;
const SECONDS_AFTER: u32 = 15;
/// Share of the speech that is played as it was sent.
const PLAYED: f64 = 0.99;
/// A slide is legible when so much of its fine print reads as it was written.
const LEGIBLE: f64 = 0.99;
/// Every slide can be read before the next one comes, in milliseconds.
const SLIDE_MS: f64 = 15_000.0;
/// The camera's full width, and the widest that counts as low, in pixels.
const FULL: u64 = 640;
const LOW: u64 = 320;
/// Time to get back to full after the line is wide again, in milliseconds.
const BACK_MS: f64 = 10_000.0;
/// Share of the usual pictures a second that is back by then.
const BACK_RATE: f64 = 0.8;

async fn holds_with(kind: Kind) {
    let mut pair = Pair::join(kind, Weather { delay_ms: 20, ..Weather::default() }).await;
    pair.publish(&["camera", "microphone"]).await;
    pair.good.source("publish", "screen").await;
    let good = pair.good.identity.clone();
    pair.bad.receives(&good, "screen").await;
    let full = |line: &serde_json::Value| {
        let mut tracks = line["tracks"].as_array().into_iter().flatten();
        tracks.any(|track| track["source"] == "camera" && track["width"] == FULL)
    };
    pair.bad.until("a camera in full", tests::lines::PATIENCE, full).await;

    // What the other's page makes of its camera on this machine is what can come back.
    pair.bad.act(&json!({"do": "watch", "for_ms": SECONDS_BEFORE * 1000})).await;
    let before = watched(&mut pair.bad, SECONDS_BEFORE).await;
    let usual =
        before.frames(&good, "camera", before.began, before.ended) / ((before.ended - before.began) / 1000.0);

    pair.bad.line.set(NARROW).await;
    pair.bad.act(&json!({"do": "watch", "for_ms": SECONDS * 1000})).await;
    let seen = watched(&mut pair.bad, SECONDS).await;
    pair.bad.act(&json!({"do": "watch", "for_ms": SECONDS_AFTER * 1000})).await;
    let lifted = pair.bad.line.set(Weather { delay_ms: 20, ..Weather::default() }).await;
    let after = watched(&mut pair.bad, SECONDS_AFTER).await;

    let mut rows = Rows::new(LINE, kind);
    let played = seen.played(&good);
    rows.row("speech played as sent", &format!("{:.1} %", played * 100.0), "≥ 99 %", played >= PLAYED);
    let gap = seen.gaps(&good).iter().map(|gap| gap.ms).fold(0.0, f64::max);
    rows.note("longest gap in speech", &format!("{gap:.0} ms"));
    let gaps = seen.gaps(&good);
    let gaps = gaps.iter().filter(|gap| gap.ms > 60.0);
    let gaps: Vec<String> =
        gaps.map(|gap| format!("{:.1} s: {:.0} ms", (gap.from - seen.began) / 1000.0, gap.ms)).collect();
    rows.note("gaps over 60 ms, since the cap", &gaps.join(", "));
    // The slide that was there at the end had no time of its own.
    let slides = seen.slides(&good, LEGIBLE);
    for (at, number, read) in slides.iter().take(slides.len().saturating_sub(1)) {
        let measured = read.map_or("never".to_owned(), |ms| format!("{:.1} s", ms / 1000.0));
        let what =
            format!("slide {number}, seen {:.0} s after the cap, legible after", (at - seen.began) / 1000.0);
        rows.row(&what, &measured, "≤ 15 s", read.is_some_and(|ms| ms <= SLIDE_MS));
    }
    rows.row("slides seen", &slides.len(), "≥ 4", slides.len() >= 4);
    let width = seen.widths(&good).last().map_or(0, |(_, width)| *width);
    let frames = seen.frames(&good, "camera", seen.ended - 20_000.0, seen.ended);
    let measured = format!("{width} pixels wide, {:.1} pictures a second", frames / 20.0);
    rows.row("camera in the last 20 s", &measured, "≤ 320 wide, or paused", width <= LOW || frames < 1.0);

    let back = after.widths(&good).into_iter().find(|(at, width)| *at > lifted && *width == FULL);
    let back = back.map_or(f64::INFINITY, |(at, _)| at - lifted);
    rows.at_most_ms("camera in full again after", back, BACK_MS);
    let rate = after.frames(&good, "camera", lifted + BACK_MS, after.ended)
        / ((after.ended - lifted - BACK_MS) / 1000.0);
    let measured = format!("{rate:.1}, {usual:.1} before the cap");
    rows.row("pictures a second from then on", &measured, "≥ 80 %", rate >= BACK_RATE * usual);
    rows.note("the page itself late by", &format!("{:.0} ms", seen.late_ms.max(after.late_ms)));
    pair.finish().await;
    rows.judge();
}

#[tokio::test]
async fn a_narrow_line_with_chromium() {
    holds_with(Kind::Chromium).await;
}

#[tokio::test]
async fn a_narrow_line_with_firefox() {
    holds_with(Kind::Firefox).await;
}
