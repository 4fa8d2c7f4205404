//! What other threads want of a worker: what it is woken up for, and what can wait until it is awake.

use tokio::sync::mpsc;

use super::bell::Bell;

/// Commands that can wait, before the next one wakes the worker up all the same: signs of life of a large province.
pub const WAITING: usize = 1024;

/// The way in.
#[derive(Debug)]
pub struct Outbox<C> {
    urgent: mpsc::UnboundedSender<C>,
    patient: mpsc::Sender<C>,
    /// Behind the queues, so that the worker finds them closed when it rings for the last time.
    bell: Parting,
}

/// Rings when it goes as well.
#[derive(Debug, Clone)]
struct Parting(Bell);

impl Drop for Parting {
    fn drop(&mut self) {
        self.0.ring();
    }
}

/// The worker's end of it.
#[derive(Debug)]
pub struct Inbox<C> {
    urgent: mpsc::UnboundedReceiver<C>,
    patient: mpsc::Receiver<C>,
}

/// Both ends; the worker wakes up at the `bell`.
pub fn inbox<C>(bell: Bell) -> (Outbox<C>, Inbox<C>) {
    let ((urgent, commands), (patient, waiting)) = (mpsc::unbounded_channel(), mpsc::channel(WAITING));
    let bell = Parting(bell);
    (Outbox { urgent, patient, bell }, Inbox { urgent: commands, patient: waiting })
}

impl<C> Clone for Outbox<C> {
    fn clone(&self) -> Self {
        Self { urgent: self.urgent.clone(), patient: self.patient.clone(), bell: self.bell.clone() }
    }
}

impl<C> Outbox<C> {
    /// Sends a command. False when the worker has stopped.
    pub fn send(&self, command: C) -> bool {
        let sent = self.urgent.send(command).is_ok();
        if sent {
            self.bell.0.ring();
        }
        sent
    }

    /// Sends a command that can wait. False when the worker has stopped.
    pub fn leave(&self, command: C) -> bool {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.patient.try_send(command) {
            Ok(()) => true,
            Err(Full(command)) => self.send(command),
            Err(Closed(_)) => false,
        }
    }
}

impl<C> Inbox<C> {
    /// Whether nobody can send any more, and nothing is left.
    pub fn has_ended(&self) -> bool {
        self.urgent.is_closed() && self.urgent.is_empty() && self.patient.is_empty()
    }

    /// Whether there is something for which to stay awake.
    pub fn is_urgent(&self) -> bool {
        !self.urgent.is_empty() || self.urgent.is_closed()
    }

    /// The next command that did not wait.
    pub fn urgent(&mut self) -> Option<C> {
        self.urgent.try_recv().ok()
    }

    /// The next command that could wait.
    pub fn patient(&mut self) -> Option<C> {
        self.patient.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::bell::Sleeper;

    fn bell() -> Bell {
        Sleeper::new().unwrap().bell()
    }

    #[test]
    fn what_can_wait_wakes_nobody_up_until_there_is_too_much_of_it() {
        let (outbox, mut inbox) = inbox(bell());
        for number in 0..WAITING {
            assert!(outbox.leave(number));
        }
        assert!(!inbox.is_urgent());
        assert!(outbox.leave(WAITING));
        assert!(inbox.is_urgent());
        assert_eq!((inbox.urgent(), inbox.urgent()), (Some(WAITING), None));
        assert!(std::iter::from_fn(|| inbox.patient()).eq(0..WAITING));
    }

    #[test]
    fn what_was_sent_last_is_taken_before_it_ends() {
        let (outbox, mut inbox) = inbox(bell());
        let other = outbox.clone();
        assert!(outbox.leave(1));
        drop(outbox);
        assert!(!inbox.is_urgent(), "another may still send");
        drop(other);
        assert!(inbox.is_urgent() && !inbox.has_ended());
        assert_eq!(inbox.patient(), Some(1));
        assert!(inbox.has_ended());
    }

    #[test]
    fn a_worker_that_has_stopped_takes_nothing() {
        let (outbox, inbox) = inbox(bell());
        drop(inbox);
        assert!(!outbox.send(1) && !outbox.leave(2));
    }
}
