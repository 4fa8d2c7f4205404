//! What a payload says about itself without being decoded: where key frames start, and the counters of VP8.
//!
//! Packets may be encrypted end to end. Only bytes that stay in the clear then are read: payload descriptors and the
//! first bytes of a frame. What cannot be understood is "not a key frame", and still passes.

use super::sdp::Codec;

/// Counters of a VP8 payload descriptor (RFC 7741 section 4.2), and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vp8 {
    /// Picture id, and whether it has 15 bits.
    pub picture: Option<(u16, bool)>,
    /// TL0PICIDX.
    pub base: Option<u8>,
    picture_at: u8,
    base_at: u8,
}

impl Vp8 {
    /// Reads a descriptor. The second value is the length of the descriptor.
    pub fn parse(payload: &[u8]) -> Option<(Self, usize)> {
        let mut found = Self::default();
        let first = *payload.first()?;
        let mut at: u8 = 1;
        if first & 0x80 != 0 {
            let flags = *payload.get(1)?;
            at = 2;
            if flags & 0x80 != 0 {
                let high = *payload.get(usize::from(at))?;
                found.picture_at = at;
                found.picture = Some(if high & 0x80 == 0 {
                    (u16::from(high), false)
                } else {
                    (u16::from(high & 0x7F) << 8 | u16::from(*payload.get(usize::from(at) + 1)?), true)
                });
                at += if high & 0x80 == 0 { 1 } else { 2 };
            }
            if flags & 0x40 != 0 {
                found.base_at = at;
                found.base = Some(*payload.get(usize::from(at))?);
                at += 1;
            }
            if flags & 0x30 != 0 {
                at += 1;
            }
        }
        (payload.len() > usize::from(at)).then_some((found, usize::from(at)))
    }

    /// Writes other counters over those of the same descriptor.
    pub fn rewrite(self, payload: &mut [u8], picture: u16, base: u8) {
        if let Some((_, wide)) = self.picture {
            let at = usize::from(self.picture_at);
            let [high, low] = picture.to_be_bytes();
            match (wide, payload.get_mut(at..at + 2)) {
                (true, Some(bytes)) => bytes.copy_from_slice(&[high | 0x80, low]),
                (false, Some(bytes)) => bytes[0] = low & 0x7F,
                (_, None) => {}
            }
        }
        if let (Some(_), Some(byte)) = (self.base, payload.get_mut(usize::from(self.base_at))) {
            *byte = base;
        }
    }
}

/// Whether a key frame begins with this packet.
pub fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus | Codec::Red => false,
        Codec::Vp8 => Vp8::parse(payload).is_some_and(|(_, length)| {
            // Start of the first partition, and the inverse key-frame bit of the frame header is clear.
            payload[0] & 0x17 == 0x10 && payload[length] & 1 == 0
        }),
        Codec::Vp9(_) => vp9(payload),
        Codec::H264(..) => h264(payload),
        // "RTP Payload Format For AV1" section 4.4: N, the first packet of a coded video sequence, and not Z.
        Codec::Av1 => payload.first().is_some_and(|header| header & 0x08 != 0 && header & 0x80 == 0),
    }
}

/// RFC 9628: not inter-predicted, start of a frame, lowest spatial layer.
fn vp9(payload: &[u8]) -> bool {
    let [first, rest @ ..] = payload else { return false };
    let (picture_id, predicted, layers, begins) =
        (first & 0x80 != 0, first & 0x40 != 0, first & 0x20 != 0, first & 0x08 != 0);
    if predicted || !begins {
        return false;
    }
    if !layers {
        return true;
    }
    let skip = match (picture_id, rest.first()) {
        (false, _) => 0,
        (true, Some(byte)) if byte & 0x80 != 0 => 2,
        (true, _) => 1,
    };
    rest.get(skip).is_some_and(|indices| indices & 0x0E == 0)
}

/// RFC 6184: a parameter set or an IDR slice, alone, aggregated, or as the first fragment.
fn h264(payload: &[u8]) -> bool {
    const STAP_A: u8 = 24;
    const FU_A: u8 = 28;
    let begins = |unit: u8| matches!(unit & 0x1F, 5 | 7);
    let Some(first) = payload.first() else { return false };
    match first & 0x1F {
        STAP_A => {
            let mut rest = &payload[1..];
            while let [high, low, tail @ ..] = rest {
                let size = usize::from(u16::from_be_bytes([*high, *low]));
                let Some((unit, tail)) = tail.split_at_checked(size) else { return false };
                if unit.first().is_some_and(|unit| begins(*unit)) {
                    return true;
                }
                rest = tail;
            }
            false
        }
        FU_A => payload.get(1).is_some_and(|fragment| fragment & 0x80 != 0 && begins(*fragment)),
        _ => begins(*first),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_payload_is_survived(payload in prop::collection::vec(any::<u8>(), 0..40)) {
            for codec in [Codec::Vp8, Codec::Vp9(0), Codec::H264(0x42, 1), Codec::Av1, Codec::Opus, Codec::Red] {
                starts_keyframe(codec, &payload);
            }
            if let Some((found, _)) = Vp8::parse(&payload) {
                let mut copy = payload.clone();
                found.rewrite(&mut copy, 7, 7);
                prop_assert_eq!(copy.len(), payload.len());
            }
        }

        #[test]
        fn rewritten_counters_read_back(picture in 0_u16..0x8000, base: u8) {
            let mut payload = [0x90, 0xE0, 0x81, 0x02, 0x03, 0x20, 0x00, 0x9D];
            let (found, length) = Vp8::parse(&payload).unwrap();
            prop_assert_eq!((found.picture, found.base, length), (Some((0x102, true)), Some(3), 6));
            found.rewrite(&mut payload, picture, base);
            let (read, _) = Vp8::parse(&payload).unwrap();
            prop_assert_eq!((read.picture, read.base), (Some((picture, true)), Some(base)));
        }
    }

    #[test]
    fn key_frames_are_told_from_others() {
        assert!(starts_keyframe(Codec::Vp8, &[0x90, 0x80, 0x81, 0x02, 0x10, 0x00]));
        assert!(!starts_keyframe(Codec::Vp8, &[0x90, 0x80, 0x81, 0x02, 0x11, 0x00]), "an inter frame");
        assert!(!starts_keyframe(Codec::Vp8, &[0x80, 0x80, 0x81, 0x02, 0x10, 0x00]), "not the start");
        assert!(starts_keyframe(Codec::H264(0x42, 1), &[0x67, 0x42]));
        assert!(starts_keyframe(Codec::H264(0x42, 1), &[24, 0, 2, 0x67, 0x42, 0, 1, 0x68]));
        assert!(starts_keyframe(Codec::H264(0x42, 1), &[0x7C, 0x85, 1]));
        assert!(!starts_keyframe(Codec::H264(0x42, 1), &[0x7C, 0x05, 1]), "a later fragment");
        assert!(!starts_keyframe(Codec::H264(0x42, 1), &[0x41, 0x9A]));
        assert!(starts_keyframe(Codec::Vp9(0), &[0x8C, 0x01, 0x00]));
        assert!(!starts_keyframe(Codec::Vp9(0), &[0xCC, 0x01, 0x00]));
        assert!(starts_keyframe(Codec::Av1, &[0x18, 0x0A]));
        assert!(!starts_keyframe(Codec::Av1, &[0x10, 0x0A]));
    }
}
