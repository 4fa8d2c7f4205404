//! The media plane: ICE-lite, DTLS, SRTP, data channels, session descriptions and selective forwarding.
//!
//! It is told of datagrams and of time and answers with datagrams and events; it owns no socket and reads no clock.
//! Begin with [`path`](self::path) for what happens to a packet, and with `seam` for what a room may ask.

mod acknowledgements;
mod agenda;
mod allocate;
mod bandwidth;
mod batch;
mod channels;
mod clock;
mod departures;
mod descriptor;
#[cfg(any(test, feature = "testing"))]
#[expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "what fails in a double fails a test")]
pub mod double;
mod dtls;
mod egress;
mod engine;
mod forward;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod hello;
mod history;
mod layer;
mod limits;
mod meter;
mod negotiate;
mod pacer;
mod path;
mod payload;
mod peer;
mod receive;
mod red;
mod replay;
mod rtcp;
mod rtp;
mod sctp;
mod sdp;
mod seam;
mod speech;
mod srtp;
mod stun;
mod survey;
#[cfg(test)]
mod tests;
mod tick;
mod track;
mod trend;
mod twcc;

pub use engine::{Config, Engine};
pub use limits::Limits;
pub use peer::Source;
