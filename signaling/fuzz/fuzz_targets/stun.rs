//! Connectivity checks, from whoever can reach the port.
#![no_main]

libfuzzer_sys::fuzz_target!(|datagram: &[u8]| signaling::media::fuzzing::check(datagram));
