//! Use cases: the verbs of the office. Each owns its transaction and writes the audit log in it; the API, the jobs and
//! the commands share them.

pub mod accounts;
pub mod attendance;
mod authorship;
pub mod booking;
pub mod directory;
mod edit;
mod finishing;
pub mod forecast;
pub mod inspecting;
pub mod joining;
pub mod ledger;
mod record;
mod refusal;
pub mod reporting;
pub mod rollcall;
pub mod running;
pub mod scheduling;
pub mod showing;
mod sight;
pub mod signing_in;
pub mod telling;
pub mod whoami;

pub use edit::Edit;
pub use record::Record;
pub use refusal::Refusal;
