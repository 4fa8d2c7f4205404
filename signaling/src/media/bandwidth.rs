//! What a subscriber's line carries, from its transport-wide feedback.
//!
//! The parts are those of Google Congestion Control: the trend of the delay, the share of packets lost, the rate that
//! arrives. They are put together for a forwarder, which cannot choose its rate freely:
//!
//! - while nothing points to a limit there is none, and nothing is held back;
//! - the first sign of one (a queue that fills, growing delay, most packets lost at once, or lasting loss) makes the rate
//!   that arrives the capacity;
//! - a forwarder that sends less than the line carries learns nothing, so from then on it asks by probing: padding for
//!   a moment, as much as the next better choice would need.

use std::time::{Duration, Instant};

use rtc_interceptor::{LossController, RateController, Usage};

use super::acknowledgements::{Acknowledgements, Fate};
use super::departures::{Departed, Departures};
use super::meter::{Delivery, Meter, per_second, share, whole};
use super::replay::nearest;
use super::trend::{Group, Queue, Trend};
use crate::allowance::Allowance;

/// Capacity that is never gone below: the lowest layer and sound.
const MIN_BPS: f64 = 60_000.0;
/// Capacity beyond which nobody asks.
const MAX_BPS: f64 = 100_000_000.0;
/// Share of packets lost that is taken for a full line when it lasts. Radio links lose a few of a hundred anyway.
const LASTING_LOSS: f64 = 0.12;
/// How long it must last.
const LASTING: Duration = Duration::from_millis(800);
/// Share of packets lost beyond the usual that ends a probe.
const NOTICED: f64 = 0.1;
/// Packets lost, and their share of two reports in a row, which mean that a line has become narrow at once: to wait for a
/// third is another tenth of a second without speech.
const SEVERE: (usize, f64) = (4, 0.4);
/// What must stand in the line's queue then: radio that loses as much for a moment has none.
const FULL: Duration = Duration::from_millis(60);
/// By how much the queue must have grown over two reports, getting longer in both, where a line is given more
/// than it carries. To fill, its queue may take a fifth of a second; what is lost behind it is reported after that.
const GROWS: Duration = Duration::from_millis(30);
/// Share of what leaves that a line with room delivers at any time.
const DELIVERED: f64 = 0.85;
/// Bytes per second that may be repeated where little is sent: a lost key frame of a shared screen.
const REPEATED: u64 = 125_000;
/// A probe that shows so many times the capacity known was worth it.
const LEAP: f64 = 1.15;
/// How long a probe lasts.
const PROBE: Duration = Duration::from_millis(300);
/// Time for the feedback on a probe to come back.
const PROBE_ECHO: Duration = Duration::from_millis(400);
/// How many times the capacity a probe may reach: what it sends too much has to find room in the line's queue, or sound
/// is lost for it (at 1.35 times, 105 ms). The second number is that of a probe that follows one which arrived whole.
const REACH: [f64; 2] = [1.35, 2.0];
/// Share of the capacity at which pictures leave. Sound does not wait for them, and needs the rest.
const PACE: f64 = 0.95;
/// The same for a moment after signs that the line's queue is full, so that it empties.
const DRAINING: f64 = 0.2;
/// How long that moment is: enough for 200 ms of queue.
const DRAIN: Duration = Duration::from_millis(400);
/// Waits before the next probe: after a success, at first, and at most.
const WAITS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(4)];

struct Probe {
    began: Instant,
    /// Total rate to reach, in bits per second.
    goal: f64,
    /// First transport-wide number that belongs to it, and the last once it is over.
    first: u64,
    last: u64,
    /// On the receiver's clock: first and last arrival, and the bytes between.
    arrived: Option<(Duration, Duration, usize)>,
    /// Bytes of padding that have left, or that pictures stood for.
    paid: usize,
}

