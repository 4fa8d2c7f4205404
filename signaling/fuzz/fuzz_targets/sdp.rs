//! Session descriptions of clients.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| signaling::media::fuzzing::description(text));
