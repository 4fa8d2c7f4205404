//! Handlers: parse, one use case, reply. No SQL and no business branch here; [`crate::router`] is the map.

pub mod accounts;
pub mod endpoints;
pub mod health;
pub mod input;
pub mod list;
pub mod login;
pub mod people;
pub mod problem;
pub mod rooms;
pub mod units;
