//! TURN (RFC 8656): the way in for clients whose network passes nothing but TLS on port 443, or nothing but TCP.
//!
//! Not a relay for everybody. Its only targets are this server's own media candidates, and what it takes is handed to
//! the worker behind them without a socket in between: nothing else on the network can be reached through it, whatever
//! is asked for, and no range of ports is opened. ADR 0006 says why.
//!
//! [`Session`] is one client: told of datagrams and of time, it answers with replies and with what is to be handed
//! over. [`Relay`] is what all sessions share. Neither owns a socket or reads a clock; `net::relay` does both.

mod allocation;
mod credentials;
pub mod framing;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod limits;
mod message;
mod pace;
mod quota;
mod relay;
mod requests;
mod servers;
mod session;
mod targets;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use relay::{Now, Relay};
pub use servers::{IceServers, url};
pub use session::{Reaction, Session, Transport};
pub use targets::Targets;
