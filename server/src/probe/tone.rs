//! The synthetic sound: a loop of Opus packets.

use std::time::Duration;

use bytes::Bytes;

/// The loop; see `media/README.md`.
const LOOP: &[u8] = include_bytes!("media/tone.ogg");
/// Time from packet to packet.
pub const FRAME: Duration = Duration::from_millis(20);
/// Ticks of the RTP clock from packet to packet.
pub const TICKS: u32 = 960;
/// Pages before the sound: the header and the comments (RFC 7845 section 3).
const HEADERS: usize = 2;

/// The loop of packets and where it stands.
pub struct Tone {
    packets: Vec<Bytes>,
    next: usize,
}

impl Tone {
    /// At its beginning.
    pub fn new() -> Self {
        Self { packets: packets(LOOP).split_off(HEADERS), next: 0 }
    }

    /// The next packet.
    pub fn packet(&mut self) -> Bytes {
        let packet = self.packets.get(self.next).cloned().unwrap_or_default();
        self.next = (self.next + 1) % self.packets.len().max(1);
        packet
    }
}

/// The packets of an Ogg file (RFC 3533 section 6): pages of segments; a segment shorter than 255 bytes ends a packet.
fn packets(file: &'static [u8]) -> Vec<Bytes> {
    let mut packets = Vec::new();
    let mut open = Vec::new();
    let mut rest = file;
    while let Some((head, tail)) = rest.split_at_checked(27).filter(|(head, _)| head.starts_with(b"OggS")) {
        let Some((table, mut body)) = tail.split_at_checked(usize::from(head[26])) else { break };
        for length in table {
            let Some((segment, next)) = body.split_at_checked(usize::from(*length)) else { return packets };
            open.extend_from_slice(segment);
            body = next;
            if *length < 255 {
                packets.push(Bytes::from(std::mem::take(&mut open)));
            }
        }
        rest = body;
    }
    packets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_is_about_a_second_of_packets_of_twenty_milliseconds() {
        let mut tone = Tone::new();
        let count = tone.packets.len();
        assert!((50..=52).contains(&count), "{count} packets");
        // RFC 6716 section 3.1: the five upper bits of the first byte say how long a frame is; every fourth of the
        // configurations of CELT and hybrid ends in 20 ms, and code 0 is one frame.
        for _ in 0..count {
            let first = tone.packet()[0];
            assert!(matches!(first >> 3, 1 | 5 | 9 | 13 | 15 | 19 | 23 | 27 | 31), "{first:#x}");
            assert_eq!(first & 3, 0);
        }
    }

    #[test]
    fn after_the_last_packet_comes_the_first() {
        let mut tone = Tone::new();
        let first = tone.packet();
        for _ in 1..tone.packets.len() {
            tone.packet();
        }
        assert_eq!(tone.packet(), first);
    }
}
