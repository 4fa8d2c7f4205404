//! The room, driven with a fake media plane and a clock that the test turns.

mod coming_and_going;
mod coming_back;
pub(crate) mod fake_media;
mod meeting;
mod moderating;
mod properties;
mod publishing;
mod stories;
mod subscribing;
mod world;
