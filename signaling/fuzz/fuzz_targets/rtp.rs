//! RTP packets after they were opened: from a publisher that lies about everything.
#![no_main]

libfuzzer_sys::fuzz_target!(|packet: &[u8]| signaling::media::fuzzing::rtp(packet));
