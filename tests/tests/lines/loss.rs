//! 5 % loss each way and a round trip of 100 ms.

use tests::{attendee::Kind, line::Weather, watched::Watched};

use crate::{pair::Pair, row::Rows};

const LINE: &str = "5 % loss each way, 100 ms RTT";
const SECONDS: u32 = 60;
/// Longest freeze, in milliseconds.
const FREEZE_MS: f64 = 500.0;
/// Speech played of that sent, between browsers of which one knows RED and is behind the line.
const PLAYED: f64 = 0.99;
/// Retransmissions for each packet lost.
const RETRANSMISSIONS: u64 = 2;

async fn holds_with(kind: Kind) {
    let mut pair = Pair::join(kind, Weather { delay_ms: 50, loss: 0.05, ..Weather::default() }).await;
    pair.publish(&["camera", "microphone"]).await;
    let (up_before, down_before) = pair.bad.line.counts().await;
    let (bad, good) = pair.watch(SECONDS).await;
    let (up, down) = pair.bad.line.counts().await;
    let (up, down) = (up.since(&up_before), down.since(&down_before));

    let mut rows = Rows::new(LINE, kind);
    let both: [(&str, &Watched, &str); 2] =
        [("down", &bad, &pair.good.identity), ("up", &good, &pair.bad.identity)];
    for (way, watched, identity) in both {
        rows.at_most_ms(
            &format!("longest freeze in {SECONDS} s, {way}"),
            watched.longest_pause(identity, "camera"),
            FREEZE_MS,
        );
        let played = watched.played(identity);
        let (what, measured) = (format!("speech played as sent, {way}"), format!("{:.1} %", played * 100.0));
        match kind {
            Kind::Chromium => rows.row(&what, &measured, "≥ 99 %", played >= PLAYED),
            // Firefox knows no RED: nothing repeats what its line loses.
            Kind::Firefox | Kind::Python => rows.note(&what, &measured),
        }
        let frames = watched.rose("in", identity, "camera", "framesDecoded");
        rows.note(&format!("pictures a second, {way}"), &format!("{:.1}", frames / f64::from(SECONDS)));
        rows.note(&format!("the page itself late by, {way}"), &format!("{:.0} ms", watched.late_ms));
    }
    let mut repeated = |way: &str, repeated: u64, lost: u64| {
        let measured = format!("{repeated} for {lost}");
        let holds = repeated <= RETRANSMISSIONS * lost;
        rows.row(&format!("retransmissions for packets lost, {way}"), &measured, "≤ 2 for each", holds);
    };
    // What the server repeats is counted on the line, by its payload type; what the client repeats, by the client.
    let from_server: u64 = bad.rtx.iter().filter_map(|payload| down.payloads.get(payload)).sum();
    repeated("down", from_server, down.media_lost);
    let from_client = |source| bad.counted("out", "", source, "retransmittedPacketsSent");
    repeated("up", from_client("camera") + from_client("microphone"), up.media_lost);
    pair.finish().await;
    rows.judge();
}

#[tokio::test]
async fn five_percent_loss_with_chromium() {
    holds_with(Kind::Chromium).await;
}

#[tokio::test]
async fn five_percent_loss_with_firefox() {
    holds_with(Kind::Firefox).await;
}
