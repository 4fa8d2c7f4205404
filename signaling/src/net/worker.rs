//! The loop of a worker's thread.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use schema::moment::{Clock, Moment};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::arrivals::{Arrival, Arrivals, queues};
use super::relay::{Door, Lines};
use super::tcp::Connections;
use super::udp::Udp;
use super::{Tenant, interfaces};
use crate::media::{Config, Engine, Limits, Source};

/// Batches read before everything else gets its turn.
const MAX_BATCHES: usize = 8;
/// Commands taken before everything else gets its turn.
const MAX_COMMANDS: usize = 64;
/// Datagrams of streams taken before everything else gets its turn: what a burst leads to leaves together.
const MAX_ARRIVALS: usize = 64;
/// Tasks of streams that run before the worker's next turn: each connection reads and writes.
const MAX_TASKS: u32 = 1024;
/// Ports tried until one is free for UDP and TCP alike.
const PORT_TRIES: usize = 32;

/// How a worker is started.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Where it listens, over UDP and TCP. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Addresses that clients are told. Empty: the address of `listen`, or those of the machine's interfaces when that
    /// is the unspecified one.
    pub advertise: Vec<IpAddr>,
    /// Ceilings and clocks of the media plane.
    pub limits: Limits,
}

/// The worker has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the media worker has stopped")]
pub struct Stopped;

/// How other threads reach a worker. It ends when the last handle is dropped.
#[derive(Debug)]
pub struct WorkerHandle<C> {
    commands: mpsc::UnboundedSender<C>,
    port: u16,
    door: Door,
}

impl<C> Clone for WorkerHandle<C> {
    fn clone(&self) -> Self {
        Self { commands: self.commands.clone(), port: self.port, door: self.door.clone() }
    }
}

impl<C> WorkerHandle<C> {
    /// Sends a command to the tenant. Never blocks.
    pub fn send(&self, command: C) -> Result<(), Stopped> {
        self.commands.send(command).map_err(|_| Stopped)
    }

    /// The port on which media arrives.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The way in for what TURN brings.
    pub fn door(&self) -> Door {
        self.door.clone()
    }
}

/// Binds the sockets and starts the thread, on which `make` then makes the tenant.
pub fn spawn<T: Tenant + 'static>(
    config: WorkerConfig,
    clock: Arc<dyn Clock>,
    make: impl FnOnce() -> T + Send + 'static,
) -> io::Result<WorkerHandle<T::Command>> {
    let (udp, tcp) = bind(config.listen)?;
    let port = udp.local_addr()?.port();
    let addresses = if !config.advertise.is_empty() {
        config.advertise
    } else if config.listen.ip().is_unspecified() {
        interfaces::addresses(config.listen.is_ipv6())
    } else {
        vec![config.listen.ip()]
    };
    let candidates: Vec<SocketAddr> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    let (readers, relayed, arrivals) = queues();
    let door = Door::new(relayed, candidates.clone());
    let started = instant();
    let gather = config.limits.gather;
    let engine = Engine::new(Config { candidates, limits: config.limits, started, wall: clock.now() })
        .map_err(io::Error::other)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().event_interval(MAX_TASKS).build()?;
    let (commands, inbox) = mpsc::unbounded_channel();
    thread::Builder::new().name(format!("media-{port}")).spawn(move || {
        runtime.block_on(async move {
            let tenant = make();
            match Worker::new(udp, tcp, (readers, arrivals), engine, tenant, clock, gather) {
                Ok(worker) => worker.run(inbox).await,
                Err(error) => tracing::error!(%error, "the media sockets cannot be used"),
            }
        });
    })?;
    Ok(WorkerHandle { commands, port, door })
}

