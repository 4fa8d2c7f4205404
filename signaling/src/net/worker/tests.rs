//! What a worker does when much comes, and when the clock is set.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use quinn_udp::BATCH_SIZE;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;

use super::*;
use crate::media::double::Client;
use crate::room::media::{Media, MediaEvent, PeerId, PeerRole};

const PEER: PeerId = PeerId(1);
const PROFILES: [SrtpProtectionProfile; 1] = [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];

/// What it was told of the clock.
#[derive(Default)]
struct Nobody(Vec<i64>);

impl Tenant for Nobody {
    type Command = ();

    fn command(&mut self, _: Moment, (): (), _: &mut dyn Media) {}
    fn media_event(&mut self, _: Moment, _: MediaEvent, _: &mut dyn Media) {}
    fn clock_was_set(&mut self, _: Moment, millis: i64) {
        self.0.push(millis);
    }
    fn timeout(&mut self, _: Moment, _: &mut dyn Media) {}
    fn next_deadline(&self) -> Option<Moment> {
        None
    }
}

/// A clock that is set by hand.
#[derive(Default)]
struct ByHand(AtomicI64);

impl Clock for ByHand {
    fn now(&self) -> Moment {
        Moment::from_millis(self.0.load(Relaxed))
    }
}

/// One that gives what comes a day, and who talks to it.
fn worker() -> (Worker<Nobody>, std::net::UdpSocket) {
    worker_with(Arc::default())
}

fn worker_with(clock: Arc<ByHand>) -> (Worker<Nobody>, std::net::UdpSocket) {
    let sockets = Port::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(sockets.udp.local_addr().unwrap()).unwrap();
    client.set_nonblocking(true).unwrap();
    let limits = Limits { gather: Duration::from_hours(24), ..Limits::default() };
    let wall = Moment::from_millis(0);
    let candidates = vec![sockets.udp.local_addr().unwrap()];
    let config = Config { candidates, limits, started: instant(), wall };
    let (engine, gather) = (Engine::new(config).unwrap(), limits.gather);
    let (readers, _, arrivals) = queues();
    let worker = Worker::new(sockets, (readers, arrivals), engine, Nobody::default(), clock, gather).unwrap();
    (worker, client)
}

/// Lets a client that sends a picture connect over `socket`.
async fn connected(worker: &mut Worker<Nobody>, socket: &std::net::UdpSocket) -> Client {
    let mut client = Client::new(instant(), Source::Udp(socket.local_addr().unwrap()), &PROFILES);
    worker.engine.open(Moment::from_millis(0), PEER, PeerRole::Publisher);
    let offer = client.offer(&[("0", "video", "sendonly", &[])]);
    client.learn(&worker.engine.offer(Moment::from_millis(0), PEER, &offer, &[]).unwrap().sdp);
    let (_commands, mut inbox) = inbox();
    let mut bytes = [0; 2048];
    while !client.connected() {
        client.tick(instant());
        send(&mut client, socket);
        let _ = tokio::time::timeout(Duration::from_millis(20), worker.udp.readable()).await;
        worker.take(&mut inbox);
        worker.settle();
        while let Ok(length) = socket.recv(&mut bytes) {
            client.datagram(instant(), &mut bytes[..length]);
        }
    }
    client
}

fn send(client: &mut Client, socket: &std::net::UdpSocket) {
    for datagram in client.out.drain(..) {
        socket.send(&datagram).unwrap();
    }
}

#[tokio::test]
async fn a_picture_waits_for_what_comes_with_it_and_nothing_else_does() {
    let ((mut worker, socket), (commands, mut inbox)) = (worker(), inbox());
    let mut client = connected(&mut worker, &socket).await;
    assert!(commands.send(()));
    worker.take(&mut inbox);
    assert_eq!(worker.rest(instant()), Duration::ZERO, "neither commands nor handshakes wait");
    let began = instant();
    client.rtp(7, 96, 100, 0, "0", "", &[0x10, 0, 0, 0]);
    send(&mut client, &socket);
    worker.udp.readable().await.unwrap();
    worker.take(&mut inbox);
    assert!(worker.rest(began) > Duration::from_hours(23), "what comes now has as long as is allowed");
    assert_eq!(worker.rest(began + worker.gather + Duration::from_secs(9)), Duration::ZERO);
    worker.behind = true;
    assert_eq!(worker.rest(began), Duration::ZERO, "who is behind waits for nobody");
    worker.behind = false;
    worker.settle();
    assert_eq!(worker.rest(began), Duration::ZERO, "it has been passed on");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_report_wakes_nobody_up_and_is_taken_in_the_next_turn() {
    let ((mut worker, client), (_commands, mut inbox)) = (worker(), inbox());
    client.send(&[0x8F, 205, 0, 5]).unwrap();
    client.send(b"?").unwrap();
    worker.udp.readable().await.unwrap();
    let mut woke = Vec::new();
    worker.udp.read(|_, _, datagram| woke.push(datagram.to_vec()));
    assert_eq!(woke, [b"?"]);
    worker.take(&mut inbox);
    let mut left = 0;
    worker.udp.read_reports(|_, _, _| left += 1);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_worker_that_gets_more_than_one_turn_takes_knows_that_it_is_behind() {
    let ((mut worker, client), (_commands, mut inbox)) = (worker(), inbox());
    for _ in 0..=MAX_BATCHES * BATCH_SIZE {
        client.send(b"?").unwrap();
    }
    worker.udp.readable().await.unwrap();
    worker.take(&mut inbox);
    assert!(worker.behind, "more came than one turn takes");
    let readable = tokio::time::timeout(Duration::from_secs(10), worker.udp.readable()).await;
    assert!(matches!(readable, Ok(Ok(()))), "nothing new has to come for the rest to be read");
    worker.take(&mut inbox);
    assert!(!worker.behind, "that was all");
}

#[tokio::test]
async fn a_clock_that_is_set_is_noticed_once_and_one_that_goes_is_not() {
    let clock = Arc::new(ByHand::default());
    let (mut worker, _client) = worker_with(Arc::clone(&clock));
    for (set_to, told) in
        [(300, vec![]), (3_600_000, vec![3_600_000]), (3_600_000, vec![]), (0, vec![-3_600_000])]
    {
        clock.0.store(set_to, Relaxed);
        worker.moment();
        let heard: Vec<i64> = std::mem::take(&mut worker.tenant.0);
        // Some time passes on the other clock meanwhile.
        let near = |(told, heard): (&i64, &i64)| (told - heard).abs() < 1000;
        assert!(heard.len() == told.len() && told.iter().zip(&heard).all(near), "{set_to}: {heard:?}");
    }
}

#[tokio::test]
async fn commands_left_for_the_next_turn_are_not_kept_waiting() {
    let ((mut worker, _client), (commands, mut inbox)) = (worker(), inbox());
    for _ in 0..MAX_COMMANDS {
        assert!(commands.send(()));
    }
    assert!(commands.leave(()));
    worker.take(&mut inbox);
    assert!(worker.behind, "some were left");
    worker.take(&mut inbox);
    assert!(!worker.behind, "nothing waits");
}
