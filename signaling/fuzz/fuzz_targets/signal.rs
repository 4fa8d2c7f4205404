//! What a client says in the room, over its socket and over its data channels.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::requests(bytes));
