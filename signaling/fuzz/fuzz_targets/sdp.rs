//! Session descriptions of clients.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::description(bytes));
