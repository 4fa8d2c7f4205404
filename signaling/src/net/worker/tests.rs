//! What a worker does when much comes, and when the clock is set.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use quinn_udp::BATCH_SIZE;

use super::*;
use crate::room::media::{Media, MediaEvent};

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

/// One that stands still for a day between two turns, and who talks to it.
fn worker() -> (Worker<Nobody>, std::net::UdpSocket) {
    worker_with(Arc::default())
}

fn worker_with(clock: Arc<ByHand>) -> (Worker<Nobody>, std::net::UdpSocket) {
    let (udp, tcp) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(udp.local_addr().unwrap()).unwrap();
    let limits = Limits { gather: Duration::from_hours(24), ..Limits::default() };
    let wall = Moment::from_millis(0);
    let config = Config { candidates: Vec::new(), limits, started: instant(), wall };
    let (engine, gather) = (Engine::new(config).unwrap(), limits.gather);
    let (readers, _, arrivals) = queues();
    let worker =
        Worker::new(udp, tcp, (readers, arrivals), engine, Nobody::default(), clock, gather).unwrap();
    (worker, client)
}

#[tokio::test]
async fn a_worker_that_is_behind_does_not_stand_still() {
    let ((mut worker, client), (_commands, mut inbox)) = (worker(), mpsc::unbounded_channel());
    for _ in 0..=MAX_BATCHES * BATCH_SIZE {
        client.send(b"?").unwrap();
    }
    worker.udp.readable().await.unwrap();
    worker.take(&mut inbox);
    assert!(worker.behind, "more came than one turn takes");
    assert!(!worker.gather());
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
    let ((mut worker, _client), (commands, mut inbox)) = (worker(), mpsc::unbounded_channel());
    for _ in 0..MAX_COMMANDS {
        commands.send(()).unwrap();
    }
    worker.take(&mut inbox);
    assert!(!worker.gather(), "one of them was left");
    worker.take(&mut inbox);
    worker.gather = Duration::from_millis(1);
    assert!(worker.gather(), "turns follow each other closely, and nothing waits");
}
