//! Work that nobody waits for. A job takes no input and may run twice.

pub mod keep_events;
pub mod outbox;
pub mod tidy;
pub mod webhooks;
