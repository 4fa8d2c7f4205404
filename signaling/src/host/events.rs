//! The pipe of events: lossless, or loud.
//!
//! A worker must never wait, so that what the receiver does not take at once waits in memory. Only when that is full
//! too (hours of a lost database in a full province) are events dropped, counted and cried out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use schema::event::RoomEvent;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Gauges;

/// So many events wait in the channel itself.
const CHANNEL: usize = 1024;
/// So many more wait in each worker's memory: some 60 MB, three hours of 200 endpoints.
const BACKLOG_MAX: usize = 262_144;

/// The receiving end is [`mpsc::Receiver`]; this makes the sending ends, one for each worker.
pub struct EventTap {
    channel: mpsc::Sender<RoomEvent>,
    gauges: Arc<Gauges>,
}

impl EventTap {
    /// A tap and the receiver that it feeds.
    pub fn new(gauges: Arc<Gauges>) -> (Self, mpsc::Receiver<RoomEvent>) {
        let (channel, receiver) = mpsc::channel(CHANNEL);
        (Self { channel, gauges }, receiver)
    }

    /// A pipe into the receiver.
    pub fn pipe(&self) -> EventPipe {
        EventPipe {
            channel: Some(self.channel.clone()),
            gauges: Arc::clone(&self.gauges),
            backlog: VecDeque::new(),
            backlog_max: BACKLOG_MAX,
            closing: false,
        }
    }
}

/// One worker's way to tell events, in order.
pub struct EventPipe {
    channel: Option<mpsc::Sender<RoomEvent>>,
    gauges: Arc<Gauges>,
    backlog: VecDeque<RoomEvent>,
    backlog_max: usize,
    closing: bool,
}

impl EventPipe {
    /// Tells an event.
    pub fn tell(&mut self, event: RoomEvent) {
        if self.channel.is_none() || self.backlog.len() >= self.backlog_max {
            self.gauges.events_lost.fetch_add(1, Relaxed);
            metrics::counter!("signaling_events_lost").increment(1);
            tracing::error!(room = %event.room, seq = event.seq, "an event was lost: nobody takes them");
            return;
        }
        self.backlog.push_back(event);
        self.gauges.events_waiting.fetch_add(1, Relaxed);
        self.flush();
    }

    /// Passes on what waits, as far as there is room.
    pub fn flush(&mut self) {
        while let (Some(channel), Some(event)) = (&self.channel, self.backlog.pop_front()) {
            match channel.try_send(event) {
                Ok(()) => {
                    self.gauges.events_waiting.fetch_sub(1, Relaxed);
                }
                Err(TrySendError::Full(event) | TrySendError::Closed(event)) => {
                    self.backlog.push_front(event);
                    return;
                }
            }
        }
        if self.closing {
            self.channel = None;
        }
    }

    /// Nothing will be told any more: when what waits has been taken, the receiver sees the end.
    pub fn close(&mut self) {
        self.closing = true;
        self.flush();
    }

    /// Something waits.
    pub fn is_blocked(&self) -> bool {
        !self.backlog.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use schema::event::RoomEventKind;
    use schema::moment::Moment;

    use super::*;

    fn event(seq: u64) -> RoomEvent {
        RoomEvent {
            room: "room".into(),
            incarnation: "RM_1".into(),
            seq,
            at: Moment::from_millis(0),
            kind: RoomEventKind::Opened,
            webhook: None,
        }
    }

    #[test]
    fn a_slow_receiver_gets_everything_in_order() {
        let gauges = Arc::new(Gauges::default());
        let (tap, mut receiver) = EventTap::new(Arc::clone(&gauges));
        let mut pipe = tap.pipe();
        let total = CHANNEL as u64 + 500;
        for seq in 1..=total {
            pipe.tell(event(seq));
        }
        assert!(pipe.is_blocked());
        assert_eq!(gauges.events_waiting.load(Relaxed), 500);
        let mut seen = 0;
        while let Ok(event) = receiver.try_recv() {
            seen += 1;
            assert_eq!(event.seq, seen);
            pipe.flush();
        }
        assert_eq!(seen, total);
        assert_eq!(gauges.events_lost.load(Relaxed), 0);
    }

    #[test]
    fn after_closing_the_receiver_gets_what_waits_and_then_the_end() {
        let (tap, mut receiver) = EventTap::new(Arc::new(Gauges::default()));
        let mut pipe = tap.pipe();
        drop(tap);
        let total = CHANNEL as u64 + 10;
        for seq in 1..=total {
            pipe.tell(event(seq));
        }
        pipe.close();
        let mut seen = 0;
        while let Some(event) = receiver.blocking_recv() {
            seen = event.seq;
            pipe.flush();
        }
        assert_eq!(seen, total);
    }

    #[test]
    fn a_full_memory_is_counted_not_hidden() {
        let gauges = Arc::new(Gauges::default());
        let (tap, _receiver) = EventTap::new(Arc::clone(&gauges));
        let mut pipe = EventPipe { backlog_max: 3, ..tap.pipe() };
        for seq in 1..=CHANNEL as u64 + 5 {
            pipe.tell(event(seq));
        }
        assert_eq!(gauges.events_lost.load(Relaxed), 2);
    }
}
