//! What tests stand on. Not part of the program.

mod postgres;

pub use postgres::Postgres;