/// The estimate for one subscriber. In the order in which packets, and then reports, need it; what only a limited line needs lies
/// elsewhere.
#[repr(C)]
pub struct Bandwidth {
    control: Option<Box<(RateController, LossController)>>,
    left: Departures,
    leaving: Meter,
    probe: Option<Box<Probe>>,
    arriving: Delivery,
    queue: Queue,
    trend: Trend,
    loss: LossController,
    lossy_since: Option<Instant>,
    capacity: f64,
    wait: Duration,
    next_probe: Option<Instant>,
    /// Until then the queue that a probe made is draining, which says nothing about the line.
    calm: Option<Instant>,
    /// Until then pictures leave slowly.
    drain: Option<Instant>,
    /// What the last report said: packets lost, of how many.
    before: (usize, usize),
    /// What stood in the queue at the last two reports.
    stood: [Duration; 2],
    /// Whether the last probe found much more than was known, and arrived whole.
    leapt: bool,
    /// Bytes that may be repeated.
    repeated: Option<Allowance>,
}

impl Default for Bandwidth {
    fn default() -> Self {
        Self {
            left: Departures::default(),
            trend: Trend::default(),
            queue: Queue::default(),
            arriving: Delivery::default(),
            leaving: Meter::default(),
            control: None,
            loss: LossController::new(MAX_BPS, MIN_BPS, MAX_BPS),
            lossy_since: None,
            capacity: MAX_BPS,
            probe: None,
            wait: WAITS[1],
            next_probe: None,
            calm: None,
            drain: None,
            before: (0, 0),
            stood: [Duration::ZERO; 2],
            leapt: false,
            repeated: None,
        }
    }
}

impl Bandwidth {
    /// Bits per second that may be sent; `None` while nothing points to a limit.
    pub fn capacity(&self) -> Option<u64> {
        self.control.is_some().then(|| whole(self.capacity))
    }

    /// Bits per second at which pictures are to leave; `None` while nothing points to a limit.
    pub fn pace(&self, now: Instant) -> Option<u64> {
        if let Some(probe) = &self.probe
            && now.saturating_duration_since(probe.began) < PROBE
        {
            return Some(whole(probe.goal));
        }
        let share = if self.drain.is_some_and(|until| now < until) { DRAINING } else { PACE };
        self.control.is_some().then(|| whole(self.capacity * share))
    }

    /// Whether something points to a limit.
    pub fn limited(&self) -> bool {
        self.control.is_some()
    }

    /// Notes packets of media that leave together: the transport-wide number of the first, and their sizes.
    pub fn left(&mut self, now: Instant, first: u64, sizes: impl Iterator<Item = usize>) {
        let mut bytes = 0;
        self.left.note(now, first, sizes.inspect(|size| bytes += size));
        self.leaving.add(now, bytes);
    }

    /// Notes a packet of padding.
    pub fn padded(&mut self, now: Instant, number: u64, size: usize) {
        self.left.note(now, number, std::iter::once(size));
        if let Some(probe) = &mut self.probe {
            probe.paid = probe.paid.saturating_add(size);
        }
    }

