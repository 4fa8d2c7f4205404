//! How people meet: a LiveKit-compatible room server, selective forwarding, presence.
//!
//! Knows no database and no schedule: it is given rooms and tokens, and it tells [`schema::event::RoomEvent`]s.

mod allowance;
mod config;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod host;
pub mod media;
pub mod net;
pub mod room;
mod signaling;
pub mod turn;
mod wire;

pub use config::{Grant, Limits, RoomSettings, SignalingConfig, TurnConfig};
pub use host::SignalingError;
pub use room::{ParticipantSnapshot, Rights};
pub use signaling::{Signaling, StartError, Stats};
pub use wire::{Pass, TokenRefused, Tokens};
