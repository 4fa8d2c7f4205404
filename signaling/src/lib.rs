//! How people meet: a LiveKit-compatible room server, selective forwarding, presence.
//!
//! Knows no database and no schedule: it is given rooms and tokens, and it tells [`schema::event::RoomEvent`]s.

pub mod room;
