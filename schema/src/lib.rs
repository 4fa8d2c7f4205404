//! What exists: the words, the rules and the tables of *giao ban điện tử*.
//!
//! Nothing here speaks HTTP, touches media or reads a clock. The tables sit behind the `store`
//! feature, so that the signaling crate cannot reach the database even by accident.

pub mod account;
pub mod audit;
pub mod calendar;
pub mod conflict;
pub mod cost;
pub mod day;
pub mod delegate;
pub mod endpoint;
pub mod event;
pub mod facts;
pub mod field;
pub mod id;
pub mod interval;
pub mod ledger;
pub mod lunar;
pub mod moment;
pub mod norm;
pub mod org;
pub mod paging;
pub mod person;
pub mod regime;
pub mod report;
pub mod role;
pub mod room;
pub mod roster;
pub mod sample;
pub mod session;
pub mod settings;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod words;
