//! Does the whole work? Real processes, sockets, browsers, both databases: nothing here knows the inside of the
//! program; it does what users, devices and operators do, and looks at what they would see.

#![expect(clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

pub mod attendee;
pub mod booking;
pub mod client;
pub mod giaoban;
pub mod line;
pub mod lines;
pub mod machine;
pub mod meeting;
pub mod mixed_room;
pub mod peer;
pub mod probe;
pub mod sample;
pub mod tools;
pub mod watched;
pub mod world;
