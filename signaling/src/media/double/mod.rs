//! A client double: ICE, DTLS, SRTP and data channels from the same protocol crates as the engine, descriptions written
//! by hand. It owns no socket and reads no clock. The tests of the media plane drive it in memory, the benches over real
//! sockets; it is no part of the program.

mod checks;
mod client;
mod descriptions;
mod sending;

pub use client::{Client, Received};
pub use sending::ids;
