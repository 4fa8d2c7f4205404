//! Records of a handshake that never was: several datagrams, each behind its length in one byte.
#![no_main]

libfuzzer_sys::fuzz_target!(|datagrams: &[u8]| signaling::media::fuzzing::records(datagrams));
