//! Sessions without sockets, on a clock that the tests turn.

mod allocating;
mod relaying;
mod strangers;
mod world;
