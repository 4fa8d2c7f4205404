//! SCTP packets and channel messages of a connected client.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::channels(bytes));
