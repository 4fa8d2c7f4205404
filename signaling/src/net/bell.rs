//! Waking up a worker that sleeps until something comes on its socket.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Pause after the system could not let a worker sleep: it has no memory left.
const PAUSE: Duration = Duration::from_millis(10);

/// Rings for whoever has put something into one of a worker's queues.
#[derive(Debug, Clone)]
pub struct Bell(Arc<Rope>);

#[derive(Debug)]
struct Rope {
    /// Whether the worker is awake, or has been rung for.
    up: AtomicBool,
    line: PipeWriter,
}

/// The worker's end of it.
#[derive(Debug)]
pub struct Sleeper {
    bell: Bell,
    line: PipeReader,
}

impl Bell {
    /// Wakes the worker up if it sleeps. To be called after something has been put into its queue.
    pub fn ring(&self) {
        // A swap each, here and in `sleep`: whichever comes second sees what the other side did before its own.
        if !self.0.up.swap(true, Ordering::AcqRel)
            && let Err(error) = (&self.0.line).write_all(&[0])
        {
            tracing::debug!(%error, "nobody hears the bell");
        }
    }
}

impl Sleeper {
    /// Somebody who is awake.
    pub fn new() -> io::Result<Self> {
        let (reader, line) = io::pipe()?;
        Ok(Self { bell: Bell(Arc::new(Rope { up: AtomicBool::new(true), line })), line: reader })
    }

    /// What wakes it up.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Sleeps until `socket` has something to read, the bell rings, or so much time has passed (full milliseconds); not at all
    /// where `waits` finds that something was put into a queue before.
    pub fn sleep(&self, socket: impl AsFd, longest: Duration, waits: impl FnOnce() -> bool) {
        let up = &self.bell.0.up;
        up.swap(false, Ordering::AcqRel);
        // One who was woken too early would look at the clock again and again until it is time.
        let millis = longest.as_nanos().div_ceil(1_000_000);
        let longest = if waits() {
            PollTimeout::ZERO
        } else {
            PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
        };
        let mut watched = [
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.line.as_fd(), PollFlags::POLLIN),
        ];
        let outcome = poll(&mut watched, longest);
        let rung = watched[1].any().unwrap_or_default();
        up.swap(true, Ordering::AcqRel);
        if let Err(error) = outcome.map(drop).or_else(interrupted) {
            tracing::warn!(%error, "the system lets no worker sleep");
            pause();
        }
        if rung && let Err(error) = (&self.line).read(&mut [0; 8]) {
            tracing::debug!(%error, "the bell cannot be heard");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "there is no event to wait for")]
fn pause() {
    thread::sleep(PAUSE);
}

/// To be interrupted is to be woken up.
fn interrupted(error: Errno) -> Result<(), Errno> {
    if error == Errno::EINTR { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::thread;
    use std::time::Instant;

    use super::*;

    /// Nothing here takes this long; a test that waits so long has failed.
    const LONG: Duration = Duration::from_secs(10);

    fn silent() -> UdpSocket {
        UdpSocket::bind("127.0.0.1:0").unwrap()
    }

    /// How long it slept.
    #[expect(clippy::disallowed_methods, reason = "the sleep is the system's")]
    fn slept(
        sleeper: &Sleeper,
        socket: &UdpSocket,
        longest: Duration,
        waits: impl FnOnce() -> bool,
    ) -> Duration {
        let began = Instant::now();
        sleeper.sleep(socket, longest, waits);
        began.elapsed()
    }

    #[test]
    fn each_of_many_who_ring_is_heard_once_at_least() {
        let (sleeper, socket) = (Sleeper::new().unwrap(), silent());
        let (sender, heard) = std::sync::mpsc::channel();
        let ringers: Vec<_> = (0..4)
            .map(|_| {
                let (bell, sender) = (sleeper.bell(), sender.clone());
                thread::spawn(move || {
                    for number in 0..2000 {
                        sender.send(number).unwrap();
                        bell.ring();
                    }
                })
            })
            .collect();
        let mut left = 4 * 2000;
        while left > 0 {
            let waiting = std::cell::RefCell::new(Vec::new());
            let spent = slept(&sleeper, &socket, LONG, || {
                waiting.borrow_mut().extend(heard.try_recv());
                !waiting.borrow().is_empty()
            });
            assert!(spent < LONG, "it slept over something");
            left -= waiting.into_inner().len() + heard.try_iter().count();
        }
        for ringer in ringers {
            ringer.join().unwrap();
        }
    }

    #[test]
    fn it_sleeps_no_shorter_than_it_was_told_to() {
        let (sleeper, socket) = (Sleeper::new().unwrap(), silent());
        let longest = Duration::from_nanos(2_000_100);
        assert!(
            slept(&sleeper, &socket, longest, || false) >= longest,
            "the rest of it would be slept in turns"
        );
    }

    #[test]
    fn it_does_not_sleep_over_what_is_there() {
        let (sleeper, socket) = (Sleeper::new().unwrap(), silent());
        assert!(slept(&sleeper, &socket, LONG, || true) < LONG, "something waits in a queue");
        let other = silent();
        other.send_to(b"?", socket.local_addr().unwrap()).unwrap();
        assert!(slept(&sleeper, &socket, LONG, || false) < LONG, "a datagram has come");
        assert!(slept(&sleeper, &socket, LONG, || false) < LONG, "and was not read");
    }

    #[test]
    fn a_bell_that_was_rung_while_it_was_awake_is_of_no_consequence() {
        let (sleeper, socket) = (Sleeper::new().unwrap(), silent());
        for _ in 0..100 {
            sleeper.bell().ring();
        }
        let longest = Duration::from_millis(1);
        assert!(
            slept(&sleeper, &socket, longest, || false) >= longest,
            "whoever rang has filled a queue before"
        );
    }
}
