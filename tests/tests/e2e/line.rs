//! The line itself: it delays, loses and limits as it was asked to, or nothing that is measured through it means
//! anything.

use std::time::{Duration, Instant};

use tests::{
    line::{Line, Weather},
    lines::Lines,
    tools,
    world::whole_machine,
};
use tokio::{net::UdpSocket, time::timeout};

/// An echo on the client's side of a line, and a socket of the server's side that talks to it.
struct Measured {
    line: Line,
    socket: UdpSocket,
    _echo: Lines,
}

impl Measured {
    async fn start() -> Self {
        let line = Line::start().await;
        let mut command = line.command(tools::binary("line"));
        command.args(["echo", "0.0.0.0:7"]);
        let mut echo = Lines::start("echo", command);
        echo.event("echoing").await;
        let socket = UdpSocket::bind((tests::line::SERVER, 0)).await.expect("a socket at the near end");
        socket.connect((line.client(), 7)).await.expect("an address");
        Self { line, socket, _echo: echo }
    }

    /// Sends a packet of `bytes` that says its number.
    async fn send(&self, number: u32, bytes: usize) {
        let mut packet = vec![0; bytes];
        packet[..4].copy_from_slice(&number.to_be_bytes());
        self.socket.send(&packet).await.expect("the line takes it");
    }

    /// The number of the next answer, or nothing within the time.
    async fn answer(&self, within: Duration) -> Option<u32> {
        let mut packet = [0; 2048];
        let read = timeout(within, self.socket.recv(&mut packet)).await.ok()?;
        (read.expect("an answer") >= 4)
            .then(|| u32::from_be_bytes(packet[..4].try_into().expect("four bytes")))
    }
}

#[expect(clippy::disallowed_methods, reason = "this measures")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn a_line_delays_both_ways_as_asked() {
    let _machine = whole_machine().await;
    let mut measured = Measured::start().await;
    measured.line.set(Weather { delay_ms: 50, ..Weather::default() }).await;
    let mut trips = Vec::new();
    for number in 0..20 {
        let sent = now();
        measured.send(number, 100).await;
        assert_eq!(measured.answer(Duration::from_secs(5)).await, Some(number));
        trips.push(sent.elapsed());
    }
    trips.sort();
    let (least, median) = (trips[0], trips[10]);
    assert!(least >= Duration::from_millis(100), "never faster than asked: {least:?}");
    assert!(median < Duration::from_millis(110), "and hardly slower: {median:?}");
}

#[tokio::test]
async fn a_line_loses_as_many_as_asked() {
    let _machine = whole_machine().await;
    let mut measured = Measured::start().await;
    measured.line.set(Weather { loss: 0.05, ..Weather::default() }).await;
    let mut came = 0_u32;
    for number in 0..4000 {
        measured.send(number, 100).await;
        came += u32::from(measured.answer(Duration::from_millis(20)).await.is_some());
    }
    while measured.answer(Duration::from_millis(200)).await.is_some() {
        came += 1;
    }
    let (up, down) = measured.line.counts().await;
    // 5 % of those sent down, and 5 % of those answered, four standard deviations to either side.
    for (way, counts) in [("up", &up), ("down", &down)] {
        let per_mille = counts.lost * 1000 / counts.packets;
        assert!((36..64).contains(&per_mille), "{way}: {counts:?}");
    }
    // The kernel itself says a word or two on a new interface.
    let own = (up.packets - up.lost).checked_sub(u64::from(came));
    assert!(own.is_some_and(|own| own < 10), "what the line says it delivered is what came: {came}, {up:?}");
}

#[tokio::test]
async fn a_line_lets_through_no_more_than_asked_and_no_less() {
    const BYTES: usize = 972;
    let _machine = whole_machine().await;
    let mut measured = Measured::start().await;
    let limited = Weather { down_kbps: Some(1000), queue_ms: 60_000, ..Weather::default() };
    measured.line.set(limited).await;
    let began = now();
    for number in 0..250 {
        measured.send(number, BYTES).await;
    }
    for number in 0..250 {
        assert_eq!(measured.answer(Duration::from_secs(5)).await, Some(number), "in order, and none lost");
    }
    let took = began.elapsed();
    // 250 packets of 1000 bytes with their headers are 2 Mbit.
    assert!((1.98..2.2).contains(&took.as_secs_f64()), "2 Mbit at 1 Mbit/s took {took:?}");
}

#[tokio::test]
async fn a_line_blocks_udp_and_a_plug_that_is_out_stops_everything_until_it_is_in_again() {
    let _machine = whole_machine().await;
    let mut measured = Measured::start().await;
    measured.line.set(Weather { udp_blocked: true, ..Weather::default() }).await;
    measured.send(1, 100).await;
    assert_eq!(measured.answer(Duration::from_millis(200)).await, None);
    measured.line.set(Weather::default()).await;
    measured.send(2, 100).await;
    assert_eq!(measured.answer(Duration::from_secs(5)).await, Some(2));

    let before = measured.line.client();
    measured.line.unplug().await;
    measured.line.plug_in().await;
    assert_ne!(before, measured.line.client(), "another network gives another address");
    measured.socket.connect((measured.line.client(), 7)).await.expect("an address");
    measured.send(3, 100).await;
    assert_eq!(measured.answer(Duration::from_secs(5)).await, Some(3));
}
