//! What a client says at the door: query, join request, token.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::join(bytes));
