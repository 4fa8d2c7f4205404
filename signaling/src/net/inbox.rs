//! What other threads want of a worker: what it is woken up for, and what can wait until it is awake.

use tokio::sync::mpsc;

/// Commands that can wait, before the next one wakes the worker up all the same: signs of life of a large province.
const WAITING: usize = 1024;

/// The way in.
#[derive(Debug)]
pub struct Outbox<C> {
    urgent: mpsc::UnboundedSender<C>,
    patient: mpsc::Sender<C>,
}

/// The worker's end of it.
#[derive(Debug)]
pub struct Inbox<C> {
    urgent: mpsc::UnboundedReceiver<C>,
    patient: mpsc::Receiver<C>,
}

/// Both ends.
pub fn inbox<C>() -> (Outbox<C>, Inbox<C>) {
    let ((urgent, commands), (patient, waiting)) = (mpsc::unbounded_channel(), mpsc::channel(WAITING));
    (Outbox { urgent, patient }, Inbox { urgent: commands, patient: waiting })
}

impl<C> Clone for Outbox<C> {
    fn clone(&self) -> Self {
        Self { urgent: self.urgent.clone(), patient: self.patient.clone() }
    }
}

impl<C> Outbox<C> {
    /// Sends a command. False when the worker has stopped.
    pub fn send(&self, command: C) -> bool {
        self.urgent.send(command).is_ok()
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
    /// Waits for a command that does not wait; `None` when nobody can send any more.
    pub async fn recv(&mut self) -> Option<C> {
        self.urgent.recv().await
    }

    /// The next command that is there, those that can wait last.
    pub fn try_recv(&mut self) -> Option<C> {
        self.urgent.try_recv().or_else(|_| self.patient.try_recv()).ok()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.patient.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn what_can_wait_wakes_nobody_up_until_there_is_too_much_of_it() {
        let (outbox, mut inbox) = inbox();
        for number in 0..WAITING {
            assert!(outbox.leave(number));
        }
        assert_eq!(inbox.recv().now_or_never(), None);
        assert!(!inbox.is_empty());
        outbox.leave(WAITING);
        assert_eq!(inbox.recv().now_or_never(), Some(Some(WAITING)));
        outbox.send(WAITING + 1);
        let rest: Vec<usize> = std::iter::from_fn(|| inbox.try_recv()).collect();
        assert_eq!(rest, [vec![WAITING + 1], (0..WAITING).collect()].concat());
        assert!(inbox.is_empty());
    }

    #[test]
    fn a_worker_that_has_stopped_takes_nothing() {
        let (outbox, inbox) = inbox();
        drop(inbox);
        assert!(!outbox.send(1) && !outbox.leave(2));
    }
}
