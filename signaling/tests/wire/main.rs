//! The signaling paths, from outside: real sockets against the real router.

mod doors;
mod frames;
mod presence;
mod service;
mod world;
