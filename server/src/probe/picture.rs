//! The synthetic picture: a loop of VP8 frames, cut into RTP payloads (RFC 7741) and filled up to a bit rate.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};

/// The loop; see `media/README.md`.
const LOOP: &[u8] = include_bytes!("media/picture.ivf");
/// Time from frame to frame.
pub const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 15);
/// Ticks of the RTP clock from frame to frame.
pub const TICKS: u32 = 90_000 / 15;
/// Width and height in pixels.
pub const SIZE: (u32, u32) = (320, 180);
/// Payload of one packet: with all headers it stays below 1200 bytes, as browsers send it.
const PAYLOAD: usize = 1130;
/// Length of the descriptor before the payload: three bytes and a picture id of fifteen bits.
const DESCRIPTOR: usize = 4;

/// The loop of frames and where it stands.
pub struct Picture {
    frames: Vec<&'static [u8]>,
    next: usize,
    id: u16,
    /// Bytes that every frame is filled up to.
    fill: usize,
}

impl Picture {
    /// The loop at so many kilobits a second; it cannot be thinner than it is encoded (about 80).
    pub fn new(kbps: u32) -> Self {
        let per_frame = kbps.saturating_mul(1000) / 8 / 15;
        Self { frames: frames(LOOP), next: 0, id: 0, fill: usize::try_from(per_frame).unwrap_or(0) }
    }

    /// Goes back to the key frame.
    pub fn restart(&mut self) {
        self.next = 0;
    }

    /// The payloads of the next frame, in order; the last one ends it.
    pub fn frame(&mut self) -> Vec<Bytes> {
        let Some(encoded) = self.frames.get(self.next) else { return Vec::new() };
        self.next = (self.next + 1) % self.frames.len();
        self.id = (self.id + 1) & 0x7FFF;
        // The last partition of a frame reaches to its end, and a decoder stops reading when it has all pixels: what
        // follows costs the line what it should, and changes nothing in the picture.
        let mut frame = encoded.to_vec();
        frame.resize(encoded.len().max(self.fill), 0);
        let [high, low] = (self.id | 0x8000).to_be_bytes();
        let cut = |(index, part): (usize, &[u8])| {
            let mut payload = BytesMut::with_capacity(DESCRIPTOR + part.len());
            // X: there is more; S: a partition starts here. Then I: a picture id follows.
            payload.put_u8(if index == 0 { 0x90 } else { 0x80 });
            payload.put_u8(0x80);
            payload.put_slice(&[high, low]);
            payload.put_slice(part);
            payload.freeze()
        };
        frame.chunks(PAYLOAD).enumerate().map(cut).collect()
    }
}

/// The frames of an IVF file: a header whose length stands at its sixth byte, then frames, each behind its length and
/// twelve bytes in all.
fn frames(file: &'static [u8]) -> Vec<&'static [u8]> {
    let header = file.get(6..8).map_or(0, |length| usize::from(u16::from_le_bytes([length[0], length[1]])));
    let mut rest = file.get(header..).unwrap_or_default();
    let mut frames = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(12) {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let Some((frame, next)) =
            usize::try_from(length).ok().and_then(|length| tail.split_at_checked(length))
        else {
            break;
        };
        frames.push(frame);
        rest = next;
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lowest bit of a frame's first byte is 0 in a key frame (RFC 6386 section 9.1).
    fn is_key(payloads: &[Bytes]) -> bool {
        payloads[0][DESCRIPTOR] & 1 == 0
    }

    #[test]
    fn the_loop_is_four_seconds_and_begins_with_its_only_key_frame() {
        let mut picture = Picture::new(0);
        let keys: Vec<bool> = (0..120).map(|_| is_key(&picture.frame())).collect();
        let expected: Vec<bool> = (0..120).map(|n| n % 60 == 0).collect();
        assert_eq!(keys, expected);
    }

    #[test]
    fn asked_for_a_key_frame_it_goes_back_to_it() {
        let mut picture = Picture::new(0);
        picture.frame();
        assert!(!is_key(&picture.frame()));
        picture.restart();
        assert!(is_key(&picture.frame()));
    }

    #[test]
    fn frames_are_filled_up_to_the_rate() {
        let mut picture = Picture::new(2500);
        let bytes: usize =
            (0..15).flat_map(|_| picture.frame()).map(|payload| payload.len() - DESCRIPTOR).sum();
        assert!((2_490_000..2_510_000).contains(&(bytes * 8)), "{bytes} bytes in a second");
    }

    #[test]
    fn only_the_first_packet_of_a_frame_says_that_it_starts() {
        let payloads = Picture::new(1000).frame();
        assert!(payloads.len() > 1);
        assert_eq!(payloads[0][..2], [0x90, 0x80]);
        assert!(payloads[1..].iter().all(|payload| payload[..2] == [0x80, 0x80]));
        assert!(payloads.iter().all(|payload| payload[2..4] == payloads[0][2..4]), "one picture, one id");
    }
}
