//! Connectivity checks, from whoever can reach the port.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::check(bytes));
