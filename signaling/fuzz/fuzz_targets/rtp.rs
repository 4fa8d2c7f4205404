//! RTP of a connected publisher that lies about everything.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::packets(bytes));
