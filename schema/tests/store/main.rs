//! Every function of the store, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it expects")]

mod accounts;
mod attendance;
mod booking;
mod directory;
mod outage;
mod parity;
mod records;
mod reports;
mod savings;
mod sessions;
mod support;
mod webhooks;
