//! The loop of a worker's thread.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use schema::moment::{Clock, Moment};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::arrivals::{Arrival, Arrivals, queues};
use super::inbox::{Inbox, Outbox, inbox};
use super::port::Port;
use super::relay::{Door, Lines};
use super::tcp::Connections;
use super::udp::Udp;
use super::{Tenant, interfaces};
use crate::media::{Config, Engine, Limits, Source};

/// Batches read before everything else gets its turn.
const MAX_BATCHES: usize = 8;
/// Batches of reports read in a turn. There may be but ten turns in a second, and then so many carry 20,000 reports: those
/// of a thousand subscribers.
const MAX_REPORT_BATCHES: usize = 64;
/// Commands taken before everything else gets its turn.
const MAX_COMMANDS: usize = 64;
/// Datagrams of streams taken before everything else gets its turn: what a burst leads to leaves together.
const MAX_ARRIVALS: usize = 64;
/// Tasks of streams that run before the worker's next turn: each connection reads and writes.
const MAX_TASKS: u32 = 1024;
/// Longest sleep; nothing depends on it.
const IDLE: Duration = Duration::from_hours(1);
/// By so many milliseconds the clock on the wall must leave the other for somebody to have set it: a time server that
/// only nudges it (by at most one in two thousand) never does between two turns, nor is a thread kept waiting so long
/// between two looks.
const STEP_MS: i64 = 2000;

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

/// How other threads reach a worker. It ends when the last handle is dropped.
#[derive(Debug)]
pub struct WorkerHandle<C> {
    /// The way in for commands.
    pub outbox: Outbox<C>,
    port: u16,
    door: Door,
}

impl<C> Clone for WorkerHandle<C> {
    fn clone(&self) -> Self {
        Self { outbox: self.outbox.clone(), port: self.port, door: self.door.clone() }
    }
}

impl<C> WorkerHandle<C> {
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
    let sockets = Port::bind(config.listen)?;
    let port = sockets.udp.local_addr()?.port();
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
    let (outbox, inbox) = inbox();
    thread::Builder::new().name(format!("media-{port}")).spawn(move || {
        runtime.block_on(async move {
            let tenant = make();
            match Worker::new(sockets, (readers, arrivals), engine, tenant, clock, gather) {
                Ok(worker) => worker.run(inbox).await,
                Err(error) => tracing::error!(%error, "the media sockets cannot be used"),
            }
        });
    })?;
    Ok(WorkerHandle { outbox, port, door })
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
    /// Whether more has come than one turn takes.
    behind: bool,
    /// The same instant on both clocks, when the tenant was last told the time.
    told: (Instant, Moment),
}

impl<T: Tenant> Worker<T> {
    fn new(
        Port { udp, reports, tcp }: Port,
        (readers, arrivals): (mpsc::Sender<Arrival>, Arrivals),
        engine: Engine,
        tenant: T,
        clock: Arc<dyn Clock>,
        gather: Duration,
    ) -> io::Result<Self> {
        Ok(Self {
            udp: Udp::new(udp, reports)?,
            listener: TcpListener::from_std(tcp)?,
            connections: Connections::new(readers),
            lines: Lines::default(),
            arrivals,
            engine,
            tenant,
            told: (instant(), clock.now()),
            clock,
            gather,
            behind: false,
        })
    }

    async fn run(mut self, mut inbox: Inbox<T::Command>) {
        let mut timer = pin!(tokio::time::sleep(IDLE));
        loop {
            self.settle();
            self.let_streams_run().await;
            // Moved to a later time, one that is there costs nothing; a new one would wake the runtime up to tell it so.
            timer.as_mut().reset(self.due().into());
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
                () = timer.as_mut() => {}
            }
            self.take(&mut inbox);
            if self.gather() {
                // To wait for what came meanwhile would be another switch of threads.
                self.let_streams_run().await;
                self.let_streams_run().await;
                self.take(&mut inbox);
            }
        }
    }

    /// Lets the tasks of the connections over TCP, where there are any, write what has been handed to them and read what has
    /// come. Those of TURN have a thread of their own.
    async fn let_streams_run(&self) {
        if !self.connections.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Takes what else has come, from everywhere: the next turn may be a while away.
    fn take(&mut self, inbox: &mut Inbox<T::Command>) {
        self.behind = true;
        for _ in 1..MAX_COMMANDS {
            let Some(command) = inbox.try_recv() else { break };
            self.command(command);
        }
        for _ in 1..MAX_ARRIVALS {
            let Some(arrival) = self.arrivals.try_recv() else { break };
            self.arrived(arrival);
        }
        let engine = &mut self.engine;
        for _ in 0..MAX_BATCHES {
            // Clients estimate their lines by when their packets came in, not by when we had time to look.
            let now = instant();
            let more = self.udp.read(|from, waited, datagram| {
                engine.datagram(now.checked_sub(waited).unwrap_or(now), Source::Udp(from), datagram);
            });
            if !more {
                self.behind = !(inbox.is_empty() && self.arrivals.is_empty());
                break;
            }
        }
        for _ in 0..MAX_REPORT_BATCHES {
            let now = instant();
            let more = self.udp.read_reports(|from, waited, datagram| {
                engine.datagram(now.checked_sub(waited).unwrap_or(now), Source::Udp(from), datagram);
            });
            if !more {
                break;
            }
        }
    }

    fn command(&mut self, command: T::Command) {
        self.engine.advance(instant());
        let moment = self.moment();
        self.tenant.command(moment, command, &mut self.engine);
    }

    /// Gives what belongs to a packet that is to be passed on some time to come as well. The thread is the worker's own and
    /// stands still: if it only waited, each datagram would still wake it up. Whether it stood still.
    #[expect(clippy::disallowed_methods, reason = "nothing else runs on this thread")]
    fn gather(&self) -> bool {
        let rest = self.rest(instant());
        thread::sleep(rest);
        !rest.is_zero()
    }

    /// How long the packets that are to be passed on may still wait for others.
    fn rest(&self, now: Instant) -> Duration {
        let since = self.engine.holds_since().filter(|_| !self.behind);
        since.map_or(Duration::ZERO, |since| (since + self.gather).saturating_duration_since(now))
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
        self.engine.tick(now);
        while let Some(event) = self.engine.poll_event() {
            let moment = self.moment();
            self.tenant.media_event(moment, event, &mut self.engine);
        }
        let moment = self.moment();
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

    /// The time on the wall. On a closed network somebody sets that clock, or a late time server does; the tenant is told
    /// first, or all its deadlines would pass at once, or none for hours.
    fn moment(&mut self) -> Moment {
        let (now, moment) = (instant(), self.clock.now());
        let passed = now.saturating_duration_since(self.told.0).as_millis();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        let step = moment.millis_since(self.told.1.plus_millis(passed));
        self.told = (now, moment);
        if step.abs() >= STEP_MS {
            self.tenant.clock_was_set(moment, step);
        }
        moment
    }

    /// When the next turn is due at the latest.
    fn due(&self) -> Instant {
        let now = instant();
        let tenant = self.tenant.next_deadline().map(|at| {
            let wait = u64::try_from(at.millis_since(self.clock.now())).unwrap_or_default();
            now + Duration::from_millis(wait)
        });
        [self.engine.next_deadline(), tenant].into_iter().flatten().fold(now + IDLE, Instant::min)
    }
}

#[cfg(test)]
mod tests;
