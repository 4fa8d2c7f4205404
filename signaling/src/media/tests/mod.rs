//! The media plane as a whole, against a client double, over a line in memory, on virtual time.

mod connecting;
mod counters;
mod descriptors;
mod forwarding;
mod layers;
mod lines;
mod messages;
mod narrowing;
mod redundancy;
mod speech;
mod starved;
mod turns;
mod world;

/// An instant can only be had from the clock; from there on it is turned by hand.
#[expect(clippy::disallowed_methods, reason = "instants cannot be made in any other way")]
pub fn any_instant() -> std::time::Instant {
    std::time::Instant::now()
}
