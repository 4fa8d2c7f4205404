//! A line that lets no UDP pass.

use tests::{attendee::Kind, line::Weather};

use crate::{pair::Pair, row::Rows};

const LINE: &str = "UDP blocked";
/// Time to join, in milliseconds.
const JOIN_MS: f64 = 5000.0;

async fn holds_with(kind: Kind) {
    let mut pair = Pair::join(kind, Weather { udp_blocked: true, ..Weather::default() }).await;
    let mut rows = Rows::new(LINE, kind);
    // livekit-client has joined when its connection for media stands.
    rows.at_most_ms("joined after", pair.joined["took_ms"].as_f64().expect("a time"), JOIN_MS);
    pair.publish(&["camera", "microphone"]).await;
    let (up, down) = pair.bad.line.counts().await;
    let passed = up.media - up.media_lost + down.media - down.media_lost;
    rows.note("packets of media that came over UDP", &passed);
    pair.finish().await;
    rows.judge();
}

#[tokio::test]
async fn without_udp_with_chromium() {
    holds_with(Kind::Chromium).await;
}

#[tokio::test]
async fn without_udp_with_firefox() {
    holds_with(Kind::Firefox).await;
}
