//! Streams of TURN clients, known and unknown.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::turn::fuzzing::stream(bytes));
