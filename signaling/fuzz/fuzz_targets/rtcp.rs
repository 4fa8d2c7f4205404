//! RTCP packets after they were opened.
#![no_main]

libfuzzer_sys::fuzz_target!(|packet: &[u8]| signaling::media::fuzzing::rtcp(packet));
