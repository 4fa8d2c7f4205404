//! Rooms on their workers: the way in for sockets and for the server, the way out for frames and events.
//!
//! [`Front`] is what other threads hold; it knows which worker has which room and sends [`Order`]s there. [`Tenancy`]
//! is what a worker runs: its rooms, the queues of its sockets, and the pipe of events.

mod events;
mod front;
mod order;
mod tenancy;

pub use events::EventTap;
pub use front::{Desk, Directory, Front, Seat};
pub use order::{Order, SignalingError};
pub use tenancy::Tenancy;

use std::sync::atomic::AtomicUsize;

/// Figures that every thread may read.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Rooms open.
    pub rooms: AtomicUsize,
    /// Participants in them.
    pub participants: AtomicUsize,
    /// Signaling sockets.
    pub connections: AtomicUsize,
    /// Events that wait because nobody takes them.
    pub events_waiting: AtomicUsize,
    /// Events that were thrown away. Anything but 0 means that the record has a hole.
    pub events_lost: AtomicUsize,
}
