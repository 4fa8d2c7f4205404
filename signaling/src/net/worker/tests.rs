//! What a worker does when much comes, and when the clock is set.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use quinn_udp::BATCH_SIZE;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;

use super::*;
use crate::media::double::Client;
use crate::room::media::{Media, MediaEvent, PeerId, PeerRole};

/// Nothing here takes this long; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(10);
/// The first byte of a record that says goodbye (RFC 6347 section 4.3.1).
const ALERT: u8 = 21;
const PEER: PeerId = PeerId(1);
const PROFILES: [SrtpProtectionProfile; 1] = [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];

/// What it was told of the clock.
#[derive(Default)]
struct Nobody(Vec<i64>);

impl Tenant for Nobody {
    /// What is to be closed, if anything.
    type Command = Option<PeerId>;

    fn command(&mut self, _: Moment, closed: Option<PeerId>, media: &mut dyn Media) {
        if let Some(peer) = closed {
            media.close(peer);
        }
    }
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
fn worker() -> (Worker<Nobody>, UdpSocket, Outbox<Option<PeerId>>) {
    worker_with(Arc::default())
}

fn worker_with(clock: Arc<ByHand>) -> (Worker<Nobody>, UdpSocket, Outbox<Option<PeerId>>) {
    let Port { udp, reports, .. } = Port::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = udp.local_addr().unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(address).unwrap();
    client.set_nonblocking(true).unwrap();
    let limits = Limits { gather: Duration::from_hours(24), ..Limits::default() };
    let wall = Moment::from_millis(0);
    let config = Config { candidates: vec![address], limits, started: instant(), wall };
    let sleeper = Sleeper::new().unwrap();
    let (outbox, inbox) = inbox(sleeper.bell());
    let (_, _, arrivals) = queues();
    let worker = Worker {
        udp: Udp::new(udp).unwrap(),
        reports: Reports::new(reports).unwrap(),
        inbox,
        sleeper,
        arrivals,
        lines: Lines::default(),
        engine: Engine::new(config).unwrap(),
        tenant: Nobody::default(),
        told: (instant(), clock.now()),
        clock,
        gather: limits.gather,
        behind: false,
    };
    (worker, client, outbox)
}

/// Lets a client that sends a picture connect over `socket`.
fn connected(worker: &mut Worker<Nobody>, socket: &UdpSocket) -> Client {
    let mut client = Client::new(instant(), Source::Udp(socket.local_addr().unwrap()), &PROFILES);
    worker.engine.open(Moment::from_millis(0), PEER, PeerRole::Publisher);
    let offer = client.offer(&[("0", "video", "sendonly", &[])]);
    client.learn(&worker.engine.offer(Moment::from_millis(0), PEER, &offer, &[]).unwrap().sdp);
    let mut bytes = [0; 2048];
    let began = instant();
    while !client.connected() {
        assert!(began.elapsed() < LONG, "no handshake");
        client.tick(instant());
        send(&mut client, socket);
        worker.sleeper.sleep(&worker.udp, Duration::from_millis(20), || false);
        worker.take();
        worker.settle();
        while let Ok(length) = socket.recv(&mut bytes) {
            client.datagram(instant(), &mut bytes[..length]);
        }
    }
    client
}

/// Sleeps until something wakes it up.
fn woken(worker: &Worker<Nobody>) {
    let began = instant();
    worker.sleeper.sleep(&worker.udp, LONG, || false);
    assert!(began.elapsed() < LONG, "nothing woke it up");
}

fn send(client: &mut Client, socket: &UdpSocket) {
    for datagram in client.out.drain(..) {
        socket.send(&datagram).unwrap();
    }
}

#[test]
fn a_picture_waits_for_what_comes_with_it_and_nothing_else_does() {
    let (mut worker, socket, commands) = worker();
    let mut client = connected(&mut worker, &socket);
    assert!(commands.send(None));
    worker.take();
    assert_eq!(worker.rest(instant()), Duration::ZERO, "neither commands nor handshakes wait");
    let began = instant();
    client.rtp(7, 96, 100, 0, "0", "", &[0x10, 0, 0, 0]);
    send(&mut client, &socket);
    woken(&worker);
    worker.take();
    assert!(worker.rest(began) > Duration::from_hours(23), "what comes now has as long as is allowed");
    assert_eq!(worker.rest(began + worker.gather + Duration::from_secs(9)), Duration::ZERO);
    worker.behind = true;
    assert_eq!(worker.rest(began), Duration::ZERO, "who is behind waits for nobody");
    worker.behind = false;
    worker.settle();
    assert_eq!(worker.rest(began), Duration::ZERO, "it has been passed on");
}

#[test]
#[cfg(target_os = "linux")]
fn a_report_wakes_nobody_up_and_is_taken_in_the_next_turn() {
    let (mut worker, client, _commands) = worker();
    client.send(&[0x8F, 205, 0, 5]).unwrap();
    let (began, moment) = (instant(), Duration::from_millis(20));
    worker.sleeper.sleep(&worker.udp, moment, || false);
    assert!(began.elapsed() >= moment, "it woke up");
    client.send(b"?").unwrap();
    worker.turn();
    for socket in [worker.udp.read(|_, _, _| panic!()), worker.reports.read(|_, _, _| panic!())] {
        assert!(!socket, "something was left");
    }
}

#[test]
fn a_worker_that_gets_more_than_one_turn_takes_knows_that_it_is_behind() {
    let (mut worker, client, _commands) = worker();
    for _ in 0..=MAX_BATCHES * BATCH_SIZE {
        client.send(b"?").unwrap();
    }
    woken(&worker);
    worker.take();
    assert!(worker.behind, "more came than one turn takes");
    // Nothing new has to come for the rest to be read.
    woken(&worker);
    worker.take();
    assert!(!worker.behind, "that was all");
}

#[test]
fn a_clock_that_is_set_is_noticed_once_and_one_that_goes_is_not() {
    let clock = Arc::new(ByHand::default());
    let (mut worker, _client, _commands) = worker_with(Arc::clone(&clock));
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

#[test]
fn commands_left_for_the_next_turn_are_not_kept_waiting_and_signs_of_life_are_not_left() {
    let (mut worker, _client, commands) = worker();
    for _ in 0..=MAX_COMMANDS {
        assert!(commands.send(None) && commands.leave(None));
    }
    worker.take();
    assert!(worker.behind && worker.inbox.is_urgent(), "some were left");
    assert_eq!(worker.inbox.patient(), None);
    worker.take();
    assert!(!worker.behind, "nothing waits");
}

/// Does something elsewhere; hears of its end.
fn elsewhere(what: impl FnOnce() + Send + 'static) -> std::sync::mpsc::Receiver<()> {
    let (sender, end) = std::sync::mpsc::channel();
    thread::spawn(move || {
        what();
        // Whoever waited for it may have gone.
        let _ = sender.send(());
    });
    end
}

#[test]
fn a_command_wakes_it_up() {
    let (worker, _client, commands) = worker();
    let (asleep, sleeps) = std::sync::mpsc::channel();
    let sender = thread::spawn(move || {
        sleeps.recv().unwrap();
        assert!(commands.send(None));
        commands
    });
    let began = instant();
    worker.sleeper.sleep(&worker.udp, LONG, || {
        asleep.send(()).unwrap();
        false
    });
    assert!(began.elapsed() < LONG, "nothing woke it up");
    sender.join().unwrap();
}

#[test]
fn what_is_in_a_queue_already_is_not_slept_over() {
    let (worker, _client, commands) = worker();
    assert!(commands.send(None));
    elsewhere(move || worker.sleep()).recv_timeout(LONG).unwrap();
}

#[test]
fn it_ends_when_nobody_can_want_anything_of_it_any_more() {
    let (worker, _client, commands) = worker();
    let last = commands.clone();
    drop(commands);
    let end = elsewhere(move || worker.run());
    assert!(end.recv_timeout(Duration::from_millis(20)).is_err(), "somebody could still send a command");
    drop(last);
    end.recv_timeout(LONG).unwrap();
}

#[test]
fn its_last_words_leave_before_it_ends() {
    let (mut worker, socket, commands) = worker();
    connected(&mut worker, &socket);
    worker.settle();
    let mut bytes = [0; 2048];
    while socket.recv(&mut bytes).is_ok() {}
    assert!(commands.send(Some(PEER)));
    drop(commands);
    elsewhere(move || worker.run()).recv_timeout(LONG).unwrap();
    let mut heard = std::iter::from_fn(|| socket.recv(&mut bytes).ok().map(|_| bytes[0]));
    assert!(heard.any(|kind| kind == ALERT), "nothing said goodbye");
}
