//! Every function of the store, on SQLite and on PostgreSQL.

mod accounts;
mod attendance;
mod booking;
mod directory;
mod parity;
mod records;
mod reports;
mod savings;
mod sessions;
mod support;
