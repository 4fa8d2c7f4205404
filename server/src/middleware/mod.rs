//! What happens to every request before and after its handler.

pub mod csrf;
pub mod headers;
pub mod localise;
pub mod measure;
pub mod trace;
