//! The edge towards clients: tokens, the two join paths, protobuf frames over WebSockets.
//!
//! Nothing here decides anything about a room; it turns HTTP requests and frames into what [`crate::room`] understands,
//! holds limits and back-pressure, and never logs a query string, because query strings carry tokens.

mod join;
mod routes;
mod socket;
mod tokens;

pub use routes::router;
pub use tokens::{Pass, TokenRefused, Tokens};
