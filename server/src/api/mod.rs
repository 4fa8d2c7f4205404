//! Handlers: parse, one use case, reply. No SQL and no business branch here; [`crate::router`] is the map.

pub mod accounts;
pub mod attendance;
pub mod audit;
pub mod booking;
pub mod calendar;
pub mod endpoints;
pub mod health;
pub mod input;
pub mod join;
pub mod kinds;
pub mod ledger;
pub mod list;
pub mod live;
pub mod login;
pub mod norms;
pub mod people;
pub mod problem;
pub mod reports;
pub mod rooms;
pub mod roster;
pub mod session_state;
pub mod session_view;
pub mod sessions;
pub mod system;
pub mod units;
