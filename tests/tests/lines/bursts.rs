//! Bursts of 20 % loss, 1 s every 10 s, and a round trip of 300 ms.

use tests::{
    attendee::Kind,
    line::{Bursts, Weather},
    watched::Watched,
};

use crate::{pair::Pair, row::Rows};

const LINE: &str = "20 % loss bursts of 1 s every 10 s, 300 ms RTT";
const SECONDS: u32 = 60;
const DELAY_MS: u32 = 150;
const BURSTS: Bursts = Bursts { loss: 0.2, lasts_ms: 1000, every_ms: 10_000 };
/// Longest gap in speech outside the bursts, in milliseconds.
const GAP_MS: f64 = 200.0;
/// Longest time from the end of a burst until the picture goes on, in milliseconds.
const PICTURE_BACK_MS: f64 = 2000.0;
/// A pause of a picture of 15 frames a second that nobody takes for one, in milliseconds.
const UNSEEN_MS: f64 = 250.0;
/// What was lost within a burst is missed after the way through the line and the wait before it is played: jitter
/// buffers reach some 350 ms on such a line, and the way takes 150 ms.
const HEARD_AFTER_MS: f64 = 500.0;

/// The longest gap of speech that is no burst's.
fn longest_gap_outside(watched: &Watched, identity: &str, since: f64) -> f64 {
    let outside = |from: f64| {
        let every = f64::from(BURSTS.every_ms);
        let into = (from - since).rem_euclid(every) - (every - f64::from(BURSTS.lasts_ms));
        let into =
            if into < HEARD_AFTER_MS - every + f64::from(BURSTS.lasts_ms) { into + every } else { into };
        !(0.0..f64::from(BURSTS.lasts_ms) + HEARD_AFTER_MS).contains(&into)
    };
    watched.gaps(identity).iter().filter(|gap| outside(gap.from)).map(|gap| gap.ms).fold(0.0, f64::max)
}

/// The longest time from the end of the burst before it, or from its own beginning, to the end of a pause.
fn picture_back_after(watched: &Watched, identity: &str, since: f64) -> f64 {
    let every = f64::from(BURSTS.every_ms);
    let back = watched.pauses(identity, "camera").filter(|pause| pause.ms() > UNSEEN_MS).map(|pause| {
        let burst_ended = since + ((pause.to - since) / every).floor() * every;
        pause.to - burst_ended.max(pause.from)
    });
    back.fold(0.0, f64::max)
}

async fn holds_with(kind: Kind) {
    let weather = Weather { delay_ms: DELAY_MS, bursts: Some(BURSTS), ..Weather::default() };
    let mut pair = Pair::join(kind, weather).await;
    pair.publish(&["camera", "microphone"]).await;
    let (bad, good) = pair.watch(SECONDS).await;

    let mut rows = Rows::new(LINE, kind);
    let both: [(&str, &Watched, &str); 2] =
        [("down", &bad, &pair.good.identity), ("up", &good, &pair.bad.identity)];
    for (way, watched, identity) in both {
        rows.at_most_ms(
            &format!("longest gap in speech outside bursts, {way}"),
            longest_gap_outside(watched, identity, pair.since),
            GAP_MS,
        );
        rows.at_most_ms(
            &format!("picture back after, {way}"),
            picture_back_after(watched, identity, pair.since),
            PICTURE_BACK_MS,
        );
        rows.note(
            &format!("speech played as sent, {way}"),
            &format!("{:.1} %", watched.played(identity) * 100.0),
        );
        rows.note(&format!("the page itself late by, {way}"), &format!("{:.0} ms", watched.late_ms));
    }
    pair.finish().await;
    rows.judge();
}

#[tokio::test]
async fn bursts_of_loss_with_chromium() {
    holds_with(Kind::Chromium).await;
}

#[tokio::test]
async fn bursts_of_loss_with_firefox() {
    holds_with(Kind::Firefox).await;
}
