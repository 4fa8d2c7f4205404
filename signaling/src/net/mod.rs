//! Sockets, batches and workers: the only part of this crate that touches the network and the clock.
//!
//! A worker is one thread. It owns two UDP sockets on one port number, one media [`Engine`](crate::media::Engine) and one
//! [`Tenant`], so that nothing on the packet path is shared or locked. It sleeps until something comes on its socket, or
//! somebody who has put something into its queues rings the bell.
//!
//! Streams have threads of their own: ICE over TCP one beside each worker, on the same port number, and [`relay`] one for the
//! sockets of TURN. What they carry goes in through a worker's [`Door`].

mod arrivals;
mod bell;
mod door;
mod framing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod inbox;
mod interfaces;
mod port;
pub mod relay;
mod seats;
mod tcp;
mod udp;
mod worker;

pub use door::Door;
pub use worker::{WorkerConfig, WorkerHandle, spawn};

use schema::moment::Moment;

use crate::room::media::{Media, MediaEvent};

/// Who lives on a worker: the rooms. Told everything on the worker's thread, one call at a time.
pub trait Tenant {
    /// What reaches it from other threads.
    type Command: Send + 'static;

    /// Takes a command.
    fn command(&mut self, now: Moment, command: Self::Command, media: &mut dyn Media);
    /// Takes what the media plane tells.
    fn media_event(&mut self, now: Moment, event: MediaEvent, media: &mut dyn Media);
    /// Somebody has set the clock, by so many milliseconds.
    fn clock_was_set(&mut self, now: Moment, millis: i64);
    /// Its deadline has come.
    fn timeout(&mut self, now: Moment, media: &mut dyn Media);
    /// When it next wants [`Tenant::timeout`]; asked after every call.
    fn next_deadline(&self) -> Option<Moment>;
}
