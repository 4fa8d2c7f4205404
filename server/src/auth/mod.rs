//! Who is asking, and what they may do.

pub mod actor;
mod argon;
pub mod cookie;
pub mod password;
pub mod secret;
pub mod signed;
pub mod strangers;