fn bind(listen: SocketAddr) -> io::Result<(std::net::UdpSocket, std::net::TcpListener)> {
    let mut tries = 0;
    loop {
        let udp = std::net::UdpSocket::bind(listen)?;
        match std::net::TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => {
                udp.set_nonblocking(true)?;
                tcp.set_nonblocking(true)?;
                return Ok((udp, tcp));
            }
            Err(_) if listen.port() == 0 && tries < PORT_TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the worker is where the media plane is told the time")]
fn instant() -> Instant {
    Instant::now()
}

struct Worker<T> {
    udp: Udp,
    listener: TcpListener,
    connections: Connections,
    lines: Lines,
    arrivals: Arrivals,
    engine: Engine,
    tenant: T,
    clock: Arc<dyn Clock>,
    gather: Duration,
    /// When the last turn began.
    turned: Instant,
    /// Whether more has come than one turn takes.
    behind: bool,
}

impl<T: Tenant> Worker<T> {
    fn new(
        udp: std::net::UdpSocket,
        tcp: std::net::TcpListener,
        (readers, arrivals): (mpsc::Sender<Arrival>, Arrivals),
        engine: Engine,
        tenant: T,
        clock: Arc<dyn Clock>,
        gather: Duration,
    ) -> io::Result<Self> {
        Ok(Self {
            udp: Udp::new(udp)?,
            listener: TcpListener::from_std(tcp)?,
            connections: Connections::new(readers),
            lines: Lines::default(),
            arrivals,
            engine,
            tenant,
            clock,
            gather,
            turned: instant(),
            behind: false,
        })
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<T::Command>) {
        loop {
            self.settle();
            // The tasks of the streams write what has just been handed to them.
            tokio::task::yield_now().await;
            if self.gather() {
                // And what came meanwhile is noticed, and by the streams read: to wait for it would be another switch of
                // threads.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
            }
            let wait = self.wait();
            tokio::select! {
                command = inbox.recv() => {
                    let Some(command) = command else { return };
                    self.command(command);
                }
                readable = self.udp.readable() => {
                    if let Err(error) = readable {
                        tracing::debug!(%error, "the media socket reported an error");
                    }
                }
                Some(arrival) = self.arrivals.recv() => self.arrived(arrival),
                Ok((stream, address)) = self.listener.accept() => self.connections.accept(stream, address),
                () = tokio::time::sleep(wait) => {}
            }
            self.take(&mut inbox);
        }
    }

    /// Takes what else has come, from everywhere: the next turn may be a while away.
    fn take(&mut self, inbox: &mut mpsc::UnboundedReceiver<T::Command>) {
        self.behind = true;
        for _ in 1..MAX_COMMANDS {
            let Ok(command) = inbox.try_recv() else { break };
            self.command(command);
        }
        for _ in 1..MAX_ARRIVALS {
            let Some(arrival) = self.arrivals.try_recv() else { break };
            self.arrived(arrival);
        }
        let (engine, now) = (&mut self.engine, instant());
        for _ in 0..MAX_BATCHES {
            // Clients estimate their lines by when their packets came in, not by when we had time to look.
            let more = self.udp.read(|from, waited, datagram| {
                engine.datagram(now.checked_sub(waited).unwrap_or(now), Source::Udp(from), datagram);
            });
            if !more {
                self.behind = !(inbox.is_empty() && self.arrivals.is_empty());
                break;
            }
        }
    }

    fn command(&mut self, command: T::Command) {
        self.engine.advance(instant());
        self.tenant.command(self.clock.now(), command, &mut self.engine);
    }

    /// While turns follow each other closely, lets some time pass before the next. The thread is the worker's own and stands
    /// still: if it only waited, each datagram would still wake it up. Whether it stood still.
    #[expect(clippy::disallowed_methods, reason = "nothing else runs on this thread")]
    fn gather(&mut self) -> bool {
        let began = std::mem::replace(&mut self.turned, instant());
        let since = self.turned.saturating_duration_since(began);
        let close = since < 2 * self.gather && !self.behind;
        if close {
            thread::sleep(self.gather.saturating_sub(since));
            self.turned = instant();
        }
        close
    }

    /// Something came past the UDP socket.
    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Datagram(from, mut bytes) => self.engine.datagram(instant(), from, &mut bytes),
            Arrival::Opened(from, deliveries) => self.lines.opened(from, deliveries),
            Arrival::Closed(from) => {
                self.engine.disconnected(from);
                self.connections.forget(from);
                self.lines.closed(from);
            }
        }
    }

    /// Runs what is due, tells the tenant what happened, sends what there is to send.
    fn settle(&mut self) {
        let now = instant();
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            self.engine.tick(now);
        }
        self.engine.advance(now);
        while let Some(event) = self.engine.poll_event() {
            self.tenant.media_event(self.clock.now(), event, &mut self.engine);
        }
        let moment = self.clock.now();
        if self.tenant.next_deadline().is_some_and(|at| at <= moment) {
            self.tenant.timeout(moment, &mut self.engine);
        }
        let (udp, connections, lines) = (&self.udp, &mut self.connections, &self.lines);
        self.engine.transmit(|to, bytes, size| match to {
            Source::Udp(address) => udp.send(address, bytes, size),
            Source::Tcp(..) => connections.send(to, bytes, size),
            Source::Relay(..) => lines.send(to, bytes, size),
        });
    }

    fn wait(&self) -> Duration {
        /// Longest sleep; nothing depends on it.
        const IDLE: Duration = Duration::from_hours(1);
        let engine = self.engine.next_deadline().map(|at| at.saturating_duration_since(instant()));
        let tenant = self.tenant.next_deadline().map(|at| self.until(at));
        [engine, tenant].into_iter().flatten().fold(IDLE, Duration::min)
    }

    fn until(&self, at: Moment) -> Duration {
        Duration::from_millis(u64::try_from(at.millis_since(self.clock.now())).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use quinn_udp::BATCH_SIZE;

    use super::*;
    use crate::room::media::{Media, MediaEvent};

    struct Nobody;

    impl Tenant for Nobody {
        type Command = ();

        fn command(&mut self, _: Moment, (): (), _: &mut dyn Media) {}
        fn media_event(&mut self, _: Moment, _: MediaEvent, _: &mut dyn Media) {}
        fn timeout(&mut self, _: Moment, _: &mut dyn Media) {}
        fn next_deadline(&self) -> Option<Moment> {
            None
        }
    }

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Moment {
            Moment::from_millis(0)
        }
    }

    /// One that stands still for a day between two turns, and who talks to it.
    fn worker() -> (Worker<Nobody>, std::net::UdpSocket) {
        let (udp, tcp) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        client.connect(udp.local_addr().unwrap()).unwrap();
        let limits = Limits { gather: Duration::from_hours(24), ..Limits::default() };
        let wall = Moment::from_millis(0);
        let config = Config { candidates: Vec::new(), limits, started: instant(), wall };
        let (engine, gather) = (Engine::new(config).unwrap(), limits.gather);
        let (readers, _, arrivals) = queues();
        let worker =
            Worker::new(udp, tcp, (readers, arrivals), engine, Nobody, Arc::new(Still), gather).unwrap();
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
}
