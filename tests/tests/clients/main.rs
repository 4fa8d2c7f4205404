//! The protocol's scenarios with clients of every kind in one room, and codecs between browsers. Apart from the end-to-end tests because three engines
//! at once want the whole machine for some minutes; where it is busy, clients run out of their own patience.

mod codecs;
mod protocol;
