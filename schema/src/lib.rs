//! What exists: the words, the rules and the tables of *giao ban điện tử*.
//!
//! Nothing here speaks HTTP, touches media or reads a clock. The tables sit behind the `store`
//! feature, so that the signaling crate cannot reach the database even by accident.

pub mod event;
pub mod id;
pub mod moment;
