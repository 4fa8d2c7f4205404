//! Handshakes: of nobody, and of a true client on whose way somebody changes what it sends.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::records(bytes));
