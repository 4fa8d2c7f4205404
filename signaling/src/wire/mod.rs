//! The edge towards clients: tokens, the two join paths, protobuf frames over WebSockets, and the service with which
//! programs manage rooms.
//!
//! Nothing here decides anything about a room; it turns HTTP requests and frames into what [`crate::room`] understands,
//! holds limits and back-pressure, and never logs a query string, because query strings carry tokens.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod join;
mod routes;
mod socket;
mod tokens;
mod twirp;

pub use routes::router;
pub use tokens::{ManagerPass, Pass, TokenRefused, Tokens};
