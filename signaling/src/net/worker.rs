//! The loop of a worker's thread.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use schema::moment::{Clock, Moment};

use super::arrivals::{Arrival, Arrivals, queues};
use super::bell::Sleeper;
use super::door::{Door, Lines};
use super::inbox::{Inbox, Outbox, WAITING, inbox};
use super::port::Port;
use super::udp::{Reports, Udp};
use super::{Tenant, interfaces, tcp};
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
    let Port { udp, reports, tcp } = Port::bind(config.listen)?;
    let address = udp.local_addr()?;
    let port = address.port();
    let (udp, reports) = (Udp::new(udp)?, Reports::new(reports)?);
    let addresses = if !config.advertise.is_empty() {
        config.advertise
    } else if address.ip().is_unspecified() {
        interfaces::addresses(address.is_ipv6())
    } else {
        vec![address.ip()]
    };
    let candidates: Arc<[SocketAddr]> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    let sleeper = Sleeper::new()?;
    let (outbox, inbox) = inbox(sleeper.bell());
    let (connections, lines, arrivals) = queues();
    let door = Door::new(lines, sleeper.bell(), Arc::clone(&candidates));
    tcp::serve(tcp, Door::new(connections, sleeper.bell(), Arc::clone(&candidates)))?;
    let (started, gather) = (instant(), config.limits.gather);
    let candidates = candidates.to_vec();
    let engine = Engine::new(Config { candidates, limits: config.limits, started, wall: clock.now() })
        .map_err(io::Error::other)?;
    let work = move || {
        let tenant = make();
        Worker {
            udp,
            reports,
            sleeper,
            inbox,
            arrivals,
            engine,
            told: (instant(), clock.now()),
            tenant,
            clock,
            gather,
            lines: Lines::default(),
            behind: false,
        }
        .run();
    };
    thread::Builder::new().name(format!("media-{port}")).spawn(work)?;
    Ok(WorkerHandle { outbox, port, door })
}

#[expect(clippy::disallowed_methods, reason = "the worker is where the media plane is told the time")]
fn instant() -> Instant {
    Instant::now()
}

struct Worker<T: Tenant> {
    udp: Udp,
    reports: Reports,
    sleeper: Sleeper,
    inbox: Inbox<T::Command>,
    arrivals: Arrivals,
    lines: Lines,
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
    /// Works until nobody can want anything of it any more.
    fn run(mut self) {
        loop {
            // The last words as well: whoever is told that it is over need not wait for a timeout.
            self.settle();
            if self.inbox.has_ended() {
                return;
            }
            self.turn();
        }
    }

    /// Sleeps, and takes what has come.
    fn turn(&mut self) {
        self.sleep();
        self.take();
        if self.gather() {
            self.take();
        }
        self.take_reports();
    }

    /// Sleeps until something comes, or is due.
    fn sleep(&self) {
        let wait = self.due().saturating_duration_since(instant());
        self.sleeper.sleep(&self.udp, wait, || self.waits());
    }

    /// Whether something that is not to wait is in a queue.
    fn waits(&self) -> bool {
        self.inbox.is_urgent() || !self.arrivals.is_empty()
    }

    /// Takes what has come, from everywhere: the next turn may be a while away.
    fn take(&mut self) {
        self.behind = true;
        for _ in 0..MAX_COMMANDS {
            let Some(command) = self.inbox.urgent() else { break };
            self.command(command);
        }
        // All of them: whose sign of life waits here is not to be taken for dead.
        for _ in 0..WAITING {
            let Some(command) = self.inbox.patient() else { break };
            self.command(command);
        }
        for _ in 0..MAX_ARRIVALS {
            let Some(arrival) = self.arrivals.try_recv() else { break };
            self.arrived(arrival);
        }
        for _ in 0..MAX_BATCHES {
            let engine = &mut self.engine;
            // Clients estimate their lines by when their packets came in, not by when we had time to look.
            let now = instant();
            let more = self.udp.read(|from, waited, datagram| {
                engine.datagram(now.checked_sub(waited).unwrap_or(now), Source::Udp(from), datagram);
            });
            if !more {
                self.behind = self.waits();
                break;
            }
        }
    }

    /// Takes the reports that have come.
    fn take_reports(&mut self) {
        let engine = &mut self.engine;
        for _ in 0..MAX_REPORT_BATCHES {
            let now = instant();
            let more = self.reports.read(|from, waited, datagram| {
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
        let (udp, lines) = (&self.udp, &self.lines);
        self.engine.transmit(|to, bytes, size| match to {
            Source::Udp(address) => udp.send(address, bytes, size),
            Source::Tcp(..) | Source::Relay(..) => lines.send(to, bytes, size),
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