    /// Whether a packet may be repeated now: repetitions get as much of the line as what is sent for the first time. A
    /// client that asks for everything again and again costs no more than that.
    pub fn may_repeat(&mut self, now: Instant, bytes: usize) -> bool {
        let per_second = whole(self.leaving.rate(now) / 8.0).max(REPEATED);
        let allowance = self.repeated.get_or_insert_with(|| Allowance::new(now, per_second));
        allowance.take(now, per_second, u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// Takes a feedback packet.
    pub fn feedback(&mut self, now: Instant, feedback: Acknowledgements<'_>) {
        let (mut lost, mut total, mut bytes) = (0, 0, 0);
        // What left together arrived as one: that is how the trend counts, and one entry is cheaper than twenty.
        let mut group: Option<(u64, Group)> = None;
        for (sequence, fate) in feedback {
            let number = nearest(self.left.newest(), sequence);
            let Some(Departed { size, micros }) = self.left.take(number) else { continue };
            total += 1;
            let arrival = match fate {
                Fate::Lost => {
                    lost += 1;
                    continue;
                }
                Fate::Arrived(at) => at,
            };
            bytes += size;
            let Some(arrival) = arrival else { continue };
            if let Some(probe) = &mut self.probe
                && (probe.first..=probe.last).contains(&number)
            {
                // The first only marks where the span begins.
                let (first, _, bytes) = probe.arrived.unwrap_or((arrival, arrival, 0));
                let bytes = if probe.arrived.is_some() { bytes + size } else { 0 };
                probe.arrived = Some((first, arrival, bytes));
            }
            if let Some((_, group)) = group.as_mut().filter(|(left, _)| *left == micros) {
                (group.arrival, group.size) = (group.arrival.max(arrival), group.size + size);
                continue;
            }
            // Stamped by another clock than the one by which it left, it may seem to have come back before.
            let departure = self.left.instant(micros).unwrap_or(now).min(now);
            if let Some((_, group)) = group.replace((micros, Group { departure, arrival, size })) {
                self.take_in(now, &group);
            }
        }
        if let Some((_, group)) = group {
            self.take_in(now, &group);
        }
        if bytes > 0 {
            self.arriving.add(now, bytes);
        }
        if total > 0 {
            self.judge(now, self.trend.usage(now), lost, total);
        }
    }

    fn take_in(&mut self, now: Instant, group: &Group) {
        self.trend.accumulate(now, group);
        self.queue.note(group);
    }

    fn judge(&mut self, now: Instant, usage: Usage, lost: usize, total: usize) {
        let probing = self.probe.is_some();
        let usual = self.loss.average_loss().unwrap_or_default();
        if !probing {
            self.loss.update(now, lost, total);
        }
        let lossy = self.loss.average_loss().is_some_and(|share| share > LASTING_LOSS);
        let since = if lossy { Some(*self.lossy_since.get_or_insert(now)) } else { None };
        self.lossy_since = since;
        let lasting = since.is_some_and(|since| now.saturating_duration_since(since) >= LASTING);
        let arriving = self.arriving.rate(now);
        // More than this line loses anyway.
        let overflows = lost > 1 && share(lost, total) > 2.0 * usual + NOTICED;
        if overflows {
            self.drain = Some(now + DRAIN);
        }
        let before = std::mem::replace(&mut self.before, (lost, total));
        let both = (before.0 + lost, before.1 + total);
        let severe = both.0 >= SEVERE.0 && share(both.0, both.1) > SEVERE.1;
        let calm = self.calm.is_some_and(|until| now < until);
        let full = self.queue.length() >= FULL;
        let latest = self.arriving.latest();
        let fills = self.grows() && !probing && self.falls_short(now, latest);
        if full
            && (severe || fills)
            && !calm
            && let Some(rate) = latest.filter(|rate| *rate < self.capacity)
        {
            self.probe = None;
            self.limit(now, rate * 0.85);
            self.drain = Some(now + DRAIN);
            (self.next_probe, self.leapt) = (Some(now + self.wait), false);
            // What is told next was sent before.
            self.calm = Some(now + PROBE_ECHO);
            return;
        }
        if probing {
            // What a probe provokes is its result, not the state of the line. It must not cost sound its packets.
            if usage == Usage::Over || overflows {
                self.end_probe(now, false);
            }
            return;
        }
        if calm {
            return;
        }
        // Delay alone may be a busy computer or a key frame: a full line also delivers less than it is given.
        let short = self.falls_short(now, arriving);
        let usage = if usage == Usage::Over && !short { Usage::Under } else { usage };
        match (&mut self.control, arriving) {
            (None, Some(rate)) if lasting || usage == Usage::Over => self.limit(now, rate * 0.85),
            (Some(control), rate) => {
                let (by_delay, by_loss) = &mut **control;
                let target = by_delay.update(now, usage, rate).min(by_loss.update(now, lost, total));
                // Nothing was learned beyond what was sent.
                let ceiling = rate.map_or(self.capacity, |rate| rate.max(self.capacity));
                self.capacity = target.min(ceiling).clamp(MIN_BPS, MAX_BPS);
                if usage == Usage::Over {
                    self.next_probe = Some(now + self.wait);
                }
            }
            _ => {}
        }
    }

    /// Whether the queue has grown twice in a row; takes what stands in it now.
    fn grows(&mut self) -> bool {
        let length = self.queue.length();
        let [earlier, before] = self.stood;
        self.stood = [before, length];
        length > before && before > earlier && length >= earlier + GROWS
    }

    /// Whether clearly less arrives, at this rate, than leaves.
    fn falls_short(&self, now: Instant, arriving: Option<f64>) -> bool {
        arriving.is_some_and(|rate| rate < DELIVERED * self.leaving.rate(now))
    }

    /// Makes a rate the capacity.
    fn limit(&mut self, now: Instant, rate: f64) {
        self.capacity = rate.clamp(MIN_BPS, MAX_BPS);
        tracing::debug!(bits_per_second = whole(self.capacity), "a line's limit");
        if self.control.is_none() {
            self.drain = Some(now + DRAIN);
        }
        self.control = Some(Box::new((
            RateController::new(self.capacity, MIN_BPS, MAX_BPS),
            LossController::new(self.capacity, MIN_BPS, MAX_BPS),
        )));
        self.next_probe.get_or_insert(now + self.wait);
    }

    /// Bytes of padding to send now, towards a total rate of `wish` bits per second, when it is time to probe. While
    /// pictures wait (`backlog` bytes of them) they are what fills it.
    pub fn padding(&mut self, now: Instant, wish: u64, backlog: usize) -> usize {
        let Some(at) = self.next_probe.filter(|_| self.control.is_some()) else { return 0 };
        let wish = f64::from(u32::try_from(wish).unwrap_or(u32::MAX));
        if self.probe.is_none() && at <= now && wish > self.capacity {
            // Far above what is known the line would only be flooded.
            let goal = (wish * 1.1).min(self.capacity * REACH[usize::from(self.leapt)]);
            self.probe = Some(Box::new(Probe {
                began: now,
                goal,
                first: self.left.newest() + 1,
                last: u64::MAX,
                arrived: None,
                paid: 0,
            }));
        }
        let Some(probe) = &mut self.probe else { return 0 };
        let span = now.saturating_duration_since(probe.began);
        if span >= PROBE + PROBE_ECHO {
            self.end_probe(now, true);
            return 0;
        }
        if span >= PROBE {
            probe.last = probe.last.min(self.left.newest());
            return 0;
        }
        let sending = self.leaving.rate(now);
        let due = (probe.goal - sending.min(self.capacity)).max(0.0) * span.as_secs_f64() / 8.0;
        let due = usize::try_from(whole(due)).unwrap_or_default();
        if backlog > 0 {
            probe.paid = probe.paid.max(due);
        }
        due.saturating_sub(probe.paid)
    }

    fn end_probe(&mut self, now: Instant, undisturbed: bool) {
        let Some(probe) = self.probe.take() else { return };
        let rate = probe.arrived.and_then(|(first, last, bytes)| {
            let span = last.saturating_sub(first);
            (span > PROBE / 4).then(|| per_second(bytes, span))
        });
        // A line that was filled has shown what it carries; one that was not carries at least what was sent.
        let shown = rate.map_or(0.0, |rate| rate.min(probe.goal) * 0.95);
        // One that found much more than was known is followed by the next, also when a lost packet cut it short.
        let found = shown > LEAP * self.capacity;
        self.leapt = found && shown > DELIVERED * probe.goal;
        if shown > self.capacity {
            self.limit(now, shown);
        } else if !undisturbed && shown > 0.0 {
            // What flowed before it still does, once the queue that it made has gone.
            let flowed = self.leaving.rate(now).min(self.capacity);
            self.limit(now, shown.max(flowed));
            self.calm = Some(now + PROBE_ECHO);
        }
        if found || undisturbed && shown > 0.7 * probe.goal {
            self.wait = WAITS[1];
            self.next_probe = Some(now + WAITS[0]);
        } else {
            self.wait = (self.wait + self.wait / 2).min(WAITS[2]);
            self.next_probe = Some(now + self.wait);
        }
    }

    /// The line carries everything that is wished for, and more: the limit is gone.
    pub fn release(&mut self) {
        self.control = None;
        self.capacity = MAX_BPS;
        (self.probe, self.next_probe, self.wait) = (None, None, WAITS[1]);
        self.lossy_since = None;
        (self.drain, self.leapt) = (None, false);
        // A path that has become longer is no queue.
        self.queue = Queue::default();
    }
}
