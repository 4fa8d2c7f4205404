//! RTCP of a connected publisher or subscriber.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling::fuzzing::feedback(bytes));
