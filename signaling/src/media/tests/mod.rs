//! The media plane as a whole, against a client double, over a line in memory, on virtual time.

mod client;
mod connecting;
mod forwarding;
mod layers;
mod world;
