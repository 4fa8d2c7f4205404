//! TURN from outside: real sockets, a client that others wrote, and the media of a real room at the other end.

mod client;
mod limits;
mod rooms;
mod targets;
mod world;
