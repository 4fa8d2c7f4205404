//! Use cases: the verbs of the office. Each owns its transaction and writes the audit log in it; the API, the jobs and
//! the commands share them.

pub mod accounts;
pub mod endpoints;
pub mod people;
mod record;
mod refusal;
pub mod rooms;
pub mod signing_in;
pub mod units;
pub mod whoami;

pub use record::Record;
pub use refusal::Refusal;
