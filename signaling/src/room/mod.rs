//! A room as a state machine: messages and time in, messages out. Pure.

pub mod media;
