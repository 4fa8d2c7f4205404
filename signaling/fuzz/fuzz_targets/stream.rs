//! A TCP stream of whoever can reach the port.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::stream(bytes));
